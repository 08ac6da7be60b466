"""What has to be true after every failure: nothing lost, nothing sent twice without need."""

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.services.ledger import Ledger, ledger
from relay.store.tables import deliveries, leads, submissions
from tests.payloads import signed, typeform
from tests.peer import Arrival
from tests.servers import until
from tests.stack import Sender, Stack

DOCUMENT = {
    "projects": [
        {
            "id": "kill",
            "name": "Kill tests",
            "sources": [
                {
                    "name": "form",
                    "key": "tf-kill-tests-source-key",
                    "kind": "typeform",
                    "settings": {"secrets": ["a signing secret for tests"]},
                }
            ],
        }
    ]
}

PER_SECOND = 40

ADDRESS = "/in/tf-kill-tests-source-key"


def configure(runtime: Any, targets: dict[str, dict[str, Any]]) -> None:
    """One Typeform source with a route to each of these webhook targets."""
    from relay.services.configure import apply

    project = DOCUMENT["projects"][0] | {
        "targets": [{"name": name, "kind": "webhook", **rest} for name, rest in targets.items()],
        "routes": [{"from": "form", "to": name} for name in targets],
    }
    apply(runtime, {"projects": [project]})


def submissions_to_send(count: int, mark: str) -> list[tuple[bytes, dict[str, str]]]:
    """So many signed submissions, each another lead."""
    bodies = [typeform(f"{mark}{number:05}") for number in range(count)]
    return [(body, signed(body)) for body in bodies]


def load(stack: Stack, mark: str, count: int) -> Sender:
    """So many submissions on their way to the relay, one after the other at a steady rate."""
    sender = Sender(stack.url + ADDRESS, submissions_to_send(count, mark))
    sender.start(PER_SECOND)
    return sender


@dataclass(frozen=True)
class Outcome:
    """What the proof found: the ledger, and how often a delivery arrived more than once."""

    ledger: Ledger
    repeated: int


def settled(runtime: Any, seconds: float = 90) -> float:
    """Wait until nothing is in flight any more; returns how long that took, in seconds."""
    begun = time.monotonic()
    until(lambda: _in_flight(runtime) == 0, "everything settled", seconds, pause=0.1)
    return time.monotonic() - begun


def prove(
    runtime: Any, accepted: Iterable[str], arrivals: Iterable[Arrival], in_flight: int
) -> Outcome:
    """Check the promises: every 200 is in the ledger, every owed lead arrived, repeats are few.

    `in_flight` is how many deliveries may have been under way at the kill: only those may arrive
    again, and with the same `webhook-id`.
    """
    counted = ledger(runtime)
    assert counted.gaps == []
    assert counted.submissions["quarantined"] == counted.submissions["held"] == 0
    with runtime.database.read() as connection:
        known = {str(one) for one in connection.execute(sa.select(submissions.c.id)).scalars()}
        owed = {
            str(row.id): str(row.lead_id)
            for row in connection.execute(sa.select(deliveries.c.id, deliveries.c.lead_id))
        }
        made = connection.execute(sa.select(sa.func.count()).select_from(leads)).scalar_one()
    lost = set(accepted) - known
    assert not lost, f"{len(lost)} submissions were answered 200 and are not in the ledger"
    assert counted.submissions["stored"] == made
    times = Counter(arrival.headers["webhook-id"] for arrival in arrivals)
    never = owed.keys() - times.keys()
    assert not never, f"{len(never)} deliveries never arrived"
    assert times.keys() <= owed.keys(), "something arrived that was not owed"
    repeated = sum(count - 1 for count in times.values())
    assert repeated <= in_flight, (
        f"{repeated} arrivals too many, at most {in_flight} were under way"
    )
    return Outcome(counted, repeated)


def sending(runtime: Any) -> int:
    """How many deliveries are under way at this moment."""
    with runtime.database.read() as connection:
        statement = sa.select(sa.func.count()).where(deliveries.c.state == "sending")
        return int(connection.execute(statement).scalar_one())


def states(runtime: Any, target_id: UUID | None = None) -> Counter[str]:
    """Deliveries by state."""
    statement = sa.select(deliveries.c.state, sa.func.count()).group_by(deliveries.c.state)
    if target_id is not None:
        statement = statement.where(deliveries.c.target_id == target_id)
    with runtime.database.read() as connection:
        return Counter(dict(connection.execute(statement).all()))


def _in_flight(runtime: Any) -> int:
    counted = ledger(runtime)
    return (
        counted.submissions["received"]
        + counted.deliveries["waiting"]
        + counted.deliveries["sending"]
    )
