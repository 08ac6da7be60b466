"""Saved views: lists as somebody wants to find them again, for oneself or for all of a project."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.clean import clean_text
from relay.core.ids import new_id
from relay.runtime import Runtime
from relay.services.auditing import note
from relay.store.tables import views

LONGEST_NAME = 80
LONGEST_QUERY = 6000
MOST = 100
"""Views that one person may keep of one list."""


@dataclass(frozen=True, slots=True)
class View:
    """A list with this query, on the page that has this name."""

    id: UUID
    page: str
    name: str
    query: str
    shared: bool
    user_id: UUID


@dataclass(frozen=True, slots=True)
class Editor:
    """Who saves or changes, in the audit `actor`; `all_shared` may change others' shared ones."""

    user_id: UUID
    actor: str
    all_shared: bool = False


class NotSaved(ValueError):  # noqa: N818 - it says what happened
    """A view that cannot be kept so; the text says why, for people."""


def of_page(rt: Runtime, project_id: UUID, user_id: UUID, page: str) -> list[View]:
    """The person's own views of a list and those that are shared, by name."""
    query = sa.select(views).where(
        views.c.project_id == project_id,
        views.c.page == page,
        sa.or_(views.c.user_id == user_id, views.c.shared),
    )
    with rt.database.read() as connection:
        rows = connection.execute(query.order_by(sa.func.lower(views.c.name), views.c.id)).all()
    return [_view(row) for row in rows]


def one(rt: Runtime, project_id: UUID, view_id: UUID, by: Editor) -> View | None:
    """A view that this person may change, or None."""
    with rt.database.read() as connection:
        return _changeable(connection, project_id, view_id, by)


def save(
    rt: Runtime, project_id: UUID, page: str, name: str, query: str, *, shared: bool, by: Editor
) -> UUID:
    """Keep a view; one's own of the same name is replaced. Raises NotSaved."""
    name = _named(name)
    if len(query) > LONGEST_QUERY:
        raise NotSaved("this filter is too long to be kept")
    own = (views.c.project_id == project_id, views.c.page == page, views.c.user_id == by.user_id)
    with rt.database.write() as connection:
        known: UUID | None = connection.scalar(
            sa.select(views.c.id).where(*own, views.c.name == name)
        )
        if known is None and _count(connection, own) >= MOST:
            raise NotSaved(f"there are {MOST} of yours already")
        values: dict[str, Any] = {"query": clean_text(query), "shared": shared}
        if known is None:
            row: dict[str, Any] = {
                "project_id": project_id,
                "page": page,
                "user_id": by.user_id,
                "name": name,
            }
            kept = new_id()
            row |= {"id": kept, "created_at": rt.clock.now()}
            connection.execute(sa.insert(views).values(**row, **values))
        else:
            kept = known
            connection.execute(sa.update(views).where(views.c.id == known).values(**values))
        note(connection, rt, project_id, by.actor, "save", f"view {name}", after=_told(shared))
    return kept


def change(
    rt: Runtime, project_id: UUID, view_id: UUID, *, name: str, shared: bool, by: Editor
) -> None:
    """Rename a view, share it or keep it for oneself. Raises NotSaved."""
    name = _named(name)
    with rt.database.write() as connection:
        view = _changeable(connection, project_id, view_id, by)
        if view is None:
            raise NotSaved("it is not there any more")
        same = (views.c.project_id == project_id, views.c.page == view.page, views.c.name == name)
        others = (*same, views.c.user_id == view.user_id, views.c.id != view_id)
        if connection.scalar(sa.select(views.c.id).where(*others)):
            raise NotSaved("there is one of this name already")
        own = sa.update(views).where(views.c.id == view_id)
        connection.execute(own.values(name=name, shared=shared))
        before = _told(view.shared) | {"name": view.name}
        after = _told(shared) | {"name": name}
        note(connection, rt, project_id, by.actor, "change", f"view {view.name}", before, after)


def remove(rt: Runtime, project_id: UUID, view_id: UUID, by: Editor) -> bool:
    """Forget a view; returns whether it was there."""
    with rt.database.write() as connection:
        view = _changeable(connection, project_id, view_id, by)
        if view is None:
            return False
        connection.execute(sa.delete(views).where(views.c.id == view_id))
        note(connection, rt, project_id, by.actor, "remove", f"view {view.name}")
    return True


def _changeable(
    connection: sa.Connection, project_id: UUID, view_id: UUID, by: Editor
) -> View | None:
    query = sa.select(views).where(views.c.id == view_id, views.c.project_id == project_id)
    row = connection.execute(query).one_or_none()
    if row is None or not (row.user_id == by.user_id or (row.shared and by.all_shared)):
        return None
    return _view(row)


def _named(name: str) -> str:
    name = " ".join(clean_text(name).split())[:LONGEST_NAME]
    if not name:
        raise NotSaved("give it a name")
    return name


def _count(connection: sa.Connection, own: tuple[sa.ColumnElement[bool], ...]) -> int:
    query = sa.select(sa.func.count()).select_from(views).where(*own)
    return connection.execute(query).scalar_one()


def _told(shared: bool) -> dict[str, Any]:
    return {"shared": shared}


def _view(row: Any) -> View:
    return View(row.id, row.page, row.name, row.query, row.shared, row.user_id)
