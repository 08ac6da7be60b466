"""Access tokens of LinkedIn: given, or made of a refresh token.

Source: learn.microsoft.com/linkedin/shared/authentication/programmatic-refresh-tokens.
"""

from relay.core.contract import (
    Access,
    Duty,
    Granting,
    Kind,
    Outcome,
    Reply,
    Settings,
    form_request,
    said_object,
    sha256_hex,
)

TOKEN_URL = "https://www.linkedin.com/oauth/v2/accessToken"  # noqa: S105 - an address

_PASSING = 500


NO_TOKEN = Outcome(
    kind=Kind.UNAUTHORIZED,
    message="set an access token, or client ID, client secret and refresh token",
)


def token_of(settings: Settings, duty: Duty) -> str | None:
    """The token to send with, None where the settings give none."""
    return duty.access.token if duty.access else settings.get("access_token")


def account_of(settings: Settings) -> str | None:
    """The app whose refresh token makes tokens; None where a token was given."""
    return f"linkedin {settings['client_id']}" if _refreshes(settings) else None


def rate_key(settings: Settings) -> str:
    """LinkedIn counts by app and by the member who gave the token."""
    credential = settings.get("refresh_token" if _refreshes(settings) else "access_token", "")
    return sha256_hex(f"linkedin {credential}")[:32]


def ask(settings: Settings, before: Access | None, _now: float) -> Granting:
    """An access token for sixty days; the refresh token keeps its own end, a year from consent."""
    refresh_token = (before.refresh_token if before else None) or settings["refresh_token"]
    fields = {
        "grant_type": "refresh_token",
        "refresh_token": refresh_token,
        "client_id": settings["client_id"],
        "client_secret": settings["client_secret"],
    }
    reply = yield form_request("POST", TOKEN_URL, fields)
    said = said_object(reply)
    token, lives = said.get("access_token"), said.get("expires_in")
    if reply.status == 200 and isinstance(token, str) and token:
        renewed = said.get("refresh_token")
        return Access(
            token=token,
            expires_in=float(lives) if type(lives) is int else None,
            refresh_token=renewed if isinstance(renewed, str) and renewed else None,
        )
    return _refused(reply, str(said.get("error_description") or said.get("error") or ""))


def _refreshes(settings: Settings) -> bool:
    return all(settings.get(name) for name in ("client_id", "client_secret", "refresh_token"))


def _refused(reply: Reply, words: str) -> Outcome:
    message = f"no token: answered {reply.status}" + (f": {words[:200]}" if words else "")
    if reply.status == 429:
        return Outcome(kind=Kind.THROTTLED, message=message)
    if reply.status >= _PASSING or not reply.status >= 400:
        return Outcome(kind=Kind.RETRY, message=message)
    return Outcome(kind=Kind.UNAUTHORIZED, message=message)
