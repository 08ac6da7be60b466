"""What it costs to answer with a lead: the APIs' creating calls beside the door of webhooks."""

import json
import statistics
from typing import Any

import sqlalchemy as sa

from bench.stage import API_KEY, KEY, Stage
from tests.payloads import QUESTIONS

CREATED = 2000

HEADERS = {"Content-Type": "application/json", "X-API-Key": API_KEY}

CALLS = {"createServerSideLead": "/api/leads/createServerSideLead", "POST /api/leads": "/api/leads"}


def creating(stage: Stage, runs: int) -> str:
    """(f) Leads stored before the answer, as a ratio to submissions taken in by the door."""
    rates: dict[str, list[float]] = {path: [] for path in (f"/in/{KEY}", *CALLS.values())}
    with stage.relay({"crm": "/fast"}, workers=0) as (stack, runtime):
        stack.clock.kill()
        for run in range(runs + 1):  # the first one warms up
            for number, (path, found) in enumerate(rates.items()):
                make = {"/api/leads": octanist, CALLS["createServerSideLead"]: leadtrackr}.get(path)
                mark = f"h{run}x{number}x"
                result = stage.load(stack.port, path, CREATED, mark, make=make)
                assert result["refused"] == 0, f"{result['refused']} were not taken by {path}"
                found.append(result["answered"] / result["seconds"])
            if run == 0:  # what a database that has run for a minute does by itself
                with runtime.database.write() as connection:
                    connection.execute(sa.text("ANALYZE"))
    door = rates[f"/in/{KEY}"][1:]
    lines = [f"(f) the door takes {statistics.median(door):.0f} submissions/s"]
    for name, path in CALLS.items():
        ratio = statistics.median(a / b for a, b in zip(rates[path][1:], door, strict=True))
        rate = statistics.median(rates[path][1:])
        lines.append(f"    {name}: {ratio:.2f} of that (to reach: 0.5), {rate:.0f} leads/s")
    return "\n".join(lines)


def leadtrackr(token: str) -> tuple[bytes, dict[str, str]]:
    """A lead with twelve answers for createServerSideLead; `token` makes it its own."""
    form = {title: _plain(value) for _, key, title, value in QUESTIONS if key != "email"}
    body = {
        "projectId": "bench",
        "formData": {"formName": "Contact", "uniqueEventId": token, **form},
        "userData": {
            "firstName": "Ada",
            "lastName": "Example",
            "email": f"{token}@example.com",
            "phone": "+4930123456",
        },
        "attributionData": {"gclid": f"Cj0K-{token}", "cid": "123.456"},
    }
    return json.dumps(body).encode(), HEADERS


def octanist(token: str) -> tuple[bytes, dict[str, str]]:
    """A lead with twelve answers for Octanist's `POST /api/leads`; each call is its own."""
    custom = {title: _plain(value) for _, key, title, value in QUESTIONS if key != "email"}
    body = {
        "name": "Ada Example",
        "email": f"{token}@example.com",
        "phone": "+4930123456",
        "attribution": {"gclid": f"Cj0K-{token}"},
        "custom": custom,
    }
    return json.dumps(body).encode(), HEADERS


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
