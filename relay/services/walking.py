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

_MAY_LACK = ("email", "first_name", "last_name", "value_minor")
"""Fields with an index of the leads that have them."""

_MOST_COMBINATIONS = 60
"""Ranges of an index that are merged into one list."""

_READING_A_ROW = 3
"""What reading a row costs to reading an entry of an index, about."""

Conditions = Sequence[sa.ColumnElement[bool]]
Order = Sequence[sa.ColumnElement[Any]]


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a list that one index holds in order; `count` where that is known."""

    order: Order
    conditions: Conditions = ()
    count: int | None = None


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


def order_of(query: Query, table: sa.FromClause = leads) -> Order:
    """The whole order in one."""
    wanted = [_directed(table.c[name], direction).nulls_last() for name, direction in query.sort]
    if all(name != "number" for name, _ in query.sort):
        wanted.append(_directed(table.c.number, query.sort[0][1]))
    return wanted


def parts_of(query: Query, statuses: Mapping[str, int | None]) -> list[Part]:
    """The order as stretches; `statuses` are all there are, in order, with their counts."""
    if len(query.sort) != 1:
        return [Part(order_of(query))]
    [(name, direction)] = query.sort
    column = leads.c[name]
    by_number = _directed(leads.c.number, direction)
    if name == "status":
        listed = statuses if direction == "asc" else reversed(list(statuses))
        return [Part([by_number], [column == one], statuses[one]) for one in listed]
    if name in _MAY_LACK:
        have = Part([_directed(column, direction), by_number], [column.is_not(None)])
        return [have, Part([by_number], [column.is_(None)])]
    if name == "created_at":
        return [Part([_directed(column, direction), by_number])]
    return [Part(order_of(query))]


def walk(
    connection: sa.Connection, chosen: Conditions, parts: Sequence[Part], offset: int, limit: int
) -> list[int]:
    """The numbers of the leads on a page, part after part."""
    found: list[int] = []
    for part in parts:
        if part.count is not None and offset >= part.count:
            offset -= part.count
            continue
        conditions = [*chosen, *part.conditions]
        page = sa.select(leads.c.number).where(*conditions).order_by(*part.order)
        page = page.offset(offset).limit(limit - len(found))
        got = list(connection.execute(page).scalars())
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
    [(_, direction)] = query.sort
    stretches = []
    for share in shares.matching:
        same = [leads.c[name] == share[name] for name in _COMBINED]
        stretch = sa.select(leads.c.created_at, leads.c.number).where(*chosen, *same)
        stretch = stretch.order_by(
            _directed(leads.c.created_at, direction), _directed(leads.c.number, direction)
        )
        stretches.append(sa.select(stretch.limit(reach).subquery()))
    merged = sa.union_all(*stretches).subquery()
    order = [_directed(merged.c[name], direction) for name in ("created_at", "number")]
    page = sa.select(merged.c.number).order_by(*order).offset(query.offset).limit(query.limit)
    return list(connection.execute(page).scalars())


_COMBINED = ("status", "has_gclid", "has_cid", "has_fbp", "has_fbc")


def _directed(column: sa.ColumnElement[Any], direction: str) -> sa.UnaryExpression[Any]:
    return column.desc() if direction == "desc" else column.asc()


def _size(connection: sa.Connection, conditions: Conditions) -> int:
    counted = sa.select(sa.func.count()).select_from(leads).where(*conditions)
    return connection.execute(counted).scalar_one()
