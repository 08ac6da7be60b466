"""What a provider lists, compared with what is here: what is missing comes in by the normal way."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.contract import Inbound, Json, Listed
from relay.runtime import Runtime
from relay.services import intake
from relay.services.arrival import Arrival, event_key, read
from relay.services.configured import ConfiguredSource
from relay.store.insert import insert_new
from relay.store.tables import event_keys, submissions

METHOD = "LIST"
"""Stands where a request has its method: nobody posted this."""

NEAR = timedelta(minutes=15)
"""How far apart a submission's own time and its arrival may be for both to be one."""


@dataclass(slots=True)
class Found:
    """One listed submission as it would come in; `known` says that it is here already."""

    arrival: Arrival
    at: datetime | None
    known: bool = False


def read_listed(
    rt: Runtime, source: ConfiguredSource, page: Sequence[Listed], since: datetime, until: datetime
) -> list[Found]:
    """The submissions of a page that were made in this time, read and mapped."""
    found = []
    for one in page:
        at = _moment(one.at)
        if at is None or since <= at <= until:
            inbound = Inbound(
                method=METHOD,
                headers={"content-type": one.content_type},
                body=one.body,
                received_at=rt.clock.now().timestamp(),
            )
            arrival = read(rt, source, inbound, None)
            _name(source, arrival, one)
            found.append(Found(arrival, at))
    return found


def _moment(at: float | None) -> datetime | None:
    """When it was made; a time that is none is not known."""
    try:
        return None if at is None else datetime.fromtimestamp(at, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def take_missing(
    rt: Runtime, connection: sa.Connection, source: ConfiguredSource, found: Sequence[Found]
) -> list[intake.Kept]:
    """Write those that are not here, in the caller's transaction; notes which were known."""
    here = _keys_here(connection, source, found)
    listing = source.kind.source.listing
    for one in found:
        row = one.arrival.submissions[0]
        one.known = row["event_key"] in here
        here.add(row["event_key"])
        if not one.known and listing is not None and listing.by_content:
            one.known = _claim_same(connection, source, one)
    return intake.keep(rt, connection, [one.arrival for one in found if not one.known])


def _name(source: ConfiguredSource, arrival: Arrival, one: Listed) -> None:
    """What names no event is known again by its bytes, or it would come in every hour."""
    said = hashlib.sha256(one.body).hexdigest()
    for row in arrival.submissions:
        if row["event_key"] is None:
            row["event_key"] = event_key(source, f"listed {said} {row['position']}")


def _keys_here(
    connection: sa.Connection, source: ConfiguredSource, found: Sequence[Found]
) -> set[str]:
    keys = {one.arrival.submissions[0]["event_key"] for one in found}
    same = (event_keys.c.source_id == source.id, event_keys.c.event_key.in_(keys))
    return set(connection.execute(sa.select(event_keys.c.event_key).where(*same)).scalars())


def _claim_same(connection: sa.Connection, source: ConfiguredSource, one: Found) -> bool:
    """Whether a submission without an id, of about that time, said all of this; it is then this
    one, and no other listed one is taken for it."""
    row = one.arrival.submissions[0]
    if one.at is None or row["document"] is None:
        return False
    near = (
        sa.select(submissions.c.id, submissions.c.document)
        .where(
            submissions.c.source_id == source.id,
            submissions.c.received_at.between(one.at - NEAR, one.at + NEAR),
            submissions.c.event_key.is_(None),
            submissions.c.document.is_not(None),
        )
        .order_by(submissions.c.received_at)
        .with_for_update()
    )
    said = _said(row["document"])
    for candidate in connection.execute(near).all():
        if says(_said(candidate.document), said):
            _own(connection, source, candidate.id, row["event_key"])
            return True
    return False


def _own(connection: sa.Connection, source: ConfiguredSource, owner: UUID, key: str) -> None:
    connection.execute(
        sa.update(submissions).where(submissions.c.id == owner).values(event_key=key)
    )
    event = {"source_id": source.id, "event_key": key, "submission_id": owner}
    insert_new(connection, event_keys, [event])


def _said(document: Json) -> dict[str, Any]:
    """What a person said: whom to reach, and the answers."""
    form = document.get("form", {})
    answers = {name: form[name] for name in ("message", "subject", "fields") if name in form}
    return {"contact": document.get("contact", {}), "form": answers}


def says(whole: Json, part: Json) -> bool:
    """Whether everything that the one says, the other says as well."""
    if isinstance(part, Mapping):
        return isinstance(whole, Mapping) and all(
            name in whole and says(whole[name], member) for name, member in part.items()
        )
    return bool(whole == part)
