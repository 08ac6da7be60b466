"""What has to be known of an account at ActiveCampaign."""

from relay.core.contract import END, Json

_IDS = {"type": "array", "items": {"type": "integer", "minimum": 1}, "maxItems": 5}

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["url", "api_key"],
    "additionalProperties": False,
    "properties": {
        "url": {
            "type": "string",
            "title": "URL",
            "description": "Settings > Developer > API access.",
            "format": "uri",
            "pattern": f"^https://[a-z0-9][a-z0-9-]{{0,62}}\\.(api-us1|activehosted)\\.com/?{END}",
            "examples": ["https://youraccountname.api-us1.com"],
        },
        "api_key": {
            "type": "string",
            "title": "Key",
            "description": "Settings > Developer > API access.",
            "pattern": f"^[0-9A-Za-z]{{20,200}}{END}",
            "secret": True,
        },
        "lists": {
            **_IDS,
            "title": "IDs of lists to subscribe to",
            "description": "Whoever agreed to marketing in the form is subscribed to these lists."
            " Without any nobody is subscribed.",
            "examples": ["2"],
        },
        "tags": {
            **_IDS,
            "title": "IDs of tags",
            "description": "Given to the contact when the lead is new.",
            "examples": ["20"],
        },
        "note": {
            "type": "boolean",
            "title": "Write a note",
            "description": "With all of the lead that has no field.",
            "default": True,
        },
    },
}
