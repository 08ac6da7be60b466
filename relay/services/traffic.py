"""What traffic sources and their sub-sources bring: leads, what went out of them, what was won."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from relay.core.contract import Json
from relay.core.money import to_major
from relay.runtime import Runtime
from relay.services import configured_projects
from relay.store.tables import DELIVERY_STATES, deliveries, leads

WON = ("won", "rated")
"""Statuses, in lower case, of leads whose value is theirs for good."""

NOT_WON = ("open", "pending", "qualified", "lost")
"""What a conversion label may be called that is no success."""

MOST = 10_000
"""Sub-sources that a report tells apart, the largest of them: their names come from the public."""


@dataclass(slots=True)
class Line:
    """What one source, or one sub-source of it, brought.

    `deliveries` are counted by their state, `value_minor` of what was won by currency, where ""
    stands for one that nobody said.
    """

    source_id: str
    sub_id: str | None = None
    name: str = ""
    leads: int = 0
    won: int = 0
    value_minor: Counter[str] = field(default_factory=Counter)
    deliveries: Counter[str] = field(default_factory=Counter)
    parts: list["Line"] = field(default_factory=list)

    def add(self, part: "Line") -> None:
        """Take a part's counts up into this."""
        self.leads += part.leads
        self.won += part.won
        self.value_minor.update(part.value_minor)
        self.deliveries.update(part.deliveries)

    def to_json(self) -> dict[str, Json]:
        """The line for machines; amounts in major units by currency."""
        told: dict[str, Json] = {
            "traffic_source_id": self.source_id or None,
            "name": self.name or None,
            "leads": self.leads,
            "deliveries": {state: self.deliveries[state] for state in DELIVERY_STATES},
            "won": self.won,
            "won_value": {
                currency: to_major(minor, currency)
                for currency, minor in sorted(self.value_minor.items())
            },
        }
        if self.sub_id is not None:
            return {"sub_id": self.sub_id or None, **told}
        return {**told, "sub_sources": [part.to_json() for part in self.parts]}


@dataclass(frozen=True, slots=True)
class Traffic:
    """A span's report: each source with its parts, the largest first, and all together.

    `cut` says that there are more sub-sources than are told apart: the smallest are left out.
    """

    lines: list[Line]
    total: Line
    cut: bool


def traffic(rt: Runtime, project_id: UUID, since: datetime, until: datetime) -> Traffic:
    """What the project's leads came of that arrived from `since` until before `until`.

    Tests and archived leads are left out. An empty id stands for leads that name no source.
    """
    span = _span(project_id, since, until)
    project = configured_projects.project(rt, project_id)
    won = is_won(project.conversion_labels.values() if project else ())
    with rt.database.read() as connection:
        lines = _count_leads(connection, span, won)
        cut = _only_the_largest(lines)
        _count_deliveries(connection, span, lines)
    return _by_source(lines.values(), dict(project.traffic_sources) if project else {}, cut=cut)


def as_rows(report: Traffic) -> Iterator[list[str]]:
    """The report as a table: a heading, then a row for each source, sub-source and currency."""
    yield [
        *("traffic_source_id", "name", "sub_id", "leads"),
        *(f"deliveries_{state}" for state in DELIVERY_STATES),
        *("won", "won_value", "currency"),
    ]
    for line in report.lines:
        for part in line.parts:
            yield from _rows_of(line, part)


def _rows_of(line: Line, part: Line) -> Iterator[list[str]]:
    """Its counts stand in the first row alone, so that a column's sum is right."""
    counts = [part.leads, *(part.deliveries[state] for state in DELIVERY_STATES), part.won]
    for currency, minor in sorted(part.value_minor.items()) or [("", 0)]:
        value = str(to_major(minor, currency)) if minor else ""
        told = [str(count) for count in counts]
        yield [line.source_id, line.name, part.sub_id or "", *told, value, currency]
        counts = [0] * len(counts)


_Key = tuple[str, str]
_Lines = dict[_Key, Line]

_KEY = (
    sa.func.coalesce(leads.c.traffic_source_id, "").label("source"),
    sa.func.coalesce(leads.c.sub_id, "").label("sub"),
)


def _span(project_id: UUID, since: datetime, until: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(
        leads.c.project_id == project_id,
        leads.c.archived_at.is_(None),
        leads.c.created_at >= since,
        leads.c.created_at < until,
        leads.c.test == sa.false(),
    )


def is_won(labels: Iterable[str]) -> sa.ColumnElement[bool]:
    """Whether a lead's value is its own for good; `labels` are the project's conversions."""
    success = [name for name in labels if name.lower() not in NOT_WON]
    return sa.or_(sa.func.lower(leads.c.status).in_(WON), leads.c.status.in_(success))


def _count_leads(
    connection: sa.Connection, span: sa.ColumnElement[bool], won: sa.ColumnElement[bool]
) -> _Lines:
    currency = sa.func.coalesce(leads.c.currency, "").label("currency")
    statement = (
        sa.select(
            *_KEY,
            currency,
            sa.func.count().label("leads"),
            sa.func.count().filter(won).label("won"),
            sa.func.sum(leads.c.value_minor).filter(won).label("value"),
        )
        .where(span)
        .group_by(*_KEY, currency)
    )
    lines: _Lines = {}
    for row in connection.execute(statement):
        line = lines.setdefault((row.source, row.sub), Line(row.source, row.sub))
        line.leads += row.leads
        line.won += row.won
        if row.value:
            line.value_minor[row.currency] += int(row.value)
    return lines


def _only_the_largest(lines: _Lines) -> bool:
    """Take the smallest away where there are too many; says whether there were."""
    order = sorted(lines, key=lambda key: (-lines[key].leads, key))
    for key in order[MOST:]:
        del lines[key]
    return len(order) > MOST


def _count_deliveries(
    connection: sa.Connection, span: sa.ColumnElement[bool], lines: _Lines
) -> None:
    statement = (
        sa.select(*_KEY, deliveries.c.state, sa.func.count().label("number"))
        .join(deliveries, deliveries.c.lead_id == leads.c.id)
        .where(span)
        .group_by(*_KEY, deliveries.c.state)
    )
    for row in connection.execute(statement):
        if line := lines.get((row.source, row.sub)):
            line.deliveries[row.state] += row.number


def _by_source(lines: Iterable[Line], names: dict[str, str], *, cut: bool) -> Traffic:
    found: dict[str, Line] = {}
    total = Line("")
    for part in sorted(lines, key=_largest_first):
        part.name = names.get(part.source_id, "")
        line = found.setdefault(part.source_id, Line(part.source_id, name=part.name))
        line.parts.append(part)
        line.add(part)
        total.add(part)
    return Traffic(sorted(found.values(), key=_largest_first), total, cut)


def _largest_first(line: Line) -> tuple[int, str, str]:
    return (-line.leads, line.source_id, line.sub_id or "")
