"""What has to be known of an account at Mailchimp."""

from relay.core.contract import END, Json

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["api_key", "audience"],
    "additionalProperties": False,
    "properties": {
        "api_key": {
            "type": "string",
            "title": "API key",
            "description": "Profile > Extras > API keys. It ends with the data center, like -us21.",
            "pattern": f"^[0-9A-Za-z]{{20,64}}-[a-z]{{2,4}}[0-9]{{1,3}}{END}",
            "secret": True,
        },
        "audience": {
            "type": "string",
            "title": "Audience ID",
            "description": "Audience > Settings > Audience name and defaults.",
            "pattern": f"^[0-9A-Za-z]{{4,40}}{END}",
            "examples": ["a1b2c3d4e5"],
        },
        "new_members": {
            "type": "string",
            "title": "Status of new members",
            "description": "pending: Mailchimp asks by mail and subscribes who confirms."
            " subscribed: whoever agreed to marketing in the form is subscribed at once; the"
            " others are asked."
            " transactional: nobody is asked or subscribed. Who said no is always transactional.",
            "enum": ["pending", "subscribed", "transactional"],
            "default": "pending",
        },
        "tags": {
            "type": "array",
            "title": "Tags",
            "description": "Given to the member when the lead is new.",
            "items": {"type": "string", "minLength": 1, "maxLength": 100},
            "maxItems": 50,
        },
        "marketing_permissions": {
            "type": "array",
            "title": "Marketing permission IDs",
            "description": "Fields of an audience with GDPR fields that are ticked where the person"
            " agreed to marketing.",
            "items": {"type": "string", "pattern": f"^[0-9A-Za-z]{{1,40}}{END}"},
        },
        "note": {
            "type": "boolean",
            "title": "Write a note",
            "description": "With all of the lead that has no field.",
            "default": True,
        },
    },
}
