"""What people do to deliveries and submissions is in the audit, and tells nothing of the lead."""

from typing import Any

import pytest

from relay.services import missing, quarantine, replay
from relay.services.filtering import Filter
from relay.store import tables
from tests.factories import Incoming


@pytest.fixture
def delivery(acme: Incoming) -> Any:
    """A delivery that failed, of the lead with the number 1."""
    source, target = acme.source(), acme.target("crm")
    acme.route(source, target)
    acme.say(source, lead="t", name="Ada Lovelace")
    acme.store()
    [row] = acme.deliveries()
    acme.settle(row.id, "failed")
    return row


def _lines(acme: Incoming) -> list[Any]:
    return [
        (row.actor, row.action, row.subject, row.after)
        for row in acme.rows(tables.audit)
        if row.action not in ("create", "update")
    ]


def test_one_delivery_sent_again_and_called_off(acme: Incoming, delivery: Any) -> None:
    new = replay.replay_one(acme.rt, delivery.id, "ada@example.com")
    assert new is not None
    assert replay.cancel_one(acme.rt, new, "API key shop", "not any more")
    assert not replay.cancel_one(acme.rt, new, "API key shop")
    assert _lines(acme) == [
        (
            "ada@example.com",
            "replay",
            f"delivery {delivery.id} of lead 1 to crm",
            {"delivery": str(new)},
        ),
        (
            "API key shop",
            "cancel",
            f"delivery {new} of lead 1 to crm",
            {"reason": "not any more"},
        ),
    ]


def test_many_with_their_filter_but_not_with_what_was_searched(
    acme: Incoming, delivery: Any
) -> None:
    wanted = Filter(project=acme.project, states=("failed",), text="Lovelace")
    replay.replay_all(acme.rt, wanted, "ada@example.com")
    replay.cancel(acme.rt, wanted, "ada@example.com")
    asked = {"project": str(acme.project), "states": ["failed"], "text": "…"}
    assert _lines(acme) == [
        ("ada@example.com", action, "deliveries", {"filter": asked})
        for action in ("replay", "cancel")
    ]


def test_bringing_what_a_target_never_got(acme: Incoming, delivery: Any) -> None:
    missing.bring(acme.rt, delivery.target_id, "command line")
    [(actor, action, subject, _after)] = _lines(acme)
    assert (actor, action, subject) == ("command line", "bring", "target crm")


def test_a_release_with_the_states_around_it(acme: Incoming) -> None:
    held = acme.say(acme.source(), name="Ada", hold="honeypot")
    quarantine.release(acme.rt, [held], "ada@example.com")
    [row] = [one for one in acme.rows(tables.audit) if one.action == "release"]
    assert (row.actor, row.subject) == ("ada@example.com", f"submission {held}")
    assert (row.before, row.after) == ({"state": "held"}, {"state": "received"})
