"""Whose call it is: the API key that it has, counted and judged in one way for all dialects."""

from relay.services import configured
from relay.services.configured import ConfiguredKey
from relay.web.apis.calls import Call, Refusal
from relay.web.limits import DoorLimits

HEADER = "X-API-Key"


def given_key(call: Call) -> str:
    """What the call has for a key, "" where it has none."""
    return call.header(HEADER).strip()


def known_key(call: Call) -> ConfiguredKey | None:
    """The call's key where it is one."""
    given = given_key(call)
    return configured.key(call.rt, given) if given else None


def count_call(limits: DoorLimits, call: Call, key: ConfiguredKey | None) -> None:
    """Raises Refusal 429 where the key, or the address of who has none, calls too often."""
    caller = str(key.id) if key else str(call.environ.get("REMOTE_ADDR", ""))
    if over := limits.over_key(caller):
        raise Refusal(429, "Too many requests", headers={"Retry-After": str(over.seconds)})


def be_allowed(key: ConfiguredKey, scope: str) -> None:
    """Raises Refusal 403 where the key is not for this."""
    if scope not in key.scopes:
        raise Refusal(403, f"This API key has no scope {scope!r}")
