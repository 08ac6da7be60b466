"""TrackDrive's own parameters of a lead: what each of them may say, and how it is read."""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TypeVar

from relay.core.contract import Json, boolean, instant, moment, whole

TOKENS = ("lead_token", "schedule_lead_token", "offer_lead_token")
"""Names of the parameters that say whose lead it is."""

CREDENTIALS = frozenset((*TOKENS, "auth_token"))

ATTRIBUTION = ("traffic_source_id", "sub_id")

MACHINERY = frozenset(
    (
        *("id", "lead_id", "uuid", "controller", "action", "format", "serializer", "columns"),
        *("page", "per_page", "utf8", "authenticity_token", "callback"),
    )
)
"""What the framework behind the hosted service takes for itself."""

LONGEST = 2000
"""Characters of a text."""

MOST = 2**31 - 1
HUNDRED_YEARS = 100 * 366 * 24
"""Hours: no time that is reckoned from it is past what a calendar holds."""


class Wrong(Exception):  # noqa: N818 - says what a value is not
    """The value cannot be what its parameter says; the text follows the parameter's name."""


Reader = Callable[[Json], Json]
T = TypeVar("T")


def read_directives(given: Mapping[str, Json], errors: dict[str, list[str]]) -> dict[str, Json]:
    """What the lead's sender asks to be done, read; what is wrong is added to `errors`.

    What is blank or null says nothing.
    """
    return dict(_read(given, DIRECTIVES, errors))


def read_texts(given: Mapping[str, Json], errors: dict[str, list[str]]) -> dict[str, Json]:
    """E-mail, traffic source and sub id, read; what is wrong is added to `errors`."""
    return dict(_read(given, TEXTS, errors))


def as_text(value: Json) -> str:
    """A scalar as text, as it would be written in a form. Raises Wrong."""
    if isinstance(value, dict | list):
        raise Wrong("must be one value")
    text = written(value)
    if len(text) > LONGEST:
        raise Wrong(f"must have at most {LONGEST} characters")
    return text


def written(value: Json) -> str:
    """Any value as text: a text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(_whole(value), ensure_ascii=False)


def _read(
    given: Mapping[str, Json], readers: Mapping[str, Reader], errors: dict[str, list[str]]
) -> Iterator[tuple[str, Json]]:
    for name, read in readers.items():
        value = given.get(name)
        if value is None or (isinstance(value, str) and not value.strip()):
            continue
        try:
            yield name, read(value)
        except Wrong as wrong:
            errors[name] = [str(wrong)]


def _whole(value: Json) -> Json:
    """A number that JSON writers made a float of as what it was."""
    whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
    return int(value) if whole else value


def _flag(value: Json) -> bool:
    return _said(boolean, value)


def _number(value: Json, *, least: int, most: int) -> int:
    number = _said(whole, value)
    if not least <= number <= most:
        raise Wrong(f"must be between {least} and {most}")
    return number


def _time(value: Json) -> str:
    return instant(_said(moment, value))


def _said(read: Callable[[Json], T], value: Json) -> T:
    try:
        return read(value)
    except ValueError as error:
        raise Wrong(str(error)) from None


def _calls(value: Json) -> str:
    if as_text(value).strip() != "calls":
        raise Wrong("must be calls")
    return "calls"


def _scalar(value: Json) -> Json:
    as_text(value)
    return value


def _trimmed(value: Json) -> str:
    return as_text(value).strip()


_COUNT = partial(_number, least=0, most=MOST)
_HOURS = partial(_number, least=0, most=HUNDRED_YEARS)

DIRECTIVES: Mapping[str, Reader] = {
    "contact_field_type": as_text,
    "schedule_callback_at": _time,
    "schedule_callback_in_seconds": partial(_number, least=0, most=HUNDRED_YEARS * 3600),
    "next_action_at": _time,
    "update_all_matching_leads": _flag,
    "apply_to": _calls,
    "blocked": _flag,
    "unblock_contact": _flag,
    "assign_trackdrive_number": _scalar,
    "assign_sms_number": _scalar,
    "expire_existing": _flag,
    "delete_existing": _flag,
    "update_only": _flag,
    "lead_priority": partial(_number, least=-MOST, most=MOST),
    "restart_schedule": _flag,
    "auto_format_nested_fields": _flag,
    "hours_to_expire": _HOURS,
    "max_contact_attempts": _COUNT,
    "expires_in": _COUNT,
}

TEXTS: Mapping[str, Reader] = {"email": _trimmed, **dict.fromkeys(ATTRIBUTION, as_text)}

RESERVED = CREDENTIALS | MACHINERY | DIRECTIVES.keys() | TEXTS.keys() | {
    "caller_id", "data", "data_json"
}  # fmt: skip
"""Parameters that never become tokens."""

NOT_IN_DATA = CREDENTIALS | {"caller_id", *ATTRIBUTION}
"""What is no token within `data` either: it is secret, or has a place of its own."""
