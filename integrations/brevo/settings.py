"""What has to be known of an account at Brevo."""

from relay.core.contract import END, Json

_LISTS = {"type": "array", "items": {"type": "integer", "minimum": 1}, "maxItems": 50}

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["api_key"],
    "additionalProperties": False,
    "properties": {
        "api_key": {
            "type": "string",
            "title": "API key",
            "description": "Settings > SMTP & API > API keys & MCP. It begins with xkeysib-.",
            "pattern": f"^xkeysib-[!-~]{{10,200}}{END}",
            "secret": True,
        },
        "mailing_lists": {
            **_LISTS,
            "title": "IDs of mailing lists",
            "description": "Whoever agreed to marketing in the form is added to these lists.",
            "examples": ["7"],
        },
        "other_lists": {
            **_LISTS,
            "title": "IDs of lists that get no mailings",
            "description": "Every new lead is added to these lists. That is no consent: do not send"
            " campaigns to them.",
            "examples": ["12"],
        },
        "note": {
            "type": "boolean",
            "title": "Write a note",
            "description": "With all of the lead. Brevo takes few notes an hour in small plans.",
            "default": True,
        },
    },
}
