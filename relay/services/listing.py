"""Lists of a project's leads as its APIs define them: filtered, sorted, in numbered pages.

How many there are is known without counting where only the status and click ids choose. Otherwise
few leads are gathered and sorted, and many are walked through in the order that is wanted: which of
both it is has to be found out first, since either way takes seconds where the other takes
milliseconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.runtime import Runtime
from relay.services.selecting import (
    Query,
    is_text,
    narrowest,
    of_phone,
    of_project,
    particular,
    shared,
    texts_of,
)
from relay.services.walking import (
    Part,
    Shares,
    combinations,
    merge,
    order_by,
    parts_of,
    sort_of,
    walk,
    worth_merging,
)
from relay.store.tables import lead_texts, lead_totals, lead_versions, leads, sources

Row = Mapping[str, Any]
"""A lead's columns with its newest `document` and its `source_kind`."""

FEW = 2000
"""Leads that are rather gathered and sorted than looked for along the way."""


@dataclass(frozen=True, slots=True)
class Found:
    """One page, and how many leads there are on all pages."""

    rows: list[Row]
    total: int


def find(rt: Runtime, query: Query) -> Found:
    """The page that is asked for. Raises Unfilterable."""
    with rt.database.read() as connection:
        _plan_for_these_values(connection)
        numbers, total = _numbers(connection, query)
        return Found(_rows(connection, query.project_id, numbers), total)


def one(
    rt: Runtime,
    project_id: UUID,
    *,
    number: int | None = None,
    public_id: str | None = None,
    id: UUID | None = None,  # noqa: A002 - the column's name
    unique_identifier: str | None = None,
    email: str | None = None,
    phone: str | None = None,
) -> Row | None:
    """The newest lead of which all that is given is true, or None."""
    wanted = of_project(project_id)
    if phone is not None:
        wanted = [leads.c.id.in_(of_phone(project_id, phone)), leads.c.archived_at.is_(None)]
    if number is not None:
        wanted.append(leads.c.number == number if abs(number) < 2**63 else sa.false())
    if id is not None:
        wanted.append(leads.c.id == id)
    if public_id is not None:
        wanted.append(is_text(leads.c.public_id, public_id))
    if unique_identifier is not None:
        wanted.append(is_text(leads.c.unique_identifier, unique_identifier))
    if email is not None:
        wanted.append(is_text(leads.c.email, email.lower()))
    newest = sa.select(leads.c.number).where(*wanted)
    newest = newest.order_by(leads.c.created_at.desc(), leads.c.number.desc()).limit(1)
    with rt.database.read() as connection:
        rows = _rows(connection, project_id, list(connection.execute(newest).scalars()))
    return rows[0] if rows else None


def _plan_for_these_values(connection: sa.Connection) -> None:
    """What is quick for one word takes seconds for another; compiling takes longer than either."""
    if connection.dialect.name == "postgresql":
        for setting in ("plan_cache_mode = force_custom_plan", "jit = off", "work_mem = '32MB'"):
            connection.exec_driver_sql(f"SET LOCAL {setting}")


def _numbers(connection: sa.Connection, query: Query) -> tuple[list[int], int]:
    """The numbers of the page's leads, and how many leads there are in all."""
    special = particular(query, connection)
    chosen = [*of_project(query.project_id), *shared(query), *special]
    shares = _shares(connection, query)
    if not special:
        return _known(connection, query, chosen, shares), shares.total
    found = _few(connection, query, chosen)
    if found is not None:
        return found
    total = _count(connection, query, chosen)
    parts = parts_of(query, dict.fromkeys(shares.statuses()))
    return walk(connection, chosen, parts, query, total), total


def _few(
    connection: sa.Connection, query: Query, chosen: list[sa.ColumnElement[bool]]
) -> tuple[list[int], int] | None:
    """The page and the total, or None where they are more than a few."""
    begun = narrowest(query, connection)
    if begun is not None:
        first, rest = begun
        others = [*shared(rest), *particular(rest, connection)]
        ids = list(connection.execute(first.limit(FEW + 1)).scalars())
        if len(ids) <= FEW:
            live = leads.c.archived_at.is_(None)  # with the project, SQLite would read all of it
            return _gather(connection, query, [leads.c.id.in_(ids), live, *others])
        if not others:
            return None
    numbers, total = _gather(connection, query, chosen)
    return (numbers, total) if total <= FEW else None


def _shares(connection: sa.Connection, query: Query) -> Shares:
    totals = sa.select(lead_totals).where(
        lead_totals.c.project_id == query.project_id, lead_totals.c.count > 0
    )
    rows = connection.execute(totals.order_by(lead_totals.c.status)).mappings().all()
    flags = {f"has_{name}": wanted for name, wanted in query.exists.items()}
    matching = [
        dict(row)
        for row in rows
        if (not query.statuses or row["status"] in query.statuses)
        and all(row[name] == wanted for name, wanted in flags.items())
    ]
    return Shares(sum(row["count"] for row in rows), matching)


def _known(
    connection: sa.Connection,
    query: Query,
    chosen: list[sa.ColumnElement[bool]],
    shares: Shares,
) -> list[int]:
    """Only the status and click ids choose, so that it is known how many there are."""
    if query.offset >= shares.total:
        return []
    if shares.total == shares.everything:
        chosen = of_project(query.project_id)
    elif worth_merging(query, shares):
        return merge(connection, of_project(query.project_id), query, shares)
    elif shares.total <= FEW:
        return _gather(connection, query, [*chosen, combinations(shares)])[0]
    parts = parts_of(query, shares.statuses())
    return walk(connection, chosen, parts, query, shares.total)


def _gather(
    connection: sa.Connection, query: Query, chosen: list[sa.ColumnElement[bool]]
) -> tuple[list[int], int]:
    """The page of few leads and how many they are, or more than FEW and no page."""
    whole = Part(sort_of(query), even=False)
    columns = [leads.c[name] for name, _ in whole.sort]
    found = sa.select(*columns).where(*chosen).limit(FEW + 1).cte("found")
    size = sa.select(sa.func.count()).select_from(found)
    page = sa.select(found.c.number, size.scalar_subquery().label("size"))
    page = page.order_by(*order_by(whole, found)).offset(query.offset).limit(query.limit)
    rows = connection.execute(page).all()
    total = rows[0].size if rows else connection.execute(size).scalar_one()
    return [row.number for row in rows], total


def _count(connection: sa.Connection, query: Query, chosen: list[sa.ColumnElement[bool]]) -> int:
    """Count what is chosen; what only a word chooses is counted among the texts alone."""
    counted = sa.select(sa.func.count())
    if (
        not query.search.strip()
        or shared(query)
        or particular(replace(query, search=""), connection)
    ):
        counted = counted.select_from(leads).where(*chosen)
    else:
        counted = counted.select_from(lead_texts).where(*texts_of(query, connection))
    return connection.execute(counted).scalar_one()


def _rows(connection: sa.Connection, project_id: UUID, numbers: list[int]) -> list[Row]:
    """The leads of these numbers, in their order."""
    if not numbers:
        return []
    newest = sa.and_(
        lead_versions.c.lead_id == leads.c.id, lead_versions.c.version == leads.c.version
    )
    whole = (
        sa.select(leads, lead_versions.c.document, sources.c.kind.label("source_kind"))
        .join(lead_versions, newest)
        .join(sources, sources.c.id == leads.c.source_id)
        .where(*of_project(project_id), leads.c.number.in_(numbers))
    )
    rows = {row["number"]: dict(row) for row in connection.execute(whole).mappings()}
    return [rows[number] for number in numbers if number in rows]
