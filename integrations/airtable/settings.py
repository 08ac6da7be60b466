"""What has to be known of a table at Airtable."""

from relay.core.contract import END, Json

MERGED_ON = "Lead ID"
DETAILS = "Details"

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["token", "base", "table"],
    "additionalProperties": False,
    "properties": {
        "token": {
            "type": "string",
            "title": "Personal access token",
            "description": "airtable.com/create/tokens, with the scopes data.records:read and"
            " data.records:write and access to the base.",
            "pattern": f"^pat[0-9A-Za-z.]{{10,200}}{END}",
            "secret": True,
        },
        "base": {
            "type": "string",
            "title": "Base ID",
            "description": "Begins with app; it stands in the base's address.",
            "pattern": f"^app[0-9A-Za-z]{{14}}{END}",
            "examples": ["appAbCdEfGhIjKlMn"],
        },
        "table": {
            "type": "string",
            "title": "Table",
            "description": "Its name, or its id, which begins with tbl and stands in the address.",
            "minLength": 1,
            "maxLength": 255,
            "pattern": f"^(?!\\.{{1,2}}{END}).*{END}",
        },
        "merge_on": {
            "type": "array",
            "title": "Fields to merge on",
            "description": "A record that has the same in all of these fields is updated, else a"
            f" new one is made. {MERGED_ON} where nothing is given.",
            "items": {"type": "string", "minLength": 1, "maxLength": 255},
            "minItems": 1,
            "maxItems": 3,
            "uniqueItems": True,
            "default": [MERGED_ON],
        },
        "details": {
            "type": "string",
            "title": "Field for the rest",
            "description": "A long text field that holds all of the lead that has no field.",
            "minLength": 1,
            "maxLength": 255,
            "default": DETAILS,
        },
    },
}
