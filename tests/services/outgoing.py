"""Rows and a running pool of senders for tests of the way out."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.contract import Conversation, Duty, Json, Request, Settings, Target
from relay.core.ids import new_id
from relay.core.kinds import Catalog, TargetKind
from relay.core.outbound import OutboundAdapter
from relay.runtime import Runtime
from relay.services import configured
from relay.services.forward import forward
from relay.services.senders import Senders
from relay.store import tables
from tests.servers import until

SECRET = "whsec_bGVhZC1yZWxheSBmaXh0dXJlIHNlY3JldCAx"

LEAD = {"v": 1, "contact": {"email": "ada@example.com", "full_name": "Ada Lovelace"}}

OPEN = ("waiting", "sending")


class Outgoing:
    """One project with a source, as many targets as are asked for, and senders that work."""

    def __init__(self, rt: Runtime) -> None:
        self.rt = rt
        self.project = new_id()
        self.source = new_id()
        self._pools: list[Senders] = []
        now = rt.clock.now()
        with rt.database.write() as connection:
            connection.execute(
                sa.insert(tables.projects).values(
                    id=self.project, public_id="acme", name="Acme", settings={}, created_at=now
                )
            )
            connection.execute(
                sa.insert(tables.sources).values(
                    id=self.source,
                    project_id=self.project,
                    name="site",
                    kind="generic",
                    key_hash="none",
                    settings={},
                    options={},
                    secrets="",
                    mapping={},
                    refuse=[],
                    created_at=now,
                    updated_at=now,
                )
            )

    def target(self, url: str = "", kind: str = "webhook", **columns: Any) -> UUID:
        """A target; `settings`, `secrets` (by place), `mapping`, `limits` and `retry` as given."""
        target_id = new_id()
        secrets = columns.pop("secrets", {"/secret": SECRET} if kind == "webhook" else {})
        settings = columns.pop("settings", {})
        rate_key = columns.pop("rate_key", None)
        row = {
            "id": target_id,
            "project_id": self.project,
            "name": f"target {target_id}",
            "kind": kind,
            "settings": {"url": url, **settings} if url else settings,
            "secrets": self.rt.box.seal({"settings": secrets, "names": {}}),
            "mapping": {},
            "limits": [],
            "retry": {},
            "created_at": self.rt.clock.now(),
            "updated_at": self.rt.clock.now(),
        }
        with self.rt.database.write() as connection:
            connection.execute(sa.insert(tables.targets).values(**{**row, **columns}))
        configured.forget(self.rt)
        target = configured.target(self.rt, target_id)
        assert target is not None
        with self.rt.database.write() as connection:
            lane = {"target_id": target_id, "rate_key": rate_key or target.rate_key}
            connection.execute(sa.insert(tables.lanes).values(**lane))
        return target_id

    def lead(self, document: Json = LEAD, versions: int = 1) -> UUID:
        """A lead with so many versions."""
        lead_id, now = new_id(), self.rt.clock.now()
        with self.rt.database.write() as connection:
            connection.execute(
                sa.insert(tables.leads).values(
                    id=lead_id,
                    project_id=self.project,
                    source_id=self.source,
                    number=lead_id.int % 2**31,
                    public_id=f"lead_{lead_id.hex}",
                    lead_key=lead_id.hex,
                    version=versions,
                    test=False,
                    partial=False,
                    status="open",
                    created_at=now,
                    updated_at=now,
                )
            )
            rows = [
                {
                    "lead_id": lead_id,
                    "version": version,
                    "document": document,
                    "warnings": [],
                    "created_at": now,
                }
                for version in range(1, versions + 1)
            ]
            connection.execute(sa.insert(tables.lead_versions), rows)
        return lead_id

    def owe(self, target: UUID, lead: UUID | None = None, **columns: Any) -> UUID:
        """A delivery that is due now."""
        delivery_id, now = new_id(), self.rt.clock.now()
        row = {
            "id": delivery_id,
            "project_id": self.project,
            "lead_id": lead or self.lead(),
            "version": 1,
            "target_id": target,
            "source_id": self.source,
            "event": "created",
            "state": "waiting",
            "created_at": now,
            "due_at": now,
            "expires_at": now + timedelta(days=7),
        }
        with self.rt.database.write() as connection:
            connection.execute(sa.insert(tables.deliveries).values(**{**row, **columns}))
        return delivery_id

    def row(self, delivery: UUID) -> Any:
        """The delivery as it stands."""
        return self._one(sa.select(tables.deliveries).where(tables.deliveries.c.id == delivery))

    def lane(self, target: UUID) -> Any:
        """The lane as it stands."""
        return self._one(sa.select(tables.lanes).where(tables.lanes.c.target_id == target))

    def attempts(self, delivery: UUID) -> list[Any]:
        """The delivery's attempts, oldest first."""
        statement = (
            sa.select(tables.attempts)
            .where(tables.attempts.c.delivery_id == delivery)
            .order_by(tables.attempts.c.number)
        )
        with self.rt.database.read() as connection:
            return list(connection.execute(statement).all())

    def change(self, delivery: UUID, **columns: Any) -> None:
        """Change the delivery's row, as another process would."""
        with self.rt.database.write() as connection:
            connection.execute(
                sa.update(tables.deliveries)
                .where(tables.deliveries.c.id == delivery)
                .values(**columns)
            )

    def pool(self, rt: Runtime | None = None) -> Senders:
        """A pool of senders, closed with the test."""
        self._pools.append(Senders(rt or self.rt))
        return self._pools[-1]

    def forward(self, target: UUID) -> int:
        """Do what is due for this target, to the end; returns how many were claimed."""
        senders = self._pools[0] if self._pools else self.pool()
        claimed = forward(self.rt, str(target), senders)
        until(lambda: not senders._slots.held(), "the senders are done")
        return claimed

    def deliver(self, target: UUID, **columns: Any) -> Any:
        """Owe one delivery, forward it, and give its row."""
        delivery = self.owe(target, **columns)
        self.forward(target)
        return self.row(delivery)

    def close(self) -> None:
        """End the pools."""
        for senders in self._pools:
            senders.close()

    def _one(self, statement: sa.Select[Any]) -> Any:
        with self.rt.database.read() as connection:
            return connection.execute(statement).one()


Deliver = Callable[[Json, Settings, Duty], Conversation]


def with_kind(catalog: Catalog, name: str, deliver: Deliver, **declared: Any) -> Catalog:
    """The catalog with one more kind of target, whose payload is the whole lead."""
    target = Target(
        label=name,
        summary="",
        settings={"type": "object"},
        deliver=deliver,
        check=lambda settings, _duty: _check(settings),
        repeat="key",
        **declared,
    )
    kind = TargetKind(
        name,
        target,
        OutboundAdapter({"type": "object", "properties": {"lead": {"lead": ""}}}),
        "",
        catalog.targets["webhook"].folder,
    )
    return replace(catalog, targets={**catalog.targets, name: kind})


def _check(settings: Settings) -> Conversation:
    reply = yield Request(method="GET", url=settings["url"])
    raise AssertionError(reply)
