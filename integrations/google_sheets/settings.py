"""What has to be known of a spreadsheet."""

from relay.core.contract import END, SERVICE_ACCOUNT, Json, Settings

LEAD_ID = "Lead id"
"""The column by which a lead's row is found again; it is always there."""

DETAILS = "Details"
"""The column for all that has none of its own."""

TIME = "Time (UTC)"

COLUMNS = (
    LEAD_ID,
    TIME,
    "First name",
    "Last name",
    "E-mail",
    "Phone",
    "Company",
    "Message",
    "Form",
    "Page",
    "UTM source",
    "UTM medium",
    "UTM campaign",
    "UTM term",
    "UTM content",
    "Status",
    "Value",
    "Currency",
    DETAILS,
)

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["service_account", "spreadsheet_id"],
    "additionalProperties": False,
    "properties": {
        "service_account": SERVICE_ACCOUNT,
        "spreadsheet_id": {
            "type": "string",
            "title": "Spreadsheet ID",
            "description": "The part of the spreadsheet's address between /d/ and /edit.",
            "pattern": f"^[A-Za-z0-9_-]{{20,100}}{END}",
            "examples": ["1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms"],
        },
        "sheet": {
            "type": "string",
            "title": "Sheet",
            "description": "The name on the tab at the bottom. Left out, the first sheet is used.",
            "minLength": 1,
            "maxLength": 100,
        },
        "columns": {
            "type": "array",
            "title": "Columns",
            "description": "Which columns the relay fills, by their titles. Those that row 1 does"
            " not have yet are added at its end; their order in the sheet is yours.",
            "items": {"type": "string", "minLength": 1, "maxLength": 200},
            "minItems": 1,
            "maxItems": 200,
            "uniqueItems": True,
            "default": list(COLUMNS),
        },
    },
}


def columns_of(settings: Settings) -> list[str]:
    """The titles of the columns to be filled, the lead's id among them."""
    titles = list(settings.get("columns") or COLUMNS)
    return titles if LEAD_ID in titles else [LEAD_ID, *titles]
