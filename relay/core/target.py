"""What the relay has to know of one product that takes leads: a declaration."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from relay.core.conversations import Access, Conversation, Duty, Granting, Json, Settings
from relay.core.noticing import Notice
from relay.core.source import Evidence


def no_rate_key(_settings: Settings) -> str | None:
    """The default: each configured target is counted for itself."""
    return None


def keyed_by(setting: str) -> Callable[[Settings], str]:
    """A rate key for vendors who count by what stands in one setting, such as a token."""
    return lambda settings: str(settings[setting])


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """How the access that a target needs is had (OAuth): once for all workers, kept encrypted.

    `account` names what one token is good for, out of the settings; None where these settings need
    no grant. `ask` is a conversation that returns an Access, or the Outcome of being refused; it is
    told the settings, the Access that is to be renewed, if there is one, and the time in Unix
    seconds. A conversation that ends unauthorized is held once more from its start, with a new
    token, before the target is paused.
    """

    account: Callable[[Settings], str | None]
    ask: Callable[[Settings, Access | None, float], Granting]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What the relay has to know of one product that takes leads.

    A setting with `"generate": "whsec_"` is a secret that both sides share: the form for a new
    target comes with one made by chance, behind this prefix. `limits` are the vendor's
    (`"10/second"`), counted per `rate_key(settings)`; `fallback_wait` is the wait in seconds where
    a throttling vendor sends no `Retry-After`. `schedule` is the waits in seconds between tries;
    None means the relay's default. `max_age` and `min_age` are seconds between the lead's own time
    and the delivery. `repeat` says why a second try does no harm: the vendor takes a key, it is
    looked up first, it is an upsert; or that it may double.

    `consent` are the members of /consent that the data needs, for platforms of advertisement: one
    that was denied skips the lead, one that was granted sends it, and where nothing was said the
    source's `consent_default` with its legal basis decides. `api_version` is the vendor's, which
    ends on the day `api_version_ends` (ISO 8601). `tell` says a notice of the relay's own by the
    same way, for products by which people are told; it needs no grant. `evidence` is what it was
    made from; `unverified` holds the words of a note where no live account was at hand.
    """

    label: str
    summary: str
    settings: Json
    deliver: Callable[[Json, Settings, Duty], Conversation]
    check: Callable[[Settings, Duty], Conversation]
    repeat: Literal["key", "lookup", "upsert", "may double"]
    events: tuple[str, ...] = ("created",)
    limits: tuple[str, ...] = ()
    rate_key: Callable[[Settings], str | None] = no_rate_key
    fallback_wait: float = 30.0
    in_flight: int = 16
    schedule: tuple[float, ...] | None = None
    max_age: int | None = None
    min_age: int | None = None
    api_version: str | None = None
    api_version_ends: str | None = None
    grant: Grant | None = None
    consent: tuple[str, ...] = ()
    tell: Callable[[Notice, Settings, Duty], Conversation] | None = None
    evidence: Evidence = "documentation"
    unverified: str | None = None
