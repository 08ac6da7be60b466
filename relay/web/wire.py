"""A request as the rest of the relay knows it: address as written, headers, bytes."""

from urllib.parse import parse_qsl
from wsgiref.types import WSGIEnvironment

from flask import request

from relay.core.contract import Inbound
from relay.runtime import Runtime


def inbound(rt: Runtime, environ: WSGIEnvironment, body: bytes) -> Inbound:
    """The request with this body."""
    query = environ.get("QUERY_STRING", "")
    return Inbound(
        method=environ["REQUEST_METHOD"],
        url=rt.config.public_url + _path(environ),
        query=tuple(parse_qsl(query, keep_blank_values=True)) if query else (),
        headers=_headers(environ),
        body=body,
        address=environ.get("REMOTE_ADDR", ""),
        received_at=rt.clock.now().timestamp(),
    )


def _path(environ: WSGIEnvironment) -> str:
    """Path and query as the sender wrote them: signatures may cover them."""
    raw: str = environ.get("RAW_URI") or environ.get("REQUEST_URI") or ""
    if raw.startswith("/"):
        return raw
    return request.full_path if environ.get("QUERY_STRING") else request.path


def _headers(environ: WSGIEnvironment) -> dict[str, str]:
    """The request's header, names in lower case."""
    found = {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            found[name.replace("_", "-").lower()] = environ[name]
    return found
