"""Coming in and going out: the first user's set-up link, signing in, signing out."""

from typing import Any
from uuid import UUID

from flask import (
    Blueprint,
    Flask,
    current_app,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user, login_user, logout_user

from relay.runtime import current
from relay.services import setup_links, users
from relay.web.console.throttle import Throttle, too_many

pages = Blueprint("session", __name__)

OPEN = frozenset(
    {
        "console.session.sign_in",
        "console.session.set_up_first_user",
        "console.reference.trackdrive",
        "console.reference.other",
    }
)
"""The endpoints that need no signing in."""

OURS = ("/console/", "/leads/", "/schedules/", "/api/docs/")
"""How addresses of pages begin."""

_manager = LoginManager()


class Person:
    """The signed-in user as Flask-Login wants it; the epoch ends sessions that are older."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, user: users.User) -> None:
        self.user = user
        self.email = user.email

    def get_id(self) -> str:
        """What the session holds."""
        return f"{self.user.id}:{self.user.epoch}"


def set_up(app: Flask, console: Blueprint) -> None:
    """Nobody sees a page of the console without having signed in."""
    _manager.init_app(app, add_context_processor=False)
    _manager.session_protection = None  # it compares addresses, which phones change all day
    _manager.user_loader(_load)
    app.extensions["console_throttle"] = Throttle(app)
    console.before_request(_require_user)
    console.context_processor(lambda: {"person": current_user})


def _throttle() -> Throttle:
    found: Throttle = current_app.extensions["console_throttle"]
    return found


def _load(session_id: str) -> Person | None:
    identifier, _, epoch = session_id.partition(":")
    try:
        user = users.user(current(), UUID(identifier))
    except ValueError:
        return None
    return Person(user) if user is not None and str(user.epoch) == epoch else None


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
    seconds = _throttle().wait()
    if seconds is not None:
        return too_many(seconds)
    with _throttle().turn() as free:
        if not free:
            return too_many(60)
        user = users.check_password(
            current(), request.form.get("email", ""), request.form.get("password", "")
        )
    if user is None:
        return _sign_in_form("That address and password do not belong together."), 401
    return _enter(user)


def _sign_in_form(error: str | None = None) -> str:
    return render_template(
        "console/session/sign_in.html",
        error=error,
        email=request.form.get("email", ""),
        next=request.values.get("next", ""),
        nobody=not users.has_users(current()),
    )


def _enter(user: users.User) -> ResponseReturnValue:
    session.clear()
    session.permanent = True
    users.entered(current(), user.id)
    login_user(Person(user))
    return redirect(_wanted(request.form.get("next", "")))


def _wanted(address: str) -> str:
    """The page asked for before signing in: one of ours, or the first."""
    ours = address.startswith(OURS) and "\\" not in address and "//" not in address
    ours = ours and address.isprintable()  # a line break would end the header
    return address if ours else url_for("console.home")


@pages.route("/setup/<token>", methods=["GET", "POST"])
def set_up_first_user(token: str) -> ResponseReturnValue:
    """The one-use link that makes the first user."""
    seconds = _throttle().wait()
    if seconds is not None:
        return too_many(seconds)
    if not setup_links.setup_link_works(current(), token):
        return render_template("console/session/link_used.html"), 410
    if request.method == "GET":
        return render_template("console/session/setup.html", form={}, error=None)
    try:
        return _enter(_first_user(token, request.form))
    except users.UserError as error:
        return render_template(
            "console/session/setup.html", form=request.form, error=str(error)
        ), 422


def _first_user(token: str, form: Any) -> users.User:
    if form.get("password") != form.get("again"):
        raise users.UserError("The two passwords differ.")
    return setup_links.use_setup_link(
        current(), token, form.get("email", ""), form.get("password", "")
    )


@pages.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """Ends every session of this person: a copied cookie is worth nothing afterwards."""
    users.end_sessions(current(), current_user.user.id)
    logout_user()
    session.clear()
    return redirect(url_for("console.session.sign_in"))
