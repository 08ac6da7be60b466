"""What somebody can do who has no key, or a wrong one: nothing that stays, and nothing told."""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from relay.app import create_app
from relay.services.configure import apply
from relay.store.tables import sources
from tests.web.apis import secured
from tests.web.doors import refused

KEPT_FROM = "/api/integrations/custom/shop-of-ann"


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """SQLite alone."""
    path = tmp_path / "relay.db"
    path.write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{path}"


@pytest.mark.parametrize("key", [None, "no-such-key-at-all", secured.ANN])
def test_who_may_not_call_makes_no_source(runtime: Any, client: Any, key: str | None) -> None:
    secured.configure(runtime)
    apply(runtime, {"projects": [{"id": "new", "keyless": False}]})
    assert secured.create(client, "new", key).status_code == 401
    with runtime.database.read() as connection:
        kinds = list(connection.execute(sa.select(sources.c.kind)).scalars())
    assert kinds.count("leadtrackr") == 2  # those of Ann and Bob
    assert refused(runtime) == []


@pytest.mark.parametrize("path", ["/api/check", "/api/leads", "/api/relay/v1/leads"])
def test_no_key_stands_in_redis_and_no_guess_has_a_limit_of_its_own(
    make_runtime: Any, path: str
) -> None:
    runtime = make_runtime({"RELAY_API_RATE": "3/minute"})
    secured.configure(runtime)
    client = create_app(runtime).test_client()
    method = "POST" if path == "/api/check" else "GET"

    def status(key: str) -> int:
        answer = client.open(path, method=method, headers={"X-API-Key": key})
        return int(answer.status_code)

    assert [status(f"guess-number-{number}") for number in range(4)] == [401, 401, 401, 429]
    assert status(secured.ANN) == 200
    counted = b" ".join(runtime.queue.connection.keys("*"))
    assert b"guess" not in counted
    assert secured.ANN.encode() not in counted


@pytest.mark.parametrize("token", [secured.BOBS_TOKEN, "the-token-of-somebody-else"])
def test_a_wrong_token_is_not_kept_whatever_its_header_is_called(
    runtime: Any, client: Any, token: str
) -> None:
    secured.configure(runtime)
    answer = client.post(KEPT_FROM, json={"email": "a@example.com"}, headers={"X-Shop": token})
    assert answer.status_code == 401
    [row] = refused(runtime)
    assert row.headers["x-shop"] == "***"
    assert token not in f"{row.headers}{bytes(row.body)!r}{row.reason}"


@pytest.mark.parametrize("amount", ["1e999999", "1e-999999", "-1e999999", "9" * 39, "NaN", "1e39"])
def test_no_amount_is_too_much_to_reckon_with(runtime: Any, client: Any, amount: str) -> None:
    secured.configure(runtime)
    made = secured.create(client, "ann", secured.ANN).get_json()["leadId"]
    headers = {"X-API-Key": secured.ANN}
    listed = client.get(f"/api/leads?value[gt]={amount}", headers=headers)
    change = {"id": str(made), "value": amount}
    changed = client.patch("/api/leads", json=change, headers=headers)
    as_text = f'{{"id": "{made}", "value": {amount}}}'
    as_number = client.patch("/api/leads", data=as_text, headers=headers)
    assert {listed.status_code, changed.status_code, as_number.status_code} <= {200, 400}


@pytest.mark.parametrize(
    "when", ["0001-01-01T00:00:00%2B14:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00"]
)
@pytest.mark.parametrize("call", ["ledger", "reports/traffic", "deliveries"])
@pytest.mark.parametrize("end", ["since", "until"])
def test_a_time_outside_all_calendars_is_refused(
    runtime: Any, client: Any, call: str, end: str, when: str
) -> None:
    secured.configure(runtime)
    answer = client.get(f"/api/relay/v1/{call}?{end}={when}", headers={"X-API-Key": secured.ANN})
    assert answer.status_code == 400
    assert "year" in answer.get_json(force=True)["errors"][end][0]


@pytest.mark.parametrize("when", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
@pytest.mark.parametrize("call", ["replay", "cancel"])
def test_a_body_s_time_outside_all_calendars_is_refused(
    runtime: Any, client: Any, call: str, when: str
) -> None:
    secured.configure(runtime)
    headers = {"X-API-Key": secured.ANN}
    answer = client.post(f"/api/relay/v1/{call}", json={"since": when}, headers=headers)
    assert answer.status_code == 422
