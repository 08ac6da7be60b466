"""From a proof of who somebody is to a session, by a second step where the person has one."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from flask import current_app, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_user

from relay.runtime import current
from relay.services import signing_in, users
from relay.web.console.throttle import Throttle

OURS = ("/console/", "/leads/", "/schedules/", "/api/docs/")
"""How addresses of pages begin."""

HALF = "half"
"""Where the session has who has proved themselves, but not by the second step yet."""
SINCE = "since"
"""Where the session has when it began."""

PATIENCE = timedelta(minutes=10)
"""How long the second step may take."""
FRESH = timedelta(minutes=15)
"""How old a session may be that proves who somebody is, where they have no password."""


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


@dataclass(frozen=True, slots=True)
class HalfWay:
    """Who has proved themselves by what (`how`), and where they want to go."""

    user: users.User
    how: str
    wanted: str


def person(session_id: str) -> Person | None:
    """The user whose session this is, or None where it has ended."""
    identifier, _, epoch = session_id.partition(":")
    try:
        user = users.user(current(), UUID(identifier))
    except ValueError:
        return None
    return Person(user) if user is not None and str(user.epoch) == epoch else None


def proved(user: users.User, how: str, address: str) -> ResponseReturnValue:
    """Let somebody in who has proved who they are, or ask them for their second step."""
    if not user.has_second_step:
        return enter(user, how, address)
    session.clear()
    session[HALF] = [f"{user.id}:{user.epoch}", _now().timestamp(), how, address]
    return redirect(url_for("console.session.second_step"))


def half_way() -> HalfWay | None:
    """Who is half way in, if somebody is and was so not too long ago."""
    found = session.get(HALF)
    if not found or _now() - datetime.fromtimestamp(found[1], UTC) > PATIENCE:
        return None
    known = person(found[0])
    return None if known is None else HalfWay(known.user, found[2], found[3])


def enter(user: users.User, how: str, address: str) -> ResponseReturnValue:
    """Begin a session, of which nothing was there before, and go to the page that was wanted."""
    session.clear()
    session.permanent = True
    session[SINCE] = _now().timestamp()
    signing_in.entered(current(), user, how, request.remote_addr)
    login_user(Person(user))
    return redirect(wanted(address))


def stay(user: users.User) -> None:
    """Keep this session where all others of the person have just ended."""
    fresh = users.user(current(), user.id)
    if fresh is not None:
        login_user(Person(fresh))


def is_fresh() -> bool:
    """Whether this session began a moment ago."""
    began = datetime.fromtimestamp(session.get(SINCE, 0), UTC)
    return _now() - began <= FRESH


def wanted(address: str) -> str:
    """The page asked for before signing in: one of ours, or the first."""
    ours = address.startswith(OURS) and "\\" not in address and "//" not in address
    ours = ours and address.isprintable()  # a line break would end the header
    return address if ours else url_for("console.home")


def throttle() -> Throttle:
    """What makes guessing slow."""
    found: Throttle = current_app.extensions["console_throttle"]
    return found


def _now() -> datetime:
    return current().clock.now()
