"""What a target at Salesforce is told."""

from relay.core.contract import END, Json

_LABEL = "[a-z0-9]([a-z0-9-]*[a-z0-9])?"
_TEXT = {"type": "string", "pattern": f"^[!-~]+{END}"}

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["my_domain", "client_id", "client_secret"],
    "additionalProperties": False,
    "properties": {
        "my_domain": {
            "type": "string",
            "title": "My Domain",
            "description": "Such as acme.my.salesforce.com or acme--test.sandbox.my.salesforce.com:"
            " Setup > My Domain > Current My Domain URL.",
            "pattern": f"^{_LABEL}(\\.{_LABEL})?\\.my\\.salesforce\\.com{END}",
            "examples": ["acme.my.salesforce.com"],
        },
        "client_id": {
            **_TEXT,
            "title": "Consumer key",
            "description": "Of an External Client App whose Client Credentials Flow is on.",
        },
        "client_secret": {**_TEXT, "title": "Consumer secret", "secret": True},
        "external_id_field": {
            "type": "string",
            "title": "External ID field",
            "description": "API name of a text field of Lead that is External ID and Unique, such"
            " as Relay_Id__c. With it a lead is never there twice.",
            "pattern": f"^[A-Za-z][A-Za-z0-9_]*__c{END}",
        },
        "lead_source": {
            "type": "string",
            "title": "Lead source",
            "description": "One of the values of the field Lead Source, for every new lead.",
            "maxLength": 255,
            "default": "Web",
        },
        "last_name": {
            "type": "string",
            "title": "Last name of leads without a name",
            "description": "Salesforce wants one. Left out: the e-mail address up to the @, else"
            " Unknown.",
            "minLength": 1,
            "maxLength": 80,
        },
        "company": {
            "type": "string",
            "title": "Company of leads without one",
            "description": "Salesforce wants one. Left out: the domain of the e-mail address, else"
            " Unknown.",
            "minLength": 1,
            "maxLength": 255,
        },
        "allow_duplicates": {
            "type": "boolean",
            "title": "Save what a duplicate rule only warns of",
            "description": "Sends Sforce-Duplicate-Rule-Header: allowSave=true. A rule that blocks"
            " blocks all the same.",
            "default": False,
        },
        "opt_out": {
            "type": "boolean",
            "title": "Set Email Opt Out where a person said no to marketing",
            "description": "The app's user needs to see the field. It is never set to no.",
            "default": True,
        },
        "usage_share": {
            "type": "integer",
            "title": "Share of the org's daily API calls at which the relay rests, in percent",
            "description": "So that your other tools go on working.",
            "minimum": 1,
            "maximum": 100,
            "default": 80,
        },
        "api_version": {
            "type": "string",
            "title": "Version of the API",
            "pattern": f"^v[1-9][0-9]{{1,2}}\\.0{END}",
            "default": "v66.0",
        },
    },
}
