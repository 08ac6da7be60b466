"""How far what arrived in a span of time has come: from submissions to won leads."""

from collections import Counter
from dataclasses import dataclass

import sqlalchemy as sa

from relay.runtime import Runtime
from relay.services.configured_projects import project as project_of
from relay.services.reports import Span, arrived
from relay.services.traffic import is_won
from relay.store.tables import deliveries, leads, submissions

NOT_FOR_IT = ("skipped", "superseded", "cancelled")
"""States of deliveries that, alone, mean that no target was to get the lead."""


@dataclass(frozen=True, slots=True)
class Funnel:
    """Submissions by their state, and leads: all new ones, those that some target was to get,
    those that one has got, and those that were won."""

    submissions: Counter[str]
    leads: int
    owed: int
    delivered: int
    won: int

    @property
    def received(self) -> int:
        """All submissions."""
        return self.submissions.total()


def funnel(rt: Runtime, span: Span) -> Funnel:
    """The funnel of a span; three statements. Test leads are left out, test submissions are not."""
    project = project_of(rt, span.project)
    won = is_won(project.conversion_labels.values() if project else ())
    of_leads = sa.select(sa.func.count(), sa.func.count().filter(won)).where(*arrived(span))
    with rt.database.read() as connection:
        came = Counter(dict(connection.execute(_came(span)).all()))
        new, success = connection.execute(of_leads).one()
        owed, delivered = connection.execute(_went(span)).one()
    return Funnel(came, new, owed, delivered, success)


def _came(span: Span) -> sa.Select[str, int]:
    column = submissions.c
    query = sa.select(column.state, sa.func.count()).where(
        column.project_id == span.project,
        column.received_at >= span.since,
        column.received_at < span.until,
    )
    if span.source is not None:
        query = query.where(column.source_id == span.source)
    return query.group_by(column.state)


def _went(span: Span) -> sa.Select[int, int]:
    people = sa.func.count(deliveries.c.lead_id.distinct())
    state = deliveries.c.state
    return (
        sa.select(people.filter(state.not_in(NOT_FOR_IT)), people.filter(state == "delivered"))
        .join(leads, leads.c.id == deliveries.c.lead_id)
        .where(*arrived(span))
    )
