"""Custom webhooks: what other systems post, in the shape of LeadTrackr's own calls."""

from relay.core.contract import Json

Fields = dict[str, Json]

FLOW = ("channelFlow", "lt_channelflow")

IDENTIFIER = ("uniqueIdentifier", "unique_identifier")
"""The names that each of these members may have in a call, the first one before the other."""

OF_DEVICE = {"user_agent": "userAgent", "ip": "ipAddress"}

OF_ANALYTICS = {"ga_cid": "cid", "ga_sid": "sid"}

OF_PERSON = {"phone_number": "phone", "first_name": "firstName", "last_name": "lastName"}


def as_call(fields: Fields) -> Fields:
    """A custom webhook's body in the shape of the calls; free fields become those of the form."""
    given = dict(fields)
    user, attribution = _taken(given, "user_data"), _taken(given, "attribution")
    address = _alone(user.pop("address", None))
    if isinstance(address, dict):
        names = {name: address[name] for name in OF_PERSON if name in address}
        rest = {name: value for name, value in address.items() if name not in names}
        user = {**names, **user, **({"address": rest} if rest else {})}
    elif address is not None:
        user["address"] = address
    device = {OF_DEVICE[name]: attribution.pop(name) for name in OF_DEVICE if name in attribution}
    call = {name: given.pop(name) for name in (*FLOW, *IDENTIFIER, "projectId") if name in given}
    form = {"uniqueEventId": given.pop("event_id")} if "event_id" in given else {}
    parts: Fields = {
        "userData": {OF_PERSON.get(name, name): _alone(value) for name, value in user.items()},
        "attributionData": {
            OF_ANALYTICS.get(name, name): attribution[name] for name in attribution
        },
        "formData": {**form, **given},
        "deviceData": device,
    }
    return {**call, **{part: members for part, members in parts.items() if members}}


def _taken(fields: Fields, name: str) -> Fields:
    """Take an object out of the fields; anything else under its name stays there."""
    if isinstance(fields.get(name), dict):
        return dict(fields.pop(name))
    return {}


def _alone(value: Json) -> Json:
    """The one member of a list of one: tags write people's data as lists."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value
