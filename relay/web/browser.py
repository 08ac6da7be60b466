"""What is particular about a visitor's browser: pages, thank-you addresses, origins, honeypots."""

import logging
from collections.abc import Mapping
from wsgiref.types import WSGIEnvironment

from flask import Response, render_template

from relay.core.contract import Inbound, Json, Unreadable, read_body
from relay.runtime import Runtime
from relay.services.arrival import Hold
from relay.services.captcha import doubt
from relay.services.configured import ConfiguredSource

log = logging.getLogger(__name__)

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")
"""The types in which a browser's own form post comes."""

PREFLIGHT_SECONDS = "600"
"""How long a browser may remember what an origin may do."""


def wants_page(environ: WSGIEnvironment) -> bool:
    """Whether a browser posted a form by itself, and shows its visitor what we answer."""
    return (
        "text/html" in environ.get("HTTP_ACCEPT", "").lower()
        and environ.get("CONTENT_TYPE", "").lower().startswith(FORMS)
        and environ.get("HTTP_SEC_FETCH_MODE", "navigate") == "navigate"
    )


def visitor(environ: WSGIEnvironment, source: ConfiguredSource) -> str | None:
    """The visitor's address where a browser sends this, by itself or by a page's script.

    None for a server's post. Browsers cannot leave these headers out, servers have no reason to
    send them.
    """
    from_browser = (
        source.kind.source.browser
        or "HTTP_ORIGIN" in environ
        or "HTTP_SEC_FETCH_MODE" in environ
        or wants_page(environ)
    )
    return environ.get("REMOTE_ADDR", "") if from_browser else None


def thanks(source: ConfiguredSource, submission_id: str) -> Response:
    """The configured thank-you page, else a small one of ours."""
    if address := source.options.get("thank_you_url"):
        response = Response(status=303)
        response.headers["Location"] = address
        return response
    return Response(render_template("inbound/thanks.html", id=submission_id), mimetype="text/html")


def refusal(status: int, message: str) -> Response:
    """A small page that says what is wrong."""
    page = render_template("inbound/refused.html", message=message)
    return Response(page, status, mimetype="text/html")


def preflight(environ: WSGIEnvironment, source: ConfiguredSource) -> Response:
    """The answer to a browser that asks whether a page's script may post here."""
    response = Response(status=204)
    response.headers["Allow"] = "GET, HEAD, POST, PUT, PATCH, OPTIONS"
    if allowed_origin(environ, source) is not None:
        asked = environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS", "content-type")
        response.headers["Access-Control-Allow-Methods"] = "POST"
        response.headers["Access-Control-Allow-Headers"] = asked
        response.headers["Access-Control-Max-Age"] = PREFLIGHT_SECONDS
    return response


def allow_origin(
    response: Response, environ: WSGIEnvironment, source: ConfiguredSource
) -> Response:
    """Let the page's script read the answer, where its origin is one of the source's."""
    if source.options.get("origins"):
        response.vary.add("Origin")
    if (origin := allowed_origin(environ, source)) is not None:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = "X-Submission-Id, Retry-After"
    return response


def allowed_origin(environ: WSGIEnvironment, source: ConfiguredSource) -> str | None:
    """The request's origin where the source lists it (or `*`), else None."""
    origin: str = environ.get("HTTP_ORIGIN", "")
    listed = source.options.get("origins") or ()
    if origin and ("*" in listed or any(_same(origin, one) for one in listed)):
        return origin
    return None


def hold(rt: Runtime, source: ConfiguredSource, inbound: Inbound, over: Hold | None) -> Hold | None:
    """What a visitor's submission waits for; `over` is the limit that it is over.

    What goes on by itself when there is room again must not cover what a person has to judge.
    """
    return over if over == "address" else _suspicion(rt, source, inbound) or over


def _suspicion(rt: Runtime, source: ConfiguredSource, inbound: Inbound) -> Hold | None:
    """What a person has to judge: a filled honeypot, a captcha that fails."""
    honeypot = source.options.get("honeypot")
    captcha = source.options.get("captcha")
    if not honeypot and not captcha:
        return None
    fields = _fields(inbound)
    if honeypot and _filled(fields, honeypot):
        return "honeypot"
    if captcha and (reason := doubt(rt, captcha, fields, inbound.address)):
        log.info("source %s: %s", source.id, reason)
        return "captcha"
    return None


def _same(origin: str, listed: str) -> bool:
    return origin.lower() == listed.rstrip("/").lower()


def _fields(inbound: Inbound) -> Mapping[str, Json]:
    try:
        body = read_body(inbound)
    except Unreadable:  # quarantined a moment later, with this reason
        return {}
    return body if isinstance(body, dict) else {}


def _filled(value: Json, name: str) -> bool:
    """Whether a field of this name holds anything, however deep it stands."""
    if isinstance(value, dict):
        held = value.get(name)
        blank = held is None or (isinstance(held, str) and not held.strip()) or held in ([], {})
        return not blank or any(_filled(inner, name) for inner in value.values())
    return isinstance(value, list) and any(_filled(inner, name) for inner in value)
