"""What a target that is a form of HubSpot's is told."""

from relay.core.contract import END, Json

_GUID = "[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
_NAME = f"^([0-9]-[0-9]+/)?[a-z][a-z0-9_]*{END}"

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["portal_id", "form_id"],
    "additionalProperties": False,
    "properties": {
        "portal_id": {
            "type": "string",
            "title": "Hub ID",
            "description": "The account's number, as the menu under your picture shows it.",
            "pattern": f"^[0-9]{{1,12}}{END}",
        },
        "form_id": {
            "type": "string",
            "title": "Form ID",
            "description": "The form's GUID, as the address of its editor and its embed code"
            " show it.",
            "pattern": f"^{_GUID}{END}",
            "examples": ["4f2c8ad1-6f3e-4d1b-9a52-0c1de2a3b4c5"],
        },
        "token": {
            "type": "string",
            "title": "Service key",
            "description": "With the scope forms. With it more may be submitted, and fields need"
            " not be in the form; without one anybody may submit to a form.",
            "pattern": f"^[!-~]+{END}",
            "secret": True,
        },
        "fields": {
            "type": "array",
            "title": "Fields of the form",
            "description": "Their internal names: only these are sent. Needed without a service"
            " key, for HubSpot then refuses what the form does not have.",
            "items": {"type": "string", "pattern": _NAME},
        },
        "rest_field": {
            "type": "string",
            "title": "Field for the rest of a lead",
            "description": "A field of several lines, by its internal name; it also has to be"
            " among the fields of the form. Empty: the rest is not sent.",
            "pattern": f"^([a-z][a-z0-9_]*)?{END}",
            "default": "message",
        },
        "subscription_type_id": {
            "type": "integer",
            "title": "Subscription type ID",
            "description": "The subscription that a said consent to marketing is for. Without"
            " one nobody is subscribed.",
            "minimum": 0,
        },
        "processing_text": {
            "type": "string",
            "title": "Words of the consent to process data",
            "description": "Where the lead does not say what the person agreed to.",
        },
        "marketing_text": {
            "type": "string",
            "title": "Words of the consent to marketing",
            "description": "Where the lead does not say what the person agreed to.",
        },
    },
}
