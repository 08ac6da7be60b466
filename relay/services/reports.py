"""What a span of time brought, line by line: by source, form, campaign, target or reason.

Lines of leads count those that arrived in the span, with all that went out of them whenever it
did; lines of targets and reasons count the deliveries that were owed in it. Tests are left out.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.contract import Json
from relay.core.durations import BEYOND, STEPS, within
from relay.core.money import to_major
from relay.runtime import Runtime
from relay.services.configured_projects import project as project_of
from relay.services.traffic import is_won
from relay.store.expressions import seconds_between
from relay.store.tables import DELIVERY_STATES, deliveries, leads, sources, targets

MOST = 1000
"""Lines that a report tells apart, the largest: forms and campaigns are named by the public."""

OF_LEADS: dict[str, tuple[sa.Column[Any], ...]] = {
    "source": (leads.c.source_id,),
    "form": (leads.c.form_name,),
    "campaign": (leads.c.campaign,),
}
"""What leads are told apart by."""

OF_DELIVERIES: dict[str, tuple[sa.ColumnElement[Any], ...]] = {
    "target": (deliveries.c.target_id,),
    "reason": (
        deliveries.c.target_id,
        deliveries.c.state,
        deliveries.c.last_outcome,
        deliveries.c.last_status,
        sa.case(
            (deliveries.c.attempts == 0, deliveries.c.reason)
        ),  # else a vendor may have said it
    ),
}
"""What deliveries are told apart by; reasons are those of what did not arrive."""

DIMENSIONS = (*OF_LEADS, *OF_DELIVERIES)

UNDELIVERED = ("failed", "expired", "skipped", "superseded", "cancelled", "ignored")

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From `since` until before `until`; of one source, if one is named."""

    project: UUID
    since: datetime
    until: datetime
    source: UUID | None = None


@dataclass(slots=True)
class Line:
    """What one key brought; `names` are the key in words, "" where the leads name nothing.

    `took` counts what was delivered by the number of the step in durations.STEPS, `value_minor`
    what was won by currency.
    """

    key: Key
    names: tuple[str, ...] = ()
    leads: int = 0
    won: int = 0
    value_minor: Counter[str] = field(default_factory=Counter)
    deliveries: Counter[str] = field(default_factory=Counter)
    took: Counter[int] = field(default_factory=Counter)

    @property
    def size(self) -> int:
        """What lines are sorted by."""
        return self.leads or self.deliveries.total()

    def to_json(self) -> dict[str, Json]:
        """The line for machines: amounts in major units, times in seconds."""
        return {
            "names": list(self.names),
            "leads": self.leads,
            "won": self.won,
            "won_value": {
                currency: to_major(minor, currency)
                for currency, minor in sorted(self.value_minor.items())
            },
            "deliveries": {state: self.deliveries[state] for state in DELIVERY_STATES},
            "half_within_seconds": within(self.took, 0.5),
            "95_percent_within_seconds": within(self.took, 0.95),
        }


@dataclass(frozen=True, slots=True)
class Report:
    """The lines of one dimension, the largest first, and all of them together.

    `cut` says that there are more lines than are told apart: the smallest are left out.
    """

    dimension: str
    lines: list[Line]
    total: Line
    cut: bool


def report(rt: Runtime, span: Span, dimension: str) -> Report:
    """The report by one of DIMENSIONS; six statements at most, whatever there is."""
    with rt.database.read() as connection:
        if dimension in OF_LEADS:
            lines, total = _of_leads(rt, connection, span, OF_LEADS[dimension])
        else:
            lines = _of_deliveries(connection, span, dimension)
            total = _sum(lines.values())
        order = sorted(lines.values(), key=lambda line: (-line.size, str(line.key)))
        kept = _named(connection, span, dimension, order[:MOST])
    return Report(dimension, kept, total, len(order) > MOST)


def _of_leads(
    rt: Runtime, connection: sa.Connection, span: Span, columns: tuple[sa.Column[Any], ...]
) -> tuple[dict[Key, Line], Line]:
    """The lines, and all leads together. Of more lines than MOST the largest, and one beyond."""
    of = arrived(span)
    largest = _largest(connection, of, columns[0])
    if len(largest) <= MOST:
        found = _lines_of_leads(rt, connection, span, of, columns)
        return found, _sum(found.values())
    some = [*of, _plain(columns[0]).in_(largest)]
    found = _lines_of_leads(rt, connection, span, some, columns)
    return found, _sum(_lines_of_leads(rt, connection, span, of, ()).values())


def _largest(
    connection: sa.Connection, of: Sequence[sa.ColumnElement[bool]], column: sa.Column[Any]
) -> Sequence[Any]:
    """The keys of the largest lines, and one beyond: there may be as many as there are leads."""
    key = _plain(column)
    counted = sa.select(key).where(*of).group_by(key).order_by(sa.func.count().desc(), key)
    return connection.execute(counted.limit(MOST + 1)).scalars().all()


def _plain(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    """A text that is blank counts as none."""
    return column if isinstance(column.type, sa.Uuid) else sa.func.coalesce(column, "")


def _lines_of_leads(
    rt: Runtime,
    connection: sa.Connection,
    span: Span,
    of: Sequence[sa.ColumnElement[bool]],
    columns: tuple[sa.Column[Any], ...],
) -> dict[Key, Line]:
    found: dict[Key, Line] = {}
    project = project_of(rt, span.project)
    won = is_won(project.conversion_labels.values() if project else ())
    counted = sa.select(
        *columns,
        sa.func.coalesce(leads.c.currency, "").label("currency"),
        sa.func.count().label("leads"),
        sa.func.count().filter(won).label("won"),
        sa.func.sum(leads.c.value_minor).filter(won).label("value"),
    ).where(*of)
    for row in connection.execute(counted.group_by(*columns, "currency")):
        line = _line(found, row[: len(columns)])
        line.leads += row.leads
        line.won += row.won
        if row.value:
            line.value_minor[row.currency] += int(row.value)
    went = sa.select(*columns, *_ended()).join(deliveries, deliveries.c.lead_id == leads.c.id)
    for row in connection.execute(went.where(*of).group_by(*columns, "ended", "step")):
        _take(_line(found, row[: len(columns)]), row)
    return found


def _of_deliveries(connection: sa.Connection, span: Span, dimension: str) -> dict[Key, Line]:
    columns = OF_DELIVERIES[dimension]
    found: dict[Key, Line] = {}
    owed = _owed(span)
    if dimension == "reason":
        owed.append(deliveries.c.state.in_(UNDELIVERED))
    named = [column.label(f"key{number}") for number, column in enumerate(columns)]
    counted = (
        sa.select(*named, *_ended())
        .join(leads, leads.c.id == deliveries.c.lead_id)
        .where(*owed, leads.c.test == sa.false())
    )
    for row in connection.execute(counted.group_by(*columns, "ended", "step")):
        _take(_line(found, row[: len(columns)]), row)
    return found


def _line(found: dict[Key, Line], key: Iterable[Any]) -> Line:
    """The line of a key; a text that is blank counts as none."""
    plain = tuple(part or None for part in key)
    return found.setdefault(plain, Line(plain))


def _take(line: Line, row: Any) -> None:
    line.deliveries[row.ended] += row.number
    if row.ended == "delivered":
        line.took[row.step] += row.number


def _ended() -> tuple[sa.ColumnElement[Any], ...]:
    """State, step of the time that it took, and how many."""
    took = seconds_between(deliveries.c.created_at, deliveries.c.settled_at)
    steps = [(took <= seconds, number) for number, seconds in enumerate(STEPS)]
    delivered = deliveries.c.state == "delivered"
    step = sa.case((sa.not_(delivered), BEYOND), *steps, else_=BEYOND)
    return deliveries.c.state.label("ended"), step.label("step"), sa.func.count().label("number")


def arrived(span: Span) -> list[sa.ColumnElement[bool]]:
    """The leads of a span, as conditions on their table."""
    found = [
        leads.c.project_id == span.project,
        leads.c.archived_at.is_(None),
        leads.c.created_at >= span.since,
        leads.c.created_at < span.until,
        leads.c.test == sa.false(),
    ]
    return found if span.source is None else [*found, leads.c.source_id == span.source]


def _owed(span: Span) -> list[sa.ColumnElement[bool]]:
    found = [
        deliveries.c.project_id == span.project,
        deliveries.c.created_at >= span.since,
        deliveries.c.created_at < span.until,
    ]
    return found if span.source is None else [*found, deliveries.c.source_id == span.source]


def _sum(lines: Iterable[Line]) -> Line:
    total = Line(())
    for line in lines:
        total.leads += line.leads
        total.won += line.won
        total.value_minor.update(line.value_minor)
        total.deliveries.update(line.deliveries)
        total.took.update(line.took)
    return total


def _named(connection: sa.Connection, span: Span, dimension: str, lines: list[Line]) -> list[Line]:
    """Give keys their words: names of sources and targets."""
    known = _words(connection, span, dimension)
    for line in lines:
        line.names = tuple(known.get(part) or str(part or "") for part in line.key)
    return lines


def _words(connection: sa.Connection, span: Span, dimension: str) -> dict[Any, str]:
    table = {"source": sources, "target": targets, "reason": targets}.get(dimension)
    if table is None:
        return {}
    named = sa.select(table.c.id, table.c.name).where(table.c.project_id == span.project)
    return dict(connection.execute(named).all())
