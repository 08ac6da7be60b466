"""Finding rows by many pairs of values."""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY


def by_pairs(
    connection: sa.Connection,
    wanted: sa.Select[Any],
    columns: tuple[sa.Column[Any], sa.Column[Any]],
    pairs: Collection[tuple[Any, Any]],
) -> sa.Select[Any]:
    """What is `wanted` of the rows whose two columns, unique together, hold one of the pairs.

    In the order of the pairs, in which it also locks them. PostgreSQL gets them as rows and looks
    each up: given as a list, it would rather read a table of which it still knows little.
    """
    pairs = sorted(pairs)
    both = sa.tuple_(*columns)
    if connection.dialect.name == "sqlite":
        return wanted.where(both.in_(pairs)).order_by(*columns)
    given = [
        sa.literal([pair[at] for pair in pairs], ARRAY(column.type))
        for at, column in enumerate(columns)
    ]
    rows = sa.func.unnest(*given).table_valued("one", "other").render_derived()
    return wanted.where(both.in_(sa.select(rows.c.one, rows.c.other))).order_by(*columns)
