"""Where Zoho's data centres are, and how access to one is had."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from relay.core.contract import (
    Access,
    Grant,
    Granting,
    Json,
    Kind,
    Outcome,
    Reply,
    Settings,
    form_request,
    said_object,
    sha256_hex,
)


@dataclass(frozen=True, slots=True)
class DataCentre:
    """The hosts of one data centre (zoho.com/crm/developer/docs/api/v8/multi-dc.html)."""

    accounts: str
    api: str
    web: str


def _zoho(ending: str) -> DataCentre:
    return DataCentre(f"accounts.zoho.{ending}", f"www.zohoapis.{ending}", f"crm.zoho.{ending}")


DATA_CENTRES: Mapping[str, DataCentre] = {
    "com": _zoho("com"),
    "eu": _zoho("eu"),
    "in": _zoho("in"),
    "com.au": _zoho("com.au"),
    "com.cn": _zoho("com.cn"),
    "jp": _zoho("jp"),
    "sa": _zoho("sa"),
    "ca": DataCentre("accounts.zohocloud.ca", "www.zohoapis.ca", "crm.zohocloud.ca"),
}

TOKEN_WAIT = 600.0
"""Seconds: Zoho makes ten tokens in ten minutes of one refresh token."""

REFUSED = frozenset({"invalid_code", "invalid_client", "invalid_client_secret", "access_denied"})
"""What Zoho says, also with a status of 200, when a person has to make new credentials."""

_API_DOMAIN = re.compile(r"https://www\.zohoapis\.(?:com|eu|in|com\.au|com\.cn|jp|sa|ca)")


def centre_of(settings: Settings) -> DataCentre:
    """The data centre where the account lives."""
    return DATA_CENTRES[settings.get("data_centre", "com")]


def api_of(settings: Settings, access: Access | None) -> str:
    """Where the API is: what Zoho said with the token, else what the data centre says."""
    said = str(access.details.get("api_domain", "")) if access else ""
    return said if _API_DOMAIN.fullmatch(said) else f"https://{centre_of(settings).api}"


def _account(settings: Settings) -> str:
    secret = sha256_hex(f"{settings['client_secret']} {settings['refresh_token']}")
    return f"zoho {settings.get('data_centre', 'com')} {settings['client_id']} {secret[:16]}"


def _ask(settings: Settings, _before: Access | None, _now: float) -> Granting:
    """An access token for an hour, made of the refresh token, which stays as it is."""
    fields = {
        "grant_type": "refresh_token",
        "client_id": settings["client_id"],
        "client_secret": settings["client_secret"],
        "refresh_token": settings["refresh_token"],
    }
    reply = yield form_request(
        "POST", f"https://{centre_of(settings).accounts}/oauth/v2/token", fields
    )
    said = said_object(reply)
    if reply.status == 200 and (token := said.get("access_token")):
        return Access(
            token=str(token),
            expires_in=_seconds(said.get("expires_in")),
            details={"api_domain": str(said.get("api_domain") or "")},
        )
    return _refused(reply, said)


def _seconds(said: Json) -> float:
    return float(said) if isinstance(said, int | float) and 0 < said < 86_400 else 3600.0


def _refused(reply: Reply, said: Mapping[str, Json]) -> Outcome:
    error = str(said.get("error") or "")
    words = " ".join(part for part in (error, str(said.get("error_description") or "")) if part)
    message = f"no token: answered {reply.status}" + (f": {words[:300]}" if words else "")
    if reply.status == 429 or "too many requests" in words.lower():
        return Outcome(kind=Kind.THROTTLED, message=message, retry_after=TOKEN_WAIT)
    if error in REFUSED or reply.status == 401:
        return Outcome(kind=Kind.UNAUTHORIZED, message=message)
    return Outcome(kind=Kind.RETRY, message=message)


GRANT = Grant(account=_account, ask=_ask)
