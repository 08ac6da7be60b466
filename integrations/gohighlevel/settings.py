"""What GoHighLevel's set-up form asks."""

from relay.core.contract import END, Json

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["token", "location_id"],
    "additionalProperties": False,
    "properties": {
        "token": {
            "type": "string",
            "title": "Private integration token",
            "description": "Of the sub-account: Settings > Private Integrations.",
            "pattern": f"^[!-~]+{END}",
            "secret": True,
        },
        "location_id": {
            "type": "string",
            "title": "Location ID",
            "description": "Of the sub-account: Settings > Business Profile.",
            "pattern": f"^[A-Za-z0-9_-]{{4,64}}{END}",
            "examples": ["ve9EPM428h8vShlRW1KT"],
        },
        "note": {
            "type": "boolean",
            "title": "Write the rest into a note",
            "description": "All that has no field of its own, and what was too long for one.",
            "default": True,
        },
        "api_version": {
            "type": "string",
            "title": "Version of the API",
            "enum": ["2021-07-28", "v3"],
            "default": "2021-07-28",
        },
    },
}
