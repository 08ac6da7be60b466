"""Sending notices: claimed under a lease, sent through the one client, tried again by the rules.

At least once: what a killed worker was sending goes again when its lease is over.
"""

import contextlib
import logging
import random
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.clean import clean
from relay.core.contract import Conversation, Duty, Json, Kind, Notice, Outcome
from relay.core.ids import new_id
from relay.core.retry import SCHEDULE
from relay.core.secrets import Sealed
from relay.core.verdict import Verdict, judge
from relay.net.client import Attempted
from relay.runtime import Runtime
from relay.services.notice_words import notice_of, sample
from relay.services.recipients import Recipient, recipient
from relay.services.settlement import short
from relay.store.tables import notices, state_is

logger = logging.getLogger(__name__)

LEASE_MARGIN = 10.0
"""Seconds that a claim holds beside the time of its newest request."""

MOST_TRIES = 3
"""Claims that never settled, after which a notice is given up."""

PATIENCE = timedelta(days=1)
"""After which a notice says nothing new."""

FREE: dict[str, Any] = {"tries": 0, "lease_token": None, "leased_until": None}


@dataclass(frozen=True, slots=True)
class Errand:
    """One claimed notice."""

    row: Any
    token: UUID


def claim(rt: Runtime, most: int) -> list[Errand]:
    """Lease up to `most` notices that are due; also those whose worker has ended meanwhile."""
    now, token = rt.clock.now(), new_id()
    lost = sa.and_(state_is(notices, "sending"), notices.c.leased_until < now)
    due = sa.and_(state_is(notices, "waiting"), notices.c.due_at <= now)
    oldest = sa.select(notices.c.id).where(sa.or_(lost, due)).order_by(notices.c.due_at)
    with rt.database.read() as connection:  # most looks find none: they must not take the lock
        if most <= 0 or connection.execute(oldest.limit(1)).first() is None:
            return []
    with rt.database.write() as connection:
        locked = oldest.limit(most).with_for_update(skip_locked=True)
        ids = connection.execute(locked).scalars().all()
        taken = connection.execute(
            sa.update(notices)
            .where(notices.c.id.in_(ids))
            .values(
                state="sending",
                tries=notices.c.tries + 1,
                lease_token=token,
                leased_until=now + timedelta(seconds=rt.config.lease_seconds),
            )
            .returning(notices)
        ).all()
    return [Errand(row, token) for row in taken]


def carry_out(rt: Runtime, errand: Errand) -> None:
    """Send one notice, or note why it need not or cannot be sent."""
    row = errand.row
    if row.tries > MOST_TRIES:
        _settle(rt, errand, {"state": "failed", "message": "its worker died three times"})
        return
    try:
        to = recipient(rt, row.recipient_id)
    except (Sealed, LookupError) as error:
        _settle(rt, errand, {"state": "failed", "message": str(error)})
        return
    notice = None if to is None else notice_of(rt, to, row.turns)
    if to is None or notice is None:
        _settle(rt, errand, {"state": "dropped", "message": "there is nothing to tell any more"})
        return
    wait = rt.limits.take(to.rate_key, to.kind.target.limits)
    if wait is not None:
        due_at = rt.clock.now() + timedelta(seconds=wait)
        _settle(rt, errand, {"state": "waiting", "due_at": due_at})
        return
    duty = _duty(rt, str(row.id), row.attempts + 1, row.noted)
    attempted = rt.client.converse(_renewing(rt, errand, _told(to, notice, duty)), to.secrets)
    _attempted(rt, errand, to, attempted)


def try_recipient(rt: Runtime, to: Recipient) -> Attempted:
    """Send a test notice; nothing of it is kept. Never raises."""
    duty = _duty(rt, str(new_id()), 1, None, trial=True)
    return rt.client.converse(_told(to, sample(rt, to), duty), to.secrets)


def _duty(rt: Runtime, notice_id: str, attempt: int, noted: Json, *, trial: bool = False) -> Duty:
    """A notice as the duty that a conversation is for; it is about no lead."""
    now = rt.clock.now().timestamp()
    return Duty(
        id=notice_id,
        event="notice",
        lead_id="",
        version=0,
        occurred_at=now,
        now=now,
        attempt=attempt,
        again=attempt > 1,
        noted=noted,
        trial=trial,
    )


def _told(to: Recipient, notice: Notice, duty: Duty) -> Conversation:
    tell = to.kind.target.tell
    if tell is None:  # it could when it was configured
        return Outcome(kind=Kind.REJECTED, message=f"{to.kind.target.label} takes no notices")
    return (yield from tell(notice, to.settings, duty))


def _renewing(rt: Runtime, errand: Errand, conversation: Conversation) -> Conversation:
    """The same conversation, its lease made to last before each of its steps."""
    reply: Any = None
    while True:
        try:
            step = conversation.send(reply)
        except StopIteration as ended:
            outcome: Outcome = ended.value
            return outcome
        timeout = getattr(step, "timeout", None) or rt.config.total_seconds
        until = rt.clock.now() + timedelta(seconds=timeout + LEASE_MARGIN)
        # a database that is away ends no conversation: what is said counts all the same
        with contextlib.suppress(sa.exc.SQLAlchemyError), rt.database.write() as connection:
            connection.execute(_mine(errand).values(leased_until=until))
        reply = yield step


def _attempted(rt: Runtime, errand: Errand, to: Recipient, attempted: Attempted) -> None:
    row, now = errand.row, rt.clock.now()
    outcome = attempted.outcome.kind.value
    rt.metrics.count("relay_notices", to.kind.name, outcome)
    logger.info("notice %s to %s: %s", row.id, to.name, outcome)
    verdict = judge(
        attempted.outcome,
        attempt=row.attempts + 1,
        schedule=to.kind.target.schedule or SCHEDULE,
        max_attempts=None,
        fallback_wait=to.kind.target.fallback_wait,
        jitter=random.uniform(-1, 1),  # noqa: S311 - spreads load, guards nothing
    )
    late = now - row.created_at > PATIENCE
    state = _state(verdict) if not late or verdict.ended else "failed"
    values = {
        "state": state,
        "outcome": outcome,
        "message": short(verdict.reason),
        "exchanges": clean(attempted.exchanges),
        "attempts": row.attempts + 1,
        "noted": clean(attempted.noted) if attempted.noted is not None else row.noted,
    }
    if state == "waiting":
        values["due_at"] = now + timedelta(seconds=verdict.wait or 0.0)
    _settle(rt, errand, values)


def _state(verdict: Verdict) -> str:
    """What other settings alone could change is not tried again."""
    if verdict.pause is not None or verdict.state == "failed":
        return "failed"
    return "sent" if verdict.ended else "waiting"


def _settle(rt: Runtime, errand: Errand, values: dict[str, Any]) -> None:
    """Write what has come of it, unless another worker has taken over."""
    ended = values["state"] != "waiting"
    settled = {"settled_at": rt.clock.now()} if ended else {}
    with rt.database.write() as connection:
        connection.execute(_mine(errand).values(**values, **settled, **FREE))


def _mine(errand: Errand) -> sa.Update:
    mine = (notices.c.id == errand.row.id, notices.c.lease_token == errand.token)
    return sa.update(notices).where(*mine)
