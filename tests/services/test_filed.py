"""Filing at once: the lead is there before the sender is answered."""

import json
from typing import Any

import pytest
import sqlalchemy as sa

from relay.core.contract import Inbound
from relay.services import filing, intake
from relay.services.arrival import Hold
from relay.services.configured import ConfiguredSource
from relay.services.filed import Filed, FiledLead, file
from relay.store import tables
from tests.factories import Incoming


def send(acme: Incoming, source: ConfiguredSource, hold: Hold | None = None, **says: Any) -> Filed:
    """File one letter: `about`, `event`, `lead`, `test`, `partial`, and what it says."""
    known = {"about", "event", "lead", "test", "partial"}
    outside = {name: says.pop(name) for name in known & says.keys()}
    body = json.dumps({"says": says, **outside}).encode()
    inbound = Inbound(
        headers={"content-type": "application/json"},
        body=body,
        address="192.0.2.1",
        received_at=acme.clock.now().timestamp(),
    )
    return file(acme.rt, source, inbound, door="createLead", hold=hold)


def lead_of(filed: Filed) -> FiledLead:
    """The lead that there has to be."""
    assert filed.lead is not None
    return filed.lead


def test_a_lead_is_there_with_all_that_it_owes(acme: Incoming) -> None:
    source, target = acme.source(), acme.target()
    acme.route(source, target)
    filed = send(acme, source, name="Ada", email="Ada@x.example")
    assert filed.lead is not None
    assert (filed.state, filed.lead.created, filed.lead.version) == ("stored", True, 1)
    [lead] = acme.leads()
    assert (lead.id, lead.number, lead.public_id) == (
        filed.lead.id,
        filed.lead.number,
        filed.lead.public_id,
    )
    assert (lead.status, filed.lead.status) == ("open", "open")
    assert filed.lead.created_at == lead.created_at == acme.clock.now()
    row = acme.submission(filed.submission_id)
    assert (row.state, row.lead_id, row.lead_version, row.owed) == ("stored", lead.id, 1, 1)
    assert row.stored_at == acme.clock.now()
    [delivery] = acme.deliveries(target)
    assert (delivery.lead_id, delivery.state) == (lead.id, "waiting")
    assert acme.bell.rung == [str(target)]
    [body] = acme.rows(tables.bodies)
    assert body.door == "createLead"
    assert acme.store() == 0
    assert acme.balanced()


def test_what_lists_are_filtered_by_has_columns(acme: Incoming) -> None:
    source = acme.source()
    told = {
        "form": "Contact",
        "identifier": "u-1",
        "traffic_source_id": "42",
        "sub_id": "s-9",
        "gclid": "g",
        "fbp": "fb.1",
    }
    send(acme, source, lead="a", about=told, **{"first name": "Ada", "last name": "Lovelace"})
    [lead] = acme.leads()
    assert (lead.form_name, lead.unique_identifier) == ("Contact", "u-1")
    assert (lead.traffic_source_id, lead.sub_id) == ("42", "s-9")
    assert (lead.has_gclid, lead.has_fbp, lead.has_fbc, lead.has_cid) == (True, True, False, False)
    assert (lead.first_name, lead.last_name) == ("Ada", "Lovelace")
    send(acme, source, lead="a", about={"cid": "1.2", "sub_id": "s-8"}, phone="06 12345678")
    [lead] = acme.leads()
    assert (lead.has_gclid, lead.has_cid, lead.sub_id) == (True, True, "s-8")
    assert (lead.phone_raw, lead.first_name) == ("06 12345678", "Ada")
    assert lead.unique_identifier == "u-1", "what an update leaves out stays"


def test_a_status_that_is_to_change_stays_pending(acme: Incoming) -> None:
    """What comes meanwhile is a version of the lead like any other."""
    source = acme.source()
    send(acme, source, lead="a", name="Ada")
    acme.set(tables.leads, sa.true(), status="pending")
    again = send(acme, source, lead="a", company="Analytical")
    assert (lead_of(again).status, lead_of(again).version) == ("pending", 2)
    assert [lead.status for lead in acme.leads()] == ["pending"]


def test_what_comes_by_the_door_is_of_no_call(acme: Incoming) -> None:
    acme.say(acme.source(), name="Ada")
    [body] = acme.rows(tables.bodies)
    assert body.door == ""


def test_the_same_lead_again_is_an_update(acme: Incoming) -> None:
    source = acme.source()
    first = send(acme, source, lead="a", name="Ada")
    second = send(acme, source, lead="a", company="Analytical")
    third = send(acme, source, lead="a", company="Analytical")
    one, two, three = lead_of(first), lead_of(second), lead_of(third)
    assert one.id == two.id == three.id
    assert (one.created, two.created, three.created) == (True, False, False)
    assert (one.version, two.version, three.version) == (1, 2, 2)
    assert two.document["contact"]["full_name"] == "Ada"
    assert two.document["contact"]["company"] == "Analytical"
    assert (two.number, two.public_id) == (one.number, one.public_id)


def test_the_same_event_again_is_a_repeat_with_its_lead(acme: Incoming) -> None:
    source = acme.source()
    first = send(acme, source, event="e", name="Ada")
    again = send(acme, source, event="e", name="Ada")
    assert (again.state, lead_of(again).created) == ("duplicate", False)
    assert lead_of(again).id == lead_of(first).id
    assert acme.submission(again.submission_id).duplicate_of == first.submission_id
    assert acme.balanced()


def test_a_repeat_of_what_waits_has_no_lead_yet(acme: Incoming) -> None:
    source = acme.source()
    acme.say(source, event="e", name="Ada")
    again = send(acme, source, event="e", name="Ada")
    assert (again.state, again.lead) == ("duplicate", None)


def test_equal_content_shortly_after_is_a_repeat_with_its_lead(acme: Incoming) -> None:
    source = acme.source(options={"repeat_window": 60})
    first = send(acme, source, name="Ada")
    again = send(acme, source, name="Ada")
    assert (again.state, lead_of(again).id) == ("duplicate", lead_of(first).id)


def test_the_same_person_joins_a_lead(acme: Incoming) -> None:
    source = acme.source(options={"match": {"by": ["email"], "then": "update"}})
    first = send(acme, source, email="ada@x.example")
    second = send(acme, source, email="ada@x.example", name="Ada")
    assert (lead_of(second).id, lead_of(second).version) == (lead_of(first).id, 2)
    assert not lead_of(second).created


@pytest.mark.parametrize("hold", ["rate", "address", "honeypot", "captcha"])
def test_what_is_to_wait_is_held(acme: Incoming, hold: Hold) -> None:
    filed = send(acme, acme.source(), hold, name="Ada")
    assert (filed.state, filed.lead) == ("held", None)
    assert acme.submission(filed.submission_id).hold == hold
    assert filed.reasons
    assert acme.leads() == []


def test_a_paused_source_holds(acme: Incoming) -> None:
    filed = send(acme, acme.source(paused_at=acme.clock.now()), name="Ada")
    assert (filed.state, filed.lead) == ("held", None)
    assert acme.submission(filed.submission_id).hold == "paused"


def test_what_the_rules_do_not_want_is_refused(acme: Incoming) -> None:
    rule = {"reason": "no contact", "when": {"not": {"required": ["contact"]}}}
    filed = send(acme, acme.source(refuse=[rule]), colour="green")
    assert (filed.state, filed.lead) == ("refused", None)
    assert filed.reasons == [{"place": "", "message": "no contact"}]
    assert acme.states() == {"refused": 1}
    assert acme.leads() == []
    assert acme.balanced()


def test_what_cannot_be_mapped_is_quarantined(acme: Incoming) -> None:
    filed = file(acme.rt, acme.source(), Inbound(body=b"{"), door="createLead")
    assert (filed.state, filed.lead) == ("quarantined", None)
    assert filed.reasons


def test_what_cannot_be_filed_is_kept_for_the_workers(
    acme: Incoming, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: Any) -> Any:
        raise ArithmeticError

    with monkeypatch.context() as patch:
        patch.setattr(intake, "file_all", fail)
        filed = send(acme, acme.source(), name="Ada")
    assert (filed.state, filed.lead) == ("held", None)
    assert filed.reasons
    assert acme.states() == {"received": 1}
    assert acme.bell.rung == ["store"]
    assert acme.store() == 1
    assert [lead.name for lead in acme.leads()] == ["Ada"]


def test_an_answer_lost_after_the_commit_changes_nothing(
    acme: Incoming, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = acme.source()
    write = type(acme.rt.database).write
    lost: list[Any] = []

    def lose(database: Any) -> Any:
        return _Losing(write(database), lost)

    monkeypatch.setattr(type(acme.rt.database), "write", lose)
    filed = send(acme, source, lead="a", name="Ada")
    assert lost, "the answer was lost"
    assert filed.lead is not None
    assert (filed.state, filed.lead.created) == ("stored", True)
    assert len(acme.rows(tables.lead_versions)) == len(acme.leads()) == 1
    assert acme.balanced()


class _Losing:
    """A transaction whose answer is lost the first time."""

    def __init__(self, transaction: Any, lost: list[Any]) -> None:
        self._transaction = transaction
        self._lost = lost

    def __enter__(self) -> Any:
        return self._transaction.__enter__()

    def __exit__(self, *error: object) -> None:
        self._transaction.__exit__(*error)
        if not self._lost and error[0] is None:
            self._lost.append(True)
            raise sa.exc.OperationalError("COMMIT", {}, Exception("connection closed"))


def test_a_neighbour_that_fails_costs_itself_alone(
    acme: Incoming, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = acme.source()
    match = filing.matches

    def fail_for_bad(rule: Any, document: Any) -> Any:
        if document["contact"]["full_name"] == "Bad":
            raise ArithmeticError
        return match(rule, document)

    monkeypatch.setattr(filing, "matches", fail_for_bad)
    source = acme.change(source.id, refuse=[{"reason": "never", "when": False}])
    bad, good = send(acme, source, name="Bad"), send(acme, source, name="Ada")
    assert (bad.state, good.state) == ("held", "stored")
    assert acme.states() == {"received": 1, "stored": 1}
