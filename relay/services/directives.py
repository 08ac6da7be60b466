"""What a submission asks to be done with other leads of its number, done before it is filed.

Senders' tokens stand in public web pages: what changes other leads is done only where the source's
settings say that it `may`; else it is kept as a field, with a warning.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.directives import asks
from relay.core.lead import match_keys
from relay.runtime import Runtime
from relay.services import blocked, configured
from relay.services.archiving import archive
from relay.services.candidate import Candidate
from relay.services.deliveries import call_off
from relay.store.tables import leads, sources

MAY = (
    "update_all_matching_leads",
    "expire_existing",
    "delete_existing",
    "blocked",
    "unblock_contact",
)
"""Directives that change other leads."""

OF_EXISTING = frozenset({"update_all_matching_leads", "expire_existing", "delete_existing"})
"""Those that concern the leads of its number under the same owner."""


def in_turn(candidates: Sequence[Candidate]) -> Iterator[list[Candidate]]:
    """The candidates in groups that may be filed together.

    What looks at other leads is alone: it sees those before it, and those after it see its doing.
    """
    numbered = enumerate(candidates)
    alone = groupby(numbered, lambda one: one[0] if _looks_around(one[1]) else -1)
    for _key, group in alone:
        yield [candidate for _number, candidate in group]


def lock(connection: sa.Connection, candidates: Sequence[Candidate]) -> None:
    """Lock what any of these may change, in one order for all; nothing where none looks around.

    SQLite has one writer at a time anyway.
    """
    acting = [one for one in candidates if one.open and _looks_around(one)]
    if not acting or connection.dialect.name == "sqlite":
        return
    project = leads.c.project_id
    keys = {(one.submission.project_id, one.lead_key) for one in candidates if one.open}
    numbers = {contact for one in acting if (contact := _contact(one))}
    statement = sa.select(leads.c.id).where(
        sa.or_(
            sa.tuple_(project, leads.c.lead_key).in_(sorted(keys)),
            sa.tuple_(project, leads.c.phone).in_(sorted(numbers)),
        )
    )
    connection.execute(statement.order_by(project, leads.c.lead_key).with_for_update()).all()
    if any("blocked" in _granted(one) for one in acting):
        blocked.stand_still(connection, {one.submission.project_id for one in candidates})


def before(
    rt: Runtime, connection: sa.Connection, candidates: Sequence[Candidate], now: datetime
) -> list[Candidate]:
    """Do what a group of `in_turn` asks for; returns what is to be filed, with its companions.

    A candidate that may not make a lead ends as refused here. A companion brings the same
    submission to another lead.
    """
    for candidate in candidates:
        candidate.warnings += _warnings(candidate)
    if len(candidates) != 1 or not _looks_around(candidates[0]):
        return [one for one in candidates if one.open]
    [candidate] = candidates
    granted = _granted(candidate)
    there = _existing(connection, candidate, granted)
    if _is_update_only(candidate):
        _spare(candidate, granted)
        _join(rt, candidate, there, granted)
    elif _repeats(candidate) and "delete_existing" not in granted:
        _refuse_repeat(candidate, there)
    if not candidate.open:
        return []
    _change_others(connection, candidate, granted, there, now)
    return [candidate, *_companions(rt, candidate, granted, there)]


def _looks_around(candidate: Candidate) -> bool:
    return _is_update_only(candidate) or _repeats(candidate) or bool(_granted(candidate))


def _is_update_only(candidate: Candidate) -> bool:
    return candidate.moved is None and asks(candidate.submission.document, "update_only")


def _repeats(candidate: Candidate) -> bool:
    """Whether its source wants no second submission of a number."""
    return candidate.moved is None and candidate.source.settings.get("reject_duplicates") is True


def _asked(candidate: Candidate) -> list[str]:
    document = candidate.submission.document
    if candidate.moved is not None or not (document or {}).get("directives"):
        return []
    return [name for name in MAY if asks(document, name)]


def _why_not(candidate: Candidate, name: str) -> str | None:
    if candidate.submission.test:
        return "a test changes no other leads"
    if name not in candidate.source.settings.get("may", ()):
        return "the source's settings do not say that it may"
    return None if _contact(candidate) else "the phone number cannot be read"


def _granted(candidate: Candidate) -> set[str]:
    return {name for name in _asked(candidate) if _why_not(candidate, name) is None}


def _warnings(candidate: Candidate) -> list[dict[str, str]]:
    return [
        _warning(name, reason)
        for name in _asked(candidate)
        if (reason := _why_not(candidate, name))
    ]


def _warning(name: str, reason: str) -> dict[str, str]:
    return {"kind": "directive", "place": f"/directives/{name}", "message": f"not done: {reason}"}


def _contact(candidate: Candidate) -> blocked.Contact | None:
    phone = match_keys(candidate.submission.document or {}).get("phone")
    return None if phone is None else (candidate.submission.project_id, phone)


def _existing(connection: sa.Connection, candidate: Candidate, granted: set[str]) -> Sequence[Any]:
    """Its own lead, and others of its number under the same owner where any of those is asked for.

    The oldest comes first.
    """
    project_id = candidate.submission.project_id
    same = leads.c.lead_key == candidate.lead_key
    if granted & OF_EXISTING:
        owners = _sources_of_owner(connection, candidate)
        contact = match_keys(candidate.submission.document)["phone"]
        same = sa.or_(same, sa.and_(leads.c.phone == contact, leads.c.source_id.in_(owners)))
    statement = (
        sa.select(leads.c.id, leads.c.lead_key, leads.c.source_id)
        .where(leads.c.project_id == project_id, leads.c.archived_at.is_(None), same)
        .order_by(leads.c.number)
    )
    return connection.execute(statement).all()


def _sources_of_owner(connection: sa.Connection, candidate: Candidate) -> list[UUID]:
    """The source and, where it names its offer, the project's other sources of that offer."""
    source = candidate.source
    offer = source.settings.get("offer")
    if not offer:
        return [source.id]
    statement = sa.select(sources.c.id, sources.c.settings).where(
        sources.c.project_id == source.project_id,
        sources.c.kind == source.kind.name,
        sources.c.archived_at.is_(None),
    )
    found = connection.execute(statement).all()
    return [source.id, *(row.id for row in found if row.settings.get("offer") == offer)]


def _join(rt: Runtime, candidate: Candidate, there: Sequence[Any], granted: set[str]) -> None:
    """Let it update its own lead, or the oldest that it may update; end it where none is."""
    if any(row.lead_key == candidate.lead_key for row in there):
        return
    if there and "update_all_matching_leads" in granted:
        candidate.lead_key = there[0].lead_key
        candidate.source = configured.source(rt, there[0].source_id) or candidate.source
        return
    candidate.end("refused", "there is no lead to update", "/directives/update_only")


def _spare(candidate: Candidate, granted: set[str]) -> None:
    """What only updates takes no lead away: it would have to make a new one."""
    if "delete_existing" in granted:
        granted.remove("delete_existing")
        candidate.warnings.append(_warning("delete_existing", "it came with update_only"))


def _refuse_repeat(candidate: Candidate, there: Sequence[Any]) -> None:
    if any(row.lead_key == candidate.lead_key for row in there):
        candidate.end("refused", "there is a lead of this number already", "/contact/phone")


def _change_others(
    connection: sa.Connection,
    candidate: Candidate,
    granted: set[str],
    there: Sequence[Any],
    now: datetime,
) -> None:
    contact = _contact(candidate)
    ids = [row.id for row in there]
    if contact and "unblock_contact" in granted:
        blocked.unblock(connection, [contact])
    if contact and "blocked" in granted:
        blocked.block(connection, contact, candidate.source.id, now)
    if "delete_existing" in granted:
        reason = "a later submission asked to delete it"
        candidate.archived = archive(connection, ids, now, reason)
    elif "expire_existing" in granted:
        call_off(connection, ids, "expired", "a later submission asked to expire it", now)


def _companions(
    rt: Runtime, candidate: Candidate, granted: set[str], there: Sequence[Any]
) -> list[Candidate]:
    """What brings the same submission to the other leads, by the routes of their own sources."""
    if "update_all_matching_leads" not in granted or "delete_existing" in granted:
        return []
    candidate.companions = [
        Candidate(candidate.submission, source, row.lead_key)
        for row in there
        if row.lead_key != candidate.lead_key and (source := configured.source(rt, row.source_id))
    ]
    return candidate.companions
