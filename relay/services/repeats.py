"""Repeats that only the stored leads can tell: equal content for a while, and the same person."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from relay.core.contract import Json
from relay.core.lead import match_keys
from relay.services.arrival import repeat_window
from relay.services.candidate import Candidate
from relay.services.configured import ConfiguredSource
from relay.store.tables import lead_versions, leads, submissions


def matching_rule(source: ConfiguredSource) -> Mapping[str, Json] | None:
    """The source's rule for matching by e-mail or phone, where it has one."""
    rule: Mapping[str, Json] | None = source.options.get("match")
    return rule if rule and rule.get("by") else None


def lock(connection: sa.Connection, candidates: Sequence[Candidate]) -> None:
    """Hold every key that decides about a repeat until the transaction ends, in one order for all.

    SQLite has one writer at a time anyway.
    """
    if connection.dialect.name == "sqlite":
        return
    numbers = sorted(
        {_number(key) for candidate in candidates for key in _decisive_keys(candidate)}
    )
    if numbers:
        in_order = sa.func.unnest(sa.literal(numbers, ARRAY(sa.BigInteger))).column_valued("number")
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(in_order))).all()


def mark_equal_content(connection: sa.Connection, candidates: Sequence[Candidate]) -> None:
    """Mark what says the same as an earlier submission of its source within the window."""
    candidates = [one for one in candidates if one.open and one.submission.content_key is not None]
    earlier = _stored_with_same_content(connection, candidates)
    for candidate in sorted(candidates, key=lambda candidate: candidate.submission.received_at):
        submission = candidate.submission
        window = timedelta(seconds=repeat_window(candidate.source))
        same = earlier[submission.source_id, submission.content_key]
        near = [one for one in same if abs(submission.received_at - one.received_at) <= window]
        if near:
            candidate.end("duplicate", "the same content was received shortly before")
            candidate.duplicate_of = near[0].id
        else:
            same.append(submission)


def match_lead(connection: sa.Connection, candidate: Candidate) -> None:
    """Let a submission join the lead of the same person, or end it, as its source's rule says."""
    rule = matching_rule(candidate.source)
    if rule is None or _lead_is_known(connection, candidate):
        return
    found = _same_person(connection, candidate, rule)
    if found is None or rule.get("then") == "create":
        return
    if rule.get("then") == "skip":
        candidate.end("duplicate", f"lead {found.number} has the same e-mail or phone")
        candidate.duplicate_of = connection.execute(
            sa.select(lead_versions.c.submission_id)
            .where(lead_versions.c.lead_id == found.id)
            .order_by(lead_versions.c.version)
            .limit(1)
        ).scalar_one()
        return
    candidate.lead_key = found.lead_key


def _stored_with_same_content(
    connection: sa.Connection, candidates: Sequence[Candidate]
) -> defaultdict[tuple[UUID, str], list[Any]]:
    """Stored submissions by source and content, those within the widest window, oldest first."""
    found: defaultdict[tuple[UUID, str], list[Any]] = defaultdict(list)
    if not candidates:
        return found
    widest = timedelta(seconds=max(repeat_window(candidate.source) for candidate in candidates))
    oldest = min(candidate.submission.received_at for candidate in candidates) - widest
    keys = {(one.submission.source_id, one.submission.content_key) for one in candidates}
    statement = (
        sa.select(
            submissions.c.id,
            submissions.c.source_id,
            submissions.c.content_key,
            submissions.c.received_at,
        )
        .where(
            sa.tuple_(submissions.c.source_id, submissions.c.content_key).in_(keys),
            submissions.c.content_key.is_not(None),
            submissions.c.received_at >= oldest,
            sa.or_(submissions.c.state == "stored", submissions.c.erased_at.is_not(None)),
        )
        .order_by(submissions.c.received_at)
    )
    for row in connection.execute(statement):
        found[row.source_id, row.content_key].append(row)
    return found


def _lead_is_known(connection: sa.Connection, candidate: Candidate) -> bool:
    statement = sa.select(leads.c.id).where(
        leads.c.project_id == candidate.submission.project_id,
        leads.c.lead_key == candidate.lead_key,
    )
    return connection.execute(statement).first() is not None


def _same_person(
    connection: sa.Connection, candidate: Candidate, rule: Mapping[str, Json]
) -> Any | None:
    keys = match_keys(candidate.submission.document)
    columns = {"email": leads.c.email, "phone": leads.c.phone}
    same = [columns[by] == keys[by] for by in rule["by"] if keys.get(by)]
    if not same:
        return None
    statement = sa.select(leads.c.id, leads.c.lead_key, leads.c.number).where(
        leads.c.project_id == candidate.submission.project_id,
        sa.or_(*same),
        leads.c.test == candidate.submission.test,
        leads.c.archived_at.is_(None),
    )
    if window := rule.get("window"):
        since = candidate.submission.received_at - timedelta(seconds=window)
        statement = statement.where(leads.c.updated_at >= since)
    return connection.execute(statement.order_by(leads.c.created_at.desc()).limit(1)).first()


def _decisive_keys(candidate: Candidate) -> list[str]:
    submission = candidate.submission
    if not candidate.open:
        return []
    keys = [f"content:{submission.content_key}"] if submission.content_key is not None else []
    if matching_rule(candidate.source) is not None:
        found = match_keys(submission.document)
        keys += [f"{by}:{submission.project_id}:{key}" for by, key in found.items() if key]
    return keys


def _number(key: str) -> int:
    """A key as the 64-bit number that PostgreSQL's advisory locks want."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big", signed=True)
