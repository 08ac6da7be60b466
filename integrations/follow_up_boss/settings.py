"""What the set-up form for Follow Up Boss asks."""

from relay.core.contract import END, Json

_WORDS = f"^[^\\x00-\\x1f\\x7f]+{END}"

TYPES = (
    "General Inquiry",
    "Registration",
    "Property Inquiry",
    "Seller Inquiry",
    "Visited Open House",
)
"""The types of events that action plans or automations begin with."""

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["api_key"],
    "additionalProperties": False,
    "properties": {
        "api_key": {
            "type": "string",
            "title": "API key",
            "description": "Admin > API.",
            "pattern": f"^[!-9;-~]+{END}",
            "secret": True,
        },
        "type": {
            "type": "string",
            "title": "Type of event",
            "description": "Which lead flow, action plans and automations it starts.",
            "enum": list(TYPES),
            "default": TYPES[0],
        },
        "source": {
            "type": "string",
            "title": "Lead source",
            "description": "The brand or website that the lead flow goes by. Left out, the website"
            " that the lead came from.",
            "pattern": _WORDS,
            "maxLength": 255,
        },
        "system": {
            "type": "string",
            "title": "System",
            "description": "The name under which your system is registered with Follow Up Boss.",
            "pattern": f"^[ -~]+{END}",
            "maxLength": 100,
            "default": "Lead Relay",
        },
        "system_key": {
            "type": "string",
            "title": "System key",
            "description": "Of the registered system. Without one the limits are lower.",
            "pattern": f"^[!-~]+{END}",
            "secret": True,
        },
    },
}
