"""What keeps the console safe: CSRF tokens, a policy without inline code, and cookies' settings."""

import hmac
from datetime import timedelta

from flask import Blueprint, Flask, Response, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError, CSRFProtect

from relay.runtime import current

SESSION_LIFE = timedelta(hours=12)

POLICY = (
    "default-src 'none'; "
    "script-src 'self'; "
    "style-src 'self'; "
    "img-src 'self' data:; "  # the CSS kit draws its icons as data: images
    "connect-src 'self'; "
    "form-action 'self'; "
    "base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

_csrf = CSRFProtect()


def set_up(app: Flask, console: Blueprint) -> None:
    """CSRF for the console alone: the doors for senders have no session to be abused."""
    config = current().config
    app.config.update(
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: a form left open over lunch still works
        WTF_CSRF_SSL_STRICT=False,  # the token is bound to the session; proxies may hide the scheme
        SESSION_COOKIE_NAME="relay_session",
        SESSION_COOKIE_PATH="/",  # some pages have the addresses that other systems gave them
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=config.public_url.startswith("https://"),
        PERMANENT_SESSION_LIFETIME=SESSION_LIFE,
        SESSION_REFRESH_EACH_REQUEST=False,
    )
    app.secret_key = _signing_key(config.secret_key)
    app.config["SECRET_KEY_FALLBACKS"] = [_signing_key(old) for old in config.secret_keys_old]
    _csrf.init_app(app)
    console.before_request(_refuse_nul)
    console.before_request(_refuse_reserved)
    console.before_request(_csrf.protect)
    console.after_request(_add_headers)
    console.register_error_handler(CSRFError, _stale_form)


def _signing_key(secret: str) -> bytes:
    """A key of its own for cookies, so that the encrypting one is never used to sign."""
    return hmac.digest(secret.encode(), b"relay console sessions", "sha256")


def _refuse_nul() -> None:
    """No person types a NUL, and PostgreSQL takes no text that has one."""
    for given in (request.args, request.form):
        if any("\0" in name + value for name, value in given.items(multi=True)):
            abort(400)


def _refuse_reserved() -> None:
    """Pages carry their parameters along in links, of which these would change scheme and host."""
    if any(name.startswith("_") or name == "endpoint" for name in request.args):
        abort(400)


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["Cache-Control"] = "no-store"
    return response


def _stale_form(_error: Exception) -> ResponseReturnValue:
    return render_template(
        "console/message.html",
        title="That form was too old",
        text="Nothing was changed. You were signed out since the page was opened, or your browser "
        "keeps no cookie: open the console by the relay's own address, "
        f"{current().config.public_url}/console, and try again.",
    ), 400
