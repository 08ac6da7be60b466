"""Who was erased and must not come back unasked: known by keyed hashes, at every door.

A list (an import, an uploaded file, a provider's list) brings back what was there before, unless it
says that it was submitted since. What comes live and says when it was submitted is judged by that;
what does not say so is taken for a repeat of the sender for a while. Else the person has come again
on their own, and is a lead like any other.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core import pointers
from relay.core.contacts import Contact, contacts_of
from relay.core.contract import Json
from relay.core.fingerprints import Fingerprints
from relay.core.readings import moment
from relay.runtime import Runtime
from relay.services import memory
from relay.store.insert import insert_new
from relay.store.tables import erased_contacts

REASON = "this person's data was erased"

REASONS: list[Json] = [{"place": "", "message": REASON}]

REPEATS = timedelta(hours=72)
"""How long after an erasure what comes without a time of its own counts as a sender's repeat."""

LISTS = ("import", "file ")
"""How the doors of what is brought in by lists begin."""


def comes_back(
    document: Json, received_at: datetime, erased_at: datetime, *, listed: bool = False
) -> bool:
    """Whether a submission says what was erased, rather than that the person has come again."""
    submitted = _submitted(document)
    if submitted is not None:
        return submitted <= erased_at
    return listed or received_at < erased_at + REPEATS


def is_list(door: str, method: str = "") -> bool:
    """Whether a body was brought by a list, and not by its sender."""
    return door.startswith(LISTS) or method == "LIST"


class Erased:
    """When each of some contacts was erased: one question for a whole batch."""

    def __init__(self, rt: Runtime, connection: sa.Connection, asked: Iterable[Any]) -> None:
        """`asked` are (project, document, region) of the batch's submissions."""
        self._rt = rt
        self._at: Mapping[tuple[UUID, str], datetime] = {}
        wanted = {
            (project_id, one)
            for project_id, document, region in asked
            if document is not None and has_erased(rt, project_id)
            for contact in contacts_of(document, region)
            for one in _prints(rt).every(project_id, contact)
        }
        if wanted:
            columns = (erased_contacts.c.project_id, erased_contacts.c.hash)
            query = sa.select(*columns, erased_contacts.c.at)
            found = connection.execute(query.where(sa.tuple_(*columns).in_(sorted(wanted))))
            self._at = {(row.project_id, row.hash): row.at for row in found}

    def refuses(
        self,
        project_id: UUID,
        document: Json,
        received_at: datetime,
        *,
        listed: bool,
        region: str | None = None,
    ) -> bool:
        """Whether this submission must not come in."""
        if not self._at or document is None:
            return False
        times = [
            self._at[project_id, one]
            for contact in contacts_of(document, region)
            for one in _prints(self._rt).every(project_id, contact)
            if (project_id, one) in self._at
        ]
        return bool(times) and comes_back(document, received_at, max(times), listed=listed)


def hashes(rt: Runtime, project_id: UUID, contacts: Collection[Contact]) -> list[str]:
    """What these contacts are known by in this project."""
    return [_prints(rt).of(project_id, one) for one in sorted(contacts)]


def remember_erased(
    rt: Runtime,
    connection: sa.Connection,
    project_id: UUID,
    contacts: Collection[Contact],
    request_id: UUID,
) -> None:
    """Let these contacts not come back unasked; who is erased again is so from now on."""
    lift(rt, connection, project_id, contacts)
    rows = [
        {
            "project_id": project_id,
            "hash": _prints(rt).of(project_id, one),
            "key": _prints(rt).key,
            "kind": one.kind,
            "request_id": request_id,
            "at": rt.clock.now(),
        }
        for one in contacts
    ]
    insert_new(connection, erased_contacts, rows)


def lift(
    rt: Runtime, connection: sa.Connection, project_id: UUID, contacts: Collection[Contact]
) -> int:
    """Let these contacts come in as anybody; returns how many had been erased."""
    known = [one for contact in contacts for one in _prints(rt).every(project_id, contact)]
    mine = (erased_contacts.c.project_id == project_id, erased_contacts.c.hash.in_(known))
    return connection.execute(sa.delete(erased_contacts).where(*mine)).rowcount


def has_erased(rt: Runtime, project_id: UUID) -> bool:
    """Whether anybody of this project was erased; remembered for a second."""

    def look() -> bool:
        mine = sa.select(erased_contacts.c.hash).where(erased_contacts.c.project_id == project_id)
        with rt.database.read() as connection:
            return connection.execute(mine.limit(1)).first() is not None

    return memory.remember(rt, ("erased", project_id), look)


def forget(rt: Runtime) -> None:
    """Ask anew whether a project has erased anybody."""
    memory.forget(rt)


def by_former_keys(rt: Runtime) -> int:
    """How many contacts are known by a key that is not the newest: it has to stay at hand."""
    count = sa.select(sa.func.count()).select_from(erased_contacts)
    former = erased_contacts.c.key != _prints(rt).key
    with rt.database.read() as connection:
        return connection.execute(count.where(former)).scalar_one()


def _submitted(document: Json) -> datetime | None:
    try:
        return moment(pointers.get(document, "/times/submitted"))
    except ValueError:
        return None


def _prints(rt: Runtime) -> Fingerprints:
    return rt.part(_new_prints)


def _new_prints(rt: Runtime) -> Fingerprints:
    return Fingerprints(rt.config.secret_key, rt.config.secret_keys_old)
