"""Problems on the screen: found, looked into, muted, resolved; and to whom they are shown."""

from typing import Any
from uuid import UUID

import pytest

from relay.services import lanes
from relay.services.looking import look
from relay.store import tables
from tests.peer import Answer
from tests.web.console.house import House, Visitor

PROBLEMS = "/console/p/acme/problems/"
REJECTS = "Sales CRM rejects leads (422)"


@pytest.fixture
def rejected(house: House) -> UUID:
    """Two leads that the CRM does not want; the problem's id."""
    house.peer.script(Answer(422, b"no"), Answer(422, b"no"))
    for name in ("Ada", "Berta"):
        house.lead(name=name, email=f"{name}@example.com")
    look(house.rt)
    [found] = house.ids(tables.problems, sort="delivery")
    return found


def problem(visitor: Visitor, name: str = REJECTS) -> Any:
    return visitor.get(visitor.get(PROBLEMS).link(name))


def test_without_problems_the_page_says_so(house: House, visitor: Visitor) -> None:
    for shelf, words in (
        ("", "No open problem"),
        ("?shelf=muted", "Nothing is muted"),
        ("?shelf=resolved", "Nothing was resolved yet"),
    ):
        assert words in visitor.get(PROBLEMS + shelf).text
    visitor.get(f"{PROBLEMS}?shelf=other", status=404)
    visitor.get(f"{PROBLEMS}?sort=other", status=404)


def test_a_problem_says_what_since_when_and_what_to_do(
    house: House, visitor: Visitor, rejected: UUID
) -> None:
    listed = visitor.get(PROBLEMS)
    assert REJECTS in listed.text
    assert "Problems 1" in listed.text, "the menu counts it"
    page = problem(visitor)
    for words in ("It does not accept the values it is sent.", "2 times", "How often it happened"):
        assert words in page.text
    for link, shows in (
        ("Edit its mapping", "Mapping"),
        ("See those deliveries", "Ada"),
        ("the delivery", "Berta"),
        ("Open the target", "Sales CRM"),
    ):
        assert shows in visitor.get(page.link(link)).text, link


def test_it_is_resolved_and_comes_again(house: House, visitor: Visitor, rejected: UUID) -> None:
    page = problem(visitor)
    resolved = visitor.send(page.form("/resolve"))
    assert "Resolved. Should it happen again, it opens anew." in resolved.text
    assert "by ada@example.com" in resolved.text
    assert REJECTS not in visitor.get(PROBLEMS).text
    assert REJECTS in visitor.get(f"{PROBLEMS}?shelf=resolved").text
    again = visitor.send(page.form("/resolve"))
    assert "it has changed meanwhile" in again.text
    house.peer.script(Answer(422, b"no"))
    house.lead(name="Carla")
    clock: Any = house.rt.clock
    clock.advance(10)
    look(house.rt)
    page = problem(visitor)
    assert "1 time, 3 in all" in page.text


def test_it_is_muted_and_unmuted(house: House, visitor: Visitor, rejected: UUID) -> None:
    page = visitor.send(problem(visitor).form("/mute"), span="hour")
    assert "Muted for an hour" in page.text
    assert REJECTS not in visitor.get(PROBLEMS).text
    muted = visitor.get(f"{PROBLEMS}?shelf=muted")
    page = visitor.send(visitor.get(muted.link(REJECTS)).form("/unmute"))
    assert "It is not muted any more." in page.text
    assert REJECTS in visitor.get(PROBLEMS).text
    actions = [house.row(tables.audit, id=one).action for one in house.ids(tables.audit)]
    assert actions[-2:] == ["mute", "unmute"]


def test_a_state_is_not_resolved_by_hand(house: House, visitor: Visitor) -> None:
    house.peer.script(Answer(401))
    house.lead(name="Ada")
    look(house.rt)
    page = problem(visitor, "Sales CRM is paused: its credentials are not accepted")
    assert not [form for form in page.forms if form.action.endswith("/resolve")]
    assert "Enter working ones in its settings" in page.text
    assert "Change Sales CRM" in visitor.get(page.link("Fix its settings")).text
    lanes.resume_target(house.rt, house.row(tables.targets, name="Sales CRM").id, "test")
    clock: Any = house.rt.clock
    clock.advance(10)
    look(house.rt)
    assert "Resolved" in visitor.get(page.link("Problems") + "?shelf=resolved").text


def test_problems_are_found_by_their_sort(house: House, visitor: Visitor, rejected: UUID) -> None:
    house.submit(body="{")
    clock: Any = house.rt.clock
    clock.advance(10)
    look(house.rt)
    quarantine = "Website sends what cannot be read: not JSON"
    found = visitor.get(f"{PROBLEMS}?sort=quarantine")
    assert quarantine in found.text
    assert REJECTS not in found.text
    page = visitor.get(found.link(quarantine))
    assert "Submission at Website" in visitor.get(page.link("the submission")).text
    assert "Quarantine" in visitor.get(page.link("See what waits for it")).text
    assert "Website" in visitor.get(page.link("Edit the mapping")).text
    assert "Website" in visitor.get(page.link("Fix and release")).text


def test_a_viewer_looks_and_does_nothing(house: House, rejected: UUID) -> None:
    viewer = house.visitor("vera@example.com", "viewer")
    page = problem(viewer)
    assert [form.action for form in page.forms if "problems" in form.action] == []
    assert "Edit its mapping" not in page.text
    assert "Ada" not in page.text


def test_the_relays_own_problems_are_for_who_sees_all_projects(house: House) -> None:
    look(house.rt)
    clock: Any = house.rt.clock
    clock.advance(70)
    look(house.rt)
    everybody = house.visitor("olaf@example.com", "operator")
    page = problem(everybody, "No worker is running")
    assert "whole relay" in page.text
    everybody.send(page.form("/mute"), span="ever")
    own = house.visitor("paula@example.com", "owner", "acme")
    assert "No worker is running" not in own.get(f"{PROBLEMS}?shelf=muted").text
    address = everybody.get(f"{PROBLEMS}?shelf=muted").link("No worker is running")
    own.get(address, status=404)
