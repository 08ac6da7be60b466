"""Reconciling: a provider's list is gone through page by page, and what is missing is taken in."""

import logging
import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.contract import Conversation, Kind, ListedPage, Outcome, Paging
from relay.core.verdict import judge
from relay.runtime import Runtime
from relay.services import configured, intake
from relay.services.comparing import FREE, LeaseLost, Run, claim, count, end, note, put_off, row_of
from relay.services.configured import ConfiguredSource
from relay.services.listed import read_listed, take_missing
from relay.services.settlement import short
from relay.store.tables import reconciliations, sources, state_is
from relay.store.writer import CLASHES, is_clash

logger = logging.getLogger(__name__)

MOST_PAGES = 50
"""Pages of one turn; a longer list goes on with the next."""

GIVE_UP = timedelta(days=1)
"""After which a run ends whose pages cannot be had; the next one begins where it began."""

SCHEDULE = (60.0, 300.0, 900.0, 1800.0, 3600.0)
"""Waits in seconds until a page that failed is asked for again; the last one is repeated."""

FALLBACK_WAIT = 60.0

MOST_TRIES = 3
"""Claims that never settled, after which a run ends."""


class NotReady(Exception):  # noqa: N818 - says what the settings lack
    """The source's list cannot be had; the text says why."""


def reconcile(
    rt: Runtime, source_id: UUID, since: datetime | None = None, asked_by: str = "clock"
) -> Any | None:
    """Go on with the source's comparison, or begin one; returns its row, None where another process
    is at it.

    With `since` a new one begins there. Raises NotReady.
    """
    source = configured.source(rt, source_id)
    if source is None or not is_ready(source):
        raise NotReady(_lacking(source))
    run = claim(rt, source, since, asked_by)
    if run is None:
        return None
    try:
        for _ in range(MOST_PAGES):
            if not _take_page(rt, run):
                break
        else:
            note(rt, run, {"due_at": rt.clock.now(), **FREE})
    except LeaseLost:
        logger.warning("another process took over the comparison of source %s", source.name)
    return row_of(rt, run.row.id)


def reconcile_due(rt: Runtime) -> int:
    """Reconcile each source whose time has come; returns how many. One that fails stops no other.

    Two processes that do this do no harm: each run is leased.
    """
    began = 0
    for source_id in _due(rt):
        try:
            source = configured.source(rt, source_id)
            if source is not None and source.project_active and is_ready(source):
                began += reconcile(rt, source_id) is not None
        except Exception:
            logger.exception("source %s could not be reconciled", source_id)
    return began


def is_ready(source: ConfiguredSource) -> bool:
    """Whether the source's provider can be asked for its list."""
    listing = source.kind.source.listing
    return listing is not None and not source.archived and listing.ready(source.settings)


def _lacking(source: ConfiguredSource | None) -> str:
    if source is None or source.archived:
        return "it is out of use"
    if source.kind.source.listing is None:
        return f"a relay cannot ask {source.kind.source.label} for what it has kept"
    return "its settings do not hold what listing needs; its guide says what that is"


def _due(rt: Runtime) -> list[UUID]:
    """Sources of kinds that list whose last run began long enough ago, or has to go on."""
    if not rt.config.reconcile_seconds:
        return []
    now = rt.clock.now()
    every = timedelta(seconds=rt.config.reconcile_seconds)
    kinds = [name for name, kind in rt.catalog.sources.items() if kind.source.listing]
    of = reconciliations.c
    lately = sa.exists().where(
        of.source_id == sources.c.id,
        sa.or_(
            sa.and_(of.started_at > now - every, ~state_is(reconciliations, "running")),
            sa.and_(state_is(reconciliations, "running"), of.due_at > now),
            sa.and_(state_is(reconciliations, "running"), of.leased_until >= now),
        ),
    )
    query = sa.select(sources.c.id).where(
        sources.c.kind.in_(kinds), sources.c.archived_at.is_(None), ~lately
    )
    with rt.database.read() as connection:
        return list(connection.execute(query.order_by(sources.c.id)).scalars())


def _take_page(rt: Runtime, run: Run) -> bool:
    """Take the next page; false when there is none, or none now."""
    if run.row.tries > MOST_TRIES:
        return end(rt, run, "failed", f"its process died {MOST_TRIES} times at this page")
    wait = rt.limits.take(f"fetch:{run.source.id}", run.source.kind.source.limits)
    if wait is not None:
        return put_off(rt, run, wait, run.row.reason)
    page = _ask(rt, run)
    if isinstance(page, Outcome):
        return _failed(rt, run, page)
    row = run.row
    found = read_listed(rt, run.source, page.submissions, row.since, row.until)
    for clash in range(CLASHES):
        try:
            with rt.database.write() as connection:
                kept = take_missing(rt, connection, run.source, found)
                run.row = count(rt, connection, run, page, len(found), len(kept))
            break
        except sa.exc.DBAPIError as error:
            if not is_clash(error) or clash == CLASHES - 1:
                raise
    intake.wake(rt, kept)
    for one in kept:
        rt.metrics.count("relay_submissions", one.rows[0]["state"])
    if page.cursor is not None and page.cursor == row.cursor:
        return end(rt, run, "failed", "the provider's list does not go on behind this page")
    return page.cursor is not None


def _ask(rt: Runtime, run: Run) -> ListedPage | Outcome:
    listing = run.source.kind.source.listing
    assert listing is not None  # noqa: S101 - `reconcile` made sure
    brought: list[ListedPage] = []
    now, since = rt.clock.now().timestamp(), run.row.since.timestamp()
    paging = listing.page(run.source.settings, since, run.row.cursor, now)
    attempted = rt.client.converse(_asked(paging, brought), run.source.secrets)
    outcome = attempted.outcome
    rt.metrics.count("relay_fetches", run.source.kind.name, outcome.kind.value)
    return brought[0] if brought else outcome


def _asked(paging: Paging, brought: list[ListedPage]) -> Conversation:
    """The source's conversation as the client drives one: the page is put aside."""
    page = yield from paging
    if isinstance(page, Outcome):
        return page
    brought.append(page)
    return Outcome(kind=Kind.DELIVERED)


def _failed(rt: Runtime, run: Run, outcome: Outcome) -> bool:
    """A page that could not be had is asked for again, or ends the run where that is of no use."""
    late = rt.clock.now() - run.row.started_at
    step = sum(1 for wait in SCHEDULE if late.total_seconds() >= wait)
    verdict = judge(
        outcome,
        attempt=min(step, len(SCHEDULE) - 1) + 1,
        schedule=SCHEDULE,
        max_attempts=None,
        fallback_wait=FALLBACK_WAIT,
        jitter=random.uniform(-1, 1),  # noqa: S311 - spreads load, guards nothing
    )
    reason = short(verdict.reason)
    logger.warning("the list of source %s could not be had: %s", run.source.name, reason)
    if verdict.ended or verdict.pause or late > GIVE_UP:
        return end(rt, run, "failed", reason)
    return put_off(rt, run, verdict.wait or FALLBACK_WAIT, reason)
