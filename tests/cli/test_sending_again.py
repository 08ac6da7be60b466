"""`replay`, `cancel`, `pause`, `resume` and `send`."""

import json
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from relay.core.ids import new_id
from relay.services.configure import apply
from relay.services.demo import make_demo
from relay.store.tables import deliveries
from tests.cli.conftest import Relay


@pytest.fixture
def demo(runtime: Any) -> Any:
    """A database with the demo's leads."""
    make_demo(runtime)
    return runtime


def _json(relay: Relay, *arguments: str) -> Any:
    result = relay(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_one_delivery_is_sent_again_as_a_new_one(demo: Any, relay: Relay) -> None:
    failed = _json(relay, "deliveries", "--state", "failed")[0]
    going = _json(relay, "replay", failed["id"])["delivery"]
    new = _json(relay, "deliveries", going)
    assert (new["state"], new["replay_of"]) == ("waiting", failed["id"])
    assert relay("replay", failed["id"], "--state", "failed").exit_code == 2
    assert relay("replay", "ffffffff").exit_code == 1


def test_all_that_a_filter_names_go_after_their_count_was_shown(demo: Any, relay: Relay) -> None:
    failed = len(_json(relay, "deliveries", "--state", "failed", "--limit", "1000"))
    unasked = relay("replay", "--state", "failed")
    assert unasked.exit_code == 2
    assert "say --yes" in unasked.stderr
    done = relay("replay", "--state", "failed", "--yes")
    assert f"{failed} deliveries: {failed} failed." in done.stderr
    assert done.stdout == f"{failed} go.\n"
    assert len(_json(relay, "deliveries", "--target", "sales", "--state", "waiting")) == failed
    assert relay("ledger").exit_code == 0


def test_a_filter_is_needed_and_a_filter_that_names_nothing_does_nothing(
    demo: Any, relay: Relay
) -> None:
    for command in ("replay", "cancel"):
        assert relay(command, "--yes").exit_code == 2
        assert relay(command, "--text", "nobody at all").stdout.startswith("0 ")


def test_what_waits_is_called_off(demo: Any, relay: Relay) -> None:
    waiting = _json(
        relay, "deliveries", "--target", "newsletter", "--state", "waiting", "--limit", "100"
    )
    assert relay("cancel", waiting[0]["id"]).exit_code == 0
    again = relay("cancel", waiting[0]["id"])
    assert again.exit_code == 1
    assert "it is cancelled" in again.stderr
    rest = _json(relay, "cancel", "--target", "newsletter", "--yes", "--reason", "no letters")
    assert rest == {"cancelled": len(waiting) - 1, "sending": 0}
    cancelled = _json(relay, "deliveries", "--target", "newsletter", "--state", "cancelled")
    assert {row["reason"] for row in cancelled} == {"no letters", "called off"}
    assert relay("cancel", "--state", "failed", "--yes").exit_code == 2


def test_calling_off_says_how_many_were_being_sent_and_go_on(demo: Any, relay: Relay) -> None:
    waiting = _json(
        relay, "deliveries", "--target", "newsletter", "--state", "waiting", "--limit", "100"
    )
    one, other, *rest = [row["id"] for row in waiting]
    assert rest
    _set(demo, one, state="sending")
    done = relay("cancel", "--target", "newsletter", "--yes")
    assert f"{len(rest) + 1} deliveries: {len(rest) + 1} waiting." in done.stderr
    assert done.stdout == f"{len(rest) + 1} called off.\n1 delivery being sent: not stopped.\n"
    assert _json(relay, "deliveries", one)["state"] == "sending"
    assert _json(relay, "deliveries", other)["state"] == "cancelled"
    again = _json(relay, "cancel", "--target", "newsletter")
    assert again == {"cancelled": 0, "sending": 1}, "nothing to ask about"


def test_what_a_newer_version_has_overtaken_is_left_out_and_said(demo: Any, relay: Relay) -> None:
    failed = _json(relay, "deliveries", "--state", "failed", "--limit", "1000")
    lead = failed[0]["lead_id"]
    with demo.database.write() as connection:
        row = connection.execute(
            sa.select(deliveries).where(deliveries.c.id == UUID(failed[0]["id"]))
        ).one()
        newer = {"id": new_id(), "version": row.version + 1, "state": "waiting"}
        connection.execute(sa.insert(deliveries).values({**row._mapping, **newer}))
    only = relay("replay", "--state", "failed", "--lead", lead, "--yes")
    assert "1 delivery left out" in only.stderr
    assert only.stdout == "0 go.\n"
    done = relay("replay", "--state", "failed", "--yes")
    assert f"{len(failed) - 1} deliveries: {len(failed) - 1} failed." in done.stderr
    assert done.stdout == f"{len(failed) - 1} go.\n"


def _set(runtime: Any, delivery: str, **values: Any) -> None:
    with runtime.database.write() as connection:
        mine = deliveries.c.id == UUID(delivery)
        connection.execute(sa.update(deliveries).where(mine).values(**values))


def test_leads_that_a_target_never_got_are_brought_to_it(demo: Any, relay: Relay) -> None:
    late = {"name": "late", "kind": "webhook", "settings": {"url": "https://late.demo.invalid"}}
    route = {"from": "generic-form", "to": "late", "when": {}}
    apply(
        demo, {"projects": [{"id": "demo", "name": "Demo", "targets": [late], "routes": [route]}]}
    )
    missing = len(_json(relay, "leads", "--source", "generic-form"))
    assert relay("replay", "--missing").exit_code == 2
    assert relay("replay", "--missing", "--target", "late", "--state", "failed").exit_code == 2
    done = relay("replay", "--missing", "--target", "late", "--yes")
    assert f"late never got {missing} leads." in done.stderr
    assert done.stdout == f"{missing} go.\n"
    again = _json(relay, "replay", "--missing", "--target", "late", "--yes")
    assert again == {"replayed": 0}
    assert relay("ledger").exit_code == 0


def test_a_source_is_paused_and_resumed(demo: Any, relay: Relay) -> None:
    assert _json(relay, "pause", "source", "typeform-form")["paused"] is True
    assert "was paused already" in relay("pause", "source", "demo/typeform-form").output
    sent = _json(relay, "send", "generic", "nested", "--to", "generic-form")
    assert [one["state"] for one in sent["submissions"]] == ["received"]
    apply(demo, {"projects": [{"id": "demo", "name": "Demo", "sources": [_OTHER]}]})
    relay("pause", "source", "other")
    sent = _json(relay, "send", "typeform", "--to", "other")
    assert [one["state"] for one in sent["submissions"]] == ["held"]
    assert _json(relay, "resume", "source", "other")["released"] == 1


_OTHER = {"name": "other", "kind": "typeform", "settings": {"secrets": ["a secret of its own"]}}


def test_a_target_is_paused_and_resumed(demo: Any, relay: Relay) -> None:
    assert _json(relay, "resume", "target", "crm")["resumed"] is True
    assert "was not held" in relay("resume", "target", "crm").output
    assert _json(relay, "pause", "target", "crm", "--reason", "holidays")["paused"] is True
    assert relay("pause", "target", "nobody").exit_code == 1


def test_names_that_several_projects_have_need_their_project(demo: Any, relay: Relay) -> None:
    apply(
        demo,
        {"projects": [{"id": "b", "name": "B", "sources": [_OTHER | {"name": "generic-form"}]}]},
    )
    several = relay("pause", "source", "generic-form")
    assert several.exit_code == 1
    assert "b/generic-form, demo/generic-form" in several.stderr
    assert relay("pause", "source", "b/generic-form").exit_code == 0
    assert relay("pause", "source", "generic-form", "--project", "demo").exit_code == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_samples_are_sent_signed_and_the_same_again_is_a_repeat(demo: Any, relay: Relay) -> None:
    apply(demo, {"projects": [{"id": "b", "name": "B", "sources": [_OTHER]}]})
    first = _json(relay, "send", "typeform", "--to", "b/other")
    again = _json(relay, "send", "typeform", "--to", "b/other")
    assert [one["submissions"][0]["state"] for one in (first, again)] == ["received", "duplicate"]
    listed = relay("send", "typeform", "--list").output
    assert "example" in listed
    assert "partial" in listed
    assert relay("send", "typeform").exit_code == 2
    assert "demo/typeform-form, b/other" in relay("send", "typeform").stderr
    assert relay("send", "typeform", "--project", "b").exit_code == 0
    assert relay("send", "webhook").exit_code == 2
    assert relay("send", "typeform", "nothing", "--to", "b/other").exit_code == 2
    assert relay("send", "generic", "--to", "b/other").exit_code == 2
    assert relay("send", "typeform", "--to", "nobody").exit_code == 1


SOMEWHERE_ELSE = {
    "projects": [
        {
            "id": "demo",
            "name": "Demo",
            "targets": [
                {
                    "name": "somewhere else",
                    "kind": "webhook",
                    "settings": {"url": "https://else.example/"},
                }
            ],
        }
    ]
}
"""One more target, which no route leads to."""


def test_one_delivery_goes_to_another_target_or_by_force(demo: Any, relay: Relay) -> None:
    failed = _json(relay, "deliveries", "--state", "failed")[0]
    apply(demo, SOMEWHERE_ELSE)
    going = _json(relay, "replay", failed["id"], "--to", "somewhere else")["delivery"]
    new = _json(relay, "deliveries", going)
    assert new["replay_of"] == failed["id"]
    assert new["target_id"] != failed["target_id"]
    again = relay("replay", failed["id"], "--to", "somewhere else")
    assert again.exit_code == 1
    assert "has this version" in again.stderr
    assert relay("pause", "target", failed["target"]).exit_code == 0
    held = relay("replay", failed["id"])
    assert held.exit_code == 0
    forced = relay("replay", failed["id"], "--force")
    assert forced.exit_code == 1, "its new delivery is still open"
    assert "earlier delivery" in forced.stderr
    waiting = _json(relay, "deliveries", "--target", failed["target"], "--state", "waiting")[0]
    assert relay("replay", waiting["id"], "--force").stdout == f"{waiting['id']} goes.\n"
    for wrong in (("--force",), (failed["id"], "--force", "--to", "somewhere else")):
        assert relay("replay", *wrong).exit_code == 2


def test_all_that_a_filter_names_go_to_another_target(demo: Any, relay: Relay) -> None:
    apply(demo, SOMEWHERE_ELSE)
    failed = len(_json(relay, "deliveries", "--state", "failed", "--limit", "1000"))
    assert relay("replay", "--to", "somewhere else", "--state", "failed").exit_code == 2
    done = relay("replay", "--to", "somewhere else", "--state", "failed", "--yes")
    assert f"{failed} deliveries, to somewhere else." in done.stderr
    made = _json(relay, "deliveries", "--target", "somewhere else", "--limit", "1000")
    assert done.stdout == f"{len(made)} go.\n"
    assert made
    twice = relay("replay", "--to", "somewhere else", "--state", "failed", "--yes")
    assert twice.stdout == "0 go.\n"
    assert "left out: the target has this version" in twice.stderr
    assert relay("replay", "--to", "sales", "--missing", "--target", "sales").exit_code == 2
