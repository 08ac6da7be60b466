"""A disk without room: nothing is answered 200 that was not kept, and with room all goes on."""

from typing import Any

import pytest
import sqlalchemy as sa

from relay import runtime as process
from relay.app import create_app
from tests.web.doors import KEY, add_source, kept

DOOR = f"/in/{KEY}"
ROOM = 16
"""Pages beyond those in use, of 4 KiB each."""


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_full_disk_answers_503_and_keeps_what_it_had_answered_200(make_runtime: Any) -> None:
    runtime = make_runtime({"RELAY_COMMIT_WAIT_SECONDS": "0.5"})
    process.install(runtime)
    add_source(runtime)
    engine = runtime.database.engine
    with engine.connect() as connection:
        used = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    most = used + ROOM

    @sa.event.listens_for(engine, "checkout")
    def _bound(connection: Any, _record: Any, _proxy: Any) -> None:
        connection.execute(f"PRAGMA max_page_count = {most}")

    client = create_app(runtime).test_client()
    answers = [client.post(DOOR, json={"message": "x" * 9000}) for _ in range(12)]
    statuses = [answer.status_code for answer in answers]
    taken = statuses.count(200)
    assert 0 < taken < 12
    assert statuses == [200] * taken + [503] * (12 - taken)
    assert answers[-1].headers["Retry-After"]
    assert len(kept(runtime)) == taken
    most = 1_000_000
    assert client.post(DOOR, json={"message": "x" * 9000}).status_code == 200
    assert len(kept(runtime)) == taken + 1
