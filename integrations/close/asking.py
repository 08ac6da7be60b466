"""Requests as Close wants them."""

from relay.core.contract import Json, Request, Settings, basic_authorization, json_request

HOST = "https://api.close.com/api/v1"


def ask(method: str, path: str, settings: Settings, body: Json = None) -> Request:
    """A request with the key as user name, without a password."""
    headers = {**basic_authorization(settings["api_key"]), "Accept": "application/json"}
    return json_request(method, HOST + path, body, headers)
