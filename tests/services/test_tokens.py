"""Names of custom tokens: each is listed once, and nobody can fill the list."""

from typing import Any

import pytest

from relay.services import tokens
from relay.store import tables
from tests.factories import Incoming
from tests.services.test_filed import send


def names(acme: Incoming) -> list[str]:
    """The names that are listed, of all projects."""
    return [row.name for row in acme.rows(tables.token_names)]


def test_each_name_is_listed_once_and_from_when_it_was_first_seen(acme: Incoming) -> None:
    source = acme.source()
    begun = acme.clock.now()
    send(acme, source, about={"tokens": {"colour": "green", "size": 3}})
    acme.clock.advance(60)
    acme.say(source, about={"tokens": {"colour": "red", "shape": "round"}})
    acme.store()
    send(acme, source, about={"tokens": {"colour": "blue"}})
    rows = {row.name: row.first_seen_at for row in acme.rows(tables.token_names)}
    assert sorted(rows) == ["colour", "shape", "size"]
    assert rows["colour"] == rows["size"] == begun < rows["shape"]


def test_names_belong_to_their_project(acme: Incoming) -> None:
    other = Incoming(acme.rt, "other")
    send(acme, acme.source(), about={"tokens": {"colour": "green"}})
    send(other, other.source(), about={"tokens": {"colour": "green"}})
    assert len({row.project_id for row in acme.rows(tables.token_names)}) == 2


@pytest.mark.parametrize("told", [{}, {"": "x"}, {"x" * 201: "x"}])
def test_what_is_no_name_is_not_listed(acme: Incoming, told: Any) -> None:
    assert send(acme, acme.source(), name="Ada", about={"tokens": told}).lead is not None
    assert names(acme) == []


def test_names_made_up_by_a_sender_do_not_fill_the_list(
    acme: Incoming, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "MOST", 5)
    monkeypatch.setattr(tokens, "REMEMBERED", 3)
    source = acme.source()
    for number in range(4):
        many = {f"token {number} {each}": 1 for each in range(3)}
        filed = send(acme, source, about={"tokens": many})
        assert filed.lead is not None
        assert len(filed.lead.document["tokens"]) == 3
    assert len(names(acme)) == 5
