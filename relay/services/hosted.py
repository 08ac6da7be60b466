"""A hosted account's leads, page by page, through the vendor's own list call."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TypeVar

from relay.core.contract import (
    Account,
    Conversation,
    HostedLead,
    HostedPage,
    Kind,
    Outcome,
    Reply,
    Request,
    Unreadable,
    parse_retry_after,
)
from relay.net.client import Client
from relay.runtime import Runtime

LARGEST_PAGE = 64 * 2**20
"""Bytes of one page: what people write is not bounded by the vendors."""

PAUSES = (2.0, 10.0, 30.0, 60.0, 120.0)
"""Seconds between tries of what could not be had, where the vendor names no time."""

LONGEST_PAUSE = 900.0
"""Seconds that a vendor may ask for at a time."""

T = TypeVar("T")


class Unavailable(Exception):  # noqa: N818 - says why the account's leads cannot be had
    """The account gives no leads, or no more; what was taken over until then stays."""


@dataclass
class Hosted:
    """One account; `wait` pauses for so many seconds, `say` tells why."""

    rt: Runtime
    account: Account
    url: str
    key: str
    wait: Callable[[float], None] = time.sleep
    say: Callable[[str], None] = lambda _text: None
    _client: Client = field(init=False)

    def __post_init__(self) -> None:
        """Have a client for answers as large as pages are."""
        self._client = Client(replace(self.rt.config, response_limit=LARGEST_PAGE))

    def pages(self) -> Iterator[HostedPage]:
        """All pages, oldest leads first, each lead whole. Raises Unavailable."""
        number, more = 0, True
        while more:
            number += 1
            page = self._get(self.account.ask(self.url, self.key, number), self.account.read)
            more = page.more
            yield replace(page, leads=[self._whole(lead) for lead in page.leads])

    def close(self) -> None:
        """Close the connections to it."""
        self._client.close()

    def _whole(self, lead: HostedLead) -> HostedLead:
        account = self.account
        if account.ask_whole is None or account.read_whole is None:
            return lead
        request = account.ask_whole(self.url, self.key, lead)
        return lead if request is None else self._get(request, account.read_whole)

    def _get(self, request: Request, read: Callable[[Reply], T]) -> T:
        """What an answer holds, asked for again while that may help. Raises Unavailable."""
        for pause in (*PAUSES, None):
            outcome, reply = self._ask(request)
            if reply is not None and outcome.kind is Kind.DELIVERED:
                try:
                    return read(reply)
                except Unreadable as error:
                    raise Unavailable(f"the answer cannot be read: {error}") from error
            if pause is None or outcome.kind not in {Kind.RETRY, Kind.THROTTLED}:
                break
            asked = pause if outcome.retry_after is None else outcome.retry_after
            self.say(f"{outcome.message}; asked again in {asked:.0f} s")
            self.wait(asked)
        raise Unavailable(outcome.message)

    def _ask(self, request: Request) -> tuple[Outcome, Reply | None]:
        heard: list[Reply] = []
        now = self.rt.clock.now().timestamp()
        attempted = self._client.converse(_conversation(request, heard, now), [self.key])
        return attempted.outcome, heard[-1] if heard else None


def _conversation(request: Request, heard: list[Reply], now: float) -> Conversation:
    reply = yield request
    heard.append(reply)
    if 200 <= reply.status < 300:
        if reply.cut:
            return Outcome(kind=Kind.RETRY, message="the answer broke off or is too large")
        return Outcome(kind=Kind.DELIVERED)
    message = f"the account answered {reply.status}"
    if reply.status == 429 or reply.status >= 500:
        asked = parse_retry_after(reply.headers.get("retry-after"), now)
        pause = None if asked is None else min(asked, LONGEST_PAUSE)
        kind = Kind.THROTTLED if reply.status == 429 else Kind.RETRY
        return Outcome(kind=kind, message=message, retry_after=pause)
    if reply.status in {401, 403}:
        message += ": the key does not open it"
    return Outcome(kind=Kind.REJECTED, message=message)
