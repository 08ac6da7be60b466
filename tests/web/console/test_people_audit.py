"""The audit log: what was changed is marked, secrets are covered, filters live in the address."""

import csv
import io
from datetime import timedelta
from itertools import chain
from typing import Any

import pytest

from relay.services import audit_log, configure, lanes
from relay.services.auditing import note
from relay.store import tables
from tests.web.console.house import EMAIL, PASSWORD, SECRETS, House, Visitor

ACME, WHOLE = "/console/p/acme/audit/", "/console/audit/"


def acme(house: House) -> Any:
    return house.row(tables.projects, public_id="acme").id


def say(house: House, number: int, actor: str = "ann@x.example", project: Any = None) -> None:
    with house.rt.database.write() as connection:
        told = {"count": number - 1}, {"count": number}
        note(connection, house.rt, project, actor, "count", f"thing {number}", *told)
    house.rt.clock.advance(60)


def test_a_change_shows_what_was_there_before_and_after(house: House, visitor: Visitor) -> None:
    target = house.row(tables.targets, name="Sales CRM").id
    document, _ = configure.editable(house.rt, target) or ({}, [])
    changed = {**document, "limits": ["7/second"]}
    configure.save_target(house.rt, acme(house), changed, EMAIL, target)
    page = visitor.get(f"{ACME}?action=change")
    assert f"{EMAIL} change target Sales CRM" in page.text
    assert "<ins>7/second</ins>" in page.html
    assert "<del>" not in page.html.partition("Sales CRM")[2].partition("</tr>")[0]


def test_secrets_are_covered_and_a_new_one_is_told_as_new(house: House, visitor: Visitor) -> None:
    target = house.row(tables.targets, name="Partner").id
    document, _ = configure.editable(house.rt, target) or ({}, [])
    document["settings"] |= {"token": "another-token-of-the-partner"}
    configure.save_target(house.rt, acme(house), document, EMAIL, target)
    for at in (ACME, WHOLE, f"{ACME}audit.csv", f"{WHOLE}audit.csv"):
        text = visitor.client.get(at).text
        assert not [one for one in (*SECRETS, "another-token-of-the-partner") if one in text], at
        assert "(new secret)" in text, at


def test_lines_are_found_by_who_what_and_when(house: House, visitor: Visitor) -> None:
    for number in range(4):
        say(house, number, "ann@x.example" if number % 2 else "bob@x.example", acme(house))

    def shown(query: str) -> list[str]:
        page = visitor.get(f"{ACME}?action=count&{query}")
        return [words for _, words in page.links if words.startswith("thing ")]

    assert shown("") == ["thing 3", "thing 2", "thing 1", "thing 0"]
    assert shown("actor=ann@x.example") == ["thing 3", "thing 1"]
    assert shown("subject=thing+2") == ["thing 2"]
    assert shown("from=2026-03-02&until=2026-03-02") == shown("")
    assert shown("from=2026-03-03") == shown("until=2026-03-01") == []
    assert shown("from=nonsense&until=") == shown("")
    page = visitor.get(f"{ACME}?actor=nobody")
    assert "No line of the log is like that" in page.text


def test_pages_follow_each_other_and_miss_nothing(
    house: House, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_log, "SHOWN", 3)
    monkeypatch.setattr(audit_log, "AT_ONCE", 2)
    for number in range(4):
        say(house, number, project=acme(house))
    with house.rt.database.write() as connection:  # several of one moment
        for number in range(4, 8):
            note(connection, house.rt, acme(house), "ann", "count", f"thing {number}")
    forth: list[list[str]] = []
    at = f"{ACME}?action=count"
    while at:
        page = visitor.get(at)
        forth.append([words for _, words in page.links if words.startswith("thing ")])
        at = next((address for address, words in page.links if words == "Older →"), "")
    assert sorted(chain.from_iterable(forth)) == [f"thing {number}" for number in range(8)]
    assert [len(one) for one in forth] == [3, 3, 2]
    back = visitor.get(page.link("← Newer"))
    assert [words for _, words in back.links if words.startswith("thing ")] == forth[1]
    rows = list(csv.reader(io.StringIO(visitor.client.get(f"{ACME}audit.csv?action=count").text)))
    assert [row[4] for row in rows[1:]] == list(chain.from_iterable(forth))


def test_a_cell_of_the_file_is_no_formula(house: House, visitor: Visitor) -> None:
    with house.rt.database.write() as connection:
        note(connection, house.rt, acme(house), "ann", "change", "=HYPERLINK(1)", None, {"a": 1})
    answer = visitor.client.get(f"{ACME}audit.csv")
    assert "'=HYPERLINK(1)" in answer.text
    assert answer.headers["Content-Disposition"] == 'attachment; filename="audit-acme.csv"'


def test_what_was_said_is_shown_as_text(house: House, visitor: Visitor) -> None:
    with house.rt.database.write() as connection:
        bad = "<script>alert(1)</script>"
        note(connection, house.rt, acme(house), bad, bad, bad, {bad: bad}, [bad])
    assert "<script>alert" not in visitor.get(ACME).html


def test_each_sees_the_log_of_what_is_theirs(house: House, visitor: Visitor) -> None:
    say(house, 1, project=acme(house))
    say(house, 2, project=house.row(tables.projects, public_id="beta").id)
    say(house, 3)
    lanes.pause_target(house.rt, house.row(tables.targets, name="Partner").id, "holiday", "test")
    own = house.visitor("bo@beta.example", "owner", "beta")
    page = own.get("/console/p/beta/audit/")
    assert "thing 2" in page.text
    assert not [one for one in ("thing 1", "thing 3", "Partner", "sign in") if one in page.text]
    own.get(WHOLE, 403)
    own.get(f"{WHOLE}audit.csv", 403)
    page = visitor.get(f"{WHOLE}?action=count")
    assert all(f"thing {number}" in page.text for number in (1, 2, 3))
    page = visitor.get(f"{WHOLE}?in=relay")
    assert "thing 3" in page.text
    assert "thing 1" not in page.text
    page = visitor.get(f"{WHOLE}?in={acme(house)}")
    assert ("thing 1" in page.text, "thing 3" in page.text) == (True, False)
    visitor.get(f"{WHOLE}?in=00000000-0000-4000-8000-000000000000", 404)


@pytest.mark.parametrize(
    ("role", "page", "file"), [("viewer", 403, 403), ("operator", 200, 403), ("owner", 200, 200)]
)
def test_who_may_read_it(house: House, role: str, page: int, file: int) -> None:
    somebody = house.visitor(f"{role}@example.com", role, "acme")
    somebody.get(ACME, page)
    somebody.get(f"{ACME}audit.csv", file)


def test_who_came_in_and_who_was_refused_is_there(house: House, visitor: Visitor) -> None:
    late = Visitor(house.app)
    form = late.get("/console/sign-in").form("sign-in")
    late.send(form, status=401, email=EMAIL, password="wrong")
    late.send(form, status=401, email=f"{PASSWORD}@typed.example", password="wrong")
    page = visitor.get(f"{WHOLE}?in=relay")
    assert f"{EMAIL} sign in user {EMAIL} by password" in page.text
    assert f"{EMAIL} sign-in refused user {EMAIL}" in page.text
    assert "nobody sign-in refused an unknown user" in page.text
    assert "typed.example" not in page.text
    assert timedelta(0) <= house.rt.clock.now() - house.row(tables.users, email=EMAIL).signed_in_at
