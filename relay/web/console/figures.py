"""Tiles and a chart of a span of time, each tile a link to the list of what it counts."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import url_for

from relay.runtime import current
from relay.services import figures
from relay.services.figures import DAY, FAILED, Figures, Span
from relay.web.console.charts import Chart, Series, Slot, draw
from relay.web.console.show import duration

SERIES = (Series("Received", "quiet"), Series("Delivered", "good"), Series("Failed", "bad"))
STACKS = ((0,), (1, 2))
"""What arrived stands beside what became of the deliveries."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure: what it says, in which tone, of which time, and the list that it counts."""

    label: str
    value: str
    tone: str
    when: str
    href: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """The figures of a span as a page shows them; `title` names the span."""

    title: str
    tiles: list[Tile]
    chart: Chart


def drawn(span: Span, title: str, kept: dict[str, Any]) -> Drawn:
    """The figures of a span. `kept` are the parameters that its lists have in their addresses;
    `span`, `from` and `until` among them name the time."""
    found = figures.figures(current(), span)
    slots = [
        Slot((one.received, one.delivered, one.failed), at=one.at, href=_slot_address(one, kept))
        for one in found.steps
    ]
    chart = draw(SERIES, slots, STACKS, daily=found.step >= DAY)
    return Drawn(title, _tiles(found, kept), chart)


def of_last_day(project: UUID) -> Drawn:
    """The figures of a project's last 24 hours."""
    until = next_second()
    span = Span(project=project, since=until - timedelta(days=1), until=until)
    return drawn(span, "Last 24 hours", {"span": "24h"})


def next_second() -> datetime:
    """The end of what has happened: addresses tell times to the second."""
    return current().clock.now().replace(microsecond=0) + timedelta(seconds=1)


def _tiles(found: Figures, kept: dict[str, Any]) -> list[Tile]:
    now = {name: value for name, value in kept.items() if name not in TIMES}
    slowest = {"slower": f"{found.p95:.3f}"} if found.p95 is not None else {}
    oldest = {"delivery": found.oldest["id"]} if found.oldest else {}
    return [
        Tile("Received", str(found.received), "quiet", "", _received_address(kept)),
        Tile("Delivered", str(found.delivered), "good", "", _address(kept, state="delivered")),
        Tile("Failed", str(found.failed), "bad", "", _address(kept, state=list(FAILED))),
        Tile(
            "95 % delivered within",
            "–" if found.p95 is None else duration(found.p95),
            "good",
            "" if found.delivered <= figures.TIMED else f"of the newest {figures.TIMED:,}",
            _address(kept, state="delivered", **slowest),
        ),
        Tile("Waiting", _open(found.waiting), "busy", "now", _address(now, state=list(OPEN))),
        Tile(
            "Oldest waiting",
            "–" if found.oldest is None else duration(_age(found.oldest["created_at"])),
            "busy",
            "now",
            _address(now, state="waiting", **oldest),
        ),
        Tile("Quarantined", _open(found.quarantined), "warn", "now", _shelf_address(now)),
    ]


TIMES = ("span", "from", "until")
OPEN = ("waiting", "sending")


def _open(count: int) -> str:
    return f"{count}+" if count == figures.COUNTED else str(count)


def _age(moment: datetime) -> float:
    return (current().clock.now() - moment).total_seconds()


def _address(kept: dict[str, Any], **more: Any) -> str:
    return url_for("console.project.deliveries.index", **(kept | more))


def _received_address(kept: dict[str, Any]) -> str:
    wanted = {name: value for name, value in kept.items() if name in {*TIMES, "source"}}
    return url_for("console.project.deliveries.received", **wanted)


def _shelf_address(kept: dict[str, Any]) -> str:
    wanted = {name: value for name, value in kept.items() if name == "source"}
    return url_for("console.project.shelves.index", **wanted)


def _slot_address(step: figures.Step, kept: dict[str, Any]) -> str:
    named = {name: value for name, value in kept.items() if name not in TIMES}
    return _address(named, **{"from": told(step.at), "until": told(step.until)})


def told(moment: datetime) -> str:
    """A moment as it stands in an address and in a field: in UTC, without saying so."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S")
