"""Single sign-on: to the provider, and back with the proof of who somebody is."""

import logging
from datetime import UTC, datetime

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from relay.core.secrets import Sealed
from relay.net.identity import Flow, Provider, Unproven
from relay.runtime import current
from relay.services import signing_in, single_sign_on
from relay.services.users import UserError
from relay.web.console import entering
from relay.web.console.entering import PATIENCE, throttle
from relay.web.console.throttle import too_many

logger = logging.getLogger(__name__)

pages = Blueprint("sign_on", __name__, url_prefix="/oidc")

FLOW = "oidc"
"""Where the session has the sealed question, to which one answer is taken."""


@pages.get("/start")
def start() -> ResponseReturnValue:
    """To the provider. Whoever is sent here by somebody else loses nothing by it."""
    if not single_sign_on.is_on(current()):
        return redirect(url_for("console.session.sign_in"))
    if (seconds := throttle().wait_by_address()) is not None:
        return too_many(seconds)
    try:
        address, flow = Provider(current().config).begin(_callback())
    except Unproven as error:
        return _failed(error)
    kept = {**flow.to_json(), "at": _now(), "next": request.args.get("next", "")[:2000]}
    session[FLOW] = current().box.seal(kept)
    return redirect(address)


@pages.get("/callback")
def callback() -> ResponseReturnValue:
    """Back from the provider: in, to the second step, or told why not."""
    if not single_sign_on.is_on(current()):
        return redirect(url_for("console.session.sign_in"))
    if (seconds := throttle().wait_by_address()) is not None:
        return too_many(seconds)
    try:
        flow, wanted = _taken()
        moment = current().clock.now().timestamp()
        given = request.args.to_dict()
        identity = Provider(current().config).finish(flow, _callback(), given, moment)
    except Unproven as error:
        return _failed(error)
    try:
        user = single_sign_on.admitted(current(), identity)
    except UserError as error:
        signing_in.refused(current(), identity.email or "", "single sign-on", request.remote_addr)
        return _page(str(error), 403)
    return entering.proved(user, "single sign-on", wanted)


def _taken() -> tuple[Flow, str]:
    """The question that this browser asked, which is answered once. Raises Unproven."""
    try:
        kept = current().box.open(session.pop(FLOW, "-"))
        at, wanted = kept.pop("at"), kept.pop("next")
    except (Sealed, KeyError) as error:
        raise Unproven("this browser asked nothing") from error
    if datetime.fromtimestamp(_now(), UTC) - datetime.fromtimestamp(at, UTC) > PATIENCE:
        raise Unproven("the question was asked too long ago")
    return Flow(**kept), wanted


def _callback() -> str:
    return f"{current().config.public_url}{url_for('console.sign_on.callback')}"


def _now() -> float:
    return current().clock.now().timestamp()


def _failed(error: Unproven) -> ResponseReturnValue:
    logger.warning("single sign-on failed: %s", error)
    return _page(
        f"{current().config.oidc_name} did not confirm who you are. Try once more; if it fails "
        "again, an administrator finds the reason in the relay's log.",
        502,
    )


def _page(text: str, status: int) -> ResponseReturnValue:
    page = render_template("console/session/refused.html", text=text)
    return page, status
