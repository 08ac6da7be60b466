"""TrackDrive's API: leads for a schedule or an offer, in whatever way their parameters come."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from flask import Flask, Response

from relay.core.contract import Inbound, Json, Parameters, Unreadable, read_parameters
from relay.core.lead import is_empty
from relay.runtime import Runtime
from relay.services.configured import ConfiguredSource, routes_from, source_by_token
from relay.services.filed import Filed, file
from relay.web import browser
from relay.web.apis.calls import Call, Calls, Dialect, Refusal, answer
from relay.web.apis.trackdrive_lead import render
from relay.web.apis.turned_away import turn_away
from relay.web.body import CutOff, read_start
from relay.web.limits import DoorLimits, door_limits

KIND = "trackdrive"

OWNERS: Mapping[str, tuple[str, ...]] = {
    "schedule_lead_token": ("schedule",),
    "offer_lead_token": ("offer",),
    "lead_token": ("schedule", "offer"),
}
"""Whose token each parameter may hold; the first that is given counts."""

MEDIA = ("image/", "audio/", "video/")
"""Types of bodies that can hold no parameters."""

OBEYED = (
    "schedule_callback_at",
    "schedule_callback_in_seconds",
    "next_action_at",
    "hours_to_expire",
    "max_contact_attempts",
    "lead_priority",
    "restart_schedule",
)
"""What acts on a route that obeys."""

NOT_OBEYED = "kept and forwarded, but no route of this source obeys it"

DOOR = "trackdrive"


def register(app: Flask, runtime: Runtime) -> None:
    """Put the calls into the application."""
    calls = Calls(app, runtime, DIALECT)
    calls.own("/api/v1")
    door = Door(runtime, door_limits(app, runtime))
    submit = {"POST": door.submit, "PUT": door.submit}
    for path in ("/api/v1/leads", "/api/v1/leads.json"):
        calls.add(path, f"{DOOR} leads", {**submit, "GET": _sign_in})
    for path in ("/api/v1/leads/create_or_update", "/api/v1/leads/create_or_update.json"):
        calls.add(path, f"{DOOR} create_or_update", submit)


def _refused(refusal: Refusal) -> Json:
    return {
        "success": False,
        "status": refusal.status,
        "message": refusal.message,
        "errors": refusal.errors or {"base": [refusal.message]},
    }


DIALECT = Dialect(
    name=KIND,
    refusal=_refused,
    allowed_headers="Accept, Authorization, Cache-Control, Content-Type, X-Requested-With",
)


def _sign_in(_call: Call) -> Response:
    """The list of leads is for people who have signed in; here they do so in the console."""
    headers = {"WWW-Authenticate": 'Token realm="leads"'}
    raise Refusal(401, "The list of leads needs authentication", headers=headers)


class Door:
    """Takes leads; over a limit they are kept and wait, for no client comes again."""

    def __init__(self, runtime: Runtime, limits: DoorLimits) -> None:
        self._rt = runtime
        self._limits = limits

    def submit(self, call: Call) -> Response:
        """Create or update one lead. Raises Refusal, or Busy while the database is away."""
        _check_media(call)
        came = call.inbound
        given = self._parameters(came)
        source = self._owner(given.merged)
        if source.options.get("origins"):
            call.readers = browser.allowed_origin(call.environ, source) or ""
        if (refusal := _objection(source, came)) is not None:
            turn_away(call, source, came, refusal, _credentials(given))
            raise refusal
        over = self._limits.over(source, browser.visitor(call.environ, source))
        hold = browser.hold(self._rt, source, came, over.limit if over else None)
        filed = file(self._rt, source, came, door=call.door, hold=hold)
        return self._answer(source, filed, given.merged)

    def _parameters(self, came: Inbound) -> Parameters:
        """Raises Refusal."""
        try:
            return read_parameters(came)
        except Unreadable as error:
            raise self._invalid(str(error), error.errors) from error

    def _owner(self, given: Mapping[str, Json]) -> ConfiguredSource:
        """The schedule or offer that the parameters name. Raises Refusal."""
        tokens = {name: _token(given.get(name)) for name in OWNERS}
        name = next((name for name, token in tokens.items() if token), None)
        if name is None:
            raise self._invalid("lead_token is required", {"lead_token": ["is required"]})
        for owner in OWNERS[name]:
            source = source_by_token(self._rt, KIND, f"{owner}:{tokens[name]}")
            if source is not None:
                return source
        owners = " or ".join(OWNERS[name])
        reason = f"does not belong to any {owners}"
        raise self._invalid(f"{name} {reason}", {name: [reason]}, "unknown_token")

    def _invalid(
        self, message: str, errors: Mapping[str, list[str]], kind: str = "invalid"
    ) -> Refusal:
        self._rt.metrics.count("relay_turned_away", kind)
        return Refusal(422, message, errors=errors)

    def _answer(
        self, source: ConfiguredSource, filed: Filed, given: Mapping[str, Json]
    ) -> Response:
        if filed.state == "refused":
            errors = {_name(one["place"]): [one["message"]] for one in filed.reasons}
            raise Refusal(422, filed.why, errors=errors)
        warnings = list(self._warnings(source, filed, given))
        if filed.lead is None:
            kept = {"success": True, "status": 202, "message": f"Kept: {filed.why}"}
            nothing = {"id": None, "lead_id": None, "lead": None}
            return answer(202, {**kept, **nothing, "warnings": warnings})
        number = filed.lead.number
        told = filed.lead
        if source.settings.get("answer") == "sent":
            told = replace(told, document=filed.said or {})
        lead = render(told, source, self._rt.clock.now())
        done = {"success": True, "id": number, "lead_id": number, "lead": lead}
        return answer(200, {**done, "warnings": warnings})

    def _warnings(
        self, source: ConfiguredSource, filed: Filed, given: Mapping[str, Json]
    ) -> Iterator[Json]:
        """What was kept without being done or understood: {parameter, message}."""
        for warning in filed.warnings:
            if warning["kind"] != "noise":
                yield {"parameter": _name(warning["place"]), "message": warning["message"]}
        asked = [name for name in OBEYED if not is_empty(given.get(name))]
        if asked and not any(
            route.options.get("directives") == "obey" for route in routes_from(self._rt, source.id)
        ):
            yield from ({"parameter": name, "message": NOT_OBEYED} for name in asked)


def _check_media(call: Call) -> None:
    """Raises Refusal where the body cannot hold parameters; what is sent of it is read away."""
    if str(call.environ.get("CONTENT_TYPE", "")).lstrip().lower().startswith(MEDIA):
        try:
            read_start(call.environ, 0)
        except CutOff as error:
            raise Refusal(400, str(error)) from error
        raise Refusal(415, "Images, sound and film hold no parameters")


def _objection(source: ConfiguredSource, came: Inbound) -> Refusal | None:
    if not source.project_active:
        return Refusal(403, "This project takes no leads at the moment")
    try:
        source.kind.source.parse(came, source.settings)
    except Unreadable as error:
        return Refusal(422, str(error), errors=error.errors)
    except Exception:  # noqa: BLE001 - a bug of the integration: filing logs it and keeps the lead
        return None
    return None


def _credentials(given: Parameters) -> list[str]:
    """What the request itself carries that nobody else is to know."""
    places = (given.query, given.body)
    return [_token(place.get(name)) for place in places for name in (*OWNERS, "auth_token")]


def _token(value: Json) -> str:
    plain = isinstance(value, str | int) and not isinstance(value, bool)
    return str(value).strip() if plain else ""


def _name(place: str) -> str:
    """The parameter that a place of the document is about; `base` for the lead as a whole."""
    if place == "/contact/phone":
        return "caller_id"
    return place.rpartition("/")[2] or "base"
