"""What a provider has and the relay has not comes in once, whatever goes wrong on the way."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from relay.core.contract import (
    Fetching,
    Listed,
    ListedPage,
    Listing,
    Paging,
    Parsed,
    Request,
    Settings,
    judge_reply,
    said_object,
)
from relay.services import comparing, reconciling
from relay.services.comparisons import newest, of_source, told
from relay.services.ledger import Span
from relay.services.reconciling import NotReady, reconcile, reconcile_due
from relay.services.retention import retain
from relay.store.tables import event_keys, reconciliations, submissions
from tests.peer import Answer, Peer
from tests.services.parcels import TOKEN, Office

AGO = 3600.0


def page(settings: Settings, since: float, cursor: str | None, now: float) -> Paging:
    """One page of the parcel office's list."""
    url = f"{settings['url']}/parcels?since={since:.0f}&cursor={cursor or ''}"
    headers = {"Authorization": f"Bearer {settings['token']}"}
    reply = yield Request(method="GET", url=url, headers=headers)
    if (refused := judge_reply(reply, now)) is not None:
        return refused
    said = said_object(reply)
    listed = [
        Listed(body=json.dumps(one["parcel"]).encode(), at=one.get("at")) for one in said["parcels"]
    ]
    return ListedPage(submissions=listed, cursor=said.get("next"))


def never(_parsed: Parsed, _settings: Settings, _now: float) -> Fetching | None:
    """Parcels whose contents are listed need no asking."""
    return None


def an_office(make: Callable[..., Any], peer: Peer, **declared: Any) -> Office:
    listing = Listing(
        ready=lambda settings: "token" in settings,
        page=page,
        by_content=declared.pop("by_content", False),
    )
    office = Office(make, peer, listing=listing, fetch=never, **declared)
    office.clock.advance(86_400)  # since the source was made
    return office


@pytest.fixture
def office(make_runtime: Callable[..., Any], peer: Peer) -> Office:
    return an_office(make_runtime, peer)


def listed(office: Office, *numbers: int, following: str | None = None, **says: Any) -> Answer:
    """A page of the list: these parcels, made an hour ago."""
    at = office.clock.now().timestamp() - AGO
    parcels = [
        {"parcel": {"parcel": number, "says": {"email": f"p{number}@x.example", **says}}, "at": at}
        for number in numbers
    ]
    return Answer(body=json.dumps({"parcels": parcels, "next": following}).encode())


def counts(row: Any) -> tuple[str, int, int, int]:
    return row.state, row.listed, row.known, row.taken


def emails(office: Office) -> list[str]:
    return sorted(lead.email for lead in office.leads())


@pytest.mark.parametrize("at", [1e20, -1e20, 1772452387000.0 * 1e3, 1e300])
def test_a_time_that_is_none_stops_no_list(office: Office, at: float) -> None:
    parcels = [{"parcel": {"parcel": 1, "says": {"email": "p1@x.example"}}, "at": at}]
    office.peer.script(Answer(body=json.dumps({"parcels": parcels}).encode()))
    assert counts(reconcile(office.rt, office.door.id)) == ("finished", 1, 0, 1)


def test_a_list_that_goes_in_circles_ends(office: Office) -> None:
    office.peer.script(listed(office, 1, following="a"))
    office.peer.default = listed(office, 2, following="a")
    row = reconcile(office.rt, office.door.id)
    assert (*counts(row), row.pages) == ("failed", 2, 0, 2, 2)
    assert "does not go on" in row.reason
    assert len(office.peer.arrivals) == 2


def test_a_run_begins_its_list_anew_when_the_settings_have_changed(office: Office) -> None:
    office.peer.script(listed(office, 1, following="1 x"), Answer(503))
    assert reconcile(office.rt, office.door.id).cursor == "1 x"
    office.new_token()
    office.peer.script(listed(office, 1, 2))
    row = reconcile(office.rt, office.door.id)
    assert counts(row) == ("finished", 2, 1, 1)
    assert office.peer.arrivals[-1].path.endswith("cursor=")


def test_what_retention_has_removed_does_not_come_back(
    make_runtime: Callable[..., Any], peer: Peer
) -> None:
    def keeping(**more: Any) -> Any:
        return make_runtime({"RELAY_KEEP_LEADS_DAYS": "3"}, **more)

    office = an_office(keeping, peer)
    office.clock.advance(9 * 86_400)
    for since in (None, office.clock.now() - timedelta(days=8)):
        peer.script(listed(office))
        row = reconcile(office.rt, office.door.id, since)
        assert row.since == office.clock.now() - timedelta(days=3)


# --- what is missing -----------------------------------------------------------------------


def test_what_is_missing_comes_in_by_the_normal_way_and_what_is_here_is_left_alone(
    office: Office,
) -> None:
    office.tell(1, says={"email": "p1@x.example"})
    office.peer.script(listed(office, 1, 2, following="b"), listed(office, 3, 2))
    row = reconcile(office.rt, office.door.id)
    assert counts(row) == ("finished", 4, 2, 2)
    office.store()
    assert emails(office) == ["p1@x.example", "p2@x.example", "p3@x.example"]
    assert office.states() == {"stored": 3}
    assert len(office.deliveries()) == 3
    assert office.balanced()
    paths = [arrival.path for arrival in office.peer.arrivals]
    assert [path.rpartition("=")[2] for path in paths] == ["", "b"]
    assert office.peer.arrivals[0].headers["authorization"] == f"Bearer {TOKEN}"


def test_hour_after_hour_nothing_is_added_that_is_here(office: Office) -> None:
    for _ in range(3):
        office.peer.script(listed(office, 1, 2))
        reconcile(office.rt, office.door.id)
        office.store()
        office.clock.advance(3600)
    assert office.states() == {"stored": 2}
    rows = office.rows(reconciliations)
    assert [counts(row) for row in rows] == [
        ("finished", 2, 0, 2),
        ("finished", 2, 2, 0),
        ("finished", 2, 2, 0),
    ]


def test_a_late_webhook_of_what_came_in_so_is_a_repeat(office: Office) -> None:
    office.peer.script(listed(office, 1))
    reconcile(office.rt, office.door.id)
    office.tell(1, says={"email": "p1@x.example", "name": "Ada"})
    assert office.states() == {"stored": 1, "duplicate": 1}
    assert office.balanced()


def test_what_cannot_be_read_comes_into_quarantine_once(office: Office) -> None:
    at = office.clock.now().timestamp() - AGO
    odd = {"parcels": [{"parcel": {"parcel": 5, "says": 7}, "at": at}, {"parcel": "?", "at": at}]}
    office.peer.default = Answer(body=json.dumps(odd).encode())
    for _ in range(3):
        row = reconcile(office.rt, office.door.id)
        assert row.state == "finished"
        office.clock.advance(60)
    assert office.states() == {"quarantined": 2}


def test_a_paused_source_holds_what_was_missing(office: Office) -> None:
    office.change(office.door.id, paused_at=office.clock.now())
    office.peer.script(listed(office, 1))
    reconcile(office.rt, office.door.id)
    (row,) = office.rows(submissions)
    assert (row.state, row.hold) == ("held", "paused")


# --- which time ----------------------------------------------------------------------------


def test_runs_overlap_and_leave_to_webhooks_what_is_fresh(office: Office) -> None:
    now = office.clock.now()
    fresh = {"parcel": {"parcel": 9, "says": {}}, "at": now.timestamp() - 60}
    old = {"parcel": {"parcel": 8, "says": {}}, "at": now.timestamp() - 10 * 86_400}
    office.peer.script(Answer(body=json.dumps({"parcels": [fresh, old]}).encode()))
    first = reconcile(office.rt, office.door.id)
    assert counts(first) == ("finished", 0, 0, 0)
    assert first.since == now - timedelta(days=1)  # since the source is there
    assert first.until == now - comparing.SETTLE
    office.clock.advance(3600)
    office.peer.script(Answer(body=json.dumps({"parcels": [fresh]}).encode()))
    second = reconcile(office.rt, office.door.id)
    assert second.since == first.until - comparing.OVERLAP
    assert counts(second) == ("finished", 1, 0, 1)


def test_a_person_may_name_an_earlier_beginning(office: Office) -> None:
    since = office.clock.now() - timedelta(days=400)
    office.peer.script(listed(office))
    row = reconcile(office.rt, office.door.id, since, "ada")
    assert (row.since, row.asked_by) == (since, "ada")
    assert f"since={since.timestamp():.0f}" in office.peer.arrivals[0].path


# --- what goes wrong -----------------------------------------------------------------------


def test_a_page_that_fails_is_shown_and_asked_for_again(office: Office) -> None:
    office.peer.script(listed(office, 1, following="b"), Answer(500))
    row = reconcile(office.rt, office.door.id)
    assert counts(row) == ("running", 1, 0, 1)
    assert "answered 500" in row.reason
    assert "1 came in so far; it goes on: answered 500" in told(row._mapping)
    assert reconcile_due(office.rt) == 0
    office.clock.advance(120)
    office.peer.script(listed(office, 2))
    assert reconcile_due(office.rt) == 1
    (row,) = office.rows(reconciliations)
    assert (counts(row), row.reason) == (("finished", 2, 0, 2), None)
    assert office.peer.arrivals[-1].path.endswith("cursor=b")


def test_patience_is_kept_as_it_is_asked_for(office: Office) -> None:
    office.peer.script(Answer(429, headers={"Retry-After": "900"}))
    row = reconcile(office.rt, office.door.id)
    assert (row.due_at - office.clock.now()).total_seconds() >= 900
    office.clock.advance(800)
    assert reconcile_due(office.rt) == 0


@pytest.mark.parametrize("status", [401, 400])
def test_a_refused_access_ends_the_run_visibly_and_the_next_begins_where_it_began(
    office: Office, status: int
) -> None:
    office.peer.script(Answer(status))
    row = reconcile(office.rt, office.door.id)
    assert row.state == "failed"
    assert f"answered {status}" in row.reason
    office.clock.advance(3600)
    office.peer.script(listed(office, 1))
    again = reconcile(office.rt, office.door.id)
    assert again.since == row.since
    assert again.state == "finished"


def test_pages_that_fail_for_a_day_end_the_run(office: Office) -> None:
    office.peer.default = Answer(500)
    reconcile(office.rt, office.door.id)
    for _ in range(40):
        office.clock.advance(4000)
        reconcile_due(office.rt)
        first = office.rows(reconciliations)[0]
        if first.state == "failed":
            break
    assert first.state == "failed"
    assert office.clock.now() - first.started_at > timedelta(days=1)


def test_what_a_source_cannot_say_is_told(office: Office) -> None:
    letters = office.source("letters")
    with pytest.raises(NotReady):
        reconcile(office.rt, letters.id)
    without = office.source("without", kind="parcel")
    with pytest.raises(NotReady):
        reconcile(office.rt, without.id)


# --- processes at the same time, and those that die ---------------------------------------------


def test_two_processes_compare_a_source_once(office: Office, monkeypatch: Any) -> None:
    others: list[Any] = []
    whole = reconciling._take_page

    def meanwhile(rt: Any, run: Any) -> bool:
        others.append(reconcile(rt, run.source.id))
        return whole(rt, run)

    monkeypatch.setattr(reconciling, "_take_page", meanwhile)
    office.peer.script(listed(office, 1))
    row = reconcile(office.rt, office.door.id)
    assert others == [None]
    assert counts(row) == ("finished", 1, 0, 1)


def test_another_goes_on_where_one_died_and_a_late_one_writes_nothing(office: Office) -> None:
    late = comparing.claim(office.rt, office.door, None, "clock")
    assert late is not None
    assert reconcile(office.rt, office.door.id) is None
    lease = office.rt.config.lease_seconds + office.rt.config.total_seconds
    office.clock.advance(lease + 1)
    office.peer.script(listed(office, 1, following="b"), listed(office, 2))
    row = reconcile(office.rt, office.door.id)
    assert (row.id, counts(row)) == (late.row.id, ("finished", 2, 0, 2))
    office.peer.script(listed(office, 3))
    with pytest.raises(comparing.LeaseLost):
        reconciling._take_page(office.rt, late)
    office.store()
    assert office.states() == {"stored": 2}


def test_what_kills_its_process_three_times_ends(office: Office) -> None:
    lease = office.rt.config.lease_seconds + office.rt.config.total_seconds
    for _ in range(3):
        assert comparing.claim(office.rt, office.door, None, "clock") is not None
        office.clock.advance(lease + 1)
    row = reconcile(office.rt, office.door.id)
    assert row.state == "failed"
    assert "died 3 times" in row.reason
    assert office.peer.arrivals == []


def test_a_long_list_goes_on_with_the_next_turn(office: Office, monkeypatch: Any) -> None:
    monkeypatch.setattr(reconciling, "MOST_PAGES", 2)
    pages = [listed(office, number, following=f"c{number}") for number in range(1, 4)]
    office.peer.script(*pages, listed(office, 9))
    first = reconcile(office.rt, office.door.id)
    assert (first.state, first.pages, first.cursor) == ("running", 2, "c2")
    assert reconcile_due(office.rt) == 1
    (row,) = office.rows(reconciliations)
    assert counts(row) == ("finished", 4, 0, 4)


# --- the clock ------------------------------------------------------------------------------


def test_the_clock_compares_each_source_once_in_the_interval(office: Office) -> None:
    office.peer.default = listed(office)
    assert reconcile_due(office.rt) == 1
    assert reconcile_due(office.rt) == 0
    office.clock.advance(3601)
    assert reconcile_due(office.rt) == 1
    office.change(office.door.id, archived_at=office.clock.now())
    office.clock.advance(3601)
    assert reconcile_due(office.rt) == 0


def test_without_an_interval_the_clock_compares_nothing(
    make_runtime: Callable[..., Any], peer: Peer
) -> None:
    def never_by_itself(**more: Any) -> Any:
        return make_runtime({"RELAY_RECONCILE_SECONDS": "0"}, **more)

    office = an_office(never_by_itself, peer)
    assert reconcile_due(office.rt) == 0
    assert peer.arrivals == []


def test_one_source_that_fails_stops_no_other(office: Office, monkeypatch: Any) -> None:
    other = office.office("other")
    whole = reconciling.reconcile

    def broken(rt: Any, source_id: Any, *more: Any) -> Any:
        if source_id == min(office.door.id, other.id):
            raise ZeroDivisionError
        return whole(rt, source_id, *more)

    monkeypatch.setattr(reconciling, "reconcile", broken)
    office.peer.default = listed(office)
    assert reconcile_due(office.rt) == 1


# --- providers whose webhook names no id --------------------------------------------------------


def nameless(inbound: Any, settings: Any) -> list[Parsed]:
    """Parcels that only the list numbers: what is posted has no number."""
    from dataclasses import replace

    from tests.services.parcels import parse

    return [
        parsed if parsed.document["parcel"] else replace(parsed, event_id=None, lead_id=None)
        for parsed in parse(inbound, settings)
    ]


@pytest.fixture
def blind(make_runtime: Callable[..., Any], peer: Peer) -> Office:
    return an_office(make_runtime, peer, parse=nameless, by_content=True, repeat_window=600)


def post(office: Office, **says: Any) -> None:
    """A posted parcel, an hour ago."""
    office.clock.advance(-AGO)
    office.tell(0, says=says)
    office.clock.advance(AGO)


def test_what_said_the_same_at_that_time_is_known_without_an_id(blind: Office) -> None:
    post(blind, email="p7@x.example", page="/roofs", company="Works")
    blind.peer.script(listed(blind, 7))
    assert counts(reconcile(blind.rt, blind.door.id)) == ("finished", 1, 1, 0)
    blind.peer.script(listed(blind, 7))
    assert counts(reconcile(blind.rt, blind.door.id)) == ("finished", 1, 1, 0)
    assert blind.states() == {"stored": 1}
    assert len(blind.rows(event_keys)) == 1
    assert blind.balanced()


def test_one_posted_submission_stands_for_one_listed_one(blind: Office) -> None:
    post(blind, email="p7@x.example")
    blind.peer.script(listed(blind, 7, 8, email="p7@x.example"))
    assert counts(reconcile(blind.rt, blind.door.id)) == ("finished", 2, 1, 1)


@pytest.mark.parametrize("says", [{"email": "q@x.example"}, {"name": "Ada"}])
def test_what_said_something_else_is_another(blind: Office, says: Any) -> None:
    post(blind, **says)
    blind.peer.script(listed(blind, 7))
    assert counts(reconcile(blind.rt, blind.door.id)) == ("finished", 1, 0, 1)


def test_what_said_the_same_on_another_day_is_another(blind: Office) -> None:
    post(blind, email="p7@x.example")
    blind.clock.advance(86_400)
    blind.peer.script(listed(blind, 7))
    assert counts(reconcile(blind.rt, blind.door.id)) == ("finished", 1, 0, 1)


# --- seeing it -----------------------------------------------------------------------------


def test_the_newest_comparison_of_each_source_shows_the_counts_side_by_side(
    office: Office,
) -> None:
    office.peer.script(listed(office, 1), listed(office, 1, 2))
    reconcile(office.rt, office.door.id)
    office.clock.advance(3600)
    reconcile(office.rt, office.door.id)
    (row,) = newest(office.rt)
    assert (row["source"], row["listed"], row["known"], row["taken"]) == ("parcels", 2, 1, 1)
    assert told(row) == "the provider has 2, 1 were here, 1 came in"
    assert (of_source(office.rt, office.door.id) or {})["id"] == row["id"]
    before = Span(until=office.clock.now() - timedelta(minutes=30), project=office.project)
    assert [one["listed"] for one in newest(office.rt, before)] == [1]
    assert newest(office.rt, Span(since=office.clock.now() + timedelta(1))) == []


def test_old_comparisons_are_removed_with_old_bodies(office: Office) -> None:
    office.peer.script(listed(office), Answer(500))
    reconcile(office.rt, office.door.id)
    office.clock.advance(91 * 86_400)
    assert retain(office.rt).comparisons == 1
    assert office.rows(reconciliations) == []


def test_a_conversation_that_ends_otherwise_is_a_failure(
    make_runtime: Callable[..., Any], peer: Peer
) -> None:
    def odd(_settings: Settings, _since: float, _cursor: str | None, _now: float) -> Paging:
        raise ZeroDivisionError
        yield Request(method="GET", url="")

    office = an_office(make_runtime, peer)
    broken = Listing(ready=lambda _settings: True, page=odd)
    kind = office.door.kind
    object.__setattr__(kind.source, "listing", broken)
    row = reconcile(office.rt, office.door.id)
    assert row.state == "running"
    assert "ZeroDivisionError" in row.reason
    assert office.rows(submissions) == []
