"""What has to be known of a pixel or a CRM event set at TikTok."""

from relay.core.contract import END, Json

EVENTS = {"created": "SubmitForm", "qualified": "QualifiedLead", "won": "ConvertedLead"}

CRM = "Lead relay"

VERSION = "v1.3"

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["event_source_id", "access_token"],
    "additionalProperties": False,
    "properties": {
        "event_source": {
            "title": "Data source",
            "description": "web: a pixel, for leads of your pages. crm: a CRM event set, for leads"
            " of TikTok's own forms and what becomes of any lead.",
            "enum": ["web", "crm"],
            "default": "web",
        },
        "event_source_id": {
            "type": "string",
            "title": "Pixel ID or event set ID",
            "description": "Tools > Events > the data source: the ID stands under its name.",
            "pattern": f"^[A-Za-z0-9]{{5,50}}{END}",
            "examples": ["CABCDEFGHIJKLMNOPQRS"],
        },
        "access_token": {
            "type": "string",
            "title": "Access token",
            "description": "Tools > Events > the data source > Settings > Events API > Generate"
            " access token.",
            "pattern": f"^[!-~]{{10,500}}{END}",
            "secret": True,
        },
        "events": {
            "type": "object",
            "title": "Events",
            "description": "What TikTok is told for a new lead (created) and for each status, by"
            " its label or stage. A status that is not named here is not told.",
            "additionalProperties": {"type": "string", "minLength": 1, "maxLength": 50},
            "default": EVENTS,
        },
        "crm": {
            "type": "string",
            "title": "Name of the CRM",
            "description": "What TikTok shows as the place that events of a CRM come from.",
            "minLength": 1,
            "maxLength": 100,
            "default": CRM,
        },
        "test_event_code": {
            "type": "string",
            "title": "Test event code",
            "description": "Tools > Events > the data source > Test events. While it is set, events"
            " show there; take it out when all is well.",
            "pattern": f"^[A-Za-z0-9_-]{{1,50}}{END}",
        },
        "api_version": {
            "type": "string",
            "title": "Version of the API",
            "pattern": f"^v[0-9]\\.[0-9]{{1,2}}{END}",
            "default": VERSION,
        },
    },
}
