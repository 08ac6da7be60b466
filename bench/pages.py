"""What the console's pages cost with a million attempts, through the web server."""

import re
import statistics
import time
from collections.abc import Iterator
from functools import partial
from uuid import UUID

import requests
import sqlalchemy as sa

from bench.old_rows import fill
from bench.stage import Stage
from relay.runtime import Runtime
from relay.services.users import create_user
from relay.store.tables import deliveries, projects, submissions, targets

EMAIL, PASSWORD = "bench@example.com", "a password of the bench"

COUNT = 1_000_000
ASKED = 20
"""How often each page is asked for in a run."""

FIRST, OTHER = 60.0, 300.0
"""Milliseconds within which 95 of 100 answers have to be there."""


def paging(stage: Stage, runs: int) -> str:
    """(h) Pages of the console with a million attempts on PostgreSQL."""
    return "\n".join(("(h) pages of the console with a million attempts:", *_measured(stage, runs)))


def _measured(stage: Stage, runs: int) -> Iterator[str]:
    prepared = partial(_prepare, count=COUNT)
    with stage.relay({"crm": "/fast"}, workers=0, prepare=prepared) as (stack, runtime):
        session = _signed_in(stack.url)
        pages = dict(_pages(runtime))
        costs = {
            name: _milliseconds(session, stack.url + path, runs) for name, path in pages.items()
        }
    for name, (half, tail) in costs.items():
        limit = FIRST if name == "first page of the log" else OTHER
        late = f"   above the {limit:.0f} ms to reach" if tail > limit else ""
        yield f"    {name}: p50 {half:.0f} ms, p95 {tail:.0f} ms{late}"


def _prepare(runtime: Runtime, count: int) -> None:
    fill(runtime, count)
    create_user(runtime, EMAIL, PASSWORD)


def _signed_in(address: str) -> requests.Session:
    session = requests.Session()
    form = session.get(f"{address}/console/sign-in", timeout=60).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', form)
    assert token
    given = {"csrf_token": token[1], "email": EMAIL, "password": PASSWORD}
    assert session.post(f"{address}/console/sign-in", data=given, timeout=60).ok
    return session


def _pages(runtime: Runtime) -> Iterator[tuple[str, str]]:
    with runtime.database.read() as connection:
        project = connection.scalar(sa.select(projects.c.public_id).limit(1))
        target = connection.scalar(sa.select(targets.c.id).limit(1))
        middle = connection.scalar(_nth(deliveries, COUNT // 2))
        failed = connection.execute(
            sa.select(deliveries.c.id, deliveries.c.lead_id)
            .where(deliveries.c.state == "failed")
            .order_by(deliveries.c.id.desc())
            .limit(1)
        ).one()
        arrived = connection.scalar(_nth(submissions, COUNT // 2))
    start = f"/console/p/{project}"
    log, found = f"{start}/deliveries/", f"{start}/leads/"
    yield "first page of the log", log
    yield "a page in the middle", f"{log}?after={middle}"
    yield "the log's figures of a day", f"{log}figures?span=24h"
    yield "the log's figures of 30 days", f"{log}figures?span=30d"
    for what, query in (
        ("a state", "state=failed"),
        ("a target", f"target={target}"),
        ("an outcome", "outcome=rejected"),
        ("a class of answers", "status=4xx"),
        ("an answer nobody gave", "status=5xx"),
        ("attempts", "attempts_min=3"),
        ("a span", "span=30d"),
        ("a name", "q=old+example"),
        ("an address", "q=old-123456@example.com"),
        ("nobody", "q=nobody+at+all"),
        ("JSON", "json=%7B%22form%22%3A%7B%7D%7D"),
        ("JSON that nobody has", "json=%7B%22x%22%3A1%7D"),
    ):
        yield f"the log by {what}", f"{log}?{query}"
    yield "one delivery", f"{log}{failed.id}/"
    yield "first page of leads", found
    for what in (
        "old+example",
        "old-123456@example.com",
        "030+123456",
        "%23123456",
        "nobody+at+all",
    ):
        yield f"leads by {what}", f"{found}?q={what}"
    yield "one lead", f"{found}{failed.lead_id}"
    yield "one lead's bodies", f"{found}{failed.lead_id}/bodies"
    yield "quarantine", f"{start}/quarantine/"
    yield "problems", f"{start}/problems/"
    yield "overview", f"{start}/"
    yield "map", f"{start}/map/"
    yield "everything that arrived", f"{log}received/?after={arrived}"


def _nth(table: sa.Table, number: int) -> sa.Select[UUID]:
    return sa.select(table.c.id).order_by(table.c.id).offset(number).limit(1)


def _milliseconds(session: requests.Session, address: str, runs: int) -> tuple[float, float]:
    """The median and the 95th percentile of the answers at one address."""
    _ask(session, address)  # the first one warms up
    found = [_ask(session, address) for _ in range(runs * ASKED)]
    return statistics.median(found), statistics.quantiles(found, n=20)[-1]


def _ask(session: requests.Session, address: str) -> float:
    begun = time.monotonic()
    answer = session.get(address, timeout=60)
    assert answer.status_code == 200, (address, answer.status_code)
    assert "/sign-in" not in answer.url, address
    return (time.monotonic() - begun) * 1000
