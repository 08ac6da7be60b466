"""What has to be known of a database at Notion."""

from relay.core.contract import END, Json

VERSION = "2026-03-11"
LEAD_ID = "Lead ID"

_HEX = "[0-9a-fA-F]"

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["token", "data_source"],
    "additionalProperties": False,
    "properties": {
        "token": {
            "type": "string",
            "title": "Access token",
            "description": "Of an internal connection, which may read, insert and update content.",
            "pattern": f"^(ntn|secret)_[0-9A-Za-z]{{20,200}}{END}",
            "secret": True,
        },
        "data_source": {
            "type": "string",
            "title": "Data source ID",
            "description": "The database's settings > Manage data sources > ••• > Copy data source"
            " ID.",
            "pattern": f"^{_HEX}{{8}}-?{_HEX}{{4}}-?{_HEX}{{4}}-?{_HEX}{{4}}-?{_HEX}{{12}}{END}",
            "examples": ["2f26ee68-df30-4251-aad4-8ddc420cba3d"],
        },
        "lead_id": {
            "type": "string",
            "title": "Property for the lead's id",
            "description": "A text property, by which the page of a lead is found again.",
            "minLength": 1,
            "maxLength": 200,
            "default": LEAD_ID,
        },
        "text": {
            "type": "boolean",
            "title": "Write the page's text",
            "description": "With all of the lead that has no property.",
            "default": True,
        },
        "version": {
            "type": "string",
            "title": "Notion-Version",
            "pattern": f"^20[0-9]{{2}}-[01][0-9]-[0-3][0-9]{END}",
            "default": VERSION,
        },
    },
}
