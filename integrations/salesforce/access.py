"""How access to a Salesforce org is had, and where its API then is.

`POST /services/oauth2/token` of the org's My Domain with `grant_type=client_credentials`. The token
has no term: it is good until Salesforce says INVALID_SESSION_ID (Salesforce: OAuth 2.0 Client
Credentials Flow).
"""

import re

from relay.core.contract import (
    Access,
    Grant,
    Granting,
    Json,
    Kind,
    Outcome,
    Reply,
    Request,
    Settings,
    form_request,
    json_request,
    judge_reply,
    said_object,
)

_INSTANCE = re.compile(r"https://[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.salesforce\.com")

TOKEN_WAIT = 600.0
"""Seconds to wait where Salesforce says that too many tokens were asked for."""


def asked(
    method: str,
    path: str,
    settings: Settings,
    access: Access | None,
    body: Json = None,
    headers: dict[str, str] | None = None,
) -> Request:
    """One request below the data of this API version."""
    token = access.token if access else ""
    base = f"{instance_of(settings, access)}/services/data/{settings.get('api_version', 'v66.0')}"
    authorized = {"Authorization": f"Bearer {token}", **(headers or {})}
    return json_request(method, f"{base}/{path}", body, authorized)


def instance_of(settings: Settings, access: Access | None) -> str:
    """Where the org's API is: what Salesforce said with the token, else the My Domain."""
    said = str(access.details.get("instance_url", "")) if access else ""
    return said if _INSTANCE.fullmatch(said) else f"https://{settings['my_domain']}"


def _account(settings: Settings) -> str:
    return f"{settings['my_domain']} {settings['client_id']}"


def _ask(settings: Settings, _before: Access | None, now: float) -> Granting:
    """A token for the user that the app runs as."""
    fields = {
        "grant_type": "client_credentials",
        "client_id": settings["client_id"],
        "client_secret": settings["client_secret"],
    }
    url = f"https://{settings['my_domain']}/services/oauth2/token"
    reply = yield form_request("POST", url, fields)
    said = said_object(reply)
    if reply.status == 200 and (token := said.get("access_token")):
        return Access(
            token=str(token), details={"instance_url": str(said.get("instance_url") or "")}
        )
    return _refused(reply, now)


def _refused(reply: Reply, now: float) -> Outcome:
    said = said_object(reply)
    parts = (str(said.get("error") or ""), str(said.get("error_description") or ""))
    words = ": ".join(part for part in parts if part)
    if "rate exceeded" in words:
        message = f"no token: answered {reply.status}: {words[:300]}"
        return Outcome(kind=Kind.THROTTLED, message=message, retry_after=TOKEN_WAIT)
    kinds = {400: Kind.UNAUTHORIZED, 403: Kind.UNAUTHORIZED, 404: Kind.UNAUTHORIZED}
    refused = judge_reply(reply, now, kinds, words)
    return refused or Outcome(kind=Kind.RETRY, message=f"no token in an answer {reply.status}")


GRANT = Grant(account=_account, ask=_ask)
