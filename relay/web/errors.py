"""Answers in JSON, and those to requests that no page takes; none of them tells what went wrong
inside.
"""

import json
from collections.abc import Callable, Mapping

from flask import Flask, Response, current_app, request
from werkzeug.exceptions import HTTPException

from relay.core.contract import Json
from relay.web.apis.calls import Refusal

PRIVATE = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'",  # our small pages load nothing
    "Referrer-Policy": "no-referrer",  # the address itself is a secret
    "X-Content-Type-Options": "nosniff",
}
"""What every answer under a secret address carries."""


def register(app: Flask) -> None:
    """Answer every error of the application."""
    app.register_error_handler(HTTPException, _failed)


def answer(status: int, document: Json) -> Response:
    """A JSON answer."""
    return Response(json.dumps(document), status, mimetype="application/json")


def say(status: int, message: str) -> Response:
    """A JSON answer to a request that was not taken."""
    return answer(status, {"ok": False, "error": message})


def _failed(error: HTTPException) -> Response:
    """No page, wrong method, or a bug (its trace is in the log alone)."""
    status = error.code or 500
    if f"{request.path}/".lstrip("/").startswith("in/"):
        response = _failed_at_door(status)
        response.headers.extend(PRIVATE)
        return response
    allowed = {k: v for k, v in error.get_headers() if k == "Allow"}
    spoken = _in_its_dialect(status, error.name, allowed)
    if spoken is not None:
        return spoken
    response = say(status, f"{error.name}.")
    response.headers.extend(allowed)
    return response


def _in_its_dialect(status: int, message: str, headers: Mapping[str, str]) -> Response | None:
    """An error at an address that nobody answers, in the dialect that owns the path."""
    spoken = current_app.extensions.get("relay_dialects", {})
    owners: Mapping[str, Callable[[Refusal], Response]] = spoken
    path = request.path
    owned = [prefix for prefix in owners if path == prefix or path.startswith(f"{prefix}/")]
    if not owned:
        return None
    return owners[max(owned, key=len)](Refusal(status, message, headers=headers))


def _failed_at_door(status: int) -> Response:
    """Never 404, 405 or 410, which make form builders switch a webhook off; a bug of ours asks for
    a retry.
    """
    if status == 404:
        return say(403, "this address is not known")
    if status < 500:
        return say(400, "this address takes submissions by POST")
    response = say(503, "not taken now, please come again")
    response.headers["Retry-After"] = "10"
    return response
