"""The map: the whole project as a picture, and as a list where there is no room for one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from flask import Blueprint, g, render_template

from relay.runtime import current
from relay.services import flow
from relay.services.browse import Row
from relay.web.console import condition_words

pages = Blueprint("map", __name__, url_prefix="/map")


DETAILED = 24
"""Routes that are drawn with their conditions; more of them would make the picture too long."""


@dataclass(frozen=True, slots=True)
class Strip:
    """One row of the left side: a source where it begins, and one of its routes, if it has any."""

    source: Row | None = None
    route: Row | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A line from one height to another, from 0 to 100 of the picture's; `tone` is the target's."""

    start: float
    end: float
    tone: str = "quiet"


@dataclass(frozen=True, slots=True)
class Picture:
    """The project drawn: strips on the left, targets on the right, lines between the columns.

    Where there are many routes they are lines alone, and not `detailed`.
    """

    flow: flow.Flow
    said: dict[UUID, str]
    detailed: bool
    strips: Sequence[Strip]
    forks: Sequence[Line]
    ways: Sequence[Line]
    quiet: frozenset[object]
    unrouted: frozenset[object]


@pages.get("/")
def index() -> str:
    """The map, drawn anew every few seconds."""
    rt = current()
    drawn = draw(flow.flow(rt, g.project["id"]), rt.clock.now())
    return render_template("console/map/index.html", picture=drawn)


def draw(found: flow.Flow, now: datetime) -> Picture:
    """The picture of what was found: every column has rows of one height."""
    lead = current().catalog.lead
    detailed = len(found.routes) <= DETAILED
    strips, forks = _strips(found) if detailed else ([Strip(one) for one in found.sources], [])
    tones = {target["id"]: tone_of(target, now) for target in found.targets}
    said = condition_words.by_route(found.routes, lead)
    return Picture(
        flow=found,
        said=said,
        detailed=detailed,
        strips=strips,
        forks=[Line(_middle(start, strips), _middle(end, strips)) for start, end in forks],
        ways=_ways(found, strips, tones),
        quiet=frozenset(one["id"] for one in found.sources if is_quiet(one, now)),
        unrouted=frozenset(tones) - {route["target_id"] for route in found.routes},
    )


def tone_of(target: Row, now: datetime) -> str:
    """How a target's lane is doing: good, warn or bad."""
    if target["paused_at"]:
        return "warn" if target["pause"] == "manual" else "bad"
    if target["breaker"] and target["breaker"] != "closed":
        return "bad"
    return "warn" if target["hold_until"] and target["hold_until"] > now else "good"


def is_quiet(source: Row, now: datetime) -> bool:
    """Whether a source that has brought something has been silent for a day."""
    return source["last_at"] is not None and source["last_at"] < now - flow.LATELY


def _strips(found: flow.Flow) -> tuple[list[Strip], list[tuple[int, int]]]:
    """The rows of sources with their routes, and the pairs of rows that a source's fork joins."""
    routes = {key: list(group) for key, group in groupby(found.routes, _source_of)}
    strips: list[Strip] = []
    forks: list[tuple[int, int]] = []
    for source in found.sources:
        first = len(strips)
        own = routes.get(source["id"], [])
        strips += [Strip(source if at == 0 else None, route) for at, route in enumerate(own)]
        forks += [(first, first + at) for at in range(len(own))]
        if not own:
            strips.append(Strip(source))
    return strips, forks


def _ways(found: flow.Flow, strips: Sequence[Strip], tones: dict[object, str]) -> list[Line]:
    """The lines of the routes to their targets, from the route's own row or its source's."""
    begins: dict[object, float] = {}
    for position, strip in enumerate(strips):
        of = strip.route or strip.source
        if of is not None:
            begins[of["id"]] = _middle(position, strips)
    ends = {one["id"]: _middle(at, found.targets) for at, one in enumerate(found.targets)}
    return [
        Line(
            begins.get(route["id"], begins.get(route["source_id"], 0.0)),
            ends[route["target_id"]],
            tones[route["target_id"]],
        )
        for route in found.routes
    ]


def _source_of(route: Row) -> object:
    return route["source_id"]


def _middle(position: int, rows: Sequence[object]) -> float:
    return 100 * (position + 0.5) / max(len(rows), 1)
