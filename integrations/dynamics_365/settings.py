"""What the set-up form for Dynamics 365 asks."""

from relay.core.contract import END, Json

_CLOUDS = "crm[0-9]{0,2}\\.dynamics\\.com|crm\\.microsoftdynamics\\.us|crm\\.appsplatform\\.us"
_HOST = f"[a-z0-9][a-z0-9-]{{0,62}}(\\.api)?\\.({_CLOUDS}|crm\\.dynamics\\.cn)"

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["url", "tenant_id", "client_id", "client_secret"],
    "additionalProperties": False,
    "properties": {
        "url": {
            "type": "string",
            "title": "Environment URL",
            "description": "Such as https://contoso.crm4.dynamics.com, in small letters.",
            "format": "uri",
            "pattern": f"^https://{_HOST}/?{END}",
            "examples": ["https://contoso.crm4.dynamics.com"],
        },
        "tenant_id": {
            "type": "string",
            "title": "Directory (tenant) ID",
            "description": "On the overview of the app registration.",
            "pattern": f"^[A-Za-z0-9][A-Za-z0-9.-]{{1,200}}{END}",
        },
        "client_id": {
            "type": "string",
            "title": "Application (client) ID",
            "description": "On the overview of the app registration.",
            "pattern": f"^[0-9A-Fa-f-]{{36}}{END}",
        },
        "client_secret": {
            "type": "string",
            "title": "Client secret",
            "description": "Its value, not its ID: Certificates & secrets.",
            "pattern": f"^[!-~]+{END}",
            "secret": True,
        },
        "match_by": {
            "type": "string",
            "title": "Alternate key",
            "description": "The logical name of a column that has a key of its own, such as"
            " emailaddress1. Left out, a row is found by the relay's id of the lead.",
            "pattern": f"^[a-z][a-z0-9_]{{0,99}}{END}",
        },
        "lead_source": {
            "type": "integer",
            "title": "Lead source",
            "description": "The number of a choice of the column leadsourcecode; 8 is Web.",
            "minimum": 0,
            "maximum": 2147483647,
        },
        "detect_duplicates": {
            "type": "boolean",
            "title": "Refuse duplicates",
            "description": "Let the duplicate detection rules of the environment refuse leads.",
            "default": False,
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
            "pattern": f"^v[0-9]{{1,2}}\\.[0-9]{END}",
            "default": "v9.2",
        },
    },
}
