"""One way for all dialects to route, read, refuse and answer a call."""

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from wsgiref.types import WSGIEnvironment

from flask import Flask, Response, request
from werkzeug.datastructures import MultiDict
from werkzeug.routing import Rule

from relay.core.contract import Inbound, Json
from relay.runtime import Runtime
from relay.store.writer import Busy, is_away
from relay.web.body import CutOff, TooLarge, read_raw
from relay.web.wire import inbound

logger = logging.getLogger(__name__)

COME_AGAIN_SECONDS = "10"
"""What a caller is told while the database is away."""

PREFLIGHT_SECONDS = "600"
"""How long a browser may remember what a page may call."""


class Refusal(Exception):  # noqa: N818 - what becomes of the call
    """The call is refused; each dialect says it in its own form.

    `code` is the dialect's word for it where it has any, `errors` what is wrong by field name.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str = "",
        errors: Mapping[str, list[str]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.errors = dict(errors or {})
        self.headers = dict(headers or {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How one API says no: `refusal` makes the body of its error answers.

    `allowed_headers` are those a page's script may send; a dialect without any is not for pages.
    `credentials` is for scripts that send cookies along, as `navigator.sendBeacon` does: browsers
    then want their own origin named.
    """

    name: str
    refusal: Callable[[Refusal], Json]
    error_type: str = "application/json"
    allowed_headers: str = ""
    credentials: bool = False


@dataclass(slots=True)
class Call:
    """One call: `args` are the parts of its path, `query` its parameters."""

    rt: Runtime
    environ: WSGIEnvironment
    args: Mapping[str, str]
    door: str
    headers: dict[str, str] = field(default_factory=dict)
    """Added to the answer, whatever it is."""
    readers: str = "*"
    """The origin whose pages may read the answer, whatever it is; "" for none."""
    _body: bytes | None = None

    @property
    def query(self) -> MultiDict[str, str]:
        """The parameters of the address, decoded."""
        return request.args

    @property
    def body(self) -> bytes:
        """The raw bytes, read once. Raises Refusal 413, or 400 where it broke off."""
        if self._body is None:
            self._body = self.read(self.rt.config.body_limit)
        return self._body

    def read(self, limit: int) -> bytes:
        """The raw bytes, at most so many. Raises Refusal 413, or 400 where it broke off."""
        try:
            body = read_raw(self.environ, limit, self.rt.config.multipart_limit)
        except TooLarge as error:
            raise Refusal(413, f"The request body is too large: {error}") from error
        except CutOff as error:
            raise Refusal(400, f"The request body is not complete: {error}") from error
        body.close()
        return body.content

    @property
    def inbound(self) -> Inbound:
        """The whole request."""
        return inbound(self.rt, self.environ, self.body)

    def header(self, name: str) -> str:
        """A header's value, "" where it is not there."""
        return str(self.environ.get("HTTP_" + name.upper().replace("-", "_"), ""))


View = Callable[[Call], Response]


def answer(status: int, document: Json, content_type: str = "application/json") -> Response:
    """A JSON answer."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return Response(text, status, content_type=content_type)


class Calls:
    """Puts the calls of one dialect into the application."""

    def __init__(self, app: Flask, runtime: Runtime, dialect: Dialect) -> None:
        self._app = app
        self._rt = runtime
        self.dialect = dialect

    def own(self, prefix: str) -> None:
        """Let errors of addresses that nobody answers, under this prefix, be the dialect's."""
        owners = self._app.extensions.setdefault("relay_dialects", {})
        owners[prefix] = self._refuse

    def add(self, rule: str, door: str, views: Mapping[str, View]) -> None:
        """Answer a path, with and without a slash at its end, by one view for each method.

        The rule takes any method, also one that nobody has heard of: it is refused in the dialect.
        """
        methods = [*views, *(["HEAD"] if "GET" in views else []), "OPTIONS"]

        def respond(**args: str) -> Response:
            return self._respond(Call(self._rt, request.environ, args, door), views, methods)

        for path in (rule, f"{rule}/"):
            endpoint = f"{self.dialect.name} {path}"
            self._app.url_map.add(Rule(path, endpoint=endpoint))
            self._app.view_functions[endpoint] = respond

    def _respond(self, call: Call, views: Mapping[str, View], methods: list[str]) -> Response:
        started = time.monotonic()
        method = call.environ["REQUEST_METHOD"]
        view = views.get("GET" if method == "HEAD" else method)
        try:
            if method == "OPTIONS":
                response = self._preflight(methods)
            elif view is None:
                response = self._refusal(_not_allowed(methods))
            else:
                response = view(call)
        except Refusal as refused:
            response = self._refusal(refused)
        except Busy:
            response = self._refusal(come_again())
        except Exception as error:
            refusal = come_again()
            if not is_away(error):
                logger.exception("a call of %s failed", call.door)
                refusal = Refusal(500, "Internal server error")
            response = self._refusal(refusal)
        response.headers.update(call.headers)
        self._finish(response, call.readers)
        seconds = time.monotonic() - started
        self._rt.metrics.observe("relay_request_seconds", seconds, str(response.status_code))
        return response

    def _preflight(self, methods: list[str]) -> Response:
        response = Response(status=204)
        response.headers["Allow"] = ", ".join(methods)
        if self.dialect.allowed_headers:
            response.headers["Access-Control-Allow-Methods"] = ", ".join(methods)
            response.headers["Access-Control-Allow-Headers"] = self.dialect.allowed_headers
            response.headers["Access-Control-Max-Age"] = PREFLIGHT_SECONDS
        return response

    def _refuse(self, refusal: Refusal) -> Response:
        response = self._refusal(refusal)
        self._finish(response, "*")
        return response

    def _refusal(self, refusal: Refusal) -> Response:
        document = self.dialect.refusal(refusal)
        response = answer(refusal.status, document, self.dialect.error_type)
        response.headers.update(refusal.headers)
        return response

    def _finish(self, response: Response, readers: str) -> None:
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        if self.dialect.credentials and readers == "*" and "Origin" in request.headers:
            readers = request.headers["Origin"]
            response.headers["Access-Control-Allow-Credentials"] = "true"
        if readers != "*":
            response.vary.add("Origin")
        if self.dialect.allowed_headers and readers:
            response.headers.setdefault("Access-Control-Allow-Origin", readers)
            response.headers.setdefault("Access-Control-Expose-Headers", "Retry-After")


def _not_allowed(methods: list[str]) -> Refusal:
    return Refusal(405, "Method not allowed", headers={"Allow": ", ".join(methods)})


def come_again() -> Refusal:
    """What is answered while the database is away."""
    headers = {"Retry-After": COME_AGAIN_SECONDS}
    return Refusal(503, "Not taken now, please come again", headers=headers)
