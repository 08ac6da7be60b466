"""TrackDrive: one lead for each number of an owner, however its posts come, and what is no lead."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from relay.app import create_app
from relay.services.leads import store_batch
from relay.services.wanted import Mistakes
from relay.store import tables
from tests.web.apis.trackdrive.schedules import (
    CALLER,
    OFFER,
    OTHER,
    SCHEDULE,
    Calls,
    configure,
    source,
)

TWINS = 50


def test_td_42_a_second_post_updates_and_merges_the_tokens(calls: Calls) -> None:
    first = calls.json(email="ada@example.com", data={"loan_amount": "500", "a": "1"})
    second = calls.json(caller_id="(800) 450-6787", data={"a": "2", "b": "3"})
    assert (first.status_code, second.status_code) == (200, 200)
    assert second.json["id"] == first.json["id"]
    assert second.json["lead"]["uuid"] == first.json["lead"]["uuid"]
    assert second.json["lead"]["data"] == {"loan_amount": "500", "a": "2", "b": "3"}
    assert second.json["lead"]["email"] == "ada@example.com"
    [lead] = calls.leads
    assert (lead.version, str(lead.id)) == (2, first.json["lead"]["uuid"])


def test_a_public_token_may_tell_no_more_than_was_sent(runtime: Any, client: Any) -> None:
    configure(runtime, source("page", SCHEDULE, settings={"answer": "sent"}))
    calls = Calls(runtime, client)
    first = calls.json(email="ada@example.com", data={"loan_amount": "500"})
    assert first.json["lead"]["email"] == "ada@example.com"
    second = calls.json(data={"b": "3"})
    assert (second.json["id"], second.json["lead"]["caller_id"]) == (first.json["id"], CALLER)
    assert (second.json["lead"]["email"], second.json["lead"]["data"]) == (None, {"b": "3"})
    assert calls.tokens == {"loan_amount": "500", "b": "3"}


def test_td_42_the_same_again_is_the_same_lead_and_no_news(calls: Calls) -> None:
    first, second = calls.json(interest="kittens"), calls.json(interest="kittens")
    assert second.json["lead"] == first.json["lead"]
    assert [lead.version for lead in calls.leads] == [1]
    assert [row.state for row in calls.kept] == ["stored", "stored"]


def test_td_43_the_same_number_elsewhere_is_another_lead(calls: Calls) -> None:
    answers = [calls.json(lead_token=token) for token in (SCHEDULE, OTHER, OFFER, SCHEDULE)]
    numbers = [answer.json["id"] for answer in answers]
    assert len(set(numbers)) == 3
    assert numbers[3] == numbers[0]
    assert [answer.json["lead"]["status"] for answer in answers[:3]] == [
        "scheduled", "scheduled", "waiting",
    ]  # fmt: skip


def test_td_44_posts_at_the_same_time_are_one_lead(runtime: Any) -> None:
    configure(runtime)
    app = create_app(runtime)

    def post(number: int) -> Any:
        return Calls(runtime, app.test_client()).json(data={f"token_{number}": number})

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(post, range(TWINS)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json["id"] for answer in answers}) == 1
    calls = Calls(runtime, app.test_client())
    assert len(calls.leads) == 1
    assert calls.tokens == {f"token_{number}": number for number in range(TWINS)}


def test_td_45_a_number_that_is_there_is_422_where_the_owner_refuses_it(
    runtime: Any, client: Any
) -> None:
    refusing = source("roofs", SCHEDULE, settings={"reject_duplicates": True})
    configure(runtime, refusing, source("windows", OTHER))
    calls = Calls(runtime, client)
    assert calls.json(interest="kittens").status_code == 200
    again = calls.json(interest="puppies")
    assert again.status_code == 422
    assert list(again.json["errors"]) == ["caller_id"]
    assert calls.tokens == {"interest": "kittens"}
    assert [row.state for row in calls.kept] == ["stored", "refused"]
    assert calls.json(lead_token=OTHER).status_code == 200
    assert calls.json(interest="puppies", update_only=True).status_code == 200
    assert [lead.version for lead in calls.leads] == [2, 1]


def test_td_45_of_twins_one_is_taken_and_the_others_are_422(runtime: Any) -> None:
    configure(runtime, source("roofs", SCHEDULE, settings={"reject_duplicates": True}))
    app = create_app(runtime)
    with ThreadPoolExecutor(8) as pool:
        sent = pool.map(lambda n: Calls(runtime, app.test_client()).json(n=n), range(20))
        statuses = sorted(answer.status_code for answer in sent)
    assert statuses == [200] + [422] * 19
    assert len(Calls(runtime, app.test_client()).leads) == 1


def test_td_1_the_answer_shows_the_lead(calls: Calls) -> None:
    answer = calls.json(
        email="ada@example.com", traffic_source_id="google_ads", sub_id="a1", lead_priority="5",
        data={"first_name": "Ada", "last_name": "Lovelace"},
    )  # fmt: skip
    lead = answer.json["lead"]
    assert UUID(lead.pop("uuid"))
    assert lead == {
        "id": answer.json["id"],
        "type": "Lead",
        "caller_id": CALLER,
        "email": "ada@example.com",
        "full_name": "Ada Lovelace",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "country": "US",
        "status": "scheduled",
        "owner": "schedule",
        "owner_name": "roofs",
        "offer": None,
        "traffic_source_id": "google_ads",
        "sub_id": "a1",
        "lead_priority": 5,
        "data": {"first_name": "Ada", "last_name": "Lovelace"},
        "created_at": "2026-03-02T12:00:00.000Z",
        "updated_at": "2026-03-02T12:00:00.000Z",
    }


# --- what is no lead, or not yet -----------------------------------------------------------------


def test_td_57_a_rule_of_the_project_refuses_with_422(runtime: Any, client: Any) -> None:
    rule = {"reason": "no competitors", "when": {"required": ["tokens"]}}
    configure(runtime, refuse=[rule])
    calls = Calls(runtime, client)
    answer = calls.json(interest="prices")
    assert answer.status_code == 422
    assert answer.json["success"] is False
    assert answer.json["errors"] == {"base": ["no competitors"]}
    assert calls.leads == []
    assert [row.state for row in calls.kept] == ["refused"]
    assert calls.json().status_code == 200


def test_an_inactive_project_is_403(runtime: Any, client: Any) -> None:
    configure(runtime, active=False)
    calls = Calls(runtime, client)
    answer = calls.json()
    assert answer.status_code == 403
    assert answer.json["success"] is False
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert calls.nothing_stored()
    assert [note.status for note in calls.turned_away] == [403]


def test_a_paused_source_keeps_the_lead_and_says_202(runtime: Any, client: Any) -> None:
    configure(runtime)
    with runtime.database.write() as connection:
        connection.execute(sa.update(tables.sources).values(paused_at=runtime.clock.now()))
    calls = Calls(runtime, client)
    answer = calls.json(interest="kittens")
    assert answer.status_code == 202
    assert answer.json["success"] is True
    assert answer.json["id"] is answer.json["lead_id"] is answer.json["lead"] is None
    assert "paused" in answer.json["message"]
    assert [row.state for row in calls.kept] == ["held"]
    assert calls.leads == []


def test_over_a_limit_nothing_is_answered_429_and_all_is_kept(runtime: Any, client: Any) -> None:
    configure(runtime, source("roofs", SCHEDULE, limits={"source": "2/hour"}))
    calls = Calls(runtime, client)
    statuses = [calls.json(caller_id=f"800450678{n}").status_code for n in range(4)]
    assert statuses == [200, 200, 202, 202]
    assert [row.state for row in calls.kept] == ["stored", "stored", "held", "held"]


def test_a_visitor_over_his_limit_is_held_for_a_person(runtime: Any, client: Any) -> None:
    configure(runtime, source("roofs", SCHEDULE, limits={"address": "1/hour"}))
    calls = Calls(runtime, client)
    headers = {"Origin": "https://page.example"}
    for status in (200, 202):
        query = f"lead_token={SCHEDULE}&caller_id=8004506787&n={status}"
        assert calls.send(query, headers=headers).status_code == status
    assert [row.hold for row in calls.kept] == [None, "address"]


def test_the_same_source_takes_posts_at_its_own_address(runtime: Any, client: Any) -> None:
    configure(runtime, source("roofs", SCHEDULE, key="own-key-of-the-source"))
    calls = Calls(runtime, client)
    answer = client.post("/in/own-key-of-the-source?caller_id=8004506787&a=b")
    assert answer.status_code == 200
    assert client.post("/in/own-key-of-the-source?caller_id=nobody").status_code == 200
    assert [row.state for row in calls.kept] == ["received", "quarantined"]
    assert "caller_id is not a phone number" in str(calls.kept[1].reasons)
    store_batch(runtime)
    assert calls.json(c="d").json["lead"]["data"] == {"a": "b", "c": "d"}


def test_it_is_owed_to_the_routes_of_its_source(runtime: Any, client: Any) -> None:
    configure(
        runtime,
        targets=[{"name": "crm", "kind": "webhook", "settings": {"url": "http://127.0.0.1:9/"}}],
        routes=[{"from": "roofs", "to": "crm"}],
    )
    calls = Calls(runtime, client)
    calls.json()
    calls.json(lead_token=OTHER)
    [delivery] = calls.rows(tables.deliveries)
    assert delivery.lead_id == calls.leads[0].id


@pytest.mark.parametrize("token", ["sh", "with a blank", 5])
def test_a_token_that_could_not_be_one_is_not_configured(runtime: Any, token: Any) -> None:
    with pytest.raises(Mistakes, match="token"):
        configure(runtime, source("roofs", token))


def test_two_owners_of_a_kind_cannot_have_the_same_token(runtime: Any) -> None:
    configure(runtime, source("roofs", SCHEDULE), source("summer", SCHEDULE, "offer"))
    with pytest.raises(Mistakes, match="is taken by source 'roofs'"):
        configure(runtime, source("roofs", SCHEDULE), source("windows", SCHEDULE))
