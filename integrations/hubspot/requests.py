"""Requests to HubSpot's CRM objects API."""

from relay.core.contract import Json, Request, Settings, json_request

HOST = "https://api.hubapi.com"


def asked(method: str, path: str, settings: Settings, body: Json) -> Request:
    """One request below the objects of this API version."""
    url = f"{HOST}/crm/objects/{settings.get('api_version', '2026-09')}/{path}"
    return json_request(method, url, body, {"Authorization": f"Bearer {settings['token']}"})
