"""Repeats by content, and the same person by e-mail or phone, decided under locks."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from relay.services.leads import store_batch
from relay.store import tables
from tests.conftest import SettableClock
from tests.factories import Bell, Incoming, catalog

BY_BOTH = {"by": ["email", "phone"]}


def _ends(acme: Incoming) -> list[str]:
    return [row.state for row in acme.rows(tables.submissions)]


def _side_by_side(acme: Incoming, make_runtime: Any, limit: int) -> None:
    """Four threads of two worker processes store until nothing is left."""
    runtimes = [acme.rt, make_runtime(queue=Bell(), catalog=catalog())]

    def work(at: int) -> None:
        while store_batch(runtimes[at % 2], limit=limit):
            pass

    with ThreadPoolExecutor(4) as pool:
        for job in [pool.submit(work, at) for at in range(4)]:
            job.result(60)


# --- equal content --------------------------------------------------------------------------------


def test_equal_content_within_the_window_is_a_repeat(acme: Incoming, clock: SettableClock) -> None:
    source, target = acme.source(options={"repeat_window": 600}), acme.target()
    acme.route(source, target)
    first = acme.say(source, name="Ada", topic="roof")
    acme.store()
    clock.advance(599)
    second = acme.say(source, name="Ada", topic="roof")
    other = acme.say(source, name="Ada", topic="door")
    acme.store()
    row = acme.submission(second)
    assert (row.state, row.duplicate_of, row.lead_id) == ("duplicate", first, None)
    assert "same content" in row.reasons[0]["message"]
    assert acme.submission(other).state == "stored"
    clock.advance(2)
    assert acme.submission(acme.say(source, name="Ada", topic="roof")).state == "received"
    acme.store()
    assert len(acme.leads()) == len(acme.deliveries()) == 3, "beyond the window it is another lead"
    assert acme.balanced()


def test_equal_content_within_one_batch(acme: Incoming) -> None:
    source = acme.source(options={"repeat_window": 600})
    ids = [acme.say(source, name="Ada") for _ in range(5)]
    acme.store()
    assert _ends(acme) == ["stored"] + ["duplicate"] * 4
    assert {acme.submission(one).duplicate_of for one in ids[1:]} == {ids[0]}
    assert acme.balanced()


def test_equal_content_at_two_sources_is_two_leads(acme: Incoming) -> None:
    for name in ("one", "other"):
        acme.say(acme.source(name, options={"repeat_window": 600}), name="Ada")
    acme.store()
    assert _ends(acme) == ["stored", "stored"]


def test_what_was_refused_makes_no_repeat_of_what_comes_after(acme: Incoming) -> None:
    """The rule is taken back, and the same visitor tries again."""
    source = acme.source(
        options={"repeat_window": 600}, refuse=[{"reason": "not now", "when": True}]
    )
    acme.say(source, name="Ada")
    acme.store()
    source = acme.change(source.id, refuse=[])
    acme.say(source, name="Ada")
    acme.store()
    assert _ends(acme) == ["refused", "stored"]


def test_equal_content_stored_side_by_side_is_one_lead(acme: Incoming, make_runtime: Any) -> None:
    source = acme.source(options={"repeat_window": 600})
    for number in range(40):
        acme.say(source, name=f"Ada {number % 2}")
    _side_by_side(acme, make_runtime, limit=3)
    assert acme.states() == {"stored": 2, "duplicate": 38}
    assert len(acme.leads()) == 2
    assert acme.balanced()


# --- the same person ------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["email", "phone"])
def test_the_same_person_updates_the_lead(acme: Incoming, by: str) -> None:
    said = {"email": "Ada@Example.com", "phone": "+49 30 123456"}
    again = {"email": "ada@example.com", "phone": "+4930123456"}
    source = acme.source(options={"match": {"by": [by], "then": "update"}})
    target = acme.target()
    acme.route(source, target)
    acme.say(source, name="Ada", **{by: said[by]})
    acme.store()
    acme.say(source, company="Works", **{by: again[by]})
    acme.say(source, name="Bob", **{by: {"email": "b@example.com", "phone": "+4930999999"}[by]})
    acme.store()
    leads = acme.leads()
    assert [(lead.name, lead.company, lead.version) for lead in leads] == [
        ("Ada", "Works", 2),
        ("Bob", None, 1),
    ]
    assert [row.event for row in acme.deliveries()] == ["created", "updated", "created"]
    assert acme.balanced()


def test_skip_ends_the_submission_as_a_repeat(acme: Incoming) -> None:
    source = acme.source(options={"match": {**BY_BOTH, "then": "skip"}})
    first = acme.say(source, name="Ada", email="ada@example.com", phone="+4930123456")
    second = acme.say(source, name="Ada B", phone="+4930123456")
    acme.store()
    row = acme.submission(second)
    assert (row.state, row.duplicate_of) == ("duplicate", first)
    assert "lead 1" in row.reasons[0]["message"]
    assert len(acme.leads()) == 1
    assert acme.balanced()


def test_create_makes_a_lead_all_the_same(acme: Incoming) -> None:
    source = acme.source(options={"match": {**BY_BOTH, "then": "create"}})
    for _ in range(2):
        acme.say(source, name="Ada", email="ada@example.com")
    acme.store()
    assert len(acme.leads()) == 2


def test_matching_is_over_all_sources_of_the_project_and_no_other(acme: Incoming) -> None:
    rule = {"match": {"by": ["email"], "then": "update"}}
    acme.say(acme.source("plain"), name="Ada", email="ada@example.com")
    stranger = Incoming(acme.rt, "stranger")
    stranger.say(stranger.source(), name="Ada", email="ada@example.com")
    acme.store()
    acme.say(acme.source("matching", options=rule), email="ada@example.com", company="Works")
    acme.store()
    assert {lead.project_id: lead.version for lead in acme.leads()} == {
        acme.project: 2,
        stranger.project: 1,
    }


def test_beyond_the_window_it_is_another_lead(acme: Incoming, clock: SettableClock) -> None:
    source = acme.source(options={"match": {"by": ["email"], "window": 3600, "then": "update"}})
    acme.say(source, name="Ada", email="ada@example.com")
    acme.store()
    clock.advance(3599)
    acme.say(source, email="ada@example.com", company="Works")
    acme.store()
    assert [lead.version for lead in acme.leads()] == [2]
    clock.advance(3601)
    acme.say(source, email="ada@example.com", company="Other works")
    acme.store()
    assert [lead.version for lead in acme.leads()] == [2, 1]


def test_a_test_never_joins_a_real_lead(acme: Incoming) -> None:
    source = acme.source(options={"match": {"by": ["email"], "then": "update"}})
    acme.say(source, name="Ada", email="ada@example.com")
    acme.say(source, test=True, name="Test", email="ada@example.com")
    acme.store()
    assert sorted((lead.name, lead.test) for lead in acme.leads()) == [
        ("Ada", False),
        ("Test", True),
    ]


def test_a_lead_s_own_key_comes_before_the_person(acme: Incoming) -> None:
    source = acme.source(options={"match": {"by": ["email"], "then": "skip"}})
    acme.say(source, lead="t", partial=True, name="Ada", email="ada@example.com")
    acme.store()
    acme.say(source, lead="t", name="Ada Example", email="ada@example.com")
    acme.store()
    assert _ends(acme) == ["stored", "stored"]
    assert [lead.name for lead in acme.leads()] == ["Ada Example"]


def test_without_a_value_nobody_is_the_same(acme: Incoming) -> None:
    source = acme.source(options={"match": {**BY_BOTH, "then": "skip"}})
    for _ in range(2):
        acme.say(source, name="Ada")
    acme.store()
    assert _ends(acme) == ["stored", "stored"]


@pytest.mark.parametrize(("then", "states"), [("update", {"stored": 40}), ("skip", None)])
def test_one_person_stored_side_by_side_is_one_lead(
    acme: Incoming, make_runtime: Any, then: str, states: dict[str, int] | None
) -> None:
    """E-mail and phone cross: without locks in one order this deadlocks or doubles."""
    source = acme.source(options={"match": {**BY_BOTH, "then": then}})
    plain = acme.source("plain")
    people = [("ada@example.com", "+4930111111"), ("bob@example.com", "+4930222222")]
    for number in range(40):
        email, phone = people[number % 2]
        acme.say(source, email=email, phone=phone, **{f"answer {number}": "yes"})
        if number % 4 == 0:
            acme.say(plain, name=f"Somebody {number}")
    _side_by_side(acme, make_runtime, limit=3)
    persons = [lead for lead in acme.leads() if lead.email]
    assert sorted(lead.email for lead in persons) == ["ada@example.com", "bob@example.com"]
    assert acme.states() == ({"stored": 50} if states else {"stored": 12, "duplicate": 38})
    if then == "update":
        assert [lead.version for lead in persons] == [20, 20]
    assert acme.balanced()
