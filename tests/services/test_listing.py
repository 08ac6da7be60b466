"""Lists of leads: which are found, in which order, how many there are."""

import shutil
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import pytest

from relay.app import build_runtime
from relay.config import load_config
from relay.services import listing
from relay.services.selecting import Condition, Query, Unfilterable
from tests.conftest import SECRET, SettableClock, _statement
from tests.factories import Bell, Incoming, catalog
from tests.services.crowd import Crowd, five

ALL = range(1, 6)


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
def crowd(request: pytest.FixtureRequest, tmp_path_factory: Any) -> Iterator[Crowd]:
    """Five leads that no test changes."""
    directory = tmp_path_factory.mktemp("listing")
    server = None
    if request.param == "sqlite":
        template = request.getfixturevalue("sqlite_template")
        url = f"sqlite:///{shutil.copy(template, directory / 'relay.db')}"
    else:
        server = request.getfixturevalue("postgres_server")
        _statement(server, "CREATE DATABASE listing TEMPLATE template_relay")
        url = server.url("listing")
    settings = {
        "RELAY_MODE": "local",
        "RELAY_DATA_DIR": str(directory),
        "DATABASE_URL": url,
        "REDIS_URL": "unix:///nobody/listens",
        "SECRET_KEY": SECRET,
    }
    rt = build_runtime(
        load_config(settings), clock=SettableClock(), queue=Bell(), catalog=catalog()
    )
    yield five(Incoming(rt))
    rt.close()
    if server is not None:
        _statement(server, "DROP DATABASE listing WITH (FORCE)")


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        pytest.param({}, [5, 4, 3, 2, 1], id="LT-76 newest first"),
        pytest.param({"statuses": ["open"]}, [5, 1], id="status"),
        pytest.param({"statuses": ["won", "pending"]}, [4, 2], id="LT-68 any of the statuses"),
        pytest.param({"statuses": ["unheard of"]}, [], id="LT-69 unknown status"),
        pytest.param({"statuses": ["a\0b"]}, [], id="a status that no database takes"),
        pytest.param({"form_name": "Quote"}, [4, 2], id="LT-70 form name"),
        pytest.param({"form_name": "quote"}, [], id="LT-70 form name is exact"),
        pytest.param({"form_name": ""}, [], id="LT-70 no form name is like none"),
        pytest.param({"unique_identifier": "crm-1"}, [4, 2], id="LT-71 unique identifier"),
        pytest.param({"unique_identifier": "CRM-1"}, [], id="LT-71 in its own case"),
        pytest.param({"email": "ADA@example.com"}, [5, 1], id="LT-71 e-mail in any case"),
        pytest.param({"phone": "+4930222"}, [2], id="LT-71 phone"),
        pytest.param({"phone": "030 111"}, [1], id="LT-71 phone as written"),
        pytest.param({"phone": " 4930111"}, [1], id="LT-71 a plus that became a space"),
        pytest.param({"phone": "4930111"}, [], id="LT-71 phone is exact"),
        pytest.param({"phone": "+4930111", "search": "ada"}, [1], id="phone and search"),
        pytest.param({"phone": "+4930111", "statuses": ["won"]}, [], id="phone and status"),
        pytest.param({"email": "\ud800@x"}, [], id="an e-mail that cannot be written"),
        pytest.param({"exists": {"gclid": True}}, [2, 1], id="LT-79 gclid"),
        pytest.param({"exists": {"gclid": False}}, [5, 4, 3], id="LT-79 no gclid"),
        pytest.param({"exists": {"cid": True}}, [3], id="LT-79 cid"),
        pytest.param({"exists": {"fbc": True}}, [4], id="LT-79 fbc"),
        pytest.param({"exists": {"gclid": True, "fbp": False}}, [2], id="LT-81 both must hold"),
        pytest.param(
            {"exists": {"gclid": True}, "statuses": ["open"], "form_name": "Quote"},
            [],
            id="LT-81 all filters must hold",
        ),
        pytest.param({"search": "ada"}, [5, 1], id="LT-74 first name"),
        pytest.param({"search": "BYRON"}, [5], id="LT-75 search in any case"),
        pytest.param({"search": "Öz"}, [3], id="LT-75 two letters, beyond ASCII"),
        pytest.param({"search": "öztÜ"}, [3], id="LT-75 search in any case beyond ASCII"),
        pytest.param({"search": "engines"}, [1], id="LT-74 company"),
        pytest.param({"search": "@example.com"}, [5, 2, 1], id="LT-74 e-mail"),
        pytest.param({"search": "+49302"}, [2], id="LT-74 phone"),
        pytest.param({"search": "030 1"}, [1], id="LT-74 phone as written"),
        pytest.param({"search": "0%_s"}, [2], id="LT-75 percent and underscore are themselves"),
        pytest.param({"search": "0_s"}, [], id="LT-75 no wildcard"),
        pytest.param({"search": "a%e"}, [], id="LT-75 no wildcard either"),
        pytest.param({"search": 'a" OR "b'}, [], id="LT-75 quotes are themselves"),
        pytest.param({"search": "da lo"}, [1], id="first and last name together"),
        pytest.param({"search": "Bob 100"}, [2], id="names without a full name"),
        pytest.param({"search": "lovelace\nada"}, [], id="no field runs into the next"),
        pytest.param({"search": "lovelace ada@"}, [], id="no field runs into the next by a space"),
        pytest.param({"search": "no\0body"}, [], id="what cannot be stored"),
        pytest.param({"search": "nobody"}, [], id="nobody"),
        pytest.param({"search": "ada", "exists": {"gclid": True}}, [1], id="search and click id"),
        pytest.param({"search": "ad", "statuses": ["won"]}, [], id="search and status"),
        pytest.param({"search": "  "}, [5, 4, 3, 2, 1], id="a blank search is none"),
    ],
)
def test_which_are_found(crowd: Crowd, wanted: dict[str, Any], expected: list[int]) -> None:
    assert crowd.numbers(**wanted) == expected


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [(2, 4, [4, 3, 2]), (2, None, [5, 4, 3, 2]), (None, 2, [2, 1]), (4, 2, [])],
)
def test_lt_72_both_ends_of_a_time_span_are_within(
    crowd: Crowd, first: int | None, last: int | None, expected: list[int]
) -> None:
    wanted = {
        "created_from": crowd.at(first) if first else None,
        "created_to": crowd.at(last) if last else None,
    }
    assert crowd.numbers(**wanted) == expected


@pytest.mark.parametrize(
    ("field", "operator", "value", "expected"),
    [
        pytest.param("value_minor", "gt", 500, [2], id="OC-31 gt"),
        pytest.param("value_minor", "gte", 500, [2, 1], id="OC-31 gte"),
        pytest.param("value_minor", "lt", 500, [3], id="OC-31 lt"),
        pytest.param("value_minor", "lte", 500, [3, 1], id="OC-31 lte"),
        pytest.param("value_minor", "eq", 0, [3], id="OC-31 eq"),
        pytest.param("value_minor", "lt", 10**30, [3, 2, 1], id="OC-31 more than fits"),
        pytest.param("value_minor", "exists", True, [3, 2, 1], id="OC-31 exists"),
        pytest.param("email", "exists", False, [4, 3], id="OC-31 exists not"),
        pytest.param("email", "eq", "Bob@Example.com", [2], id="OC-31 e-mail in any case"),
        pytest.param("name", "eq", "Cem Öztürk", [3], id="OC-31 name"),
        pytest.param("number", "gte", 4, [5, 4], id="OC-31 number"),
        pytest.param("gclid", "exists", True, [2, 1], id="OC-31 click id"),
    ],
)
def test_conditions(
    crowd: Crowd, field: str, operator: str, value: Any, expected: list[int]
) -> None:
    assert crowd.numbers(conditions=[Condition(field, operator, value)]) == expected


def test_conditions_on_times(crowd: Crowd) -> None:
    later = Condition("updated_at", "gt", crowd.at(3))
    assert crowd.numbers(conditions=[later], sort=[("updated_at", "asc")]) == [4, 5]


@pytest.mark.parametrize(
    "wanted",
    [
        {"conditions": [Condition("note", "eq", "x")]},
        {"conditions": [Condition("gclid", "eq", "x")]},
        {"conditions": [Condition("name", "gt", "x")]},
        {"conditions": [Condition("value_minor", "like", 1)]},
        {"exists": {"ttclid": True}},
        {"sort": [("project_id", "asc")]},
    ],
    ids=str,
)
def test_oc_31_what_is_in_no_column_is_refused(crowd: Crowd, wanted: dict[str, Any]) -> None:
    with pytest.raises(Unfilterable):
        crowd.find(**wanted)


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ([("created_at", "asc")], [1, 2, 3, 4, 5]),
        ([("first_name", "asc")], [1, 5, 2, 3, 4]),
        ([("first_name", "desc")], [3, 2, 5, 1, 4]),
        ([("last_name", "asc")], [2, 5, 1, 3, 4]),
        ([("last_name", "desc")], [1, 5, 2, 4, 3]),
        ([("email", "asc")], [1, 5, 2, 3, 4]),
        ([("email", "desc")], [2, 5, 1, 4, 3]),
        ([("value_minor", "asc")], [3, 1, 2, 4, 5]),
        ([("value_minor", "desc")], [2, 1, 3, 5, 4]),
        ([("status", "asc")], [3, 1, 5, 4, 2]),
        ([("status", "desc")], [2, 4, 5, 1, 3]),
        ([("updated_at", "desc")], [5, 4, 3, 2, 1]),
        ([("company", "desc")], [1, 5, 4, 3, 2]),
        ([("number", "asc")], [1, 2, 3, 4, 5]),
        ([("email", "desc"), ("last_name", "asc")], [2, 5, 1, 4, 3]),
        ([("first_name", "asc"), ("created_at", "desc")], [5, 1, 2, 3, 4]),
    ],
    ids=lambda value: f"LT-78 {value}",
)
def test_order(crowd: Crowd, sort: list[tuple[str, str]], expected: list[int]) -> None:
    """Who lacks the value comes last either way; of equal ones the number decides."""
    assert crowd.numbers(sort=sort) == expected
    known = {"conditions": [Condition("number", "gt", 0)]}  # gathered rather than walked
    assert crowd.numbers(sort=sort, **known) == expected
    assert _page_by_page(crowd, 2, sort=sort) == expected
    assert _page_by_page(crowd, 2, sort=sort, **known) == expected


@pytest.mark.parametrize("few", [0, 2, 2000])
@pytest.mark.parametrize(
    "wanted",
    [
        {"search": "a"},
        {"search": "ada"},
        {"form_name": "Quote"},
        {"statuses": ["open", "won"]},
        {"exists": {"gclid": False}},
        {"exists": {"gclid": False}, "statuses": ["open", "won"], "sort": [("email", "desc")]},
        {"search": "a", "sort": [("value_minor", "desc")]},
        {"search": "a", "sort": [("status", "asc")]},
        {"search": "a", "statuses": ["open"]},
        {"phone": "+4930111"},
        {"created_to": None, "conditions": [Condition("status", "eq", "open")]},
    ],
    ids=str,
)
def test_few_and_many_are_listed_alike(
    crowd: Crowd, monkeypatch: pytest.MonkeyPatch, wanted: dict[str, Any], few: int
) -> None:
    everything = crowd.numbers(**wanted)
    monkeypatch.setattr(listing, "FEW", few)
    assert crowd.numbers(**wanted) == everything
    assert _page_by_page(crowd, 1, **wanted) == everything


def test_lt_65_past_the_end_there_is_nothing_but_the_total(crowd: Crowd) -> None:
    for wanted in ({}, {"search": "ada"}, {"form_name": "Quote"}, {"exists": {"gclid": True}}):
        found = crowd.find(**wanted, page=10**18, limit=100)
        assert found.rows == []
        assert found.total == crowd.find(**wanted).total > 0


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        pytest.param({"number": 2}, 2, id="number"),
        pytest.param({"number": 77}, None, id="an unknown number"),
        pytest.param({"number": 10**30}, None, id="a number that no lead can have"),
        pytest.param({"unique_identifier": "crm-1"}, 4, id="LT-84 unique identifier, newest"),
        pytest.param({"email": "Ada@Example.com"}, 5, id="LT-84 e-mail, newest"),
        pytest.param({"phone": "030 111"}, 1, id="phone as written"),
        pytest.param({"phone": "+4930111"}, 1, id="phone"),
        pytest.param({"phone": "+49 30 111"}, None, id="phone in another spelling"),
        pytest.param({"public_id": "lead_?"}, None, id="an unknown public id"),
        pytest.param({"public_id": "a\0"}, None, id="a public id that no database takes"),
        pytest.param({"id": UUID(int=7)}, None, id="an unknown id"),
        pytest.param({"number": 1, "email": "bob@example.com"}, None, id="all must hold"),
    ],
)
def test_one(crowd: Crowd, named: dict[str, Any], expected: int | None) -> None:
    row = listing.one(crowd.rt, crowd.project, **named)
    assert (row and row["number"]) == expected


def test_one_by_its_ids(crowd: Crowd) -> None:
    row = crowd.row(3)
    for named in ({"id": row["id"]}, {"public_id": row["public_id"]}):
        assert listing.one(crowd.rt, crowd.project, **named) == row


def _page_by_page(crowd: Crowd, limit: int, **wanted: Any) -> Sequence[int]:
    pages = [crowd.numbers(**wanted, page=page, limit=limit) for page in range(1, 8)]
    totals = {crowd.find(**wanted, page=page, limit=limit).total for page in range(1, 8)}
    found = [number for page in pages for number in page]
    assert totals == {len(found)}
    return found


def test_a_query_needs_a_project_alone(crowd: Crowd) -> None:
    assert listing.find(crowd.rt, Query(project_id=crowd.project)).total == len(ALL)
