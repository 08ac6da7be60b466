"""Pages for what cannot be shown: the wrong address, the wrong role, a bug of ours."""

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import (
    Forbidden,
    HTTPException,
    InternalServerError,
    NotFound,
    RequestEntityTooLarge,
)

SAID: dict[type[HTTPException], tuple[str, str]] = {
    NotFound: (
        "There is no such page",
        "The address may be mistyped, or what it showed may have been removed since.",
    ),
    Forbidden: (
        "Your role does not allow this",
        "You can look, but not change this. Ask an owner of this relay.",
    ),
    RequestEntityTooLarge: (
        "That is too large",
        "A file may have 25 MiB. Divide it, or leave out what no lead needs.",
    ),
    InternalServerError: (
        "Something went wrong here",
        "It is our mistake, and no lead is affected by it. The web process logged the details.",
    ),
}


def set_up(console: Blueprint) -> None:
    """Answer the console's errors with pages, its unknown addresses too."""
    for error in SAID:
        console.register_error_handler(error, _page)
    console.add_url_rule("/<path:anything>", "nowhere", _nowhere, methods=["GET", "POST"])


def _page(error: Exception) -> ResponseReturnValue:
    kind = next(kind for kind in SAID if isinstance(error, kind))
    title, text = SAID[kind]
    part = request.headers.get("HX-Request") is not None
    page = "console/_message.html" if part else "console/message.html"
    return render_template(page, title=title, text=text), kind.code or 500


def _nowhere(anything: str) -> ResponseReturnValue:  # noqa: ARG001 - the address is of no interest
    abort(404)
