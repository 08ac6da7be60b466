"""The naive way that the relay is measured against: one job per lead to store, one per delivery.

`make_app` accepts and enqueues; `store` and `deliver` are ordinary RQ jobs on a preloaded
SimpleWorker. It maps by the same adapter, keeps the same facts and posts the same signed body, with
a session of requests; it has no leases, no order, no limits and no batches.
"""

import os
import time
from typing import Any
from uuid import UUID

import requests
import sqlalchemy as sa
from flask import Flask, request
from redis import Redis
from rq import Queue, SimpleWorker

from integrations.typeform.source import SOURCE
from integrations.webhook.target import TARGET
from relay.catalog import load_catalog
from relay.core.adapter import MappingRules
from relay.core.contract import Duty, Inbound
from relay.core.ids import new_id
from relay.core.verify import verify
from tests.payloads import SECRET

metadata = sa.MetaData()
leads = sa.Table(
    "naive_leads",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("body", sa.LargeBinary),
    sa.Column("document", sa.JSON),
)
attempts = sa.Table(
    "naive_attempts",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("lead_id", sa.Uuid, index=True),
    sa.Column("status", sa.Integer),
    sa.Column("sent", sa.Text),
    sa.Column("answered", sa.Text),
)

_parts: dict[str, Any] = {}


def _part(name: str, make: Any) -> Any:
    if name not in _parts:
        _parts[name] = make()
    return _parts[name]


def engine() -> sa.Engine:
    """The database of the bench."""
    url = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://")
    return _part("engine", lambda: sa.create_engine(url))


def queue() -> Queue:
    """The queue of the naive way."""
    return _part(
        "queue", lambda: Queue("naive", connection=Redis.from_url(os.environ["REDIS_URL"]))
    )


def make_app() -> Flask:
    """Accept, verify, enqueue."""
    app = Flask("naive")

    @app.post("/in/naive")
    def accept() -> tuple[str, int]:
        body = request.get_data()
        headers = {name.lower(): value for name, value in request.headers.items()}
        inbound = Inbound(headers=headers, body=body, received_at=time.time())
        if verify(SOURCE, inbound, {"secrets": [SECRET]}, time.time()) is not None:
            return "", 401
        queue().enqueue(store, str(new_id()), body, headers)
        return "ok", 200

    return app


def store(lead_id: str, body: bytes, headers: dict[str, str]) -> None:
    """Map and insert one lead, then enqueue its delivery."""
    kind = _part("catalog", load_catalog).sources["typeform"]
    inbound = Inbound(headers=headers, body=body)
    (parsed,) = SOURCE.parse(inbound, {})
    mapped = kind.adapter.map(parsed, MappingRules())
    with engine().begin() as connection:
        connection.execute(
            sa.insert(leads).values(id=UUID(lead_id), body=body, document=mapped.document)
        )
    queue().enqueue(deliver, lead_id)


def deliver(lead_id: str) -> None:
    """Post one lead and log the attempt."""
    with engine().connect() as connection:
        row = connection.execute(sa.select(leads).where(leads.c.id == UUID(lead_id))).one()
    settings = {
        "url": os.environ["BENCH_TARGET"],
        "secrets": ["whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0"],
    }
    duty = Duty(
        id=lead_id,
        event="created",
        lead_id=lead_id,
        version=1,
        occurred_at=time.time(),
        now=time.time(),
    )
    asked = next(TARGET.deliver(row.document, settings, duty))
    session = _part("session", requests.Session)
    reply = session.post(asked.url, data=asked.body, headers=dict(asked.headers), timeout=30)
    with engine().begin() as connection:
        connection.execute(
            sa.insert(attempts).values(
                id=new_id(),
                lead_id=UUID(lead_id),
                status=reply.status_code,
                sent=asked.body.decode(),
                answered=reply.text,
            )
        )


def work() -> None:
    """A worker with everything loaded before its first job."""
    metadata.create_all(engine())
    _part("catalog", load_catalog)
    SimpleWorker([queue()], connection=queue().connection).work(logging_level="WARNING")


if __name__ == "__main__":
    work()
