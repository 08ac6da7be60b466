"""What a target at HubSpot is told."""

from relay.core.contract import END, Json

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["token"],
    "additionalProperties": False,
    "properties": {
        "token": {
            "type": "string",
            "title": "Service key",
            "description": "From Settings > Integrations > Service Keys, with the scopes"
            " crm.objects.contacts.write and crm.objects.contacts.read.",
            "pattern": f"^[!-~]+{END}",
            "secret": True,
        },
        "rest": {
            "type": "string",
            "title": "Where the rest of a lead goes",
            "description": "A note at the contact keeps every lead of a person; the property"
            " Message holds the newest one only.",
            "enum": ["note", "message"],
            "default": "note",
        },
        "stage": {
            "type": "string",
            "title": "Lifecycle stage",
            "description": "Its internal name, such as lead or marketingqualifiedlead.",
            "pattern": f"^[A-Za-z0-9_]+{END}",
        },
        "stage_backwards": {
            "type": "boolean",
            "title": "Set the stage of contacts who are further already",
            "description": "Else HubSpot keeps, say, a customer a customer.",
            "default": False,
        },
        "lead_status": {
            "type": "string",
            "title": "Lead status",
            "description": "Its internal name, such as NEW, for every new lead.",
            "pattern": f"^[A-Za-z0-9_]+{END}",
        },
        "api_version": {
            "type": "string",
            "title": "Version of the API",
            "pattern": f"^20[0-9]{{2}}-(03|09){END}",
            "default": "2026-09",
        },
    },
}
