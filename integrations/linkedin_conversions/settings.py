"""What has to be known of an ad account at LinkedIn."""

from relay.core.contract import END, Json

VERSION = "202607"

URN = "urn:lla:llaPartnerConversion:"

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["events"],
    "additionalProperties": False,
    "properties": {
        "events": {
            "type": "object",
            "title": "Conversions",
            "description": "The ID of the conversion rule for new leads (created) and for each"
            " status, by its label or stage. What is not named here is not told.",
            "additionalProperties": {
                "type": "string",
                "pattern": f"^(urn:lla:llaPartnerConversion:)?[0-9]{{1,20}}{END}",
            },
            "minProperties": 1,
            "examples": ["created: 12345678"],
        },
        "access_token": {
            "type": "string",
            "title": "Access token",
            "description": "Campaign Manager > Measurement > Signals manager > the API source >"
            " Generate token. Not needed beside a refresh token.",
            "pattern": f"^[!-~]{{20,2000}}{END}",
            "secret": True,
        },
        "client_id": {
            "type": "string",
            "title": "Client ID",
            "description": "Of your own app, where it may refresh tokens.",
            "pattern": f"^[A-Za-z0-9]{{5,100}}{END}",
        },
        "client_secret": {
            "type": "string",
            "title": "Client secret",
            "pattern": f"^[!-~]{{5,200}}{END}",
            "secret": True,
        },
        "refresh_token": {
            "type": "string",
            "title": "Refresh token",
            "description": "LinkedIn gives one to approved apps; it lives for a year.",
            "pattern": f"^[!-~]{{20,2000}}{END}",
            "secret": True,
        },
        "api_version": {
            "type": "string",
            "title": "Version of the API",
            "description": "A month, such as 202607. LinkedIn takes each for at least a year.",
            "pattern": f"^20[0-9]{{2}}(0[1-9]|1[0-2]){END}",
            "default": VERSION,
        },
    },
}
