"""What Zoho CRM's set-up form asks."""

from integrations.zoho_crm.access import DATA_CENTRES
from relay.core.contract import END, Json

_TEXT = {"type": "string", "pattern": f"^[!-~]+{END}"}

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["client_id", "client_secret", "refresh_token"],
    "additionalProperties": False,
    "properties": {
        "data_centre": {
            "type": "string",
            "title": "Data centre",
            "description": "The end of the address at which you use Zoho CRM: com, eu, in and so"
            " on; ca is zohocloud.ca.",
            "enum": list(DATA_CENTRES),
            "default": "com",
        },
        "client_id": {
            **_TEXT,
            "title": "Client ID",
            "description": "Of a Self Client in the Zoho API Console.",
        },
        "client_secret": {**_TEXT, "title": "Client secret", "secret": True},
        "refresh_token": {
            **_TEXT,
            "title": "Refresh token",
            "description": "With the scopes ZohoCRM.modules.leads.ALL,ZohoCRM.modules.notes.ALL.",
            "secret": True,
        },
        "duplicate_check_fields": {
            "type": "array",
            "title": "Fields that find a lead that is there already",
            "description": "API names, such as Email, or Phone where your account marks it unique.",
            "items": {"type": "string", "pattern": f"^[A-Za-z][A-Za-z0-9_]*{END}"},
            "minItems": 1,
            "maxItems": 5,
            "default": ["Email"],
        },
        "triggers": {
            "type": "string",
            "title": "Automations to run",
            "description": "Which of your account's automations a lead from here starts.",
            "enum": ["all", "none", "workflow", "approval", "blueprint"],
            "default": "all",
        },
        "lead_source": {
            "type": "string",
            "title": "Lead source",
            "description": "One of the choices of the field Lead Source, for every lead.",
            "maxLength": 120,
        },
        "note": {
            "type": "boolean",
            "title": "Write the rest into a note",
            "description": "All that has no field of its own, and what was too long for one.",
            "default": True,
        },
        "api_version": {
            "type": "string",
            "title": "Version of the API",
            "pattern": f"^v[0-9]{{1,2}}(\\.[0-9])?{END}",
            "default": "v8",
        },
    },
}
