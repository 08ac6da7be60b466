"""What has to be known of a dataset at Meta."""

from relay.core.contract import END, Json

VERSION = "v26.0"

EVENTS = {"created": "Lead", "qualified": "Qualified Lead", "won": "Converted Lead"}

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["dataset_id", "access_token"],
    "additionalProperties": False,
    "properties": {
        "dataset_id": {
            "type": "string",
            "title": "Dataset ID",
            "description": "Events Manager > Data sources > the dataset > Settings. A pixel's ID"
            " is its dataset's.",
            "pattern": f"^[0-9]{{5,20}}{END}",
            "examples": ["1234567890123456"],
        },
        "access_token": {
            "type": "string",
            "title": "Access token",
            "description": "Events Manager > the dataset > Settings > Conversions API > Generate"
            " access token.",
            "pattern": f"^[!-~]{{10,1000}}{END}",
            "secret": True,
        },
        "events": {
            "type": "object",
            "title": "Events",
            "description": "What Meta is told for a new lead (created) and for each status, by its"
            " label or stage. A status that is not named here is not told.",
            "additionalProperties": {"type": "string", "minLength": 1, "maxLength": 50},
            "default": EVENTS,
        },
        "crm": {
            "type": "string",
            "title": "Name of the CRM",
            "description": "What Meta shows as the place that statuses come from.",
            "minLength": 1,
            "maxLength": 100,
            "default": "Lead relay",
        },
        "test_event_code": {
            "type": "string",
            "title": "Test event code",
            "description": "Events Manager > Test events. While it is set, events show there;"
            " take it out when all is well.",
            "pattern": f"^[A-Za-z0-9_-]{{1,50}}{END}",
        },
        "api_version": {
            "type": "string",
            "title": "Version of the Graph API",
            "pattern": f"^v[0-9]{{1,3}}\\.0{END}",
            "default": VERSION,
        },
    },
}
