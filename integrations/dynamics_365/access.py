"""How access to an environment is had, in each of Microsoft's clouds."""

from collections.abc import Mapping
from urllib.parse import quote, urlsplit

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
    parse_retry_after,
    said_object,
    shorten,
)

AUTHORITIES: Mapping[str, str] = {
    ".microsoftdynamics.us": "login.microsoftonline.us",
    ".appsplatform.us": "login.microsoftonline.us",
    ".dynamics.cn": "login.partner.microsoftonline.cn",
}
"""Where tokens are had in the national clouds (learn.microsoft.com/entra/identity-platform/
authentication-national-cloud)."""

AUTHORITY = "login.microsoftonline.com"


def web_of(settings: Settings) -> str:
    """The address of the environment, as people open it."""
    host = (urlsplit(settings["url"]).hostname or "").replace(".api.", ".", 1)
    return f"https://{host}"


def api_of(settings: Settings) -> str:
    """The address of the environment's API."""
    name, _, cloud = (urlsplit(web_of(settings)).hostname or "").partition(".")
    return f"https://{name}.api.{cloud}/api/data/{settings.get('api_version', 'v9.2')}"


def _account(settings: Settings) -> str:
    return f"{web_of(settings)} {settings['tenant_id']} {settings['client_id']}"


def _ask(settings: Settings, _before: Access | None, now: float) -> Granting:
    """A token of the application itself (client credentials), for about an hour."""
    web = web_of(settings)
    authority = next((at for end, at in AUTHORITIES.items() if web.endswith(end)), AUTHORITY)
    fields = {
        "grant_type": "client_credentials",
        "client_id": settings["client_id"],
        "client_secret": settings["client_secret"],
        "scope": f"{web}/.default",
    }
    tenant = quote(settings["tenant_id"], safe="")
    reply = yield form_request("POST", f"https://{authority}/{tenant}/oauth2/v2.0/token", fields)
    said = said_object(reply)
    if reply.status == 200 and (token := said.get("access_token")):
        return Access(token=str(token), expires_in=_seconds(said.get("expires_in")))
    return _refused(reply, said, now)


def _seconds(said: Json) -> float:
    return float(said) if isinstance(said, int | float) and 0 < said < 864_000 else 3600.0


def _refused(reply: Reply, said: Mapping[str, Json], now: float) -> Outcome:
    words = str(said.get("error_description") or said.get("error") or "").splitlines()[:1]
    message = "; ".join(
        [f"no token: answered {reply.status}", *(shorten(word, 300) for word in words)]
    )
    wait = parse_retry_after(reply.headers.get("retry-after"), now)
    if reply.status == 429:
        return Outcome(kind=Kind.THROTTLED, message=message, retry_after=wait)
    if reply.status in (400, 401, 403) and said.get("error") != "temporarily_unavailable":
        return Outcome(kind=Kind.UNAUTHORIZED, message=message)
    return Outcome(kind=Kind.RETRY, message=message, retry_after=wait)


GRANT = Grant(account=_account, ask=_ask)
