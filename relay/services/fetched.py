"""What came of asking a provider for a submission's data, written so that it goes on or waits."""

import json
import logging
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.clean import clean
from relay.core.contract import Json, Kind
from relay.core.masking import mask
from relay.core.retry import SCHEDULE
from relay.core.verdict import Verdict, judge
from relay.net.client import Attempted
from relay.net.redact import Redactor
from relay.runtime import Runtime
from relay.services import remapping
from relay.services.arrival import HOLDS
from relay.services.configured import ConfiguredSource
from relay.services.errands import because, mapped_columns
from relay.services.settlement import short
from relay.store.tables import fetches, state_is, submissions

logger = logging.getLogger(__name__)

PATIENCE = timedelta(days=7)
"""How long a submission waits for its data; then it goes to quarantine."""

FALLBACK_WAIT = 60.0
"""Seconds that a provider is left alone that asks for patience and does not say how long."""

REFUSED_WAIT = 900.0
"""Seconds until a refused access is tried again; changed settings are tried at once."""

NOT_ACCEPTED = "the access to the provider is not accepted; it goes on with other settings: "

_FREE = {"tries": 0, "lease_token": None, "leased_until": None}


@dataclass(frozen=True, slots=True)
class Errand:
    """One submission whose data this worker is to fetch."""

    id: UUID
    token: UUID
    source: ConfiguredSource
    attempts: int
    tries: int
    began_at: datetime


def keep(rt: Runtime, errand: Errand, row: Any, brought: Json, attempted: Attempted) -> None:
    """Keep what was fetched with its submission, and map it, both without the source's secrets."""
    source = errand.source
    said = json.dumps(clean(brought), ensure_ascii=False).encode()
    body = mask(said, "application/json", [source.key, *source.secrets])
    found = remapping.read_fetched(source, row, body)
    if isinstance(found, str):
        values: dict[str, Any] = {"state": "quarantined", **because(found)}
        dropped: list[str] = []
    else:
        values = mapped_columns(source, row, found)
        dropped = found[1].dropped if found[1] is not None else []
    kept = {
        "outcome": Kind.DELIVERED.value,
        "fetched_at": rt.clock.now(),
        "settings_at": None,
        "exchanges": clean(Redactor(dropped).tree(attempted.exchanges)),
        "body": mask(body, "application/json", dropped),
    }
    go_on(rt, errand, values, kept)


def go_on(rt: Runtime, errand: Errand, values: dict[str, Any], kept: dict[str, Any]) -> None:
    """Let the submission go on, unless somebody has done so already.

    What was brought counts whoever brought it: it need not be under the lease.
    """
    ended: dict[str, Any] = {"due_at": None, **_FREE}
    mine = [fetches.c.submission_id == errand.id]
    with rt.database.write() as connection:
        waits = sa.update(submissions).where(*_waiting(errand.id)).values(**values)
        if connection.execute(waits).rowcount:
            ended |= kept
        else:
            mine.append(fetches.c.lease_token == errand.token)
        connection.execute(sa.update(fetches).where(*mine).values(**ended))
    rt.queue.wake_store()


def put_off(rt: Runtime, errand: Errand, attempted: Attempted) -> None:
    """Note why it could not be fetched, and when to ask again, for all of the source where the
    provider said so of it."""
    now = rt.clock.now()
    verdict = judge(
        attempted.outcome,
        attempt=errand.attempts + 1,
        schedule=SCHEDULE,
        max_attempts=None,
        fallback_wait=FALLBACK_WAIT,
        jitter=random.uniform(-1, 1),  # noqa: S311 - spreads load, guards nothing
    )
    tried = {
        "outcome": attempted.outcome.kind.value,
        "exchanges": clean(attempted.exchanges),
        "attempts": errand.attempts + int(verdict.counts),
    }
    reason = short(verdict.reason) or "nothing was said"
    if verdict.ended or verdict.pause == "gone":
        give_up(rt, errand, f"it could not be fetched: {reason}", tried)
    elif now - errand.began_at > PATIENCE:
        words = f"it could not be fetched within {PATIENCE.days} days: {reason}"
        give_up(rt, errand, words, tried)
    else:
        _wait(rt, errand, verdict, tried | {"reason": reason}, now)


def give_up(rt: Runtime, errand: Errand, message: str, tried: dict[str, Any] | None = None) -> None:
    """Put the submission into quarantine: it is asked for no more until somebody releases it."""
    with rt.database.write() as connection:
        values = {"state": "quarantined", **because(message)}
        if _note(connection, errand, values):
            _free(connection, errand, {"due_at": None, **(tried or {})})


def _wait(
    rt: Runtime, errand: Errand, verdict: Verdict, tried: dict[str, Any], now: datetime
) -> None:
    refused = verdict.pause == "unauthorized"
    due_at = now + timedelta(seconds=REFUSED_WAIT if refused else verdict.wait or 0.0)
    settings_at = errand.source.changed_at if refused else None
    said = f"{HOLDS['fetch']}: "
    reason = (NOT_ACCEPTED if refused else said) + tried.pop("reason")
    with rt.database.write() as connection:
        if not _note(connection, errand, {"reasons": because(reason)["reasons"]}):
            return
        _free(connection, errand, {"due_at": due_at, "settings_at": settings_at, **tried})
        if refused or verdict.hold is not None:
            _hold_source(connection, errand.source.id, due_at, settings_at)


def _note(connection: sa.Connection, errand: Errand, values: dict[str, Any]) -> bool:
    """Write this of the submission, if it still is this worker's; else a late worker only gives
    back what is its own."""
    leased = sa.exists().where(
        fetches.c.submission_id == submissions.c.id, fetches.c.lease_token == errand.token
    )
    mine = sa.update(submissions).where(*_waiting(errand.id), leased).values(**values)
    if connection.execute(mine).rowcount:
        return True
    _free(connection, errand, {"due_at": None})
    return False


def _free(connection: sa.Connection, errand: Errand, values: dict[str, Any]) -> None:
    connection.execute(
        sa.update(fetches)
        .where(fetches.c.submission_id == errand.id, fetches.c.lease_token == errand.token)
        .values(**values, **_FREE)
    )


def _hold_source(
    connection: sa.Connection, source_id: UUID, until: datetime, settings_at: datetime | None
) -> None:
    """What was said of one holds for all that is asked with the same access."""
    waiting = (
        sa.select(fetches.c.submission_id)
        .where(fetches.c.source_id == source_id, fetches.c.due_at < until)
        .order_by(fetches.c.submission_id)
        .with_for_update()
    )
    ids = connection.execute(waiting).scalars().all()
    connection.execute(
        sa.update(fetches)
        .where(fetches.c.submission_id.in_(ids))
        .values(due_at=until, settings_at=settings_at)
    )


def _waiting(submission_id: UUID) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        submissions.c.id == submission_id,
        state_is(submissions, "held"),
        submissions.c.hold == "fetch",
    )
