"""What Close's set-up form asks."""

from relay.core.contract import END, Json

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["api_key"],
    "additionalProperties": False,
    "properties": {
        "api_key": {
            "type": "string",
            "title": "API key",
            "description": "Settings > Developer > API Keys. It begins with api_.",
            "pattern": f"^[!-9;-~]+{END}",
            "secret": True,
        },
        "status_id": {
            "type": "string",
            "title": "Status of new leads",
            "description": "Its id, which begins with stat_. Left out, the first of your statuses.",
            "pattern": f"^stat_[A-Za-z0-9]+{END}",
        },
        "note": {
            "type": "boolean",
            "title": "Write the rest into a note",
            "description": "All that has no field of its own, and what was too long for one.",
            "default": True,
        },
    },
}
