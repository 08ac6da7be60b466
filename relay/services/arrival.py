"""What one request holds: read, mapped and masked, as the rows that will be kept of it."""

import hashlib
import json
import logging
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal
from uuid import UUID

from relay.core.adapter import Mapped
from relay.core.clean import clean, clean_text
from relay.core.contract import Inbound, Json, Parsed, Unreadable
from relay.core.ids import new_id
from relay.core.masking import SHORTEST, mask
from relay.runtime import Runtime
from relay.services.candidate import Moved
from relay.services.configured import ConfiguredSource
from relay.services.remapping import remap

logger = logging.getLogger(__name__)

LONGEST_KEY = 200
"""Characters of a provider's id that are kept as they are; a longer one is hashed."""

Hold = Literal["paused", "rate", "address", "honeypot", "captcha", "fetch"]

HOLDS: dict[Hold, str] = {
    "paused": "the source is paused",
    "rate": "over the source's limit; it goes on by itself",
    "address": "over the limit for one visitor's address",
    "honeypot": "the hidden field that only robots fill in was filled in",
    "captcha": "the captcha was not solved",
    "fetch": "its data is being fetched from the provider; it goes on by itself",
}
"""What a submission may wait for, in words."""

VERDICTS: frozenset[Hold] = frozenset({"address", "honeypot", "captcha"})
"""What only a person may release. An unmappable submission keeps it until it can be mapped."""

SECRET_HEADERS = re.compile(
    r"authorization|cookie|api-?key|password|secret|(^|[-_])(token|key|assertion|jwt)($|[-_])"
)
"""Names of headers that carry credentials: the sender's own, or those of a proxy on the way."""

MASKED = "***"


@dataclass(slots=True)
class Arrival:
    """The rows of one request.

    `at_once` asks that its submissions become leads in the same transaction. `begun` says that a
    transaction with it was begun, so that it may be there already. `moved` is for a lead that comes
    from another system.
    """

    source: ConfiguredSource
    body: dict[str, Any]
    submissions: list[dict[str, Any]]
    at_once: bool = False
    begun: bool = False
    moved: Moved | None = None
    forward: bool = True


def read(
    rt: Runtime, source: ConfiguredSource, inbound: Inbound, hold: Hold | None, door: str = ""
) -> Arrival:
    """One verified request as rows; what cannot be read is a row too, with the reason.

    `hold` is what its submissions wait for before they become leads, `door` the API's call.
    """
    now = rt.clock.now()
    body_id = new_id()
    hold = _strictest(source, hold)
    secrets = secrets_of(source)
    try:
        found = remap(source, inbound)
        secrets += [one for parsed, _ in found for one in parsed.secrets if len(one) >= SHORTEST]
        rows = [mapped_row(source, parsed, mapped, hold) for parsed, mapped in found]
    except Unreadable as error:
        rows = [_unreadable_row("body", str(error), hold)]
    except Exception as error:  # a bug of an integration must not cost the submission
        logger.exception("source kind %s failed to read a body", source.kind.name)
        message = f"the {source.kind.name} integration failed: {error!r}"
        rows = [_unreadable_row("", message, hold)]
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
    body = _body_row(source, inbound, secrets, dropped)
    if body["body"] != inbound.body or body["query"] != clean(_query(inbound).decode()):
        _mask_documents(rows, secrets)
    body.update(id=body_id, received_at=now, door=door, parts=len(rows), blanked_at=None)
    return Arrival(source, body, rows)


def lead_key(source: ConfiguredSource, parsed: Parsed, submission_id: UUID) -> str:
    """Which lead a submission belongs to, unique within its project."""
    if parsed.lead_id is None:
        return own_lead_key(submission_id)
    said = clean_text(parsed.lead_id)
    if len(said) > LONGEST_KEY or said != parsed.lead_id:
        said = _hash(parsed.lead_id)
    if parsed.lead_scope == "kind":
        return f"{source.kind.name}:{said}"
    return f"source:{source.id}:{said}"


def event_key(source: ConfiguredSource, event_id: str) -> str:
    """What tells a repeat of this event at this source."""
    return hashed_event(source.id, event_id)


def hashed_event(source_id: UUID, event_id: str) -> str:
    """The same, where only the source's id is known."""
    return _hash(str(source_id), event_id)


def own_lead_key(submission_id: UUID) -> str:
    """The lead that only this submission makes: there is none of this key before."""
    return f"submission:{submission_id}"


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


def _strictest(source: ConfiguredSource, hold: Hold | None) -> Hold | None:
    """A pause ends by itself for all that waits for it: it must not cover what only a person may
    release."""
    passes = hold is None or hold == "rate"
    return "paused" if source.paused and passes else hold


def mapped_row(
    source: ConfiguredSource, parsed: Parsed, mapped: Mapped | None, hold: Hold | None = None
) -> dict[str, Any]:
    """One submission of a body as a row, but for where it stands; `dropped` is no column.

    What says no lead by itself has no document: the store step sees to it.
    """
    submission_id = new_id()
    row = _row(submission_id)
    row.update(
        event_key=None if parsed.event_id is None else event_key(source, parsed.event_id),
        lead_key=lead_key(source, parsed, submission_id),
        test=parsed.test,
        partial=parsed.partial,
        dropped=(),
    )
    if mapped is not None:
        row.update(_said(source, parsed, mapped))
    if mapped is not None and mapped.document is None:
        row.update(state="quarantined", hold=hold if hold in VERDICTS else None)
    elif hold is not None:
        row.update(held(hold))
    return row


def _said(source: ConfiguredSource, parsed: Parsed, mapped: Mapped) -> dict[str, Any]:
    return {
        "content_key": content_key(source, parsed, mapped),
        "document": mapped.document,  # clean already, as all that an adapter gives
        "warnings": mapped.warnings,
        "reasons": clean(mapped.reasons),
        "dropped": mapped.dropped,
    }


def held(hold: Hold) -> dict[str, Any]:
    """The columns of a submission that waits for this."""
    return {"state": "held", "hold": hold, "reasons": [{"place": "", "message": HOLDS[hold]}]}


def _mask_documents(rows: list[dict[str, Any]], secrets: Collection[str]) -> None:
    """To the adapter, a secret that its sender echoes in the body is an answer like any other."""
    for row in rows:
        for column in ("document", "warnings", "reasons"):
            text = json.dumps(row[column], ensure_ascii=False).encode()
            row[column] = json.loads(mask(text, "application/json", secrets))


def _unreadable_row(place: str, message: str, hold: Hold | None) -> dict[str, Any]:
    row = _row(new_id())
    row.update(state="quarantined", reasons=[{"place": place, "message": clean(message)}])
    row["hold"] = hold if hold in VERDICTS else None
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
        "erased_at": None,
    }


def _body_row(
    source: ConfiguredSource, inbound: Inbound, secrets: Sequence[str], dropped: Sequence[str]
) -> dict[str, Any]:
    """What came, but for secrets; its id, time, door and parts are still to be told."""
    return {
        "project_id": source.project_id,
        "source_id": source.id,
        "method": inbound.method,
        "query": clean(mask(_query(inbound), "", secrets).decode()),
        "headers": safe_headers(inbound, secrets),
        "body": safe_body(inbound, [*secrets, *dropped]),
        "sha256": hashlib.sha256(inbound.body).hexdigest(),
        "size": len(inbound.body),
        "address": clean_text(inbound.address),
    }


def _query(inbound: Inbound) -> bytes:
    if not inbound.query:
        return b"[]"
    return json.dumps(inbound.query, ensure_ascii=False).encode("utf-8", "replace")


def safe_headers(inbound: Inbound, secrets: Collection[str], proofs: Collection[str] = ()) -> Json:
    """The headers without credentials: those in `proofs` (lower case), those whose names say so,
    and any that hold one of the secrets.
    """
    return {
        name: MASKED
        if name in proofs or _is_secret(name) or any(secret in value for secret in secrets)
        else clean(value)
        for name, value in inbound.headers.items()
    }


@lru_cache(maxsize=1024)
def _is_secret(header: str) -> bool:
    return header != "idempotency-key" and SECRET_HEADERS.search(header) is not None


def safe_body(inbound: Inbound, secrets: Collection[str]) -> bytes:
    """The body without these secrets."""
    return mask(inbound.body, inbound.headers.get("content-type", ""), secrets)


def secrets_of(source: ConfiguredSource) -> list[str]:
    """What is a secret in all that this source is sent."""
    return [source.key, *source.secrets]


def carried(source: ConfiguredSource, inbound: Inbound) -> list[str]:
    """The credentials that a request itself carries in its body, genuine or not."""
    try:
        found = source.kind.source.parse(inbound, source.settings)
    except Exception:  # noqa: BLE001 - of what is refused nothing need be readable
        return []
    return [secret for parsed in found for secret in parsed.secrets]


def _hash(*parts: str) -> str:
    return hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
