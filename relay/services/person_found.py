"""What was found of a person, as owners read it before they decide."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from relay.core.contract import Json
from relay.runtime import Runtime
from relay.services.browse import Row
from relay.store.tables import leads, person_finds, sources

SHOWN = 50
"""Leads that are named."""

WORDS: Mapping[str, tuple[str, str]] = {
    "own lead": ("leads of this person", "erased, and counted in the ledger"),
    "versions": ("versions of these leads", "erased"),
    "deliveries": ("deliveries of these leads", "erased; what waits is called off"),
    "own submission": ("submissions in every state", "blanked; the empty rows stay"),
    "own turned away": ("requests that were turned away at the door", "erased"),
    "own refused row": ("rows of uploads that were refused", "erased"),
    "own file": ("uploaded files that still wait", "its rows are blanked"),
    "own blocked": ("blocked numbers", "no longer blocked: nothing is known of it"),
    "mention lead": ("leads of others that name this person", "the name is masked, they stay"),
    "mention submission": ("submissions of others that name this person", "the name is masked"),
    "mention bulk run": ("searches that name this person", "the name is masked"),
    "mention view": ("saved views that name this person", "erased"),
    "mention audit": ("lines of the audit that name this person", "the name is masked"),
}
"""What can be found, and what erasing makes of it."""


def in_words(counts: Mapping[str, Json]) -> list[tuple[int, str, str]]:
    """How many of what, and what erasing makes of it; what is not there is left out."""
    return [(counts[name], *words) for name, words in WORDS.items() if counts.get(name)]


def leads_of(rt: Runtime, row: Row) -> Sequence[Row]:
    """The newest of the person's leads, with the relation in which each was found."""
    of = person_finds.c
    query = (
        sa.select(
            leads.c.id,
            leads.c.number,
            leads.c.name,
            leads.c.email,
            leads.c.phone,
            leads.c.created_at,
            sources.c.name.label("source"),
            of.relation,
        )
        .join(person_finds, of.row_id == leads.c.id)
        .join(sources, sources.c.id == leads.c.source_id)
        .where(of.request_id == row["id"], of.what == "lead")
        .order_by(of.relation.desc(), of.row_id.desc())
    )
    with rt.database.read() as connection:
        return [dict(one) for one in connection.execute(query.limit(SHOWN)).mappings()]
