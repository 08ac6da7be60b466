"""What has to be known of a Google Ads account."""

from relay.core.contract import END, SERVICE_ACCOUNT, Json

_CUSTOMER = f"^[0-9]{{3}}-?[0-9]{{3}}-?[0-9]{{4}}{END}"

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["service_account", "customer_id", "events"],
    "additionalProperties": False,
    "properties": {
        "service_account": SERVICE_ACCOUNT,
        "customer_id": {
            "type": "string",
            "title": "Customer ID",
            "description": "Of the Google Ads account that owns the conversion actions, ten digits"
            " as in 123-456-7890: at the top right of Google Ads.",
            "pattern": _CUSTOMER,
            "examples": ["123-456-7890"],
        },
        "login_customer_id": {
            "type": "string",
            "title": "Manager's customer ID",
            "description": "Only where the service account is a user of a manager account (MCC)"
            " and not of the account itself.",
            "pattern": _CUSTOMER,
        },
        "events": {
            "type": "object",
            "title": "Conversion actions",
            "description": "The ID of the conversion action for each event, such as"
            ' {"created": "7012345678", "won": "7012345679"}: created is a new lead, the others are'
            " labels or stages of a status. What is not named is not sent. The ID is the number"
            " behind ctId= in the address of the conversion action's page.",
            "additionalProperties": {"type": "string", "pattern": f"^[0-9]{{1,20}}{END}"},
            "minProperties": 1,
        },
    },
}
