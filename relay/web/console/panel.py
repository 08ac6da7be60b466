"""One delivery beside the list, or on a page of its own: its way, its attempts, what to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, g, url_for

from relay.core.advice import Advice, of_attempt
from relay.core.standing import Lane, of_ended, of_waiting
from relay.runtime import current
from relay.services import inventory
from relay.services.browse import Row
from relay.services.one_delivery import OneDelivery, one_delivery
from relay.web.console import words
from relay.web.console.columns import USUAL
from relay.web.console.curl import curl
from relay.web.console.project import may
from relay.web.console.veil import veiled

OPEN = ("waiting", "sending")
OWN_WORDS = ("skipped", "cancelled", "expired", "superseded")
"""States whose reasons are the relay's own; others quote what targets answer."""


def set_up(console: Blueprint) -> None:
    """Let templates ask for a delivery's reason, the usual columns, a request as a command."""
    console.app_template_global("reason_of")(reason_of)
    console.app_template_global("usual_columns")(lambda: USUAL)
    console.app_template_filter("curl")(curl)


def reason_of(row: Row) -> str:
    """Why it ended or waits as it does; to viewers only where nobody else's words are quoted."""
    said = row["reason"] or ""
    return said if not veiled() or row["state"] in OWN_WORDS else ""


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a delivery's way: what happened, when, in which tone; `ahead` is still to be."""

    label: str
    at: datetime
    tone: str
    ahead: bool = False


@dataclass(frozen=True, slots=True)
class Hint:
    """Why something went as it did and what to do, with the page on which one does it."""

    advice: Advice
    href: str
    link: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A delivery as it is shown; `seen` is a short text that differs as soon as anything does."""

    one: OneDelivery
    way: list[Point]
    hints: list[Hint]
    targets: Sequence[Row]
    seen: str

    @property
    def row(self) -> Row:
        """The delivery's own row."""
        return self.one.row

    @property
    def is_open(self) -> bool:
        """Whether something will still happen by itself."""
        return self.row["state"] in OPEN


def shown(delivery_id: UUID) -> Shown:
    """The delivery of the page's project with this id; 404 where there is none."""
    rt = current()
    one = one_delivery(rt, g.project["id"], delivery_id)
    if one is None:
        abort(404)
    targets = inventory.targets_of(rt, g.project["id"]) if may("operator") else []
    return Shown(one, _way(one), _hints(one), targets, _seen(one))


def _way(one: OneDelivery) -> list[Point]:
    """What happened in the order in which it did, then what is to come."""
    row = one.row
    points = [Point("Owed to the target", row["created_at"], "quiet")]
    points += [_attempt(made) for made in one.attempts]
    if row["settled_at"] is not None:
        word = words.delivery(row["state"])
        points.append(Point(word.label, row["settled_at"], word.tone))
    return points + _ahead(one)


def _attempt(made: Row) -> Point:
    word = words.outcome(made["outcome"])
    said = f" · {made['status'] or made['error']}" if made["status"] or made["error"] else ""
    return Point(f"Attempt {made['number']}: {word.label}{said}", made["started_at"], word.tone)


def _ahead(one: OneDelivery) -> list[Point]:
    row = one.row
    if row["state"] != "waiting":
        return []
    points = [Point("Due", row["due_at"], "busy", ahead=True)]
    last = one.prospect if row["paused_at"] is None else None
    if last is not None and last.last_at > row["due_at"]:
        points.append(Point("Last attempt, if all fail", last.last_at, "quiet", ahead=True))
    return [*points, Point("Given up at the latest", row["expires_at"], "quiet", ahead=True)]


def _hints(one: OneDelivery) -> list[Hint]:
    row, last = one.row, one.attempts[-1] if one.attempts else None
    found: list[Advice | None] = []
    if row["state"] == "waiting":
        lane = Lane(
            pause=(row["pause"] or "manual") if row["paused_at"] else None,
            hold_until=row["hold_until"],
            breaker=row["breaker"],
        )
        behind, now = row["after_id"] is not None, current().clock.now()
        found.append(of_waiting(lane, behind=behind, due_at=row["due_at"], now=now))
    ended = of_ended(row["state"], row["reason"])
    found.append(ended)
    if last is not None and ended is None and row["state"] not in {"delivered", "sending"}:
        found.append(of_attempt(last["outcome"], last["status"], last["error"]))
    told = list({advice.cause: advice for advice in found if advice is not None}.values())
    return [_hint(advice, row) for advice in told]


STEPS = {
    "settings": ("editor", "targets.edit", "Change the target's settings"),
    "limits": ("editor", "targets.pace.index", "Change the target's limits"),
    "mapping": ("editor", "targets.outgoing.index", "Change the target's mapping"),
    "resume": ("viewer", "targets.show", "Open the target"),
    "source": ("viewer", "sources.show", "Open the source"),
}
"""By the step of an advice: whose it is, where one takes it, and what the link says."""


def _hint(advice: Advice, row: Row) -> Hint:
    role, page, link = STEPS.get(advice.step, ("owner", "", ""))
    end = "source" if page.startswith("sources") else "target"
    if not page or not may(role) or row[f"{end}_archived_at"] is not None:
        return Hint(advice, "", "")
    named: dict[str, Any] = {f"{end}_id": row[f"{end}_id"]}
    return Hint(advice, url_for(f"console.project.{page}", **named), link)


def _seen(one: OneDelivery) -> str:
    row = one.row
    told = [row[name] for name in ("state", "reason", "attempts", "due_at", "settled_at")]
    lane = [row[name] for name in ("paused_at", "hold_until", "breaker", "after_id")]
    return sha256(repr([told, lane, len(one.attempts)]).encode()).hexdigest()[:16]
