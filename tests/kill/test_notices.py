"""A notice reaches whom it is for, though the worker dies while it says it."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from relay.core.clock import SystemClock
from relay.services import configure
from relay.store.tables import notices
from tests.kill.conftest import QUICK
from tests.peer import Peer, hangs
from tests.servers import until
from tests.stack import Stack

pytestmark = pytest.mark.kill


def test_a_worker_killed_while_it_tells_is_made_up_for(
    stack: Stack, make_runtime: Callable[..., Any], peer: Peer
) -> None:
    runtime = make_runtime(QUICK, clock=SystemClock())
    soon = runtime.clock.now().date().isoformat()
    target = {"name": "crm", "kind": "webhook", "settings": {"url": peer.url + "/crm"}}
    project = {
        "id": "x",
        "targets": [{**target, "credentials_end": soon}],
        "notices": [{"name": "ops", "kind": "webhook", "settings": {"url": peer.url + "/ops"}}],
    }
    configure.apply(runtime, {"projects": [project]})
    peer.script(hangs)
    [worker] = stack.workers
    stack.clock.start()
    worker.start()
    until(lambda: peer.arrivals, f"it is told\n{worker.output[-4000:]}", 60)
    worker.restart()
    until(lambda: len(peer.arrivals) > 1, f"it is told again\n{worker.output[-4000:]}", 60)
    until(lambda: _states(runtime) == ["sent"], "it is known that it was", 20)
    assert len({one.headers["webhook-id"] for one in peer.arrivals}) == 1
    assert "credentials of crm end" in peer.arrivals[-1].json()["data"]["title"]


def _states(runtime: Any) -> list[str]:
    with runtime.database.read() as connection:
        return list(connection.execute(sa.select(notices.c.state)).scalars())
