"""How the leads of a hosted account are had, to be taken over."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from relay.core.conversations import Json, Reply, Request


@dataclass(frozen=True, slots=True, kw_only=True)
class HostedLead:
    """One lead of a hosted account: `fields` as a call would create it, `shown` as it is listed.

    `number` or `public_id` is what clients know it by, and stays so where nobody has it yet.
    `created_at` is ISO 8601. `state` holds members of the lead's state; `amount` is its value in
    major units where the vendor counts so.
    """

    id: str
    fields: Json
    shown: Json
    created_at: str | None = None
    number: int | None = None
    public_id: str | None = None
    state: Mapping[str, Json] = field(default_factory=dict)
    amount: int | float | str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostedPage:
    """One page of an account's leads; `total` is of all pages, where it is said."""

    leads: Sequence[HostedLead]
    more: bool
    total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """How the leads of a hosted account are had, oldest first, to be taken over.

    `ask` makes the request for a page (the first is 1) from the account's address and key; `read`
    raises Unreadable where the reply is no such page. `ask_whole` makes the request for a lead of
    which the list may show only a part, else None, and `read_whole` reads its reply.
    """

    url: str
    ask: Callable[[str, str, int], Request]
    read: Callable[[Reply], HostedPage]
    ask_whole: Callable[[str, str, HostedLead], Request | None] | None = None
    read_whole: Callable[[Reply], HostedLead] | None = None
