"""Failures of a request as a small vocabulary, and in words for people."""

import errno
import ssl
from collections.abc import Iterator
from http.client import IncompleteRead  # noqa: TID251 - the place for it

from requests import exceptions as requests_errors  # noqa: TID251 - the place for it
from urllib3 import exceptions as urllib3_errors  # noqa: TID251 - the place for it

from relay.net.guard import Blocked, Unresolved


class Malformed(Exception):  # noqa: N818 - says what the request is
    """The request cannot be sent as it is; the text says why."""


class Unanswered(OSError):  # noqa: N818 - says what happened
    """A letter was on its way when the connection failed: it may have been taken all the same."""


_UNREACHABLE = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EADDRNOTAVAIL}

_KINDS: tuple[tuple[str, tuple[type[BaseException], ...]], ...] = (
    ("blocked", (Blocked,)),
    ("dns", (Unresolved,)),
    ("timeout", (TimeoutError, urllib3_errors.TimeoutError, requests_errors.Timeout)),
    ("tls", (ssl.SSLError, urllib3_errors.SSLError, requests_errors.SSLError)),
    ("refused", (ConnectionRefusedError,)),
    ("reset", (ConnectionError, IncompleteRead)),
    (
        "invalid",
        (
            Malformed,
            requests_errors.InvalidURL,
            requests_errors.InvalidHeader,
            requests_errors.MissingSchema,
            urllib3_errors.LocationParseError,
            UnicodeError,
        ),
    ),
)

_WORDS = {
    "blocked": "the address is not one that the relay may connect to",
    "dns": "the host name was not found",
    "timeout": "no complete answer in time",
    "tls": "no secure connection",
    "refused": "the connection was refused",
    "unreachable": "the host cannot be reached",
    "reset": "the connection broke off",
    "invalid": "the request cannot be sent",
    "protocol": "the answer is not one of the protocol",
}


def error_kind(error: BaseException) -> str:
    """The kind of a failure: one word of those that Attempted names."""
    chain = list(_chain(error))
    for kind, types in _KINDS:
        if any(isinstance(link, types) for link in chain):
            return kind
    if any(getattr(link, "errno", None) in _UNREACHABLE for link in chain):
        return "unreachable"
    return "protocol"


def explain(kind: str, error: BaseException) -> str:
    """The failure in words for people, with the innermost cause."""
    doubt = "; the letter may have arrived" if isinstance(error, Unanswered) else ""
    innermost = "" if kind == "timeout" else str(list(_chain(error))[-1])
    return _WORDS[kind] + (f": {innermost}" if innermost else "") + doubt


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what is wrapped in it: requests and urllib3 keep causes in several places."""
    seen: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        yield following
        following = _cause(following)


def _cause(error: BaseException) -> BaseException | None:
    inside = [*error.args, getattr(error, "reason", None)]
    wrapped = [part for part in inside if isinstance(part, BaseException)]
    return wrapped[0] if wrapped else error.__cause__ or error.__context__
