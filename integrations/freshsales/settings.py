"""What the set-up form for Freshsales asks."""

from relay.core.contract import END, Json

_HOST = "[a-z0-9][a-z0-9-]{0,62}\\.(my)?freshworks\\.com"

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["bundle_alias", "api_key"],
    "additionalProperties": False,
    "properties": {
        "bundle_alias": {
            "type": "string",
            "title": "Bundle alias",
            "description": "Such as widgetz.myfreshworks.com/crm/sales, below the API key.",
            "pattern": f"^(https://)?{_HOST}(/crm/sales)?/?{END}",
            "examples": ["widgetz.myfreshworks.com/crm/sales"],
        },
        "api_key": {
            "type": "string",
            "title": "API key",
            "description": "Profile picture > Profile Settings > API Settings.",
            "pattern": f"^[!-~]+{END}",
            "secret": True,
        },
        "lead_source_id": {
            "type": "integer",
            "title": "Source",
            "description": "The number of one of your lead sources.",
            "minimum": 1,
        },
        "note": {
            "type": "boolean",
            "title": "Write the rest into a note",
            "description": "All that has no field of its own, and what was too long for one.",
            "default": True,
        },
    },
}
