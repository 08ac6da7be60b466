"""What has to be known of a GA4 property."""

from relay.core.contract import END, Json

EVENTS = {
    "created": "generate_lead",
    "qualified": "qualify_lead",
    "won": "close_convert_lead",
    "lost": "close_unconvert_lead",
}
"""The events that GA4 recommends for leads (support.google.com/analytics/answer/9267735)."""

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["measurement_id", "api_secret"],
    "additionalProperties": False,
    "properties": {
        "measurement_id": {
            "type": "string",
            "title": "Measurement ID",
            "description": "Of the web data stream, under Admin, Data streams. It begins with G-.",
            "pattern": f"^G-[A-Z0-9]{{4,20}}{END}",
            "examples": ["G-A1B2C3D4E5"],
        },
        "api_secret": {
            "type": "string",
            "title": "API secret",
            "description": "On the same page, under Measurement Protocol API secrets.",
            "pattern": f"^[!-~]{{8,100}}{END}",
            "secret": True,
        },
        "events": {
            "type": "object",
            "title": "Events",
            "description": "GA4's event for each of ours: created is a new lead, the others are"
            " labels or stages of a status. What is not named is not sent.",
            "additionalProperties": {
                "type": "string",
                "pattern": f"^(?!ga_|google_|firebase_)[A-Za-z][A-Za-z0-9_]{{0,39}}{END}",
            },
            "minProperties": 1,
            "default": EVENTS,
        },
        "currency": {
            "type": "string",
            "title": "Currency",
            "description": "Of leads whose value is not known: GA4 is told a value of 0 for them.",
            "pattern": f"^[A-Z]{{3}}{END}",
            "default": "USD",
        },
        "without_client_id": {
            "type": "string",
            "title": "Leads without a GA4 client ID",
            "description": "skip: they are not sent. make: an ID is made of the lead's id; GA4 then"
            " counts a person who belongs to no session and came from nowhere.",
            "enum": ["skip", "make"],
            "default": "skip",
        },
        "user_data": {
            "type": "boolean",
            "title": "Send hashed e-mail and phone",
            "description": "Only of leads who granted ad_user_data. The property must have"
            " user-provided data collection turned on.",
            "default": False,
        },
        "eu": {
            "type": "boolean",
            "title": "Collect in the EU",
            "description": "Sends to region1.google-analytics.com.",
            "default": False,
        },
    },
}
