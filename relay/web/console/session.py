"""Coming in and going out: signing in by password and second step, signing out."""

from flask import Blueprint, Flask, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user, logout_user

from relay.runtime import current
from relay.services import second_step as steps
from relay.services import signing_in, users
from relay.web.console import entering
from relay.web.console.entering import throttle
from relay.web.console.throttle import Throttle, too_many

pages = Blueprint("session", __name__)

OPEN = frozenset(
    {
        "console.session.sign_in",
        "console.session.second_step",
        "console.links.set_up_first_user",
        "console.links.take",
        "console.links.use",
        "console.sign_on.start",
        "console.sign_on.callback",
        "console.reference.trackdrive",
        "console.reference.other",
    }
)
"""The endpoints that need no signing in."""

_manager = LoginManager()


def set_up(app: Flask, console: Blueprint) -> None:
    """Nobody sees a page of the console without having signed in."""
    _manager.init_app(app, add_context_processor=False)
    _manager.session_protection = None  # it compares addresses, which phones change all day
    _manager.user_loader(entering.person)
    app.extensions["console_throttle"] = Throttle(app)
    console.before_request(_require_user)
    console.context_processor(lambda: {"person": current_user})


def _require_user() -> ResponseReturnValue | None:
    if request.endpoint in OPEN or current_user.is_authenticated:
        return None
    address = url_for("console.session.sign_in", next=_here())
    if request.headers.get("HX-Request"):  # a part of a page asks: the whole page has to go
        return "", 401, {"HX-Redirect": address}
    return redirect(address)


def _here() -> str | None:
    return request.full_path.rstrip("?") if request.method == "GET" else None


@pages.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> ResponseReturnValue:
    """The form, and the door behind it; both wrong address and wrong password sound the same."""
    if request.method == "GET":
        return _sign_in_form()
    if not current().config.password_sign_in:
        return _sign_in_form("Passwords are switched off here."), 403
    seconds = throttle().wait()
    if seconds is not None:
        return too_many(seconds)
    email = request.form.get("email", "")
    with throttle().turn() as free:
        if not free:
            return too_many(60)
        user = users.check_password(current(), email, request.form.get("password", ""))
    if user is None:
        signing_in.refused(current(), email, "password", request.remote_addr)
        return _sign_in_form("That address and password do not belong together."), 401
    return entering.proved(user, "password", request.form.get("next", ""))


def _sign_in_form(error: str | None = None) -> str:
    return render_template(
        "console/session/sign_in.html",
        error=error,
        email=request.form.get("email", ""),
        next=request.values.get("next", ""),
        nobody=not users.has_users(current()),
        passwords=current().config.password_sign_in,
        provider=current().config.oidc_issuer and current().config.oidc_name,
    )


@pages.route("/sign-in/code", methods=["GET", "POST"])
def second_step() -> ResponseReturnValue:
    """The second step: a code of the person's app, or one of their recovery codes."""
    half = entering.half_way()
    if half is None:
        return redirect(url_for(".sign_in"))
    if request.method == "GET":
        return render_template("console/session/code.html", error=None)
    seconds = throttle().wait_for(half.user.id)
    if seconds is not None:
        return too_many(seconds)
    proof = steps.check(current(), half.user.id, request.form.get("code", "")[:100])
    if proof is None:
        signing_in.refused(current(), half.user.email, "code", request.remote_addr)
        return render_template("console/session/code.html", error="That code does not fit."), 401
    return entering.enter(half.user, f"{half.how} and {proof}", half.wanted)


@pages.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """Ends every session of this person: a copied cookie is worth nothing afterwards."""
    signing_in.end_sessions(current(), current_user.user, current_user.email)
    logout_user()
    session.clear()
    return redirect(url_for(".sign_in"))
