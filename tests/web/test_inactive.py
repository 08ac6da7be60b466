"""A project that is not active takes nothing at any door, and nothing of it is lost sight of."""

from typing import Any

import pytest
import sqlalchemy as sa

from relay.services import configured
from relay.store.tables import projects
from tests.web.doors import KEY, add_source, kept, refused

DOOR = f"/in/{KEY}"
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def _set_active(runtime: Any, *, active: bool) -> None:
    with runtime.database.write() as connection:
        connection.execute(sa.update(projects).values(settings={"active": active}))
    configured.forget(runtime)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "GET"])
def test_the_door_of_an_inactive_project_answers_403(
    runtime: Any, client: Any, method: str
) -> None:
    add_source(runtime)
    _set_active(runtime, active=False)
    answer = client.open(DOOR, method=method, json={"email": "ada@example.com"})
    assert answer.status_code == 403
    assert "takes no leads now" in answer.json["error"]
    assert kept(runtime) == []


def test_what_was_turned_away_is_kept_for_support_and_the_door_opens_again(
    runtime: Any, client: Any
) -> None:
    add_source(runtime)
    _set_active(runtime, active=False)
    client.post(DOOR, json={"email": "ada@example.com"})
    [row] = refused(runtime)
    assert (row.status, row.reason) == (403, "the project of this address takes no leads now")
    _set_active(runtime, active=True)
    assert client.post(DOOR, json={"email": "ada@example.com"}).status_code == 200
    assert len(kept(runtime)) == 1
