"""A lead's receipt: what happened to it in plain words, to be passed on to a client."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response, render_template

from relay.runtime import current
from relay.services.browse import Row
from relay.services.trace import Chain
from relay.web.console.lead import chain_of, place_in_list, price_of
from relay.web.console.leads import pages
from relay.web.console.show import when
from relay.web.console.veil import veiled

EVENTS = {"created": "the lead", "updated": "the lead's update", "status": "the lead's status"}

TRIED = {
    "rejected": "it did not accept it",
    "retry": "it could not be reached, or had a fault of its own",
    "throttled": "it asked to be given time",
    "unauthorized": "it did not accept our access",
    "gone": "it is no longer there",
    "accepted": "it took it and has not confirmed it yet",
    "ignored": "it took it, but did nothing with it",
    "delivered": "it took it",
}

ENDED = {
    "failed": "Nothing more is tried by itself.",
    "expired": "It waited longer than allowed.",
    "superseded": "A newer one goes in its place.",
    "skipped": "The rules say that it does not go there.",
    "cancelled": "It was called off before it went out.",
    "ignored": "It was taken, but nothing was done with it there.",
}

Piece = str | datetime
"""A part of a line: words, or a moment, which the page shows in the reader's zone."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a receipt; `indent` says that it belongs to the one above."""

    pieces: tuple[Piece, ...]
    indent: bool = False

    @property
    def text(self) -> str:
        """The line as text, its times in UTC."""
        words = "".join(one if isinstance(one, str) else when(one) for one in self.pieces)
        return f"  {words}" if self.indent else words


@pages.get("/<uuid:lead_id>/receipt")
def receipt(lead_id: UUID) -> str:
    """The receipt, with a button that copies it."""
    chain = chain_of(lead_id)
    return render_template(
        "console/leads/receipt.html",
        lead=chain.lead,
        place=place_in_list(chain),
        lines=list(lines_of(chain)),
    )


@pages.get("/<uuid:lead_id>/receipt.txt")
def receipt_text(lead_id: UUID) -> Response:
    """The receipt as a text, its times in UTC."""
    lines = [line.text for line in lines_of(chain_of(lead_id))]
    return Response("\n".join(lines) + "\n", mimetype="text/plain")


def lines_of(chain: Chain) -> Iterator[Line]:
    """The account, top to bottom: nothing in it but what tells which lead it is, and its way."""
    lead, arrivals = chain.lead, chain.submissions
    yield Line((f"Lead no. {lead['number']}{_named(lead)}",))
    first = arrivals[0] if arrivals else None
    at = first["received_at"] if first else lead["created_at"]
    yield Line(("Received: ", at, f", through “{lead['source']}”."))
    for row in arrivals[1:]:
        yield Line(("Heard again: ", row["received_at"], f", through “{row['source']}”."))
    yield Line(("",))
    for target, rows in _by_target(chain.deliveries).items():
        yield Line((f"{target}:",))
        for row in rows:
            yield from _told(row, at)
    if not chain.deliveries:
        yield Line(("It was not to be passed on to anybody.",))
    yield Line(("",))
    yield from _became(chain)
    yield Line(("Written: ", current().clock.now(), f". Reference: {lead['public_id']}"))


def _named(lead: Row) -> str:
    """Who it is, as much as tells one from another."""
    if veiled():
        return ""
    told = [part for part in (lead["name"], _masked(lead["email"])) if part]
    return f": {', '.join(told)}" if told else ""


def _masked(email: str | None) -> str:
    name, at, host = (email or "").partition("@")
    return f"{name[:1]}…@{host}" if name and at else ""


def _by_target(deliveries: list[Row]) -> dict[str, list[Row]]:
    """The deliveries that count, the newest of each that was sent again, by target."""
    newest: dict[Any, Row] = {}
    for row in deliveries:
        key = (row["target_id"], row["version"], row["event"], row["label"])
        newest[key] = row
    found: dict[str, list[Row]] = {}
    for row in newest.values():
        found.setdefault(row["target"], []).append(row)
    return found


def _told(row: Row, arrived: datetime) -> Iterator[Line]:
    what = EVENTS[row["event"]] + (f" “{row['label']}”" if row["label"] else "")
    state, tries = row["state"], row["attempts_made"]
    if state == "delivered":
        after = _span((row["settled_at"] - arrived).total_seconds())
        after = f", {after} after it was received" if row["event"] == "created" else ""
        yield Line((f"Delivered {what}: ", row["settled_at"], f"{after}."), indent=True)
    else:
        yield Line((f"{what[0].upper()}{what[1:]} has not been delivered.",), indent=True)
        if state in ENDED:
            yield Line((ENDED[state],), indent=True)
    if row["remote_id"]:
        yield Line((f"Its record there: {_record(row)}",), indent=True)
    if tries and state != "delivered":
        last = tries[-1]
        why = TRIED.get(last["outcome"], "it did not take it")
        number = "once" if len(tries) == 1 else f"{len(tries)} times, the last time"
        yield Line((f"Tried {number} ", last["started_at"], f": {why}."), indent=True)
    if state == "sending":
        yield Line(("It is being sent at this moment.",), indent=True)
    if state == "waiting":
        yield _next(row)


def _next(row: Row) -> Line:
    if row["paused_at"]:
        return Line(("It goes on as soon as the pause of this system ends.",), indent=True)
    verb = "It is tried again: " if row["attempts_made"] else "It is sent: "
    moments = [row[name] for name in ("due_at", "hold_until", "open_until") if row[name]]
    return Line((verb, max(moments), ", at the latest until ", row["expires_at"], "."), indent=True)


def _record(row: Row) -> str:
    address = row["remote_url"] or ""
    told = address if address.startswith("https://") else ""
    return f"{row['remote_id']}, {told}" if told else str(row["remote_id"])


def _became(chain: Chain) -> Iterator[Line]:
    lead = chain.lead
    if lead["status"] not in {"open", "pending"}:
        worth = f", worth {price}" if (price := price_of(chain)) else ""
        yield Line((f"Status: {lead['status']}{worth}.",))


def _span(seconds: float) -> str:
    """A time between two moments, as people say it."""
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        amount = int(seconds // size)
        if amount >= 1:
            return f"{amount} {unit}{'s' if amount > 1 else ''}"
    return "less than a second"
