"""Which leads a searcher's text may mean: by names, words, phone numbers, and ids of every kind."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from uuid import UUID

import sqlalchemy as sa

from relay.core.word_lists import phones
from relay.services import text_lookup
from relay.services.arrival import hashed_event
from relay.services.searching import TRIGRAM, folded, found_by
from relay.services.text_lookup import Beyond, Texts, newest
from relay.services.word_lists import has_words, holding
from relay.store.tables import (
    attempts,
    deliveries,
    event_keys,
    lead_texts,
    leads,
    sources,
    submissions,
    word_lists,
)

LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Among:
    """Leads by their ids; beyond the id `end` there may be more, None where that is all."""

    ids: set[UUID]
    end: UUID | None = None


def about(
    connection: sa.Connection, project: UUID, text: str, beyond: Beyond, *, ids_only: bool = False
) -> Among:
    """The leads of a project that a text may mean; where `ids_only`, what names them by our ids."""
    wanted = text.strip()
    if "\0" in wanted:
        return Among(set())
    found = _of_ours(connection, project, wanted)
    if ids_only:
        return Among(found)
    found |= _of_others(connection, project, wanted)
    hits = [newest(connection, one, beyond) for one in _texts(connection, project, wanted)]
    ends = [one.end for one in hits if one.end is not None]
    every = found.union(*(one.ids for one in hits))
    if not ends:
        return Among(every)
    if beyond.before is not None:
        return Among({one for one in every if one <= min(ends)}, min(ends))
    return Among({one for one in every if one >= max(ends)}, max(ends))


def _texts(connection: sa.Connection, project: UUID, wanted: str) -> Iterator[Texts]:
    """Where a text is looked for: in both kinds of texts."""
    for part in dict.fromkeys((folded(wanted), *phones(wanted)[:1])):
        if len(part) >= TRIGRAM:
            own = lead_texts.c.project_id == project
            yield Texts(lead_texts, "lead_id", [own], partial(found_by, connection, part))
    if has_words(wanted):
        mine = word_lists.c.project_id == project, word_lists.c.of_lead
        yield Texts(word_lists, "about_id", mine, partial(holding, connection, wanted))


def _of_ours(connection: sa.Connection, project: UUID, wanted: str) -> set[UUID]:
    """By the relay's own ids: a lead's number, its public id, the id of anything of it."""
    named = [leads.c.public_id == wanted]
    digits = wanted.removeprefix("#")
    if digits.isascii() and digits.isdigit():
        named.append(leads.c.number == min(int(digits[:19]), LARGEST))
    queries = [sa.select(leads.c.id).where(leads.c.project_id == project, one) for one in named]
    identifier = _uuid(wanted)
    if identifier is not None:
        queries += _of_anything(project, identifier)
    return set(connection.execute(sa.union_all(*queries)).scalars())


def _of_anything(project: UUID, identifier: UUID) -> list[sa.Select[UUID]]:
    """The lead of this id, or that of the submission, delivery or attempt of this id."""
    tried = sa.select(attempts.c.delivery_id).where(attempts.c.id == identifier)
    return [
        sa.select(leads.c.id).where(leads.c.project_id == project, leads.c.id == identifier),
        sa.select(submissions.c.lead_id).where(
            submissions.c.project_id == project,
            submissions.c.id == identifier,
            submissions.c.lead_id.is_not(None),
        ),
        sa.select(deliveries.c.lead_id).where(
            deliveries.c.project_id == project,
            sa.or_(deliveries.c.id == identifier, deliveries.c.id == tried.scalar_subquery()),
        ),
    ]


def _of_others(connection: sa.Connection, project: UUID, wanted: str) -> set[UUID]:
    """By ids that others gave: a target's record, a provider's event or submission."""
    owners = connection.execute(
        sa.select(sources.c.id, sources.c.kind).where(sources.c.project_id == project)
    ).all()
    keys = {f"{row.kind}:{wanted}" for row in owners} | {
        f"source:{row.id}:{wanted}" for row in owners
    }
    events = [(row.id, hashed_event(row.id, wanted)) for row in owners]
    queries = [
        sa.select(deliveries.c.lead_id)
        .where(deliveries.c.project_id == project, deliveries.c.remote_id == wanted)
        .limit(text_lookup.MOST),
        sa.select(leads.c.id).where(leads.c.project_id == project, leads.c.lead_key.in_(keys)),
        sa.select(submissions.c.lead_id)
        .join(event_keys, event_keys.c.submission_id == submissions.c.id)
        .where(
            sa.tuple_(event_keys.c.source_id, event_keys.c.event_key).in_(events),
            submissions.c.lead_id.is_not(None),
        ),
    ]
    return {one for query in queries for one in connection.execute(query).scalars()}


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
