"""One-use links: the first user's, invitations, and those to a new password."""

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from relay.runtime import current
from relay.services import setup_links, user_links, users
from relay.web.console import entering
from relay.web.console.entering import throttle
from relay.web.console.throttle import too_many

pages = Blueprint("links", __name__)

LINK = "link"
"""Where the session has the link that was opened."""


@pages.after_request
def _keep_to_itself(response: Response) -> Response:
    """The address of these pages opens an account: no other page is told where one came from."""
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@pages.route("/setup/<token>", methods=["GET", "POST"])
def set_up_first_user(token: str) -> ResponseReturnValue:
    """The one-use link that makes the first user."""
    seconds = throttle().wait()
    if seconds is not None:
        return too_many(seconds)
    if not setup_links.setup_link_works(current(), token):
        return render_template("console/session/setup_used.html"), 410
    if request.method == "GET":
        return render_template("console/session/setup.html", form={}, error=None)
    try:
        return entering.enter(_first_user(token, request.form), "set-up link", "")
    except users.UserError as error:
        return render_template(
            "console/session/setup.html", form=request.form, error=str(error)
        ), 422


def _first_user(token: str, form: Any) -> users.User:
    password = typed_twice(form)
    return setup_links.use_setup_link(current(), token, form.get("email", ""), password)


def typed_twice(form: Any) -> str:
    """The new password of a form. Raises UserError where the two differ."""
    if form.get("password") != form.get("again"):
        raise users.UserError("The two passwords differ.")
    return str(form.get("password", ""))


@pages.get("/link/<token>")
def take(token: str) -> ResponseReturnValue:
    """Take the link's secret out of the address, which histories keep; it is not used up by it."""
    session[LINK] = token[:100]
    return redirect(url_for(".use"))


@pages.route("/link", methods=["GET", "POST"])
def use() -> ResponseReturnValue:
    """The form in which somebody chooses their password, and what comes of it."""
    seconds = throttle().wait()
    if seconds is not None:
        return too_many(seconds)
    token = session.get(LINK, "")
    found = user_links.link(current(), token)
    if found is None:
        return render_template("console/session/link_used.html"), 410
    if not current().config.password_sign_in:
        return _without_password(found)
    if request.method == "GET":
        return render_template("console/session/link.html", link=found, error=None)
    try:
        user = user_links.use(current(), token, typed_twice(request.form))
    except users.UserError as error:
        return render_template("console/session/link.html", link=found, error=str(error)), 422
    return entering.proved(user, f"{found.purpose} link", "")


def _without_password(found: user_links.Link) -> ResponseReturnValue:
    """Where nobody has a password, the provider lets in who was invited, by the e-mail address."""
    name = current().config.oidc_name
    text = f"You are expected as {found.email}: go back, and sign in with {name}."
    page = render_template("console/session/refused.html", text=text)
    return page, 200 if request.method == "GET" else 403
