"""Key rotation: every stored secret sealed anew with the newest SECRET_KEY."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.secrets import Sealed
from relay.runtime import Runtime
from relay.services import configured
from relay.store.tables import grants, sources, targets, users

BATCH = 200
"""Secrets that one transaction takes up."""

Progress = Callable[[int], None]
"""Told how many more were looked at."""


@dataclass(frozen=True, slots=True)
class Rotated:
    """How many secrets were sealed anew, how many had been before, and what no key opens."""

    rotated: int
    newest: int
    lost: tuple[str, ...]


def count(rt: Runtime) -> int:
    """How many stored secrets there are, archived ones too."""
    with rt.database.read() as connection:
        return sum(
            connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in (sources, targets)
        )


def rotate(rt: Runtime, progress: Progress | None = None) -> Rotated:
    """Seal every secret with the newest key; safe to run again, also after it was interrupted.

    What no key opens is left as it is and named. Grants, and the keys of people's second steps, are
    sealed anew beside it: a grant that no key opens is asked for anew when it is needed.
    """
    _rotate_sealed(rt, grants.c.key, grants.c.access)
    _rotate_sealed(rt, users.c.id, users.c.totp_secret)
    rotated, newest, lost = 0, 0, []
    for table in (sources, targets):
        last: UUID | None = None
        while rows := _batch(rt, table, last):
            old = [row for row in rows if not rt.box.is_newest(row.secrets)]
            closed = {row.id for row in old if not _opens(rt, row)}
            rotated += _seal_anew(rt, table, [row for row in old if row.id not in closed])
            newest += len(rows) - len(old)
            what = table.name.removesuffix("s")
            lost += [f"{what} {row.name}" for row in old if row.id in closed]
            last = rows[-1].id
            if progress is not None:
                progress(len(rows))
    configured.forget(rt)
    return Rotated(rotated, newest, tuple(lost))


def _batch(rt: Runtime, table: sa.Table, last: UUID | None) -> Sequence[Any]:
    query = sa.select(table.c.id, table.c.name, table.c.secrets).order_by(table.c.id).limit(BATCH)
    if last is not None:
        query = query.where(table.c.id > last)
    with rt.database.read() as connection:
        return connection.execute(query).all()


def _opens(rt: Runtime, row: Any) -> bool:
    try:
        rt.box.open(row.secrets)
    except Sealed:
        return False
    return True


def _seal_anew(rt: Runtime, table: sa.Table, rows: Sequence[Any]) -> int:
    """Replace what is still as it was read: whoever changed it meanwhile has sealed it anew."""
    with rt.database.write() as connection:
        return sum(
            connection.execute(
                sa.update(table)
                .where(table.c.id == row.id, table.c.secrets == row.secrets)
                .values(secrets=rt.box.rotate(row.secrets))
            ).rowcount
            for row in rows
        )


def _rotate_sealed(rt: Runtime, key: sa.Column[Any], sealed: sa.Column[Any]) -> None:
    """Seal a column of few rows anew, as long as it is as it was read."""
    with rt.database.read() as connection:
        rows = connection.execute(sa.select(key, sealed).where(sealed.is_not(None))).all()
    old = [row for row in rows if not rt.box.is_newest(row[1])]
    with rt.database.write() as connection:
        for own, text in old:
            try:
                anew = rt.box.rotate(text)
            except Sealed:
                continue
            connection.execute(
                sa.update(sealed.table)
                .where(key == own, sealed == text)
                .values({sealed.name: anew})
            )
