"""A worker's hold on a bulk run: taken, renewed with each step, given back; how far the run is."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from relay.core.ids import new_id
from relay.runtime import Runtime
from relay.services import configured, filters
from relay.services.browse import Row
from relay.services.bulk import ending
from relay.services.bulk_acts import GONE
from relay.services.filtering import Filter
from relay.store.tables import bulk_runs, state_is

BATCH = 200
"""Deliveries that one transaction takes."""

MOST_REASONS = 30
"""Different reasons that are counted each on its own."""


class LeaseLost(Exception):  # noqa: N818 - not a mistake: another worker has it, or it was stopped
    """The run is no longer this worker's."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a run is for."""

    id: UUID
    action: str
    target_id: UUID | None
    asked_by: str
    newest: UUID
    wanted: Filter


@dataclass(slots=True)
class Work:
    """A run under this worker's lease, and how far it is."""

    run: Run
    row: Row
    token: UUID
    cursor: UUID | None
    tries: int
    reasons: Counter[str]
    size: int
    """Deliveries that are taken next: fewer where one of them may have ended its worker."""

    def take_more(self) -> None:
        """Take twice as many next, as these did no harm."""
        self.size = min(2 * self.size, BATCH)


def lying(rt: Runtime) -> tuple[UUID, ...]:
    """Runs that should be at work and that nobody works on."""
    now = rt.clock.now()
    query = sa.select(bulk_runs.c.id).where(*_workable(now))
    with rt.database.read() as connection:
        return tuple(connection.execute(query).scalars())


def _workable(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    free = sa.or_(bulk_runs.c.leased_until.is_(None), bulk_runs.c.leased_until < now)
    return state_is(bulk_runs, "waiting", "running"), bulk_runs.c.starts_at <= now, free


def claim(rt: Runtime, run_id: UUID) -> Work | None:
    """Take a run that should be at work and that nobody has; None where there is none."""
    now, token = rt.clock.now(), new_id()
    taken = (
        sa.update(bulk_runs)
        .where(bulk_runs.c.id == run_id, *_workable(now))
        .values(
            state="running",
            began_at=sa.func.coalesce(bulk_runs.c.began_at, now),
            tries=bulk_runs.c.tries + 1,
            lease_token=token,
            leased_until=_lease_end(rt),
        )
        .returning(*bulk_runs.c)
    )
    with rt.database.write() as connection:
        found = connection.execute(taken).mappings().one_or_none()
    if found is None:
        return None
    row = dict(found)
    names = ("id", "action", "target_id", "asked_by", "newest")
    run = Run(**{name: row[name] for name in names}, wanted=filters.from_json(row["filter"]))
    size = 1 if row["tries"] > 1 else BATCH
    work = Work(run, row, token, row["cursor"], row["tries"], Counter(row["reasons"]), size)
    if run.target_id is not None and configured.target(rt, run.target_id) is None:
        end(rt, work, "failed", GONE)
        return None
    return work


def _lease_end(rt: Runtime) -> datetime:
    return rt.clock.now() + timedelta(seconds=rt.config.lease_seconds)


def note_progress(
    rt: Runtime,
    connection: sa.Connection,
    work: Work,
    upto: UUID,
    reasons: Mapping[str, int],
    *,
    done: int = 0,
    failed: int = 0,
) -> None:
    """Write how far the run is, in the transaction that did it. Raises LeaseLost."""
    counts = {"done": done, "failed": failed, "skipped": sum(reasons.values()) - failed}
    noted = connection.execute(
        sa.update(bulk_runs)
        .where(*_mine(work))
        .values(
            cursor=upto,
            tries=1,  # whatever ended a worker, it was none of these
            leased_until=_lease_end(rt),
            reasons=_few(work.reasons + Counter(reasons)),
            **{name: bulk_runs.c[name] + count for name, count in counts.items() if count},
        )
    )
    if noted.rowcount != 1:
        raise LeaseLost
    work.tries = 1


def count_reasons(work: Work, reasons: Mapping[str, int]) -> None:
    """Remember what `note_progress` wrote, once it is committed."""
    work.reasons = Counter(_few(work.reasons + Counter(reasons)))


def _few(reasons: Counter[str]) -> dict[str, int]:
    """The most frequent reasons, and the rest of them in one."""
    listed = dict(reasons.most_common(MOST_REASONS))
    if rest := reasons.total() - sum(listed.values()):
        listed["other reasons"] = listed.get("other reasons", 0) + rest
    return listed


def _mine(work: Work) -> tuple[sa.ColumnElement[bool], ...]:
    own = bulk_runs.c.id == work.run.id
    return own, bulk_runs.c.lease_token == work.token, state_is(bulk_runs, "running")


def end(rt: Runtime, work: Work, state: str, reason: str | None) -> None:
    """Let the run have ended."""
    ended = ending(work.row, state, reason) | {"finished_at": rt.clock.now()}
    with rt.database.write() as connection:
        connection.execute(sa.update(bulk_runs).where(*_mine(work)).values(ended))


def give_back(rt: Runtime, work: Work) -> None:
    """Let another worker go on from here."""
    free = {"tries": work.tries - 1, "lease_token": None, "leased_until": None}
    with rt.database.write() as connection:
        own = sa.update(bulk_runs).where(*_mine(work))
        connection.execute(own.values(**free, cursor=work.cursor))
