"""Lists of leads while leads come, change and go, and what their text is worth to a search."""

from typing import Any

import pytest
import sqlalchemy as sa

from relay.services import listing, searching
from relay.services.retention import retain
from relay.store import tables
from tests.factories import Incoming
from tests.services.crowd import Crowd, five


@pytest.fixture
def crowd(acme: Incoming) -> Crowd:
    """Five leads."""
    return five(acme)


def test_lt_66_of_nobody_there_are_none(acme: Incoming) -> None:
    assert Crowd(acme).find() == listing.Found([], 0)


def test_rows_have_the_newest_document_and_the_kind_of_their_source(crowd: Crowd) -> None:
    number = crowd.add(document={"v": 1, "form": {"fields": {"b": [1], "a": "2"}}})
    [row] = crowd.find(limit=1).rows
    assert row["number"] == number
    assert list(row["document"]["form"]["fields"]) == ["b", "a"]
    assert row["source_kind"] == "letter"


def test_archived_ones_are_never_there(crowd: Crowd) -> None:
    crowd.archive(1)
    for wanted in (
        {},
        {"search": "ada"},
        {"search": "ad"},
        {"email": "ada@example.com"},
        {"phone": "+4930111"},
        {"statuses": ["open"]},
        {"exists": {"gclid": True}},
        {"form_name": "Contact Form"},
    ):
        assert 1 not in crowd.numbers(**wanted), wanted
    assert crowd.row(1) is None


def test_lt_58_leads_of_other_projects_never_appear(crowd: Crowd) -> None:
    other = Crowd(Incoming(crowd.rt, "other"))
    other.add(first_name="Ada", email="ada@example.com", phone="+4930111", form_name="Quote")
    assert other.numbers(search="ada") == [1]
    assert other.numbers(phone="+4930111") == [1]
    assert crowd.numbers(search="ada") == [5, 1]
    assert crowd.numbers(form_name="Quote") == [4, 2]
    assert listing.one(crowd.rt, other.project, number=5) is None
    assert listing.one(crowd.rt, other.project, id=crowd.row(5)["id"]) is None


def test_a_lead_is_found_as_soon_as_it_is_filed_and_by_what_it_became(acme: Incoming) -> None:
    source = acme.source()
    acme.say(source, lead="a", name="Ада Лавлейс", email="ada@example.com")
    acme.say(source, lead="b", name="Bob", company="Straße & Söhne")
    acme.store()
    crowd = Crowd(acme)
    assert crowd.numbers(search="лавлейс") == [1]
    assert crowd.numbers(search="STRASSE") == [2]
    acme.say(source, lead="a", name="Ada King")
    acme.store()
    assert crowd.numbers(search="king") == [1]
    assert crowd.numbers(search="лавлейс") == []
    assert crowd.numbers(search="ada@") == [1]


def test_what_retention_removes_is_not_found_any_more(acme: Incoming, make_runtime: Any) -> None:
    acme.say(acme.source(), lead="a", name="Ada")
    acme.store()
    acme.clock.advance(86400 * 40)
    assert retain(make_runtime({"RELAY_KEEP_LEADS_DAYS": "30"})).leads == 1
    assert acme.rows(tables.lead_texts) == []
    assert Crowd(acme).numbers(search="ada") == []


def test_the_index_of_trigrams_stays_in_step_with_the_texts(crowd: Crowd) -> None:
    with crowd.rt.database.write() as connection:
        connection.execute(
            sa.update(tables.lead_texts)
            .where(tables.lead_texts.c.text.contains("bob"))
            .values(text="robert")
        )
        searching.remove(connection, [crowd.row(3)["id"]])
    assert crowd.numbers(search="robert") == [2]
    assert crowd.numbers(search="bob") == []
    assert crowd.numbers(search="cem") == []
    if crowd.rt.database.is_sqlite:
        with crowd.rt.database.engine.connect() as connection:
            bare: Any = connection.connection.dbapi_connection
            bare.execute("VACUUM")  # in no transaction
    assert crowd.numbers(search="robert") == [2]
    assert crowd.numbers(search="ada") == [5, 1]


def test_a_database_without_an_index_of_trigrams_finds_the_same(crowd: Crowd) -> None:
    with crowd.rt.database.write() as connection:
        if crowd.rt.database.is_sqlite:
            for what in ("added", "removed", "changed"):
                connection.exec_driver_sql(f"DROP TRIGGER lead_texts_{what}")
            connection.exec_driver_sql("DROP TABLE lead_trigrams")
        else:
            connection.exec_driver_sql("DROP EXTENSION pg_trgm CASCADE")
    crowd.add(first_name="Adam")
    assert crowd.numbers(search="ada") == [6, 5, 1]


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ({"name": "Ada  LOVELACE", "first_name": "Ada", "last_name": "Lovelace"}, "ada lovelace"),
        ({"first_name": "Ada", "last_name": "Lovelace"}, "ada lovelace"),
        ({"name": "A\nB", "email": "a@b", "company": "A B"}, "a b\na@b"),
        ({"phone": "+49301", "phone_raw": "030 1"}, "+49301\n030 1"),
        ({"phone": "+49301", "phone_raw": "+49301"}, "+49301"),
        ({"company": ""}, ""),
    ],
)
def test_the_text_that_a_lead_is_found_by(row: dict[str, str], text: str) -> None:
    columns = ("name", "first_name", "last_name", "email", "phone", "phone_raw", "company")
    assert searching.text_of({**dict.fromkeys(columns), **row}) == text
