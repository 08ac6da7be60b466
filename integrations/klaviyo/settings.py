"""What has to be known of an account at Klaviyo."""

from relay.core.contract import END, Json

REVISION = "2026-07-15"
REVISION_ENDS = "2028-07-15"
"""A revision is kept for two years (Klaviyo: API versioning and deprecation policy)."""

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["api_key"],
    "additionalProperties": False,
    "properties": {
        "api_key": {
            "type": "string",
            "title": "Private API key",
            "description": "Settings > API keys. It begins with pk_.",
            "pattern": f"^pk_[0-9A-Za-z_]{{10,100}}{END}",
            "secret": True,
        },
        "subscribe_list": {
            "type": "string",
            "title": "List ID to subscribe to",
            "description": "Whoever agreed to marketing in the form is subscribed to this list."
            " Without it nobody is subscribed.",
            "pattern": f"^[0-9A-Za-z]{{4,20}}{END}",
        },
        "past_consent": {
            "type": "boolean",
            "title": "Subscribe without a confirmation mail",
            "description": "Sends the time of consent as a historical import: the list's double"
            " opt-in and its flows are passed over.",
            "default": False,
        },
        "revision": {
            "type": "string",
            "title": "API revision",
            "pattern": f"^20[0-9]{{2}}-[01][0-9]-[0-3][0-9]{END}",
            "default": REVISION,
        },
    },
}
