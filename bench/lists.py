"""What a page of a long list of leads costs: LeadTrackr's getLeads, through the web server."""

import json
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from http.client import HTTPConnection
from urllib.parse import urlencode

import sqlalchemy as sa

from bench.people import RARE, fill
from bench.stage import Stage
from relay.core.ids import new_id
from relay.core.secrets import hash_key
from relay.runtime import Runtime
from relay.store.tables import api_keys, projects

KEY = "the-key-of-the-bench"
ASKED = 20
"""How often each question is asked in a run."""

QUICK, OTHER = 50.0, 500.0
"""Milliseconds within which 95 of 100 answers have to be there."""

_CHOSEN = {"page": "1", "limit": "50"}
_SORTED = ("createdAt", "firstName", "lastName", "email", "price", "status")


def listing(stage: Stage, runs: int) -> str:
    """(g) Pages of a million leads on PostgreSQL, and of two hundred thousand on SQLite."""
    sqlite = {"DATABASE_URL": f"sqlite:///{stage.directory / 'lists.db'}"}
    return "\n".join(
        (
            "(g) getLeads of a million leads on PostgreSQL:",
            *_measured(stage, 1_000_000, {}, runs),
            "(g) getLeads of 200 thousand leads on SQLite:",
            *_measured(stage, 200_000, sqlite, runs),
        )
    )


def _measured(stage: Stage, count: int, database: dict[str, str], runs: int) -> Iterator[str]:
    settings = {"RELAY_API_RATE": "10000000/minute", **database}
    prepared = partial(_prepare, count=count)
    with stage.relay({}, workers=0, prepare=prepared, settings=settings) as (stack, _):
        for limit, questions in ((QUICK, _quick()), (OTHER, _other(count))):
            costs = {
                name: _milliseconds(stack.port, {**_CHOSEN, **given}, runs * ASKED)
                for name, given in questions
            }
            slowest = max(costs, key=lambda name: costs[name][1])
            for name, (half, tail) in costs.items():
                yield f"    {name}: p50 {half:.0f} ms, p95 {tail:.0f} ms"
            yield f"  slowest: {slowest}, p95 {costs[slowest][1]:.0f} ms (to reach: {limit:.0f} ms)"


def _prepare(runtime: Runtime, count: int) -> None:
    fill(runtime, count)
    with runtime.database.write() as connection:
        connection.execute(
            sa.insert(api_keys).values(
                id=new_id(),
                project_id=connection.scalar(sa.select(projects.c.id).limit(1)),
                name="bench",
                hash=hash_key(KEY),
                hint="ench",
                scopes=["read"],
                created_at=datetime.now(UTC),
            )
        )


def _quick() -> Iterator[tuple[str, dict[str, str]]]:
    yield "first page", {}
    yield "first page of open ones", {"status": "open"}
    for name in ("gclid", "cid", "fbp", "fbc"):
        for there in ("true", "false"):
            yield f"{name}[exists]={there}", {f"{name}[exists]": there}
    yield "two exist, two do not", {"gclid[exists]": "true", "fbc[exists]": "false"}
    yield "search with a thousand hits or fewer", {"search": RARE}
    yield "search for three letters", {"search": RARE[:3]}
    yield "search for an address", {"search": "1234@example"}
    yield "search for nobody", {"search": "nobody at all"}


def _other(count: int) -> Iterator[tuple[str, dict[str, str]]]:
    yield "search for two letters", {"search": "an"}
    yield "search for two letters that nobody has", {"search": "qq"}
    yield "search for what everybody has", {"search": "example.com"}
    yield "formName", {"formName": "Quote"}
    yield "rare formName", {"formName": "Landing 7"}
    yield "email", {"email": "nobody@example.com"}
    yield "phone", {"phone": "+4930123456"}
    yield "a month", _span(60, 30)
    yield "all years", _span(3000, 0)
    yield "a year and formName", {**_span(365, 0), "formName": "Quote"}
    for name in _SORTED:
        for direction in ("asc", "desc"):
            yield f"sort={name}:{direction}", {"sort": f"{name}:{direction}"}
    for name in _SORTED:
        yield f"middle page by {name}", {"sort": f"{name}:desc", "page": str(count // 100)}
    yield "last page", {"page": str(count // 50)}
    yield "middle page with gclid", {"gclid[exists]": "true", "page": str(count // 350)}


def _span(first: int, last: int) -> dict[str, str]:
    now = datetime.now(UTC)
    return {
        "createdAt[gte]": (now - timedelta(days=first)).isoformat(),
        "createdAt[lte]": (now - timedelta(days=last)).isoformat(),
    }


def _milliseconds(port: int, given: dict[str, str], times: int) -> tuple[float, float]:
    """The median and the 95th percentile of the answers to one question."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    path = f"/api/leads/getLeads?{urlencode(given)}"
    _ask(connection, path)  # the first one warms up
    found = [_ask(connection, path) for _ in range(times)]
    connection.close()
    return statistics.median(found), statistics.quantiles(found, n=20)[-1]


def _ask(connection: HTTPConnection, path: str) -> float:
    begun = time.monotonic()
    connection.request("GET", path, headers={"X-API-Key": KEY})
    answered = connection.getresponse()
    document = json.loads(answered.read())
    assert answered.status == 200, document
    return (time.monotonic() - begun) * 1000
