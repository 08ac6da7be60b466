"""What came as an id is fetched once and for all, whatever becomes of the workers meanwhile."""

import json
import shlex
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from relay.core.clock import SystemClock
from relay.core.contract import Inbound
from relay.services import configure
from relay.services.configured import source_by_key
from relay.services.ingest import take
from relay.services.ledger import ledger
from relay.store.tables import leads, submissions
from tests.kill.conftest import QUICK
from tests.kill.parcel_worker import catalog
from tests.peer import Answer, Peer
from tests.servers import until
from tests.stack import Process, Stack

pytestmark = pytest.mark.kill

COUNT = 240
KEY = "key-of-the-parcel-office"


class Office(Peer):
    """Knows what is in each parcel; takes its time, and fails now and then."""

    def note(self, arrival: Any) -> Any:
        """Answer by the number of the parcel that is asked for."""
        super().note(arrival)
        number = int(arrival.path.rpartition("/")[2])
        if number % 20 == 3 and sum(one.path == arrival.path for one in self.arrivals) == 1:
            return Answer(503, headers={"Retry-After": "1"})
        says = {"says": {"email": f"p{number}@x.example"}}
        return Answer(body=json.dumps(says).encode(), delay=0.05)


@pytest.fixture
def office() -> Iterator[Office]:
    made = Office()
    yield made
    made.close()


def test_killed_workers_cost_no_submission_its_data_and_double_none(
    stack: Stack,
    quick: dict[str, str],
    make_runtime: Callable[..., Any],
    office: Office,
    tmp_path: Path,
) -> None:
    runtime = make_runtime(QUICK, clock=SystemClock(), catalog=catalog())
    settings = {"url": office.url, "token": "the token of the parcel office"}
    source = {"name": "parcels", "key": KEY, "kind": "parcel", "settings": settings}
    configure.apply(runtime, {"projects": [{"id": "x", "name": "X", "sources": [source]}]})
    environment = stack.workers[0]._environment
    command = f"{shlex.quote(sys.executable)} -m tests.kill.parcel_worker"
    worker = Process(command, environment, tmp_path / "parcels.log")
    door = source_by_key(runtime, KEY)
    assert door is not None
    for number in range(COUNT):
        body = json.dumps({"parcel": number}).encode()
        take(runtime, door, Inbound(headers={"content-type": "application/json"}, body=body))
    stack.clock.start()
    worker.start()
    try:
        for share in (0.1, 0.4, 0.7):
            what = f"it goes on\n{worker.output[-4000:]}"
            until(lambda share=share: _stored(runtime) > COUNT * share, what, 60)
            worker.restart()
        until(lambda: _stored(runtime) == COUNT, f"it is done\n{worker.output[-4000:]}", 90)
    finally:
        worker.kill()
    with runtime.database.read() as connection:
        emails = sa.select(sa.func.count(leads.c.email.distinct()), sa.func.count())
        assert connection.execute(emails.select_from(leads)).one() == (COUNT, COUNT)
    asked = Counter(arrival.path for arrival in office.arrivals)
    assert len(asked) == COUNT
    counted = ledger(runtime)
    assert (counted.gaps, counted.submissions["stored"]) == ([], COUNT)


def _stored(runtime: Any) -> int:
    with runtime.database.read() as connection:
        query = sa.select(sa.func.count()).where(submissions.c.state == "stored")
        return int(connection.execute(query).scalar_one())
