"""What comes back of persons who were erased: refused, and blanked before anybody reads it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core import pointers
from relay.core.contacts import contacts_of
from relay.core.masking import SHORTEST, mask
from relay.core.spotting import Spotter
from relay.runtime import Runtime
from relay.services.arrival import Arrival
from relay.services.candidate import Candidate
from relay.services.person_blanking import BLANK, BLANK_BODY, blank, content_type
from relay.services.returning import REASON, Erased, has_erased, is_list
from relay.store.tables import submissions

Row = dict[str, Any]


def among(
    rt: Runtime,
    connection: sa.Connection,
    arrivals: Sequence[Arrival],
    judged: dict[UUID, Row],
) -> set[UUID]:
    """The ids of those submissions that must not come in, `judged` as repeats or not.

    Costs nothing where nobody was erased, else one look-up for all.
    """
    concerned = [one for one in arrivals if has_erased(rt, one.source.project_id)]
    if not concerned:
        return set()
    asked = [
        (one.source.project_id, row["document"], _region(one))
        for one in concerned
        for row in one.submissions
    ]
    erased = Erased(rt, connection, asked)
    return _repeating(connection, judged) | {
        row["id"]
        for one in concerned
        for row in one.submissions
        if erased.refuses(
            row["project_id"],
            row["document"],
            row["received_at"],
            listed=is_list(one.body["door"], one.body["method"]),
            region=_region(one),
        )
    }


def refused(row: Row, now: datetime) -> Row:
    """The row as it is kept; a repeat stays one."""
    state = row["state"] if row["state"] == "duplicate" else "refused"
    reasons = row["reasons"] if row["state"] == "duplicate" else BLANK["reasons"]
    said = {name: BLANK[name] for name in ("document", "warnings", "hold", "lead_key")}
    return row | said | {"state": state, "reasons": reasons, "erased_at": now}


def body_of(arrival: Arrival, ids: Collection[UUID], now: datetime) -> Row:
    """The body of a request as it is kept, without what these of its submissions say."""
    gone = [row for row in arrival.submissions if row["id"] in ids]
    if not gone:
        return arrival.body
    if len(gone) == len(arrival.submissions):
        return arrival.body | dict(BLANK_BODY) | {"blanked_at": now}
    documents = [row["document"] for row in gone if row["document"] is not None]
    leaves = [str(leaf) for document in documents for _, leaf in pointers.leaves(document)]
    texts = {leaf for leaf in leaves if len(leaf) >= SHORTEST}
    spotter = Spotter({one for document in documents for one in contacts_of(document)})
    kind = content_type(arrival.body["headers"])
    body = spotter.masked(mask(arrival.body["body"], kind, texts), kind=kind)
    return arrival.body | {"body": body, "sha256": ""}


def end(rt: Runtime, connection: sa.Connection, candidates: Sequence[Candidate]) -> set[UUID]:
    """End those candidates that must not come in, and say which: `forget_stored` blanks them."""
    concerned = [one for one in candidates if has_erased(rt, one.submission.project_id)]
    if not concerned:
        return set()
    asked = [
        (one.submission.project_id, one.submission.document, one.source.options.get("region"))
        for one in concerned
    ]
    erased = Erased(rt, connection, asked)
    ended = set()
    for one in concerned:
        row = one.submission
        region = one.source.options.get("region")
        if one.open and erased.refuses(
            row.project_id, row.document, row.received_at, listed=False, region=region
        ):
            one.end("refused", REASON)
            ended.add(row.id)
    return ended


def forget_stored(connection: sa.Connection, ids: Collection[UUID], now: datetime) -> None:
    """Blank stored submissions that must not come in."""
    if ids:
        documents = sa.select(submissions.c.document).where(submissions.c.id.in_(ids))
        found = connection.execute(documents).scalars().all()
        contacts = {one for document in found if document for one in contacts_of(document)}
        blank(connection, ids, Spotter(contacts), now)


def _repeating(connection: sa.Connection, judged: dict[UUID, Row]) -> set[UUID]:
    """Repeats of submissions that were erased: their bodies say it all again."""
    firsts = {row["duplicate_of"] for row in judged.values() if row["duplicate_of"]}
    if not firsts:
        return set()
    gone = sa.select(submissions.c.id).where(
        submissions.c.id.in_(firsts), submissions.c.erased_at.is_not(None)
    )
    erased = set(connection.execute(gone).scalars())
    return {key for key, row in judged.items() if row["duplicate_of"] in erased}


def _region(arrival: Arrival) -> str | None:
    region: str | None = arrival.source.options.get("region")
    return region
