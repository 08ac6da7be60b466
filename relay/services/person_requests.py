"""What an owner asks about a person: a row with work, to look for them, give out, erase."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.clean import clean_text
from relay.core.contacts import Contact
from relay.core.ids import new_id
from relay.runtime import Runtime
from relay.services import returning
from relay.services.auditing import note
from relay.services.browse import Row
from relay.store.tables import person_files, person_finds, person_requests, receipt_lines

KEPT = timedelta(days=14)
"""How long a request is kept that erases nobody, with the contacts it was made by."""

FILE_KEPT = timedelta(days=7)
"""How long the file for a person can be had."""

SETTLES = timedelta(seconds=3)
"""Until erasing begins: by then all processes know who must not come back."""

SHOWN = 50

NOWHERE = {"stage": "", "after": None, "share": 0.0, "round": 0}

_IDLE = (person_requests.c.work.is_(None), person_requests.c.ended_at.is_(None))
_FREE: dict[str, Any] = {"tries": 0, "lease_token": None, "leased_until": None, "due_at": None}


def ask(
    rt: Runtime, project_id: UUID, contacts: Collection[Contact], label: str, actor: str
) -> UUID:
    """Have a person looked for in a project; returns the request's id."""
    request_id = new_id()
    row = {
        "id": request_id,
        "project_id": project_id,
        "label": clean_text(label).strip()[:100],
        "contacts": sealed(rt, contacts),
        "asked_by": actor,
        "created_at": rt.clock.now(),
        "work": "look",
        "place": NOWHERE,
        "counts": {},
        "hashes": [],
    }
    with rt.database.write() as connection:
        connection.execute(sa.insert(person_requests).values(row))
        note(connection, rt, project_id, actor, "look", subject(request_id))
    rt.queue.wake_person(request_id)
    return request_id


def widen(rt: Runtime, row: Row, more: Collection[Contact], actor: str) -> None:
    """Look again, for these contacts too."""
    together = {*contacts_of(rt, row), *more}
    values = {"contacts": sealed(rt, together), "work": "look", "place": NOWHERE, "counts": {}}
    if _change(rt, row, actor, "look", values | {"others": None, "looked_at": None}, forget=True):
        rt.queue.wake_person(row["id"])


def ask_file(rt: Runtime, row: Row, actor: str) -> None:
    """Have the file made that is given to the person."""
    values = {"work": "export", "place": NOWHERE, "file_asked_at": rt.clock.now()}
    values |= {"file_at": None, "file_until": None}
    if _change(rt, row, actor, "export person", values, files=True):
        rt.queue.wake_person(row["id"])


def confirm(rt: Runtime, row: Row, actor: str) -> None:
    """Have the person erased: from now on nobody comes back by what was found before."""
    now = rt.clock.now()
    contacts = contacts_of(rt, row)
    hashes = returning.hashes(rt, row["project_id"], contacts)
    values = {
        "work": "erase",
        "place": {**NOWHERE, "stage": "found"},
        "counts": {},
        "erasing_at": now,
        "erased_by": actor,
        "hashes": hashes,
        "file_at": None,
        "file_until": None,
    }
    with rt.database.write() as connection:
        if not _changed(connection, row, values | _FREE | {"due_at": now + SETTLES}):
            return
        _remove_files(connection, [row["id"]])
        returning.remember_erased(rt, connection, row["project_id"], contacts, row["id"])
        note(connection, rt, row["project_id"], actor, "erase person", subject(row["id"]))
    returning.forget(rt)
    rt.queue.wake_person(row["id"])


def end(rt: Runtime, row: Row, actor: str) -> None:
    """Let a request go that erases nobody: what it was made by, its finds and its file."""
    values = {"contacts": None, "others": None, "ended_at": rt.clock.now()}
    _change(rt, row, actor, "end request", values, forget=True, files=True)


def end_old(rt: Runtime) -> int:
    """Let go of requests and files whose time has passed; returns how many."""
    now = rt.clock.now()
    of = person_requests.c
    lying = sa.select(person_requests).where(
        *_IDLE, of.erased_at.is_(None), of.created_at < now - KEPT
    )
    late = sa.select(of.id).where(of.file_until < now)
    with rt.database.read() as connection:
        rows = connection.execute(lying.limit(SHOWN)).mappings().all()
        files = list(connection.execute(late).scalars())
    for row in rows:
        end(rt, dict(row), "the relay")
    with rt.database.write() as connection:
        _remove_files(connection, files)
        gone = sa.update(person_requests).where(of.id.in_(files))
        connection.execute(gone.values(file_at=None, file_until=None))
    return len(rows) + len(files)


def one(rt: Runtime, project_id: UUID, request_id: UUID) -> Row | None:
    """One of the project's requests."""
    mine = (person_requests.c.id == request_id, person_requests.c.project_id == project_id)
    with rt.database.read() as connection:
        found = connection.execute(sa.select(person_requests).where(*mine)).mappings().first()
    return None if found is None else dict(found)


def newest(rt: Runtime, project_id: UUID, *, erased: bool) -> Sequence[Row]:
    """The newest requests that have erased somebody, or that have not."""
    of = person_requests.c
    ended = of.erasing_at.is_not(None) if erased else of.erasing_at.is_(None)
    query = sa.select(person_requests).where(of.project_id == project_id, ended)
    with rt.database.read() as connection:
        found = connection.execute(query.order_by(of.id.desc()).limit(SHOWN)).mappings()
        return [dict(row) for row in found]


def lines(rt: Runtime, row: Row, after: UUID | None = None, limit: int = 500) -> Sequence[Row]:
    """What a receipt says of the targets, oldest first."""
    of = receipt_lines.c
    query = sa.select(receipt_lines).where(of.request_id == row["id"])
    if after is not None:
        query = query.where(of.id > after)
    with rt.database.read() as connection:
        found = connection.execute(query.order_by(of.id).limit(limit)).mappings()
        return [dict(line) for line in found]


def contacts_of(rt: Runtime, row: Row) -> list[Contact]:
    """By what the person is looked for; none where the request has let go of it."""
    return opened(rt, row["contacts"])


def sealed(rt: Runtime, contacts: Collection[Contact]) -> str:
    """Contacts as they are kept for a while."""
    return rt.box.seal([[one.kind, one.value] for one in sorted(contacts)])


def opened(rt: Runtime, text: str | None) -> list[Contact]:
    """Contacts as they were sealed."""
    return [] if text is None else [Contact(*pair) for pair in rt.box.open(text)]


def subject(request_id: UUID) -> str:
    """What the audit calls a request: nothing of the person stands there."""
    return f"person request {request_id}"


def ends(at: datetime) -> datetime:
    """When a request of this time is let go."""
    return at + KEPT


def _change(
    rt: Runtime,
    row: Row,
    actor: str,
    action: str,
    values: dict[str, Any],
    *,
    forget: bool = False,
    files: bool = False,
) -> bool:
    """Write this of a request that nothing is done for at the moment; false where something is."""
    with rt.database.write() as connection:
        if not _changed(connection, row, values | _FREE):
            return False
        if forget:
            gone = sa.delete(person_finds).where(person_finds.c.request_id == row["id"])
            connection.execute(gone)
        if files:
            _remove_files(connection, [row["id"]])
        note(connection, rt, row["project_id"], actor, action, subject(row["id"]))
    return True


def _changed(connection: sa.Connection, row: Row, values: dict[str, Any]) -> bool:
    mine = (person_requests.c.id == row["id"], person_requests.c.erasing_at.is_(None), *_IDLE)
    return bool(connection.execute(sa.update(person_requests).where(*mine).values(values)).rowcount)


def _remove_files(connection: sa.Connection, ids: Sequence[UUID]) -> None:
    connection.execute(sa.delete(person_files).where(person_files.c.request_id.in_(ids)))
