"""A relay with sources and targets of kinds made for tests, and letters that arrive there."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.catalog import ROOT
from relay.core.adapter import InboundAdapter
from relay.core.contract import (
    Conversation,
    Duty,
    Inbound,
    Json,
    Kind,
    Outcome,
    Parsed,
    Settings,
    Source,
    Target,
    read_json,
)
from relay.core.ids import new_id
from relay.core.kinds import Catalog, SourceKind, TargetKind
from relay.core.lead import LeadSchema
from relay.core.outbound import OutboundAdapter
from relay.core.secrets import hash_key
from relay.runtime import Runtime
from relay.services import configured
from relay.services.arrival import Hold
from relay.services.configured import ConfiguredSource
from relay.services.ingest import Receipt, take
from relay.services.leads import store_batch
from relay.services.ledger import ledger
from relay.store import tables

SETTINGS_SCHEMA: Json = {"type": "object"}

LETTER_SCHEMA: Json = {
    "type": "object",
    "required": ["says"],
    "properties": {
        "says": {
            "type": "object",
            "properties": {
                "name": {"lead": "/contact/full_name"},
                "email": {"lead": "/contact/email"},
                "phone": {"lead": "/contact/phone"},
                "company": {"lead": "/contact/company"},
            },
            "lead": {"answers": True},
        },
        "about": {
            "type": "object",
            "properties": {
                "stage": {"lead": "/state/stage"},
                "gclid": {"lead": "/attribution/click_ids/gclid"},
                "fbc": {"lead": "/attribution/click_ids/fbc"},
                "fbp": {"lead": "/attribution/browser_ids/fbp"},
                "cid": {"lead": "/attribution/ga/client_id"},
                "form": {"lead": "/form/name"},
                "identifier": {"lead": "/keys/unique_identifier"},
                "traffic_source_id": {"lead": "/attribution/traffic_source_id"},
                "sub_id": {"lead": "/attribution/sub_id"},
                "tokens": {"type": "object", "lead": "/tokens"},
                "submitted": {"lead": "/times/submitted"},
            },
        },
    },
}


def read_letters(inbound: Inbound, _settings: Settings) -> list[Parsed]:
    """Letters as JSON, one or a list: {says, about, event, lead, scope, test, partial, secrets}.

    What a letter is `about` are members of the lead itself.
    """
    told = read_json(inbound.body.decode("utf-8", "replace"))
    if told == "crash":
        raise ZeroDivisionError
    return [
        Parsed(
            document={name: letter[name] for name in ("says", "about") if name in letter},
            event_id=letter.get("event"),
            lead_id=letter.get("lead"),
            lead_scope=letter.get("scope", "source"),
            test=letter.get("test", False),
            partial=letter.get("partial", False),
            secrets=tuple(letter.get("secrets", ())),
        )
        for letter in (told if isinstance(told, list) else [told])
    ]


def _deliver(_payload: Json, _settings: Settings, _duty: Duty) -> Conversation:
    return Outcome(kind=Kind.DELIVERED)
    yield


def _check(_settings: Settings, _duty: Duty) -> Conversation:
    return Outcome(kind=Kind.DELIVERED)
    yield


@cache
def catalog() -> Catalog:
    """Sources of the kind `letter`; targets `box`, `hasty` (max_age 1 h), `patient` (min_age) and
    `platform`, which needs consent."""
    lead = LeadSchema.load(ROOT / "jsonschemas" / "lead.json")
    letter = Source(label="Letter", summary="", settings=SETTINGS_SCHEMA, parse=read_letters)
    declared: dict[str, dict[str, Any]] = {
        "box": {},
        "hasty": {"max_age": 3600},
        "patient": {"min_age": 600},
        "platform": {"consent": ("ad_user_data", "marketing"), "events": ("created", "status")},
    }
    return Catalog(
        {"letter": SourceKind("letter", letter, InboundAdapter(LETTER_SCHEMA, lead), "", Path())},
        {name: _target_kind(name, more) for name, more in declared.items()},
        lead,
    )


def _target_kind(name: str, declared: Mapping[str, Any]) -> TargetKind:
    target = Target(
        label=name,
        summary="",
        settings=SETTINGS_SCHEMA,
        deliver=_deliver,
        check=_check,
        repeat="key",
        **declared,
    )
    return TargetKind(name, target, OutboundAdapter({"type": "object"}), "", Path())


class Bell:
    """A queue that only notes what was rung for."""

    def __init__(self) -> None:
        self.rung: list[str] = []

    def wake_store(self) -> bool:
        """Note it."""
        self.rung.append("store")
        return True

    def wake_lane(self, target_id: UUID | str) -> bool:
        """Note it."""
        self.rung.append(str(target_id))
        return True

    def wake_status(self) -> bool:
        """Note it."""
        self.rung.append("status")
        return True

    def wake_import(self, import_id: UUID | str) -> bool:
        """Note it."""
        self.rung.append(f"import:{import_id}")
        return True

    def wake_fetch(self, source_id: UUID | str) -> bool:
        """Note it."""
        self.rung.append(f"fetch:{source_id}")
        return True

    def wake_problems(self) -> bool:
        """Note it."""
        self.rung.append("problems")
        return True

    def wake_person(self, request_id: UUID | str) -> bool:
        """Note it."""
        self.rung.append(f"person:{request_id}")
        return True

    def wake_bulk(self, run_id: UUID | str) -> bool:
        """Note it."""
        self.rung.append(f"bulk:{run_id}")
        return True

    def wake_sweep(self) -> bool:
        """Note it."""
        self.rung.append("sweep")
        return True

    def answers(self) -> bool:
        """It does."""
        return True

    def forget(self, what: str) -> None:
        """Nothing to forget."""

    def close(self) -> None:
        """Nothing to close."""


class Incoming:
    """One project of a runtime: its configuration, what arrives, and the rows that come of it."""

    def __init__(self, rt: Runtime, name: str = "acme") -> None:
        self.rt = rt
        self.clock: Any = rt.clock
        self.bell: Any = rt.queue
        self.project = new_id()
        self._add(tables.projects, id=self.project, public_id=name, name=name, settings={})

    # --- configuration ---------------------------------------------------------------------------

    def source(self, name: str = "form", **columns: Any) -> ConfiguredSource:
        """A source of letters; `options`, `mapping`, `refuse` and other columns as given."""
        source_id = new_id()
        key = columns.pop("key", f"key-of-{source_id}")
        secrets = {"key": key, "settings": columns.pop("secrets", {}), "options": {}}
        row = {
            "id": source_id,
            "project_id": self.project,
            "name": name,
            "kind": "letter",
            "key_hash": hash_key(key),
            "settings": {},
            "options": {},
            "secrets": self.rt.box.seal(secrets),
            "mapping": {},
            "refuse": [],
            "updated_at": self.clock.now(),
        }
        self._add(tables.sources, **{**row, **columns})
        return self.reread(source_id)

    def reread(self, source_id: UUID) -> ConfiguredSource:
        """The source as it is configured now."""
        configured.forget(self.rt)
        found = configured.source(self.rt, source_id)
        assert found is not None
        return found

    def change(self, source_id: UUID, **columns: Any) -> ConfiguredSource:
        """Change columns of a source."""
        self.set(tables.sources, tables.sources.c.id == source_id, **columns)
        return self.reread(source_id)

    def target(self, name: str = "crm", kind: str = "box", **columns: Any) -> UUID:
        """A target with its lane."""
        target_id = new_id()
        row = {
            "id": target_id,
            "project_id": self.project,
            "name": name,
            "kind": kind,
            "settings": {},
            "secrets": self.rt.box.seal({"settings": {}}),
            "mapping": {},
            "limits": [],
            "retry": {},
            "updated_at": self.clock.now(),
        }
        self._add(tables.targets, **{**row, **columns})
        with self.rt.database.write() as connection:
            key = f"target:{target_id}"
            connection.execute(sa.insert(tables.rate_keys).values(key=key))
            connection.execute(sa.insert(tables.lanes).values(target_id=target_id, rate_key=key))
        return target_id

    def route(
        self,
        source: ConfiguredSource,
        target: UUID,
        when: Json = None,
        on: tuple[str, ...] = ("created", "updated"),
        settle: int = 0,
    ) -> UUID:
        """A route from a source to a target."""
        route_id = new_id()
        self._add(
            tables.routes,
            id=route_id,
            project_id=self.project,
            source_id=source.id,
            target_id=target,
            condition=when or {},
            events=list(on),
            options={"settle": settle} if settle else {},
        )
        configured.forget(self.rt)
        return route_id

    # --- what happens ----------------------------------------------------------------------------

    def post(
        self,
        source: ConfiguredSource,
        body: Any,
        hold: Hold | None = None,
        headers: Mapping[str, str] | None = None,
        query: tuple[tuple[str, str], ...] = (),
    ) -> Receipt:
        """Post a body to a source; what is not bytes is written as JSON."""
        inbound = Inbound(
            headers={"content-type": "application/json", **(headers or {})},
            body=body if isinstance(body, bytes) else json.dumps(body).encode(),
            address="192.0.2.1",
            query=query,
            received_at=self.clock.now().timestamp(),
        )
        return take(self.rt, source, inbound, hold=hold)

    def say(self, source: ConfiguredSource, **letter: Any) -> UUID:
        """Post one letter: `event`, `lead`, `scope`, `test`, `partial`, and what it says."""
        known = {"about", "event", "lead", "scope", "secrets", "test", "partial"}
        about = {name: letter.pop(name) for name in known & letter.keys()}
        hold = letter.pop("hold", None)
        return self.post(source, {"says": letter, **about}, hold).ids[0]

    def store(self) -> int:
        """Run the store job until nothing is left; returns how many submissions it took."""
        total = 0
        while taken := store_batch(self.rt):
            total += taken
        return total

    def settle(self, delivery_id: UUID, state: str) -> None:
        """Let a delivery have ended, with the attempt that says so."""
        now = self.clock.now()
        self.set(
            tables.deliveries, tables.deliveries.c.id == delivery_id, state=state, settled_at=now
        )
        with self.rt.database.write() as connection:
            connection.execute(
                sa.insert(tables.attempts).values(
                    id=new_id(),
                    delivery_id=delivery_id,
                    number=1,
                    started_at=now,
                    milliseconds=1,
                    trigger="scheduled",
                    outcome=state,
                    exchanges=[],
                )
            )

    # --- rows ------------------------------------------------------------------------------------

    def rows(self, table: sa.Table, *where: sa.ColumnElement[bool]) -> list[Any]:
        """Rows in the order of their ids."""
        keys = list(table.primary_key.columns)
        with self.rt.database.read() as connection:
            return list(connection.execute(sa.select(table).where(*where).order_by(*keys)).all())

    def submission(self, submission_id: UUID) -> Any:
        """One submission's row."""
        [row] = self.rows(tables.submissions, tables.submissions.c.id == submission_id)
        return row

    def states(self) -> dict[str, int]:
        """How many submissions are in which state."""
        found: dict[str, int] = {}
        for row in self.rows(tables.submissions):
            found[row.state] = found.get(row.state, 0) + 1
        return found

    def leads(self) -> list[Any]:
        """All leads."""
        return self.rows(tables.leads)

    def deliveries(self, target: UUID | None = None) -> list[Any]:
        """All deliveries, or a target's."""
        where = [] if target is None else [tables.deliveries.c.target_id == target]
        return self.rows(tables.deliveries, *where)

    def set(self, table: sa.Table, where: sa.ColumnElement[bool], **values: Any) -> None:
        """Change rows behind the relay's back."""
        with self.rt.database.write() as connection:
            connection.execute(sa.update(table).where(where).values(**values))

    def balanced(self) -> bool:
        """Whether the ledger comes out even; the gaps are told where it does not."""
        gaps = ledger(self.rt).gaps
        assert gaps == []
        return True

    def _add(self, table: sa.Table, **values: Any) -> None:
        with self.rt.database.write() as connection:
            connection.execute(
                sa.insert(table).values(**{"created_at": self.clock.now(), **values})
            )
        configured.forget(self.rt)
