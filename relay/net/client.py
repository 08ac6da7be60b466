"""The one way out: drives a target's conversation and never lets it past guard or deadline."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from requests import PreparedRequest, Response  # noqa: TID251 - the place for it
from requests.structures import CaseInsensitiveDict  # noqa: TID251 - the place for it
from urllib3.exceptions import HTTPError  # noqa: TID251 - the place for it

from relay.config import Config
from relay.core.contract import (
    LARGEST_REPLY,
    Conversation,
    Json,
    Kind,
    Letter,
    Note,
    Outcome,
    Reply,
    Request,
)
from relay.net.errors import Malformed, error_kind, explain
from relay.net.guard import Blocked, Guard, Unresolved
from relay.net.letters import Post, as_request
from relay.net.pinned import Deadline, PinnedAdapter
from relay.net.redact import Redactor, credentials, signed_tokens

MOST_REQUESTS = 20
"""Requests that one conversation may make; more is a loop."""

OWN_HEADERS = {"User-Agent": "lead-relay", "Accept": "*/*", "Accept-Encoding": "identity"}
"""What is sent where the target says nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempted:
    """One attempt: how it ended and what was said, redacted.

    `exchanges` are `{"request": {method, url, headers, body}, "response": {status, headers, body,
    cut} | None, "milliseconds", "error"}` in order. `error` is the kind of failure (dns, blocked,
    refused, unreachable, reset, timeout, tls, protocol, invalid,
    bug) of the last exchange, or None.
    """

    outcome: Outcome
    exchanges: list[Json]
    milliseconds: int
    status: int | None
    error: str | None
    noted: Json = None
    """The value of the conversation's last Note, for the next attempt."""


class Client:
    """Keeps connections; safe to use from many threads."""

    def __init__(self, config: Config) -> None:
        self._deadline = Deadline()
        guard = Guard(config.target_allow)
        self._adapter = PinnedAdapter(guard, self._deadline, size=max(config.senders, 4))
        self._post = Post(guard, self._deadline, self._adapter.tls)
        self._connect = config.connect_seconds
        self._silence = config.read_seconds
        self._total = config.total_seconds
        self._limit = config.response_limit

    def converse(self, conversation: Conversation, secrets: Iterable[str] = ()) -> Attempted:
        """Drive a target's conversation to its outcome; `secrets` are redacted. Never raises."""
        log = _Log(frozenset(secrets), self._limit)
        started = time.monotonic()
        try:
            outcome = self._drive(conversation, log)
        except Exception as error:  # noqa: BLE001 - plug-in code must not take a sender down
            log.failed("bug")
            outcome = Outcome(kind=Kind.RETRY, message=f"the integration failed: {error!r}")
        return Attempted(
            outcome=log.redacted(outcome),
            exchanges=log.exchanges,
            milliseconds=_milliseconds(started),
            status=log.status,
            error=log.error,
            noted=log.redacted_note(),
        )

    def close(self) -> None:
        """Close every connection that is kept."""
        self._adapter.close()

    def _drive(self, conversation: Conversation, log: "_Log") -> Outcome:
        try:
            step = next(conversation)
            for _ in range(MOST_REQUESTS):
                reply = self._answer(step, log)
                if isinstance(reply, Outcome):
                    conversation.close()
                    return reply
                step = conversation.send(reply)
        except StopIteration as ended:
            return _as_outcome(ended.value)
        raise RuntimeError(f"more than {MOST_REQUESTS} requests in one conversation")

    def _answer(self, step: Request | Letter | Note, log: "_Log") -> Reply | Outcome:
        if isinstance(step, Note):
            log.noted = step.value
            return Reply(status=0)
        if isinstance(step, Letter):
            return self._exchange(step, as_request(step), log)
        return self._exchange(step, step, log)

    def _exchange(self, step: Request | Letter, request: Request, log: "_Log") -> Reply | Outcome:
        """`request` is what the log says of the step."""
        started = time.monotonic()
        self._deadline.start(step.timeout or self._total, self._connect, self._wait(step))
        try:
            reply, broken = self._sent(step)
        except (OSError, HTTPError, ValueError, Malformed, Blocked, Unresolved) as error:
            kind = error_kind(error)
            log.add(request, None, _milliseconds(started), kind)
            return Outcome(kind=Kind.RETRY, message=explain(kind, error))
        log.add(request, reply, _milliseconds(started), broken)
        return reply

    def _wait(self, step: Request | Letter) -> float:
        """A target that is known to be slow is given its own time for one silence too."""
        return max(self._silence, step.timeout or 0.0)

    def _sent(self, step: Request | Letter) -> tuple[Reply, str | None]:
        return (self._post.send(step), None) if isinstance(step, Letter) else self._send(step)

    def _send(self, request: Request) -> tuple[Reply, str | None]:
        limit = min(request.largest or self._limit, LARGEST_REPLY)
        response = self._adapter.send(_prepared(request), stream=True, timeout=None)
        try:
            body, broken = self._read(response, limit)
        finally:
            response.raw.release_conn()
        headers = {name.lower(): value for name, value in response.headers.items()}
        cut = broken is not None or len(body) > limit
        reply = Reply(status=response.status_code, headers=headers, body=body[:limit], cut=cut)
        return reply, broken

    def _read(self, response: Response, limit: int) -> tuple[bytes, str | None]:
        """The body up to the limit. One that breaks off is kept so far: the status was said.

        read1 gives what has come, where read would lose it when the rest does not.
        """
        parts: list[bytes] = []
        room = limit + 1
        try:
            while room and (part := response.raw.read1(room, decode_content=True)):
                parts.append(part)
                room -= len(part)
        except (OSError, HTTPError, ValueError) as error:
            response.raw.close()
            return b"".join(parts), error_kind(error)
        if not room:
            response.raw.close()  # there is more, which nobody wants
        return b"".join(parts), None


class _Log:
    """What was said in one conversation, without secrets."""

    def __init__(self, secrets: frozenset[str], limit: int) -> None:
        self.exchanges: list[Json] = []
        self.status: int | None = None
        self.error: str | None = None
        self.noted: Json = None
        self._redactor = Redactor(secrets)
        self._secrets = secrets
        self._limit = limit

    def add(
        self, request: Request, reply: Reply | None, milliseconds: int, error: str | None
    ) -> None:
        """Note one exchange."""
        said = credentials(request.headers) | signed_tokens(_text(request.body[: self._limit]))
        if not said <= self._secrets:
            self._secrets |= said
            self._redactor = Redactor(self._secrets)
        self.status = None if reply is None else reply.status
        self.error = error
        self.exchanges.append(
            {
                "request": self._request(request),
                "response": None if reply is None else self._reply(reply),
                "milliseconds": milliseconds,
                "error": error,
            }
        )

    def failed(self, error: str) -> None:
        """Note that the conversation itself broke."""
        self.error = error

    def redacted(self, outcome: Outcome) -> Outcome:
        """The outcome, whose words may quote the target."""
        return Outcome(
            kind=outcome.kind,
            message=self._redactor.reply(outcome.message),
            retry_after=outcome.retry_after,
            hold=outcome.hold,
            remote_id=outcome.remote_id and self._redactor.text(outcome.remote_id),
            remote_url=outcome.remote_url and self._redactor.url(outcome.remote_url),
        )

    def redacted_note(self) -> Json:
        """The last Note, which may quote the target too."""
        return self._redactor.tree(self.noted)

    def _request(self, request: Request) -> Json:
        text = self._redactor.request(_text(request.body[: self._limit]))
        return {
            "method": request.method,
            "url": self._redactor.url(request.url),
            "headers": self._redactor.headers(request.headers),
            "body": text,
            "cut": len(request.body) > self._limit,
        }

    def _reply(self, reply: Reply) -> Json:
        return {
            "status": reply.status,
            "headers": self._redactor.headers(reply.headers),
            "body": self._redactor.reply(_text(reply.body[: self._limit])),
            "cut": reply.cut or len(reply.body) > self._limit,
        }


def _prepared(request: Request) -> PreparedRequest:
    """A request as requests sends it, made without a session: no cookies, no netrc, no proxies."""
    prepared = PreparedRequest()
    prepared.url = _checked_url(request.url)
    prepared.method = request.method
    prepared.headers = CaseInsensitiveDict(OWN_HEADERS)
    for name, value in _checked_headers(request):
        prepared.headers[name] = value
    if request.body or request.method not in {"GET", "HEAD"}:
        prepared.headers["Content-Length"] = str(len(request.body))
        prepared.body = request.body
    return prepared


@lru_cache(maxsize=1024)
def _checked_url(url: str) -> str:
    """The address as it is sent: encoded, its name in ASCII. Raises Malformed and what requests
    raises."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise Malformed(f"the address is none: {error}") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Malformed("the address must begin with http:// or https:// and name a host")
    if "@" in parts.netloc:
        raise Malformed("the address must not hold a user name or password")
    prepared = PreparedRequest()
    prepared.prepare_url(url, None)
    return str(prepared.url)


def _checked_headers(request: Request) -> Iterator[tuple[str, str]]:
    for name, value in request.headers.items():
        if any(character in name + value for character in "\r\n\0"):
            raise Malformed(f"the header {name!r} holds a line break")
        # http.client writes Latin-1; what does not fit travels as the bytes of its UTF-8
        yield name, value.encode().decode("latin-1")


def _text(body: bytes) -> str:
    return body.decode("utf-8", "replace")


def _as_outcome(value: object) -> Outcome:
    if not isinstance(value, Outcome):
        raise TypeError(f"the conversation returned {value!r} instead of an Outcome")
    return value


def _milliseconds(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
