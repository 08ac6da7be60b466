"""Bulk runs in the browser: counted, asked for, called off, watched, and what came of them."""

import json
from typing import Any
from uuid import UUID

import pytest

from relay.services import bulk_job, configure, lanes
from relay.services.sweep import sweep
from relay.store.tables import audit, bulk_runs, deliveries, leads, targets
from tests.peer import Answer
from tests.web.console.house import House, Visitor
from tests.web.console.pages import Page

BULK = "/console/p/acme/bulk/"
LOG = "/console/p/acme/deliveries/"


@pytest.fixture
def failing(house: House) -> House:
    """Three leads that failed and one that arrived."""
    no = Answer(422, b"no such company")
    house.peer.script(no, no, no, Answer(200, b"{}"))
    for name in ("Ada", "Berta", "Carla", "Dora"):
        house.lead(name=f"{name} Example", email=f"{name.lower()}@example.com")
    return house


def _begin(visitor: Visitor, query: str, action: str, **more: Any) -> Page:
    log = visitor.get(f"{LOG}?{query}")
    page = visitor.get(log.link("Act on all that match"))
    return visitor.send(page.form("/bulk/new"), action=action, **more)


def _work(house: House) -> UUID:
    """The time for undoing passes, and a worker does the newest run."""
    run_id = house.ids(bulk_runs)[-1]
    house.rt.clock.advance(house.rt.config.undo_seconds)
    assert run_id in sweep(house.rt).runs
    bulk_job.work_on(house.rt, run_id)
    return run_id


def test_what_matches_is_counted_in_the_filters_own_words(failing: House) -> None:
    page = failing.visitor("olga@example.com", "operator").get(
        f"{BULK}new?state=failed&span=24h&q=example"
    )
    assert "State Failed" in page.text
    assert "Search example" in page.text
    assert "From " in page.text
    assert "3 deliveries" in page.text
    assert "Failed Sales CRM 3" in page.text
    assert page.link("See them") == f"{LOG}?state=failed&span=24h&q=example"
    choices = {field["value"]: "disabled" in field for field in page.fields if "value" in field}
    assert choices["cancel"], "nothing waits"
    assert not choices["retry"]
    assert "Nothing matches" in failing.visitor().get(f"{BULK}new?q=nobody").text


def test_everything_that_failed_is_sent_again_after_the_time_to_undo(failing: House) -> None:
    visitor = failing.visitor("olga@example.com", "operator")
    page = _begin(visitor, "state=failed", "retry")
    assert "Retry" in page.text
    assert "3 counted" in page.text
    assert "It begins in 10 s. Nothing is done before." in page.text
    run_id = failing.ids(bulk_runs)[-1]
    failing.rt.clock.advance(4)
    fragment = visitor.get(f"{BULK}{run_id}/progress", **{"HX-Request": "true"})
    assert "It begins in 6 s." in fragment.text
    assert fragment.headings[0][0] == 2
    bulk_job.work_on(failing.rt, run_id)
    assert len(failing.ids(deliveries)) == 4
    _work(failing)
    page = visitor.get(f"{BULK}{run_id}")
    assert "Finished" in page.text
    assert "3 on their way 0 left out 0 failed" in page.text
    assert "hx-get" not in page.html
    log = visitor.get(page.link("See these deliveries"))
    assert log.text.count("Waiting") >= 3
    assert log.text.count("replay") >= 3
    failing.work()
    assert "Delivered 3" in visitor.get(f"{BULK}{run_id}").text
    assert failing.row(audit, action="bulk retry").actor == "olga@example.com"


def test_it_is_called_off_before_it_begins(failing: House) -> None:
    visitor = failing.visitor()
    page = _begin(visitor, "state=failed", "replay")
    page = visitor.send(page.form("/stop"))
    assert "Called off: nothing was done." in page.text
    assert "Stopped" in page.text
    failing.rt.clock.advance(60)
    assert sweep(failing.rt).runs == ()
    assert len(failing.ids(deliveries)) == 4
    run_id = failing.ids(bulk_runs)[0]
    token = dict(page.form("sign-out").values)
    again = visitor.client.post(f"{BULK}{run_id}/stop", data=token, follow_redirects=True)
    assert "It had ended already." in again.text


def test_what_waits_is_cancelled_and_the_rest_told_of(failing: House) -> None:
    lanes.pause_target(failing.rt, failing.row(targets, name="Sales CRM").id, "holiday", "test")
    failing.lead(name="Erna Example")
    visitor = failing.visitor()
    _begin(visitor, "", "cancel")
    run_id = _work(failing)
    page = visitor.get(f"{BULK}{run_id}")
    assert "1 called off 4 left out 0 failed" in page.text
    assert "4 it did not wait any more" in page.text
    assert "No filter: all deliveries of this project." in page.text


def test_what_a_later_run_took_up_is_told_of(failing: House) -> None:
    lanes.pause_target(failing.rt, failing.row(targets, name="Sales CRM").id, "holiday", "test")
    visitor = failing.visitor()
    _begin(visitor, "state=failed", "retry")
    first = _work(failing)
    assert "not told of here" not in visitor.get(f"{BULK}{first}").text
    _begin(visitor, "state=waiting", "cancel")
    _work(failing)
    page = visitor.get(f"{BULK}{first}")
    assert "3 of what it did are not told of here: a later run took them up" in page.text


def test_all_of_it_goes_to_another_target(failing: House) -> None:
    visitor = failing.visitor()
    partner = failing.row(targets, name="Partner").id
    assert "Choose the target" in _begin(visitor, "state=failed", "replay_to").text
    beta = failing.row(targets, name="Beta CRM").id
    assert "Choose the target" in _begin(visitor, "", "replay_to", target=str(beta)).text
    assert failing.ids(bulk_runs) == []
    page = _begin(visitor, "state=failed", "replay_to", target=str(partner))
    assert "Send to another target: Partner" in page.text
    _work(failing)
    failing.work()
    assert len(failing.ids(deliveries, target_id=partner, state="delivered")) == 3
    index = visitor.get(BULK)
    assert "Send to another target Partner Finished" in index.text


def test_a_new_target_is_brought_what_came_before(failing: House) -> None:
    visitor = failing.visitor("olga@example.com", "operator")
    partner = failing.row(targets, name="Partner").id
    show = visitor.get(f"/console/p/acme/targets/{partner}")
    page = visitor.get(show.link("Bring what it never got"))
    assert "No route leads to Partner" in page.text
    project = failing.row(targets, name="Partner").project_id
    document = {
        "from": "Website",
        "to": "Partner",
        "when": {"properties": {"contact": {"properties": {"email": {"pattern": "^[ab]"}}}}},
    }
    configure.save_route(failing.rt, project, document, "test")
    page = visitor.get(f"{BULK}catch-up?target={partner}&span=24h")
    assert "4 leads never reached Partner" in page.text
    assert "2 of them would go." in page.text
    assert "2 the route's condition does not match this lead" in page.text
    page = visitor.send(page.form("/catch-up"))
    assert "Bring what it never got: Partner" in page.text
    run_id = _work(failing)
    page = visitor.get(f"{BULK}{run_id}")
    assert "2 on their way 2 left out" in page.text
    failing.work()
    assert len(failing.ids(deliveries, target_id=partner, state="delivered")) == 2
    assert "never reached" in visitor.get(f"{BULK}catch-up?target={partner}").text
    crm = failing.row(targets, name="Sales CRM").id
    nothing = visitor.get(f"{BULK}catch-up?target={crm}&until=2020-01-01T00:00")
    assert "It has got everything" in nothing.text


def test_a_form_that_was_tampered_with_reaches_no_other_project(failing: House) -> None:
    visitor = failing.visitor()
    page = visitor.get(f"{BULK}new?state=failed")
    form = page.form("/bulk/new")
    beta = failing.row(targets, name="Beta CRM").project_id
    told = json.dumps({"project": str(beta), "states": ["failed"]})
    visitor.send(form, action="retry", filter=told)
    [run_id] = failing.ids(bulk_runs)
    run = failing.row(bulk_runs, id=run_id)
    acme = failing.row(targets, name="Partner").project_id
    assert (run.project_id, run.filter["project"]) == (acme, str(acme))
    for broken in ("[]", "{", '{"nonsense": 1}', '{"lead": "x"}', '{"states": 7}'):
        data = dict(form.values) | {"action": "retry", "filter": broken}
        assert visitor.client.post(form.action, data=data).status_code == 400, broken
    data = dict(form.values) | {"action": "drop tables"}
    assert (
        "Choose what is to be done"
        in visitor.client.post(form.action, data=data, follow_redirects=True).text
    )
    bring = dict(form.values) | {"filter": json.dumps({"target": str(beta)})}
    assert visitor.client.post(f"{BULK}catch-up", data=bring).status_code == 404
    visitor.get(f"/console/p/beta/bulk/{run_id}", 404)


def test_viewers_see_runs_but_not_what_was_searched_for(failing: House) -> None:
    _begin(failing.visitor(), "q=Berta", "retry")
    viewer = failing.visitor("vera@example.com", "viewer")
    run_id = failing.ids(bulk_runs)[-1]
    page = viewer.get(f"{BULK}{run_id}")
    assert "Berta" not in page.html
    assert not [form for form in page.forms if form.action.endswith("/stop")]
    assert "Retry" in viewer.get(BULK).text
    for address in ("new", "catch-up"):
        viewer.get(f"{BULK}{address}", 403)
    assert failing.ids(leads)
