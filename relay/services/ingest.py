"""Taking a submission in: read, mapped and committed before the sender is answered."""

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa

from relay.core.adapter import Mapped, MappingRules
from relay.core.clean import clean, clean_text
from relay.core.contract import Inbound, Json, Parsed, Unreadable
from relay.core.ids import new_id
from relay.core.masking import mask
from relay.runtime import Runtime
from relay.services.configured import ConfiguredSource
from relay.store.insert import insert_new, new_rows
from relay.store.tables import bodies, event_keys, submissions, turned_away
from relay.store.writer import Busy, GroupCommit

logger = logging.getLogger(__name__)

TURNED_AWAY_KEPT = 100
"""Refused requests that are kept per source."""

TURNED_AWAY_BODY = 16 * 1024
"""Bytes kept of a refused request's body."""

LONGEST_KEY = 200
"""Characters of a provider's id that are kept as they are; a longer one is hashed."""

Hold = Literal["paused", "rate", "address", "honeypot", "captcha"]

HOLDS: dict[Hold, str] = {
    "paused": "the source is paused",
    "rate": "over the source's limit; it goes on by itself",
    "address": "over the limit for one visitor's address",
    "honeypot": "the hidden field that only robots fill in was filled in",
    "captcha": "the captcha was not solved",
}
"""What a submission may wait for, in words."""

SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie"})
MASKED = "***"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one request: its submissions' ids and states, in the order of the body."""

    ids: tuple[UUID, ...]
    states: tuple[str, ...]


@dataclass(slots=True)
class _Arrival:
    """The rows of one request."""

    body: dict[str, Any]
    submissions: list[dict[str, Any]]


def take(
    rt: Runtime, source: ConfiguredSource, inbound: Inbound, *, hold: Hold | None = None
) -> Receipt:
    """Keep one verified request, mapped as far as it goes; returns after the commit.

    `hold` is what its submissions wait for before they become leads. Raises Busy when the database
    does not take them in time; nothing is kept then, and the sender has to come again.
    """
    arrival = _read(rt, source, inbound, _strictest(source, hold))
    return rt.part(_new_intake).submit(arrival)


def _strictest(source: ConfiguredSource, hold: Hold | None) -> Hold | None:
    """A pause ends by itself for all that waits for it: it must not cover what only a person may
    release."""
    passes = hold is None or hold == "rate"
    return "paused" if source.paused and passes else hold


def turn_away(
    rt: Runtime, source: ConfiguredSource, inbound: Inbound, status: int, reason: str
) -> None:
    """Keep a request that was refused at the door, so that support can find it."""
    row = {
        "id": new_id(),
        "source_id": source.id,
        "at": rt.clock.now(),
        "status": status,
        "reason": clean(reason),
        "headers": _safe_headers(source, inbound),
        "body": _safe_body(source, inbound, [])[:TURNED_AWAY_BODY],
        "size": len(inbound.body),
        "address": clean_text(inbound.address),
    }
    try:
        rt.part(_new_gatekeeper).submit(row)
    except (Busy, sa.exc.SQLAlchemyError) as error:  # the refusal itself stands without its note
        logger.warning("a refused request was not kept: %s", error)


def remap(source: ConfiguredSource, inbound: Inbound) -> list[tuple[Parsed, Mapped]]:
    """Read and map a stored request anew, as after a change of the mapping.

    Raises Unreadable when the body cannot be read as the source's format.
    """
    found = source.kind.source.parse(inbound, source.settings)
    if not found:
        raise Unreadable("the body holds no submission")
    rules = rules_of(source)
    return [(parsed, source.kind.adapter.map(parsed, rules)) for parsed in found]


def rules_of(source: ConfiguredSource) -> MappingRules:
    """The source's own mapping rules."""
    return MappingRules(
        mapping=source.mapping,
        region=source.options.get("region"),
        noise=source.kind.source.noise,
        consent=source.options.get("consent_default", "unknown"),
    )


def lead_key(source: ConfiguredSource, parsed: Parsed, submission_id: UUID) -> str:
    """Which lead a submission belongs to, unique within its project."""
    if parsed.lead_id is None:
        return f"submission:{submission_id}"
    said = clean_text(parsed.lead_id)
    if len(said) > LONGEST_KEY or said != parsed.lead_id:
        said = _hash(parsed.lead_id)
    if parsed.lead_scope == "kind":
        return f"{source.kind.name}:{said}"
    return f"source:{source.id}:{said}"


def content_key(source: ConfiguredSource, parsed: Parsed, mapped: Mapped) -> str | None:
    """A hash of what was said, where equal content within a window is a repeat, else None."""
    if parsed.event_id is not None or not repeat_window(source) or mapped.document is None:
        return None
    said = {name: part for name, part in mapped.document.items() if name not in {"times", "device"}}
    return _hash(str(source.id), json.dumps(said, sort_keys=True, ensure_ascii=False))


def repeat_window(source: ConfiguredSource) -> int:
    """Seconds within which equal content is a repeat; 0 where it never is."""
    chosen = source.options.get("repeat_window")
    return int(source.kind.source.repeat_window or 0 if chosen is None else chosen)


# --- reading --------------------------------------------------------------------------------------


def _read(rt: Runtime, source: ConfiguredSource, inbound: Inbound, hold: Hold | None) -> _Arrival:
    now = rt.clock.now()
    body_id = new_id()
    try:
        rows = [
            _mapped_row(source, parsed, mapped, hold) for parsed, mapped in remap(source, inbound)
        ]
    except Unreadable as error:
        rows = [_unreadable_row("body", str(error))]
    except Exception as error:  # a bug of an integration must not cost the submission
        logger.exception("source kind %s failed to read a body", source.kind.name)
        rows = [_unreadable_row("", f"the {source.kind.name} integration failed: {error!r}")]
    dropped = [text for row in rows for text in row.pop("dropped", ())]
    for position, row in enumerate(rows):
        row.update(
            body_id=body_id,
            project_id=source.project_id,
            source_id=source.id,
            position=position,
            received_at=now,
            duplicate_of=None,
        )
    body = _body_row(source, inbound, body_id, now, len(rows), dropped)
    if body["body"] != inbound.body:
        _mask_documents(source, rows)
    return _Arrival(body, rows)


def _mapped_row(
    source: ConfiguredSource, parsed: Parsed, mapped: Mapped, hold: Hold | None
) -> dict[str, Any]:
    submission_id = new_id()
    row = _row(submission_id)
    row.update(
        event_key=_hash(str(source.id), parsed.event_id) if parsed.event_id is not None else None,
        content_key=content_key(source, parsed, mapped),
        lead_key=lead_key(source, parsed, submission_id),
        test=parsed.test,
        partial=parsed.partial,
        document=mapped.document,  # clean already, as all that an adapter gives
        warnings=mapped.warnings,
        reasons=clean(mapped.reasons),
        dropped=mapped.dropped,
    )
    if mapped.document is None:
        row["state"] = "quarantined"
    elif hold is not None:
        row.update(state="held", hold=hold, reasons=[{"place": "", "message": HOLDS[hold]}])
    return row


def _mask_documents(source: ConfiguredSource, rows: list[dict[str, Any]]) -> None:
    """To the adapter, a secret that its sender echoes in the body is an answer like any other."""
    for row in rows:
        for column in ("document", "warnings", "reasons"):
            text = json.dumps(row[column], ensure_ascii=False).encode()
            row[column] = json.loads(mask(text, "application/json", _secrets(source)))


def _unreadable_row(place: str, message: str) -> dict[str, Any]:
    row = _row(new_id())
    row.update(state="quarantined", reasons=[{"place": place, "message": clean(message)}])
    return row


def _row(submission_id: UUID) -> dict[str, Any]:
    return {
        "id": submission_id,
        "state": "received",
        "event_key": None,
        "content_key": None,
        "lead_key": None,
        "test": False,
        "partial": False,
        "document": None,
        "warnings": [],
        "reasons": [],
        "hold": None,
    }


def _body_row(
    source: ConfiguredSource,
    inbound: Inbound,
    body_id: UUID,
    now: datetime,
    parts: int,
    dropped: Sequence[str],
) -> dict[str, Any]:
    query = json.dumps(inbound.query, ensure_ascii=False) if inbound.query else "[]"
    return {
        "id": body_id,
        "project_id": source.project_id,
        "source_id": source.id,
        "received_at": now,
        "method": inbound.method,
        "query": clean(mask(query.encode("utf-8", "replace"), "", _secrets(source)).decode()),
        "headers": _safe_headers(source, inbound),
        "body": _safe_body(source, inbound, dropped),
        "sha256": hashlib.sha256(inbound.body).hexdigest(),
        "size": len(inbound.body),
        "address": clean_text(inbound.address),
        "parts": parts,
    }


def _safe_headers(source: ConfiguredSource, inbound: Inbound) -> Json:
    secrets = _secrets(source)
    return {
        name: MASKED
        if name in SECRET_HEADERS or any(secret in value for secret in secrets)
        else clean(value)
        for name, value in inbound.headers.items()
    }


def _safe_body(source: ConfiguredSource, inbound: Inbound, dropped: Sequence[str]) -> bytes:
    content_type = inbound.headers.get("content-type", "")
    return mask(inbound.body, content_type, [*_secrets(source), *dropped])


def _secrets(source: ConfiguredSource) -> list[str]:
    return [source.key, *source.secrets]


def _hash(*parts: str) -> str:
    return hashlib.sha256("\x00".join(parts).encode("utf-8", "replace")).hexdigest()


# --- committing ----------------------------------------------------------------------------------


def _new_intake(rt: Runtime) -> GroupCommit[_Arrival, Receipt]:
    def wake(receipts: list[Receipt]) -> None:
        if any("received" in receipt.states for receipt in receipts):
            rt.queue.wake_store()

    return GroupCommit(
        rt.database, _commit, key=_sort_key, wait=rt.config.commit_wait_seconds, after=wake
    )


def _sort_key(arrival: _Arrival) -> str:
    return min((row["event_key"] or "" for row in arrival.submissions), default="")


def _commit(connection: sa.Connection, arrivals: list[_Arrival]) -> list[Receipt]:
    rows = [row for arrival in arrivals for row in arrival.submissions]
    owners = _owners(connection, [row for row in rows if row["event_key"] is not None])
    judged = {row["id"]: _judged(row, owners) for row in rows}
    insert_new(connection, bodies, [arrival.body for arrival in arrivals])
    insert_new(connection, submissions, list(judged.values()))
    return [_receipt([judged[row["id"]] for row in one.submissions]) for one in arrivals]


def _receipt(rows: Sequence[dict[str, Any]]) -> Receipt:
    return Receipt(tuple(row["id"] for row in rows), tuple(row["state"] for row in rows))


_Owners = dict[tuple[UUID, str], UUID]


def _owners(connection: sa.Connection, rows: list[dict[str, Any]]) -> _Owners:
    """The submission that each event belongs to: the first one, whoever else inserts just now.

    The keys are taken in one order for all, so that two processes never wait for each other.
    """
    if not rows:
        return {}
    wanted: dict[tuple[UUID, str], dict[str, Any]] = {}
    for row in sorted(rows, key=lambda row: row["event_key"]):
        wanted.setdefault((row["source_id"], row["event_key"]), row)
    new = new_rows(connection, event_keys).on_conflict_do_nothing()
    taken = connection.execute(
        new.returning(event_keys.c.submission_id),
        [
            {
                "source_id": row["source_id"],
                "event_key": row["event_key"],
                "submission_id": row["id"],
            }
            for row in wanted.values()
        ],
    )
    ours = set(taken.scalars())
    owners = {key: row["id"] for key, row in wanted.items() if row["id"] in ours}
    return owners | _known_owners(connection, wanted.keys() - owners.keys())


def _known_owners(connection: sa.Connection, keys: set[tuple[UUID, str]]) -> _Owners:
    if not keys:
        return {}
    same = sa.tuple_(event_keys.c.source_id, event_keys.c.event_key).in_(keys)
    found = connection.execute(sa.select(event_keys).where(same))
    return {(row.source_id, row.event_key): row.submission_id for row in found}


def _judged(row: dict[str, Any], owners: _Owners) -> dict[str, Any]:
    """The row, as a repeat where its event belongs to another.

    A copy: should the batch fail, the same row is judged anew without those that failed it.
    """
    owner = owners.get((row["source_id"], row["event_key"]), row["id"])
    if owner == row["id"]:
        return row
    reason = {"place": "", "message": "the same event was received before"}
    repeat = {"state": "duplicate", "duplicate_of": owner, "document": None, "hold": None}
    return row | repeat | {"reasons": [reason]}


def _new_gatekeeper(rt: Runtime) -> GroupCommit[dict[str, Any], None]:
    return GroupCommit(rt.database, _commit_turned_away, wait=1.0)


def _commit_turned_away(connection: sa.Connection, rows: list[dict[str, Any]]) -> list[None]:
    insert_new(connection, turned_away, rows)
    for source_id in sorted({row["source_id"] for row in rows}):
        oldest_kept = (
            sa.select(turned_away.c.id)
            .where(turned_away.c.source_id == source_id)
            .order_by(turned_away.c.id.desc())
            .offset(TURNED_AWAY_KEPT - 1)
            .limit(1)
            .scalar_subquery()
        )
        connection.execute(
            sa.delete(turned_away).where(
                turned_away.c.source_id == source_id, turned_away.c.id < oldest_kept
            )
        )
    return [None] * len(rows)
