"""Which deliveries: a filter, and the conditions that it means."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from relay.core.contract import Json
from relay.runtime import Runtime
from relay.services.search import few_named, leads_about
from relay.store.expressions import holds, seconds_between
from relay.store.tables import attempts, deliveries, lead_versions, leads

OUT_OF_ORDER = timedelta(minutes=1)
"""By how much ids and times of rows may differ in order, as machines' clocks do."""

CLASSES = ("2xx", "3xx", "4xx", "5xx", "none")
"""Classes of the last answer's status; none where no answer came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which deliveries; what is left out does not restrict. `until` is exclusive.

    `run` is the bulk run that made them, or acted on them last. `outcomes` and `classes` are of
    the last attempt, `ever` of any. `least` and `most` are counted attempts. `holding` is a JSON
    object that the lead's newest document contains, or that of the version that was sent; `slower`
    the seconds that it took at least. `leads` are the ones that `text` turned out to mean.
    """

    project: UUID | None = None
    states: Sequence[str] = ()
    source: UUID | None = None
    target: UUID | None = None
    lead: UUID | None = None
    number: int | None = None
    delivery: UUID | None = None
    run: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""
    leads: Sequence[UUID] = ()
    said: str = ""
    events: Sequence[str] = ()
    outcomes: Sequence[str] = ()
    ever: Sequence[str] = ()
    classes: Sequence[str] = ()
    least: int | None = None
    most: int | None = None
    slower: float | None = None
    holding: Json = None
    as_sent: bool = False


def resolved(rt: Runtime, wanted: Filter) -> Filter:
    """The filter with the leads that its text means in the text's place, where they are few.

    A text that means no lead is looked for in reasons and in the records' ids at the targets.
    """
    if not wanted.text.strip() or wanted.leads:
        return wanted
    with rt.database.read() as connection:
        named = few_named(connection, wanted.text)
        if named is None:
            return wanted
        found = connection.execute(_own(wanted, named)).scalars().all()
    return replace(wanted, text="", leads=sorted(found), said="" if found else wanted.text)


def _own(wanted: Filter, named: Collection[UUID]) -> sa.Select[UUID]:
    """Those of these leads that are of the filter's project: others' are nobody's business here."""
    query = sa.select(leads.c.id).where(leads.c.id.in_(named))
    return query if wanted.project is None else query.where(leads.c.project_id == wanted.project)


def conditions(wanted: Filter) -> list[sa.ColumnElement[bool]]:
    """The filter as conditions on the deliveries table alone."""
    return [*_named(wanted), *_timed(wanted), *_tried(wanted), *_said(wanted)]


def _named(wanted: Filter) -> list[sa.ColumnElement[bool]]:
    column = deliveries.c
    pairs = (
        (column.project_id, wanted.project),
        (column.source_id, wanted.source),
        (column.target_id, wanted.target),
        (column.lead_id, wanted.lead),
        (column.id, wanted.delivery),
        (column.run_id, wanted.run),
    )
    found = [one == value for one, value in pairs if value is not None]
    if wanted.number is not None:
        found.append(column.lead_id.in_(_of_number(wanted)))
    lists = (
        (column.lead_id, wanted.leads),
        (column.state, wanted.states),
        (column.event, wanted.events),
    )
    return [*found, *(one.in_(values) for one, values in lists if values)]


def _of_number(wanted: Filter) -> sa.Select[tuple[UUID]]:
    query = sa.select(leads.c.id).where(leads.c.number == wanted.number)
    return query if wanted.project is None else query.where(leads.c.project_id == wanted.project)


def _timed(wanted: Filter) -> list[sa.ColumnElement[bool]]:
    created = deliveries.c.created_at
    found: list[sa.ColumnElement[bool]] = []
    if wanted.since is not None:
        found += [created >= wanted.since, *_from(wanted.project, wanted.since)]
    if wanted.until is not None:
        found += [created < wanted.until, *_up_to(wanted.project, wanted.until)]
    if wanted.slower is not None:
        found.append(seconds_between(created, deliveries.c.settled_at) >= wanted.slower)
    return found


def _tried(wanted: Filter) -> list[sa.ColumnElement[bool]]:
    """What attempts say."""
    column = deliveries.c
    found: list[sa.ColumnElement[bool]] = []
    if wanted.outcomes:
        found.append(column.last_outcome.in_(wanted.outcomes))
    if wanted.classes:
        found.append(sa.or_(*(_in_class(name) for name in wanted.classes)))
    if wanted.ever:
        tried = sa.select(attempts.c.id).where(attempts.c.delivery_id == column.id)
        found.append(_one_by_one(tried.where(attempts.c.outcome.in_(wanted.ever))))
    if wanted.least is not None:
        found.append(column.attempts >= wanted.least)
    if wanted.most is not None:
        found.append(column.attempts <= wanted.most)
    return found


def _in_class(name: str) -> sa.ColumnElement[bool]:
    status = deliveries.c.last_status
    if name == "none":
        return sa.and_(deliveries.c.last_outcome.is_not(None), status.is_(None))
    first = int(name[0]) * 100
    return sa.and_(status >= first, status < first + 100)


def _said(wanted: Filter) -> list[sa.ColumnElement[bool]]:
    found = []
    if wanted.text.strip():
        found.append(_about(wanted.text))
    if wanted.said.strip():
        found.append(_saying(wanted.said))
    if wanted.holding is not None:
        found.append(_holding(wanted))
    return found


def _holding(wanted: Filter) -> sa.ColumnElement[bool]:
    version = lead_versions.alias("held")
    of_lead = version.c.lead_id == deliveries.c.lead_id
    if wanted.as_sent:
        which = version.c.version == deliveries.c.version
    else:
        lead = leads.alias("holder")
        newest = sa.select(lead.c.version).where(lead.c.id == version.c.lead_id)
        which = version.c.version == newest.correlate(version).scalar_subquery()
    held = holds(version.c.document, wanted.holding)
    return _one_by_one(sa.select(version.c.version).where(of_lead, which, held))


def _from(project: UUID | None, since: datetime) -> list[sa.ColumnElement[bool]]:
    """The least id of that time: a list in the order of ids need not walk there."""
    if project is None:
        return []
    one = deliveries.alias("least")
    least = (
        sa.select(one.c.id)
        .where(one.c.project_id == project, one.c.created_at >= since - OUT_OF_ORDER)
        .order_by(one.c.created_at, one.c.id)
        .limit(1)
    )
    return [deliveries.c.id >= least.scalar_subquery()]


def _up_to(project: UUID | None, until: datetime) -> list[sa.ColumnElement[bool]]:
    """The greatest id of that time."""
    if project is None:
        return []
    one = deliveries.alias("greatest")
    greatest = (
        sa.select(one.c.id)
        .where(one.c.project_id == project, one.c.created_at < until + OUT_OF_ORDER)
        .order_by(one.c.created_at.desc(), one.c.id.desc())
        .limit(1)
    )
    return [deliveries.c.id <= greatest.scalar_subquery()]


def _about(text: str) -> sa.ColumnElement[bool]:
    """Asked delivery by delivery, newest first, so that a common word is found at once."""
    lead = leads.alias("about")
    named = sa.select(lead.c.id).where(lead.c.id == deliveries.c.lead_id, leads_about(text, lead))
    return sa.or_(_one_by_one(named), _saying(text))


def _saying(text: str) -> sa.ColumnElement[bool]:
    return sa.or_(
        deliveries.c.reason.icontains(text.strip(), autoescape=True),
        sa.cast(deliveries.c.remote_id, sa.Text) == text.strip(),
    )


def _one_by_one(query: sa.Select[UUID] | sa.Select[int]) -> sa.ColumnElement[bool]:
    """Whether there is such a row, asked for each delivery: without the offset PostgreSQL may read
    all of the other table first."""
    return query.offset(sa.literal_column("0")).exists()
