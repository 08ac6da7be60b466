"""In which order leads are listed, and how the page that is wanted is reached in it.

An order in which an index holds the leads is walked along. Where leads lack the value that they are
sorted by, they come last in either direction: no index has them there, so that they are a part of
their own. Leads of the same value are in the order of their numbers, in the same direction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from relay.services.selecting import Query
from relay.store.tables import leads

_SPARSE = ("email", "first_name", "last_name", "value_minor")
"""Fields with an index of the leads that have them."""

_COMPLETE = ("public_id", "status", "number", "created_at", "updated_at")
"""What no lead lacks."""

_COMBINED = ("status", "has_gclid", "has_cid", "has_fbp", "has_fbc")

_MOST_COMBINATIONS = 60
"""Ranges of an index that are merged into one list."""

_READING_A_ROW = 3
"""What reading a row costs to reading an entry of an index, about."""

Conditions = Sequence[sa.ColumnElement[bool]]
Sort = Sequence[tuple[str, str]]
"""Fields with their directions, down to the number, which no two leads share."""


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a list; where it is `even`, an index holds it in its order."""

    sort: Sort
    conditions: Conditions = ()
    count: int | None = None
    even: bool = True


@dataclass(frozen=True, slots=True)
class Shares:
    """How many of a project's leads have which status and click ids: rows of `lead_totals`."""

    everything: int
    matching: Sequence[Mapping[str, Any]] = field(default_factory=list)

    @property
    def total(self) -> int:
        """How many leads the status and click ids choose."""
        return sum(share["count"] for share in self.matching)

    def statuses(self) -> dict[str, int | None]:
        """The statuses of these leads, in their order, with their counts."""
        counts: dict[str, int | None] = {}
        for share in self.matching:
            counts[share["status"]] = (counts.get(share["status"]) or 0) + share["count"]
        return counts


def sort_of(query: Query) -> Sort:
    """The order that is asked for, and the number where all else is the same."""
    return [*(one for one in query.sort if one[0] != "number"), ("number", query.sort[0][1])]


def parts_of(query: Query, statuses: Mapping[str, int | None]) -> list[Part]:
    """The list as stretches; `statuses` are all there are, in order, with their counts."""
    sort = sort_of(query)
    name, direction = sort[0]
    if len(sort) > 2 or name not in (*_SPARSE, *_COMPLETE):
        return [Part(sort, even=False)]
    if name == "status":
        listed = list(statuses) if direction == "asc" else reversed(list(statuses))
        return [Part(sort[1:], [leads.c.status == one], statuses[one]) for one in listed]
    if name in _SPARSE:
        has = leads.c[name].is_not(None)
        return [Part(sort, [has]), Part(sort[1:], [leads.c[name].is_(None)])]
    return [Part(sort)]


def order_by(
    part: Part, table: sa.FromClause = leads, *, backwards: bool = False
) -> list[sa.ColumnElement[Any]]:
    """The order of a part as the database is told it; `backwards` is from its end."""
    found: list[sa.ColumnElement[Any]] = []
    for name, direction in part.sort:
        one = table.c[name].desc() if (direction == "desc") != backwards else table.c[name].asc()
        if not part.even and name not in _COMPLETE:
            one = one.nulls_first() if backwards else one.nulls_last()
        found.append(one)
    return found


def walk(
    connection: sa.Connection, chosen: Conditions, parts: Sequence[Part], query: Query, total: int
) -> list[int]:
    """The numbers of the leads on the page, reached from the end of the list that is nearer."""
    limit = min(query.limit, total - query.offset)
    if limit <= 0:
        return []
    from_end = total - query.offset - limit
    if query.offset <= from_end:
        return _walk(connection, chosen, parts, query.offset, limit)
    found = _walk(connection, chosen, parts[::-1], from_end, limit, backwards=True)
    return found[::-1]


def _walk(
    connection: sa.Connection,
    chosen: Conditions,
    parts: Sequence[Part],
    offset: int,
    limit: int,
    *,
    backwards: bool = False,
) -> list[int]:
    found: list[int] = []
    for part in parts:
        if part.count is not None and offset >= part.count:
            offset -= part.count
            continue
        conditions = [*chosen, *part.conditions]
        page = sa.select(leads.c.number).where(*conditions)
        page = page.order_by(*order_by(part, backwards=backwards))
        got = list(connection.execute(page.offset(offset).limit(limit - len(found))).scalars())
        found += got
        if len(found) == limit or part is parts[-1]:
            break
        offset = 0 if got or not offset else offset - _size(connection, conditions)
    return found


def worth_merging(query: Query, shares: Shares) -> bool:
    """Whether it is less to read each combination by itself than to pass over the others."""
    if [name for name, _ in query.sort] != ["created_at"]:
        return False
    reach = query.offset + query.limit
    merged = sum(min(share["count"], reach) for share in shares.matching)
    walked = _READING_A_ROW * reach * shares.everything / shares.total
    return len(shares.matching) <= _MOST_COMBINATIONS and merged < walked


def merge(connection: sa.Connection, chosen: Conditions, query: Query, shares: Shares) -> list[int]:
    """The numbers of the leads on a page, out of the combinations that match."""
    reach = query.offset + query.limit
    part = Part(sort_of(query))
    stretches = []
    for share in shares.matching:
        same = [leads.c[name] == share[name] for name in _COMBINED]
        stretch = sa.select(leads.c.created_at, leads.c.number).where(*chosen, *same)
        stretch = stretch.order_by(*order_by(part)).limit(reach)
        stretches.append(sa.select(stretch.subquery()))
    merged = sa.union_all(*stretches).subquery()
    page = sa.select(merged.c.number).order_by(*order_by(part, merged))
    return list(connection.execute(page.offset(query.offset).limit(query.limit)).scalars())


def combinations(shares: Shares) -> sa.ColumnElement[bool]:
    """Of few leads, the combinations that match, each of which is a range of an index."""
    return sa.or_(
        *(
            sa.and_(*(leads.c[name] == share[name] for name in _COMBINED))
            for share in shares.matching
        )
    )


def _size(connection: sa.Connection, conditions: Conditions) -> int:
    counted = sa.select(sa.func.count()).select_from(leads).where(*conditions)
    return connection.execute(counted).scalar_one()
