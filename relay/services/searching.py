"""The text that a lead is found by: kept beside the lead, looked through by its trigrams.

Both databases fold nothing: text and words are folded here, so that both find the same.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.store.insert import new_rows
from relay.store.tables import lead_texts, leads

TRIGRAM = 3
"""Characters of the shortest word that an index of trigrams can look up."""


def keep(connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write the texts of leads that are new or have changed; `rows` have the leads' columns."""
    if not rows:
        return
    insert = new_rows(connection, lead_texts)
    changed = insert.excluded.text != lead_texts.c.text
    upsert = insert.on_conflict_do_update(
        index_elements=["project_id", "lead_id"],
        set_={"text": insert.excluded.text},
        where=changed,
    )
    found = [
        {
            "project_id": row["project_id"],
            "lead_id": row["id"],
            "archived": False,
            "text": text_of(row),
        }
        for row in rows
    ]
    connection.execute(upsert, found)


def archive(connection: sa.Connection, lead_ids: Collection[UUID], *, archived: bool) -> None:
    """Let lists pass these leads over, or find them again."""
    connection.execute(
        sa.update(lead_texts).where(_of(lead_ids)).values(archived=archived),
    )


def remove(connection: sa.Connection, lead_ids: Collection[UUID]) -> None:
    """Forget the texts of leads whose rows are still there."""
    connection.execute(sa.delete(lead_texts).where(_of(lead_ids)))


def text_of(row: Mapping[str, Any]) -> str:
    """What a lead is found by, each value in a line of its own, none that another contains."""
    whole = " ".join(part for part in (row["first_name"], row["last_name"]) if part)
    texts: list[str] = []
    for value in (row["name"], whole, *(row[name] for name in _VALUES)):
        text = folded(value or "")
        if text and not any(text in known for known in texts):
            texts.append(text)
    return "\n".join(texts)


_VALUES = ("email", "phone", "phone_raw", "company")


def folded(text: str) -> str:
    """A text in one case, with single spaces between its words."""
    return " ".join(text.casefold().split())


def holding(connection: sa.Connection, project_id: UUID, word: str) -> list[sa.ColumnElement[bool]]:
    """The conditions on `lead_texts` of a project's leads that hold this word anywhere.

    The word is folded. Each text is read for it.
    """
    live = lead_texts.c.archived.is_(False)
    return [lead_texts.c.project_id == project_id, live, _holds(connection, word)]


def looked_up(
    connection: sa.Connection, project_id: UUID, word: str
) -> list[sa.ColumnElement[bool]]:
    """The same by an index of trigrams: for words that are not in most of the texts.

    PostgreSQL knows by itself for which words it is worth it.
    """
    project: sa.ColumnElement[UUID] = lead_texts.c.project_id
    if connection.dialect.name == "sqlite" and len(word) >= TRIGRAM:
        # a plus keeps SQLite from reading all of the project's texts instead
        project = sa.literal_column("+lead_texts.project_id", sa.Uuid())
    live = lead_texts.c.archived.is_(False)
    return [project == project_id, live, found_by(connection, word)]


def found_by(
    connection: sa.Connection, word: str, texts: sa.FromClause = lead_texts
) -> sa.ColumnElement[bool]:
    """The condition on `lead_texts` alone, by its index of trigrams if there is one.

    `texts` may be a part of the table.
    """
    if (
        connection.dialect.name != "sqlite"
        or len(word) < TRIGRAM
        or not sa.inspect(connection).has_table("lead_trigrams")
    ):
        return _holds(connection, word, texts)
    phrase = '"' + word.replace('"', '""') + '"'
    trigrams = sa.table("lead_trigrams", sa.column("rowid"))
    matching = sa.select(trigrams.c.rowid).where(
        sa.literal_column("lead_trigrams").op("MATCH")(phrase)
    )
    found: sa.ColumnElement[bool] = texts.c.key.in_(matching)
    return found


def _holds(
    connection: sa.Connection, word: str, texts: sa.FromClause = lead_texts
) -> sa.ColumnElement[bool]:
    if connection.dialect.name == "sqlite":
        return sa.func.instr(texts.c.text, word) > 0
    found: sa.ColumnElement[bool] = texts.c.text.like(_anywhere(word), escape="\\")
    return found


def _of(lead_ids: Collection[UUID]) -> sa.ColumnElement[bool]:
    of_leads = sa.select(leads.c.project_id, leads.c.id).where(leads.c.id.in_(lead_ids))
    return sa.tuple_(lead_texts.c.project_id, lead_texts.c.lead_id).in_(of_leads)


def _anywhere(word: str) -> str:
    literal = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{literal}%"
