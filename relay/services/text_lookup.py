"""Looking texts up, the newest first, at a cost that does not grow with how common a word is.

The newest texts are read first: what many say is found there at once. What few say is looked up in
the index, all of it, and then put in order: asked for the newest of an index's hits, PostgreSQL
would rather walk through all texts in their order.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

MOST = 2000
"""Hits that are looked at together."""

READ_FIRST = 5000
"""The newest texts that are read one by one."""

ENOUGH = 100
"""Hits among them that make the index unneeded: more than a page."""


@dataclass(frozen=True, slots=True)
class Beyond:
    """Only what is older than `after`, or newer than `before`."""

    after: UUID | None = None
    before: UUID | None = None

    def on(self, column: sa.ColumnElement[UUID]) -> list[sa.ColumnElement[bool]]:
        """The condition on the column."""
        if self.before is not None:
            return [column > self.before]
        return [] if self.after is None else [column < self.after]

    def of(self, column: sa.ColumnElement[UUID], query: sa.Select[Any]) -> sa.Select[Any]:
        """The query in its order: the newest first, or towards newer ones those that come next."""
        order = column.asc() if self.before is not None else column.desc()
        return query.where(*self.on(column)).order_by(order)


EVERYWHERE = Beyond()


@dataclass(frozen=True, slots=True)
class Texts:
    """Which texts: a table, the column that says whom they are about, and whose they are.

    `says` is the condition that a text holds what is wanted, of the table or a part of it. So many
    hits among the newest are `enough`.
    """

    table: sa.Table
    about: str
    own: Sequence[sa.ColumnElement[bool]]
    says: Callable[[sa.FromClause], sa.ColumnElement[bool]]
    enough: int | None = None


@dataclass(frozen=True, slots=True)
class Hits:
    """Ids in their order; beyond `end` there may be more, None where that is all."""

    ids: list[UUID]
    end: UUID | None = None


def newest(connection: sa.Connection, texts: Texts, beyond: Beyond, most: int = 0) -> Hits:
    """The newest that hold what is wanted, so many or MOST."""
    most = most or MOST
    about: sa.Column[UUID] = texts.table.c[texts.about]
    read = beyond.of(about, sa.select(texts.table).where(*texts.own)).limit(READ_FIRST)
    first = read.subquery("read")
    hits = sa.select(first.c[texts.about]).where(texts.says(first)).limit(most)
    ids = list(connection.execute(hits).scalars())
    if len(ids) == most:
        return Hits(ids, ids[-1])
    last = read.with_only_columns(about).offset(READ_FIRST - 1).limit(1)
    end = connection.execute(last).scalar()
    if end is None or len(ids) >= (texts.enough or ENOUGH):
        return Hits(ids, end)
    return _by_index(connection, texts, beyond, most)


def _by_index(connection: sa.Connection, texts: Texts, beyond: Beyond, most: int) -> Hits:
    about: sa.Column[UUID] = texts.table.c[texts.about]
    every = sa.select(about.label("id")).where(
        *texts.own, texts.says(texts.table), *beyond.on(about)
    )
    found = every.cte("hits").prefix_with("MATERIALIZED", dialect="postgresql")
    hits = beyond.of(found.c.id, sa.select(found.c.id)).limit(most)
    ids = list(connection.execute(hits).scalars())
    return Hits(ids, ids[-1] if len(ids) == most else None)
