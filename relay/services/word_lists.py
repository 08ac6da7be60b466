"""The words that leads, and submissions that became none, are found by: kept, told, looked up.

A lead's words are written with its row. Those of shelved submissions, and of leads that were there
before there were words, are told by the sweep, some at a time, the newest first.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from relay.core import word_lists as told
from relay.runtime import Runtime
from relay.store.insert import insert_new, new_rows
from relay.store.tables import (
    bodies,
    lead_versions,
    leads,
    state_is,
    submissions,
    walks,
    word_lists,
)

BATCH = 200
"""Submissions, and leads, that one sweep tells at most: a tenth of a second's work."""

BODY_AT_MOST = 64 * 1024
"""Bytes that are read of a body that is no lead."""

PREFIX = 3
"""Letters from which on the last word asked for may be the beginning of one."""

WALK = "word lists"


def keep(connection: sa.Connection, said: Iterable[tuple[Mapping[str, Any], Any]]) -> None:
    """Write the words of leads that are new or have changed: rows with their newest documents."""
    rows = [_row(lead["project_id"], lead["id"], told.of_lead(document)) for lead, document in said]
    _write(connection, rows)


def remove(connection: sa.Connection, ids: Collection[UUID]) -> None:
    """Forget the words of these leads or submissions."""
    if ids:
        connection.execute(sa.delete(word_lists).where(word_lists.c.about_id.in_(ids)))


def forget_bodies(connection: sa.Connection, body_ids: Collection[UUID]) -> None:
    """Forget what was told of these bodies alone, which are blanked."""
    of_them = submissions.c.body_id.in_(body_ids), submissions.c.document.is_(None)
    remove(
        connection, connection.execute(sa.select(submissions.c.id).where(*of_them)).scalars().all()
    )


def has_words(text: str) -> bool:
    """Whether there is anything in a text that can be looked for."""
    return bool(_alternatives(text))


def holding(
    connection: sa.Connection, text: str, lists: sa.FromClause = word_lists
) -> sa.ColumnElement[bool]:
    """The condition on `word_lists` that all words of a text are there, or its phone number.

    The last word may be the beginning of one. `lists` may be a part of the table.
    """
    wanted = _alternatives(text)
    if connection.dialect.name != "sqlite":
        query = " | ".join(f"({' & '.join(_lexemes(one))})" for one in wanted)
        words = sa.func.string_to_array(lists.c.words, sa.literal_column("' '"))
        vector = sa.func.array_to_tsvector(words)
        return vector.op("@@", is_comparison=True)(sa.cast(query, postgresql.TSQUERY))
    if not sa.inspect(connection).has_table("word_index"):
        return sa.or_(*(_each(one, lists) for one in wanted))
    phrase = " OR ".join(f"({' AND '.join(_phrases(one))})" for one in wanted)
    index = sa.table("word_index", sa.column("rowid"))
    matching = sa.literal_column("word_index").op("MATCH")(phrase)
    found: sa.ColumnElement[bool] = lists.c.key.in_(sa.select(index.c.rowid).where(matching))
    return found


def _alternatives(text: str) -> list[list[str]]:
    return [one for one in (told.asked(text), *([digits] for digits in told.phones(text))) if one]


def told_all(rt: Runtime) -> bool:
    """Whether searches find all leads by their words."""
    with rt.database.read() as connection:
        return is_complete(connection)


def is_complete(connection: sa.Connection) -> bool:
    """Whether the words of all leads are told that were there before there were words."""
    return connection.execute(sa.select(walks.c.name).where(walks.c.name == WALK)).first() is None


def catch_up(rt: Runtime) -> int:
    """Tell the words of some that have none yet; returns of how many. Safe to run twice."""
    with rt.database.read() as connection:
        new = list(connection.execute(_UNTOLD).scalars())
        walking = not is_complete(connection)
    done = _tell(rt, new) if new else 0
    return done + (_walk_on(rt) if walking else 0)


_UNTOLD = (
    sa.select(submissions.c.id)
    .where(
        sa.literal_column("NOT submissions.told", sa.Boolean),
        state_is(submissions, "quarantined", "held", "refused"),
    )
    .order_by(submissions.c.id.desc())
    .limit(BATCH)
)

_SAID = sa.select(
    submissions.c.id,
    submissions.c.project_id,
    submissions.c.document,
    bodies.c.headers,
    sa.func.substr(bodies.c.body, 1, BODY_AT_MOST, type_=sa.LargeBinary()).label("body"),
).join(bodies, bodies.c.id == submissions.c.body_id)


def _tell(rt: Runtime, ids: Sequence[UUID]) -> int:
    with rt.database.write() as connection:
        found = connection.execute(_SAID.where(submissions.c.id.in_(ids))).all()
        _write(connection, [_row(one.project_id, one.id, _words(one), lead=False) for one in found])
        connection.execute(
            sa.update(submissions).where(submissions.c.id.in_(ids)).values(told=True)
        )
    return len(found)


def _words(row: Any) -> str:
    if row.document is not None:
        return told.of_lead(row.document)
    return told.of_body(row.body, str((row.headers or {}).get("content-type", "")))


def _walk_on(rt: Runtime) -> int:
    """Tell the next leads of the walk; what has words meanwhile has newer ones."""
    newest = lead_versions.c.lead_id == leads.c.id, lead_versions.c.version == leads.c.version
    page = (
        sa.select(leads.c.id, leads.c.project_id, lead_versions.c.document)
        .join(lead_versions, sa.and_(*newest))
        .order_by(leads.c.id.desc())
        .limit(BATCH)
    )
    mine = sa.select(walks.c.before).where(walks.c.name == WALK).with_for_update()
    with rt.database.write() as connection:
        walk = connection.execute(mine).one_or_none()
        if walk is None:
            return 0
        if walk.before is not None:
            page = page.where(leads.c.id < walk.before)
        found = connection.execute(page).all()
        rows = [_row(one.project_id, one.id, told.of_lead(one.document)) for one in found]
        insert_new(connection, word_lists, rows)
        this = walks.c.name == WALK
        if len(found) < BATCH:
            connection.execute(sa.delete(walks).where(this))
        else:
            connection.execute(sa.update(walks).where(this).values(before=found[-1].id))
    return len(found)


def _row(project_id: UUID, about: UUID, words: str, *, lead: bool = True) -> dict[str, Any]:
    return {"project_id": project_id, "about_id": about, "of_lead": lead, "words": words}


def _write(connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        return
    insert = new_rows(connection, word_lists)
    changed = insert.excluded.words != word_lists.c.words
    words = {"words": insert.excluded.words}
    upsert = insert.on_conflict_do_update(index_elements=["about_id"], set_=words, where=changed)
    connection.execute(upsert, sorted(rows, key=lambda row: row["about_id"]))


def _may_be_begun(words: Sequence[str], at: int) -> bool:
    return at == len(words) - 1 and len(words[at]) >= PREFIX


def _lexemes(words: Sequence[str]) -> list[str]:
    return [f"'{one}'{':*' if _may_be_begun(words, at) else ''}" for at, one in enumerate(words)]


def _phrases(words: Sequence[str]) -> list[str]:
    return [f'"{one}"{"*" if _may_be_begun(words, at) else ""}' for at, one in enumerate(words)]


def _each(words: Sequence[str], lists: sa.FromClause) -> sa.ColumnElement[bool]:
    """Without an index: each word stands in the list, blanks before and after it."""
    line = sa.literal(" ") + lists.c.words + sa.literal(" ")
    ends = ["" if _may_be_begun(words, at) else " " for at, _ in enumerate(words)]
    return sa.and_(
        *(sa.func.instr(line, f" {one}{end}") > 0 for one, end in zip(words, ends, strict=True))
    )
