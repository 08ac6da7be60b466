"""What a target at Pipedrive is told."""

from relay.core.contract import END, Json

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["api_token"],
    "additionalProperties": False,
    "properties": {
        "api_token": {
            "type": "string",
            "title": "API token",
            "description": "From your account's name > Company settings > Personal preferences >"
            " API. What the relay makes belongs to this user.",
            "pattern": f"^[!-~]+{END}",
            "secret": True,
        },
        "company_domain": {
            "type": "string",
            "title": "Company domain",
            "description": "The first part of the address at which you use Pipedrive, for links"
            " to the leads.",
            "pattern": f"^[a-z0-9]([a-z0-9-]*[a-z0-9])?{END}",
        },
        "owner_id": {
            "type": "integer",
            "title": "Owner",
            "description": "The ID of the user who gets new persons and leads, if not the token's.",
            "minimum": 1,
        },
        "label_ids": {
            "type": "array",
            "title": "Labels of new leads",
            "description": "Their IDs, as GET /v1/leadLabels lists them.",
            "items": {"type": "string", "pattern": f"^[0-9a-f]{{8}}(-[0-9a-f]{{4,12}}){{4}}{END}"},
        },
        "channel": {
            "type": "integer",
            "title": "Source channel",
            "description": "The ID of one of the account's marketing channels, for every new lead.",
            "minimum": 1,
        },
        "subscribe": {
            "type": "boolean",
            "title": "Set the marketing status of people who said yes to subscribed",
            "description": "Pipedrive lets that be changed once, and counts them.",
            "default": False,
        },
    },
}
