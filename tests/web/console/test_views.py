"""Saved views of lists: one's own, shared ones, and who may change them."""

from relay.store.tables import audit, views
from tests.web.console.house import House, Visitor

LOG = "/console/p/acme/deliveries/"


def save(visitor: Visitor, query: str, name: str, **more: str) -> None:
    form = visitor.get(f"{LOG}?{query}").form("/views/")
    visitor.send(form, name=name, **more)


def test_a_view_keeps_the_filter_and_the_columns_and_nothing_of_the_page(house: House) -> None:
    house.lead(name="Ada Example")
    visitor = house.visitor()
    save(visitor, "state=failed&state=expired&columns=state,when&delivery=x&figures=1", "Bad ones")
    row = house.row(views)
    assert row.query == "state=failed&state=expired&columns=state%2Cwhen"
    page = visitor.get(visitor.get(LOG).link("Bad ones"))
    assert "Failed ×" in page.text
    assert "Expired ×" in page.text
    assert '"col">From' not in page.html
    assert "View: Bad ones" in page.text


def test_saving_under_the_same_name_replaces_and_is_written_down(house: House) -> None:
    visitor = house.visitor()
    save(visitor, "state=failed", "Mine")
    save(visitor, "state=waiting", " Mine ")
    assert house.row(views).query == "state=waiting"
    assert len(house.ids(audit, action="save", subject="view Mine")) == 2
    page = visitor.send(visitor.get(LOG).form("/views/"), name="  ")
    assert "The view was not saved: give it a name." in page.text


def test_views_are_one_s_own_until_they_are_shared(house: House) -> None:
    ada, olga = house.visitor(), house.visitor("olga@example.com", "operator")
    save(olga, "state=failed", "Olga's")
    assert "Olga's" not in ada.get(LOG).text
    row = house.row(views)
    ada.get(f"/console/p/acme/views/{row.id}/", 404)
    page = olga.get(f"/console/p/acme/views/{row.id}/")
    page = olga.send(page.form(f"/views/{row.id}/"), name="Failed ones", shared="on")
    assert "The view is changed." in page.text
    assert "Failed ones shared" in ada.get(LOG).text
    viewer = house.visitor("viewer@example.com", "viewer")
    page = viewer.get(LOG)
    assert "Failed ones" in page.text
    assert "Save what is shown" not in page.text
    ada.get(f"/console/p/acme/views/{row.id}/")  # an editor may change what is shared


def test_of_two_operators_one_cannot_change_the_other_s(house: House) -> None:
    olga = house.visitor("olga@example.com", "operator")
    pete = house.visitor("pete@example.com", "operator")
    save(olga, "state=failed", "Shared", shared="on")
    row = house.row(views)
    pete.get(f"/console/p/acme/views/{row.id}/", 404)
    form = olga.get(f"/console/p/acme/views/{row.id}/").form("/remove")
    token = dict(pete.get(LOG).form("sign-out").values)
    assert pete.client.post(form.action, data=token).status_code == 404
    page = olga.send(form)
    assert "The view is removed." in page.text
    assert house.ids(views) == []


def test_a_name_is_there_once(house: House) -> None:
    visitor = house.visitor()
    save(visitor, "state=failed", "One")
    save(visitor, "state=waiting", "Two")
    row = house.row(views, name="Two")
    page = visitor.get(f"/console/p/acme/views/{row.id}/")
    page = visitor.send(page.form(f"/views/{row.id}/"), name="One")
    assert "there is one of this name already" in page.text


def test_views_of_another_project_are_not_there(house: House) -> None:
    visitor = house.visitor()
    save(visitor, "state=failed", "Acme's", shared="on")
    assert "Acme's" not in visitor.get("/console/p/beta/deliveries/").text
    visitor.get(f"/console/p/beta/views/{house.row(views).id}/", 404)


def test_a_list_that_has_no_views_takes_none(house: House) -> None:
    visitor = house.visitor()
    form = visitor.get(LOG).form("/views/")
    visitor.send(form, status=400, page="nowhere", name="x")


def test_viewers_are_offered_no_view_that_tells_of_a_person(house: House) -> None:
    olga = house.visitor("olga@example.com", "operator")
    save(olga, "q=ada%40example.org", "Ada's", shared="on")
    save(olga, "json=%7B%22a%22%3A%22secret%22%7D", "By an answer", shared="on")
    save(olga, "state=failed", "Failed ones", shared="on")
    viewer = house.visitor("viewer@example.com", "viewer")
    page = viewer.get(LOG)
    assert "Failed ones" in page.text
    for told in ("ada%40example.org", "ada@example.org", "Ada's", "secret", "By an answer"):
        assert told not in page.html
    assert "Ada's" in olga.get(LOG).text


def test_a_view_keeps_no_parameter_that_would_lead_its_address_elsewhere(house: House) -> None:
    visitor = house.visitor()
    form = visitor.get(LOG).form("/views/")
    odd = "state=failed&_external=1&_scheme=javascript&endpoint=x&delivery_id=1&lead_id=2"
    visitor.send(form, name="Odd", query=odd)
    assert house.row(views).query == "state=failed"
    visitor.get(visitor.get(LOG).link("Odd"))


def test_an_address_cannot_lead_the_links_of_its_page_elsewhere(house: House) -> None:
    visitor = house.visitor()
    for odd in ("_external=1&_scheme=javascript", "_anchor=x", "endpoint=x"):
        visitor.get(f"{LOG}?{odd}", 400)
        visitor.get(f"/console/audit/?{odd}", 400)
    visitor.get(f"{LOG}?delivery_id=1&state=failed")
