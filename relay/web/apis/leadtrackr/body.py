"""What the calls of LeadTrackr's dialect may say in their bodies."""

from typing import Any

from relay.core.contract import Json
from relay.web.apis.calls import Refusal
from relay.web.apis.objects import Fields

LONGEST_IDENTIFIER = 255
"""Characters of a uniqueIdentifier (LeadTrackr: Create Lead)."""

OBJECTS = ("userData", "attributionData", "formData", "deviceData")

NOTHING = (None, "", 0)
"""What counts as not sent where a name has two spellings; false is 0 here."""


def project_id(fields: Fields) -> str:
    """The project that is named, a number as its digits. Raises Refusal 400."""
    named = fields.get("projectId")
    if named is None or named == "":
        raise missing("projectId")
    if isinstance(named, bool) or not isinstance(named, str | int):
        raise Refusal(400, "projectId must be a string")
    return str(named)


def check_lead(fields: Fields, *, needs_user_data: bool) -> None:
    """Whether this can be a lead. Raises Refusal 400 saying what is wrong, and where.

    Something counts as said where a member is there, whatever its value: tags send every click id,
    empty where the visitor has none, and their senders count as the vendor's own library does.
    """
    for name in OBJECTS:
        if not _is_map(fields.get(name)):
            raise Refusal(400, f"{name} must be an object")
    if needs_user_data and fields.get("userData") is None:
        raise missing("userData")
    if not fields.get("userData") and not fields.get("attributionData"):
        raise Refusal(400, "userData and attributionData say nothing: one of them has to")
    check_identifier(fields)


def check_identifier(fields: Fields) -> None:
    """Whether the uniqueIdentifier, under either name, is one. Raises Refusal 400."""
    names = ("uniqueIdentifier", "unique_identifier")
    name = next((name for name in names if fields.get(name) not in NOTHING), None)
    if name is None:
        return
    value: Any = fields[name]
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Refusal(400, f"{name} must be a string")
    if len(str(value)) > LONGEST_IDENTIFIER:
        raise Refusal(400, f"{name} must not have more than {LONGEST_IDENTIFIER} characters")


def missing(name: str) -> Refusal:
    """A field that has to be there is not (LeadTrackr: Errors)."""
    return Refusal(400, f"Missing required field: {name}")


def _is_map(value: Json) -> bool:
    """An object, nothing, or the list that PHP writes for an empty object."""
    return value is None or isinstance(value, dict) or value == []
