"""One's own account: the password, the second step, every session ended."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

import segno
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from relay.runtime import current
from relay.services import people, second_step, signing_in
from relay.services.users import User, UserError
from relay.web.console import entering, project
from relay.web.console.entering import throttle
from relay.web.console.links import typed_twice
from relay.web.console.throttle import too_many

P = ParamSpec("P")

pages = Blueprint("account", __name__, url_prefix="/account")
project.around(pages)

NOT_FRESH = (
    "Prove that it is you: sign out, sign in again, and come back here within a quarter of an hour."
)


@pages.get("/")
def index() -> str:
    """Who one is here, and how one proves it."""
    return _page()


@pages.post("/password")
def change_password() -> ResponseReturnValue:
    """Choose another password; every other session ends."""
    given = request.form
    person = _me()
    if (seconds := throttle().wait_for(person.id)) is not None:
        return too_many(seconds)
    try:
        if not person.has_password and not entering.is_fresh():
            raise UserError(NOT_FRESH)  # noqa: TRY301 - said where the other mistakes are said
        signing_in.change_password(current(), person, given.get("old", ""), typed_twice(given))
    except UserError as error:
        return _page(wrong_password=str(error)), 422
    entering.stay(person)
    flash("The password is changed. You are signed out everywhere else.", "good")
    return redirect(url_for(".index"))


def proving(act: Callable[P, Any]) -> Callable[P, Any]:
    """Only with the person's password, or in a fresh session where they have none: a session that
    was left open on a desk turns nothing on or off."""

    @wraps(act)
    def guard(*args: P.args, **kwargs: P.kwargs) -> Any:
        person = _me()
        if (seconds := throttle().wait_for(person.id)) is not None:
            return too_many(seconds)
        if not person.has_password:
            wrong = None if entering.is_fresh() else NOT_FRESH
        elif signing_in.is_password(current(), person, request.form.get("password", "")):
            wrong = None
        else:
            wrong = "The present password is another one."
        return (_page(wrong_step=wrong), 422) if wrong else act(*args, **kwargs)

    return guard


@pages.post("/second-step")
@proving
def begin() -> ResponseReturnValue:
    """Make a key for an app, and show it."""
    second_step.begin(current(), _me())
    return _page()


@pages.post("/second-step/confirm")
def confirm() -> ResponseReturnValue:
    """Turn the second step on by the app's first code, and show the recovery codes, this once."""
    person = _me()
    if (seconds := throttle().wait_for(person.id)) is not None:
        return too_many(seconds)
    try:
        codes = second_step.confirm(current(), person, request.form.get("code", "")[:100])
    except UserError as error:
        return _page(wrong_step=str(error)), 422
    entering.stay(person)
    return render_template("console/account/codes.html", codes=codes, turned_on=True)


@pages.post("/second-step/off")
@proving
def turn_off() -> ResponseReturnValue:
    """Ask for no second step any more; a code proves that the app, too, is in the right hands."""
    person = _me()
    code = request.form.get("code", "")[:100]
    if person.has_second_step and second_step.check(current(), person.id, code) is None:
        return _page(wrong_step="That code does not fit."), 422
    second_step.turn_off(current(), person, person.email)
    flash("Signing in asks for the password alone now.", "warn")
    return redirect(url_for(".index"))


@pages.post("/second-step/codes")
@proving
def renew_codes() -> ResponseReturnValue:
    """New recovery codes in place of the old."""
    if not _me().has_second_step:
        return redirect(url_for(".index"))
    codes = second_step.renew_codes(current(), _me())
    return render_template("console/account/codes.html", codes=codes, turned_on=False)


def _me() -> User:
    user: User = current_user.user
    return user


def _page(**wrong: str | None) -> str:
    rt, person = current(), _me()
    begun = None if person.has_second_step else second_step.begun(rt, person)
    return render_template(
        "console/account/index.html",
        me=people.one(rt, person.id),
        codes_left=second_step.codes_left(rt, person.id),
        key=_in_fours(begun[0]) if begun else "",
        picture=segno.make(begun[1]).svg_data_uri(scale=5, border=3, light="#fff") if begun else "",
        **wrong,
    )


def _in_fours(key: str) -> str:
    """A key as people can type it."""
    return " ".join(key[at : at + 4] for at in range(0, len(key), 4))
