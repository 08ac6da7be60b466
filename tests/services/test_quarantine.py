"""What could not become a lead is kept whole, mapped again after a fix, and goes on."""

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from relay.core.contract import Inbound, Parsed, Unreadable
from relay.services import configured
from relay.services.arrival import HOLDS
from relay.services.quarantine import release
from relay.services.sweep import sweep
from relay.store import tables
from tests.conftest import SettableClock
from tests.factories import Incoming


def test_released_after_a_fix_of_the_integration_it_is_mapped_and_goes_on(
    acme: Incoming, monkeypatch: Any
) -> None:
    source, target = acme.source(), acme.target()
    acme.route(source, target)
    body = {"says": "Ada Example", "event": "e", "lead": "t"}
    [said] = acme.post(source, body).ids
    before = acme.rows(tables.bodies)
    found = release(acme.rt, [said], "test")
    assert found.released == ()
    assert "object" in found.still[said][0], "nothing has changed: it stays with its reasons"

    adapter = source.kind.adapter.__class__
    lenient = {"properties": {"says": {"lead": "/contact/full_name"}}}
    kind = acme.rt.catalog.sources["letter"]
    fixed = kind.__class__(
        kind.name, kind.source, adapter(lenient, acme.rt.catalog.lead), kind.guide, kind.folder
    )
    monkeypatch.setitem(acme.rt.catalog.sources, "letter", fixed)
    acme.reread(source.id)
    acme.bell.rung.clear()
    assert release(acme.rt, [said], "test").released == (said,)
    assert acme.bell.rung == ["store"]
    acme.store()
    [lead] = acme.leads()
    assert (lead.name, lead.lead_key) == ("Ada Example", f"source:{source.id}:t")
    assert [row.state for row in acme.deliveries()] == ["waiting"]
    assert acme.rows(tables.bodies) == before, "what arrived is never changed"
    assert acme.balanced()


def test_a_mapping_change_is_what_a_released_body_is_read_by(acme: Incoming) -> None:
    source = acme.source()
    [said] = acme.post(source, {"says": {"Ihr Gewerk": "Roof"}}).ids
    acme.set(tables.submissions, sa.true(), state="quarantined", document=None, lead_key=None)
    source = acme.change(source.id, mapping={"Ihr Gewerk": "/contact/company"})
    assert release(acme.rt, [said], "test").released == (said,)
    acme.store()
    assert [lead.company for lead in acme.leads()] == ["Roof"]


def test_the_query_is_part_of_what_is_read_again(acme: Incoming, monkeypatch: Any) -> None:
    source = acme.source()
    [said] = acme.post(source, b"{not json", query=(("a", "1"), ("b", "ü"))).ids
    seen: list[Any] = []
    nothing = Unreadable("nothing")

    def look(_source: Any, inbound: Any) -> Any:
        seen.append(inbound)
        raise nothing

    monkeypatch.setattr("relay.services.remapping.remap", look)
    release(acme.rt, [said], "test")
    assert seen[0].query == (("a", "1"), ("b", "ü"))
    assert seen[0].body == b"{not json"
    assert seen[0].headers == {"content-type": "application/json"}


def test_held_ones_go_on_as_they_are(acme: Incoming) -> None:
    source = acme.source()
    said = acme.say(source, name="Ada", hold="captcha")
    document = acme.submission(said).document
    assert release(acme.rt, [said], "test").released == (said,)
    row = acme.submission(said)
    assert (row.state, row.hold, row.reasons, row.document) == ("received", None, [], document)
    acme.store()
    assert acme.states() == {"stored": 1}
    assert acme.balanced()


def test_a_refused_one_goes_past_the_rule_that_stopped_it(acme: Incoming) -> None:
    source = acme.source(refuse=[{"reason": "never", "when": True}])
    said = acme.say(source, name="Ada")
    acme.store()
    assert acme.states() == {"refused": 1}
    release(acme.rt, [said], "test")
    acme.say(source, name="Bob")
    acme.store()
    assert acme.states() == {"stored": 1, "refused": 1}
    assert [lead.name for lead in acme.leads()] == ["Ada"]
    assert acme.balanced()


def test_a_poison_one_gets_three_new_tries(acme: Incoming) -> None:
    said = acme.say(acme.source(), name="Ada")
    acme.set(tables.submissions, sa.true(), state="quarantined", tries=0)
    release(acme.rt, [said], "test")
    row = acme.submission(said)
    assert (row.state, row.tries, row.stored_at) == ("received", 0, row.stored_at)
    acme.store()
    assert acme.states() == {"stored": 1}


def test_without_its_body_it_goes_by_its_document_or_says_so(
    acme: Incoming, clock: SettableClock
) -> None:
    source = acme.source()
    [empty] = acme.post(source, b"{not json").ids
    mapped = acme.say(source, name="Ada")
    mine = tables.submissions.c.id == mapped
    acme.set(tables.submissions, mine, state="quarantined")
    acme.set(tables.bodies, sa.true(), blanked_at=clock.now(), body=b"", headers={}, query="[]")
    found = release(acme.rt, [empty, mapped], "test")
    assert found.released == (mapped,)
    assert "retention" in found.still[empty][0]


def test_what_is_not_on_a_shelf_is_left_alone(acme: Incoming) -> None:
    source = acme.source()
    first = acme.say(source, event="e", name="Ada")
    repeat = acme.say(source, event="e", name="Ada")
    acme.store()
    assert release(acme.rt, [first, repeat], "test").released == ()
    assert acme.states() == {"stored": 1, "duplicate": 1}


def test_several_parts_of_a_body_are_released_each_for_itself(acme: Incoming) -> None:
    source = acme.source()
    ids = acme.post(source, [{"says": {"name": "Ada"}}, {"no": 1}, {"says": {"name": "Cy"}}]).ids
    acme.set(tables.submissions, sa.true(), state="quarantined", document=None)
    found = release(acme.rt, ids, "test")
    assert found.released == (ids[0], ids[2])
    assert list(found.still) == [ids[1]]
    acme.store()
    assert sorted(lead.name for lead in acme.leads()) == ["Ada", "Cy"]
    assert acme.balanced()


def _repaired(acme: Incoming, monkeypatch: Any) -> None:
    """From now on the integration reads what it crashed on: two submissions, each time."""
    kind = acme.rt.catalog.sources["letter"]

    def read(_inbound: Inbound, _settings: Any) -> list[Parsed]:
        return [Parsed(document={"says": {"name": name}}, event_id=name) for name in ("Ada", "Bob")]

    fixed = replace(kind, source=replace(kind.source, parse=read))
    monkeypatch.setitem(acme.rt.catalog.sources, "letter", fixed)
    configured.forget(acme.rt)


def test_a_bug_of_an_integration_stops_no_release(acme: Incoming) -> None:
    source = acme.source()
    [said] = acme.post(source, b'"crash"').ids
    held = acme.say(source, name="Ada", hold="captcha")
    found = release(acme.rt, [said, held], "test")
    assert found.released == (held,)
    assert "ZeroDivisionError" in found.still[said][0]
    assert acme.balanced()


def test_what_is_read_at_last_brings_all_that_its_body_holds(
    acme: Incoming, monkeypatch: Any
) -> None:
    source = acme.source()
    [said] = acme.post(source, b'"crash"').ids
    [again] = acme.post(source, b'"crash"').ids
    _repaired(acme, monkeypatch)
    assert release(acme.rt, [said], "test").released == (said,)
    release(acme.rt, [again], "test")
    late = acme.post(acme.reread(source.id), b'"crash"')
    acme.store()
    assert sorted(lead.name for lead in acme.leads()) == ["Ada", "Bob"]
    assert acme.states() == {"stored": 2, "duplicate": 4}, "each event counts once, whenever read"
    assert late.states == ("duplicate", "duplicate")
    assert [row.parts for row in acme.rows(tables.bodies)] == [2, 2, 2]
    assert acme.balanced()


@pytest.mark.parametrize("body", [{"says": "Ada Example"}, "crash"])
@pytest.mark.parametrize("hold", ["honeypot", "captcha", "address"])
def test_what_was_suspicious_too_is_held_once_it_can_be_mapped(
    acme: Incoming, monkeypatch: Any, body: Any, hold: Any
) -> None:
    """The fix of a mapping is no word on whether a person sent it."""
    source = acme.source()
    [said] = acme.post(source, body, hold).ids
    assert acme.submission(said).state == "quarantined"
    assert list(release(acme.rt, [said], "test").still) == [said], "and keeps the verdict meanwhile"
    _repaired(acme, monkeypatch)
    found = release(acme.rt, [said], "test")
    assert (found.released, found.still) == ((), {})
    assert found.held == {said: [HOLDS[hold]]}
    row = acme.submission(said)
    assert (row.state, row.hold) == ("held", hold)
    assert [reason["message"] for reason in row.reasons] == [HOLDS[hold]]
    sweep(acme.rt)
    assert acme.store() == 0
    assert release(acme.rt, [said], "test").released == (said,)
    acme.store()
    assert acme.submission(said).state == "stored"
    assert acme.balanced()


@pytest.mark.parametrize("hold", ["rate", "paused"])
def test_what_would_have_gone_on_by_itself_is_not_held_again(
    acme: Incoming, monkeypatch: Any, hold: Any
) -> None:
    [said] = acme.post(acme.source(), b'"crash"', hold).ids
    _repaired(acme, monkeypatch)
    assert release(acme.rt, [said], "test").released == (said,)
