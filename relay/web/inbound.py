"""The door: `/in/<source key>`, where form builders and forms post their submissions."""

import time
from dataclasses import replace
from wsgiref.types import WSGIEnvironment

from flask import Flask, Response, request

from relay.core.contract import Challenge, Inbound
from relay.core.verify import verify
from relay.runtime import Runtime
from relay.services import ingest
from relay.services.arrival import Hold, carried
from relay.services.configured import ConfiguredSource, source_by_key
from relay.store.writer import Busy
from relay.web import browser
from relay.web.body import Body, CutOff, TooLarge, read_raw, read_start
from relay.web.errors import PRIVATE, answer, say
from relay.web.limits import DoorLimits, door_limits
from relay.web.wire import inbound

MEDIA = ("image/", "audio/", "video/")
"""Types of bodies that can hold no submission."""

REMEMBERED_BODY = 16 * 1024
"""Bytes of a refused body that are read to be kept."""

INACTIVE = "the project of this address takes no leads now"

COME_AGAIN_SECONDS = "10"
"""What a sender is told while the database is away."""

ASKING_PAUSE = 0.1
"""Seconds between questions to a database that is away."""

TAKEN = ("POST", "PUT", "PATCH")
"""Methods that bring a submission: a webhook set up with the wrong one loses nothing."""


def register(app: Flask, runtime: Runtime) -> None:
    """Put the door into the application."""
    door = Door(runtime, door_limits(app, runtime))
    app.add_url_rule(
        "/in/<path:key>",
        "inbound",
        door.open,
        methods=["GET", "OPTIONS", *TAKEN],
        provide_automatic_options=False,
    )


class Refused(Exception):  # noqa: N818 - what becomes of the request
    """The request is turned away: `reason` is for support, `message` for the sender."""

    def __init__(self, status: int, kind: str, reason: str, body: bytes = b"") -> None:
        super().__init__(reason)
        self.status = status
        self.kind = kind
        self.reason = reason
        self.body = body
        self.retry_after: int | None = None


class Door:
    """Takes requests to source addresses."""

    def __init__(self, runtime: Runtime, limits: DoorLimits) -> None:
        self._rt = runtime
        self._limits = limits

    def open(self, key: str) -> Response:
        """Answer one request; counts and times it."""
        started = time.monotonic()
        try:
            response = self._answer(key.rstrip("/"), request.environ)
        except Busy:
            response = _come_again()
        response.headers.extend(PRIVATE)
        seconds = time.monotonic() - started
        self._rt.metrics.observe("relay_request_seconds", seconds, str(response.status_code))
        return response

    def _answer(self, key: str, environ: WSGIEnvironment) -> Response:
        source = self._source(key)
        if source is None:
            self._rt.metrics.count("relay_turned_away", "unknown_key")
            return say(403, "this address is not known")
        method = environ["REQUEST_METHOD"]
        if method == "OPTIONS":
            response = browser.preflight(environ, source)
        elif method in TAKEN:
            response = self._receive(source, environ)
        else:
            response = self._check(source, environ)
        if "HTTP_ORIGIN" in environ:
            browser.allow_origin(response, environ, source)
        return response

    def _source(self, key: str) -> ConfiguredSource | None:
        """Whose key this is. Raises Busy when the database stays away."""
        deadline = time.monotonic() + self._rt.config.commit_wait_seconds
        while True:
            try:
                return source_by_key(self._rt, key)
            except Busy:
                if time.monotonic() > deadline:
                    raise
                time.sleep(ASKING_PAUSE)

    def _check(self, source: ConfiguredSource, environ: WSGIEnvironment) -> Response:
        """A GET: a provider's challenge, or somebody who looks whether the address is there."""
        if not source.project_active:
            return say(403, INACTIVE)
        challenge = source.kind.source.challenge
        found = challenge(inbound(self._rt, environ, b""), source.settings) if challenge else None
        found = found or Challenge(body="Submissions are posted to this address.\n")
        return Response(found.body, found.status, content_type=found.content_type)

    def _receive(self, source: ConfiguredSource, environ: WSGIEnvironment) -> Response:
        try:
            receipt = self._take(source, environ)
        except Refused as refused:
            return self._turn_away(source, environ, refused)
        except Busy:
            return _come_again()
        for state in receipt.states:
            self._rt.metrics.count("relay_submissions", state)
        ids = [str(submission_id) for submission_id in receipt.ids]
        if browser.wants_page(environ):
            response = browser.thanks(source, ids[0])
        else:
            response = answer(200, {"ok": True, "id": ids[0], **({"ids": ids} if ids[1:] else {})})
        response.headers["X-Submission-Id"] = ids[0]
        return response

    def _take(self, source: ConfiguredSource, environ: WSGIEnvironment) -> ingest.Receipt:
        """The way of one submission. Raises Refused, or Busy when the database is away."""
        body = self._read(environ)
        try:
            if not source.project_active:
                raise Refused(403, "inactive", INACTIVE, body.content)
            came = inbound(self._rt, environ, body.content)
            over = self._over_limit(source, environ, body)
            self._verify(source, came, body)
        finally:
            body.close()
        hold = browser.hold(self._rt, source, came, over)
        return ingest.take(self._rt, source, came, hold=hold)

    def _read(self, environ: WSGIEnvironment) -> Body:
        config = self._rt.config
        try:
            if environ.get("CONTENT_TYPE", "").lstrip().lower().startswith(MEDIA):
                start = read_start(environ, REMEMBERED_BODY)
                raise Refused(415, "media_type", "images, sound and film hold no submission", start)
            return read_raw(environ, config.body_limit, config.multipart_limit)
        except TooLarge as error:
            raise Refused(
                413, "too_large", f"the body is too large: {error}", error.start
            ) from error
        except CutOff as error:
            raise Refused(400, "cut_off", str(error)) from error

    def _over_limit(
        self, source: ConfiguredSource, environ: WSGIEnvironment, body: Body
    ) -> Hold | None:
        """The limit that a submission is over, whose sender would not come again."""
        over = self._limits.over(source, browser.visitor(environ, source))
        if over is None or not source.kind.source.retries:
            return over.limit if over else None
        refused = Refused(429, "rate", "more requests than this source takes", body.content)
        refused.retry_after = over.seconds
        raise refused

    def _verify(self, source: ConfiguredSource, inbound: Inbound, body: Body) -> None:
        """Judge the signature; over all bytes where uploads were left out and it covers them."""
        kind, now = source.kind.source, inbound.received_at
        reason = verify(kind, inbound, source.settings, now)
        if reason is not None and body.whole is not None:
            body.whole.seek(0)
            whole = replace(inbound, body=body.whole.read())
            reason = verify(kind, whole, source.settings, now)
        if reason is not None:
            raise Refused(401, "signature", reason, inbound.body)

    def _turn_away(
        self, source: ConfiguredSource, environ: WSGIEnvironment, refused: Refused
    ) -> Response:
        self._rt.metrics.count("relay_turned_away", refused.kind)
        whole = inbound(self._rt, environ, refused.body)
        secrets = carried(source, whole) if refused.kind == "signature" else []
        came = replace(whole, body=whole.body[:REMEMBERED_BODY])
        ingest.turn_away(self._rt, source, came, refused.status, refused.reason, secrets)
        if browser.wants_page(environ):
            response = browser.refusal(refused.status, refused.reason)
        else:
            response = say(refused.status, refused.reason)
        if refused.retry_after is not None:
            response.headers["Retry-After"] = str(refused.retry_after)
        return response


def _come_again() -> Response:
    response = say(503, "not taken now, please come again")
    response.headers["Retry-After"] = COME_AGAIN_SECONDS
    return response
