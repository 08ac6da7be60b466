"""A secret header as the proof of who has sent something: its setting, its check, its making.

Most form builders that cannot sign can at least send a header of their user's choice.
"""

import hmac
from collections.abc import Sequence

from relay.core.conversations import Json, Settings
from relay.core.inbound import Inbound

END = "(?![\\s\\S])"
"""The end of a text; "$" would let a line break pass that nobody sees."""

HEADER_NAME: Json = {"type": "string", "pattern": f"^[!#$%&'*+.^_`|~0-9A-Za-z-]+{END}"}
"""The schema of a header's name; say its title beside it."""


def secret_list(title: str) -> Json:
    """The schema of a setting with one to five secrets that count at once."""
    return {
        "type": "array",
        "title": title,
        "description": "Several count at once, so that one can be changed without a gap.",
        "items": {"type": "string", "minLength": 1},
        "minItems": 1,
        "maxItems": 5,
        "secret": True,
    }


SECRET_HEADER: Json = {
    "type": "object",
    "title": "Secret header",
    "description": "A header that every genuine request carries, such as X-Api-Key.",
    "required": ["name", "values"],
    "additionalProperties": False,
    "properties": {
        "name": {**HEADER_NAME, "title": "Name", "examples": ["X-Api-Key"]},
        "values": secret_list("Values"),
    },
}
"""The schema of the setting `header`."""

HEADER_SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "properties": {"header": SECRET_HEADER},
}
"""The settings of a source that can be given nothing else."""


def judge_header(inbound: Inbound, settings: Settings) -> str | None:
    """None where the header of the setting `header` is there, or none is set; else the reason."""
    header = settings.get("header")
    if not header or is_one_of(inbound.headers.get(header["name"].lower(), ""), header["values"]):
        return None
    return f"the header {header['name']} is missing or wrong"


def header_credentials(settings: Settings) -> dict[str, str]:
    """The header of a genuine request, as the setting `header` has it."""
    header = settings.get("header")
    return {header["name"]: header["values"][0]} if header else {}


def is_one_of(given: str, wanted: Sequence[str]) -> bool:
    """Whether a text is one of these secrets; each is compared, in the same time.

    Headers are read as Latin-1, whatever was meant, so both readings of it count.
    """
    readings = (given.encode("latin-1", "replace"), given.encode("utf-8", "replace"))
    same = [hmac.compare_digest(raw, one.encode()) for raw in readings for one in wanted]
    return any(same)
