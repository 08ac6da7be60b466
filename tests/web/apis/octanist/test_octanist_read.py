"""Reading by Octanist's API: lists with filters, single leads, and whether a key is one."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from tests.web.apis.octanist.calls import (
    KEY,
    LEAD,
    OTHER_KEY,
    READ_KEY,
    WRITE_KEY,
    Call,
    caller,
    configure,
    created,
    error,
)

LEAD_KEYS = [
    *("id", "name", "email", "phone", "status", "value", "currency", "note", "custom"),
    *("lossReason", "conversionName", "source", "website", "path", "gclid", "gbraid", "wbraid"),
    *("dclid", "ga4cid", "ga4sid", "fbc", "fbp", "msclkid", "ttclid", "twclid", "rdt_cid"),
    *("sccid", "li_fat_id", "epik", "sessionId", "utm_source", "utm_medium", "utm_campaign"),
    *("utm_term", "utm_content", "googleAdsCampaignId", "googleAdsCampaignName"),
    *("googleAdsAdGroupId", "googleAdsAdGroupName", "googleAdsAdId", "ad_storage"),
    *("ad_user_data", "ad_personalization", "analytics_storage", "labelId"),
    *("selectedConversionEventId", "expiresAt", "createdAt", "updatedAt", "qualifiedAt"),
]


@pytest.fixture
def three(runtime: Any, call: Call) -> dict[str, str]:
    """Three leads, an hour between them: Ada (with a gclid), Bea (won, 50 EUR) and Cem."""
    leads = {
        "Ada": {"name": "Ada", "email": "ada@example.com", "gclid": "G-1"},
        "Bea": {"name": "Bea", "email": "Bea@Example.com", "phone": "06 12345678"},
        "Cem": {"name": "Cem", "phone": "+31612345678", "gclid": ""},
    }
    ids = {}
    for name, fields in leads.items():
        ids[name] = created(call("POST", "/api/leads", fields))
        runtime.clock.advance(3600)
    change = {"id": ids["Bea"], "status": "won", "value": 50, "currency": "EUR"}
    assert call("PATCH", "/api/leads", change).status_code == 200
    return ids


def names(call: Call, query: str) -> list[str]:
    answer = call("GET", f"/api/leads{query}")
    assert answer.status_code == 200, answer.get_json()
    return [lead["name"] for lead in answer.get_json()["data"]]


def test_oc_30_a_list_has_its_pages_under_meta(three: Any, call: Call) -> None:
    told = call("GET", "/api/leads").get_json()
    assert told["meta"]["pagination"] == {
        "limit": 50,
        "page": 1,
        "totalPages": 1,
        "total": 3,
        "hasMore": False,
    }
    assert [lead["name"] for lead in told["data"]] == ["Cem", "Bea", "Ada"]
    assert list(told["data"][0]) == LEAD_KEYS


PAGES = {
    "OC-30-second": ("?limit=2&page=2", ["Ada"], (2, 2, 2, False)),
    "OC-30-first": ("?limit=2", ["Cem", "Bea"], (2, 1, 2, True)),
    "OC-30-past-the-end": ("?limit=2&page=9", [], (2, 9, 2, False)),
    "OC-30-least": ("?limit=0", ["Cem"], (1, 1, 3, True)),
    "OC-30-most": ("?limit=1000", ["Cem", "Bea", "Ada"], (100, 1, 1, False)),
    "OC-30-page-zero": ("?page=0", ["Cem", "Bea", "Ada"], (50, 1, 1, False)),
    "OC-30-page-below": ("?page=-4", ["Cem", "Bea", "Ada"], (50, 1, 1, False)),
}


def test_pages(three: Any, call: Call) -> None:
    for name, (query, found, pagination) in PAGES.items():
        told = call("GET", f"/api/leads{query}").get_json()
        meta = told["meta"]["pagination"]
        assert [lead["name"] for lead in told["data"]] == found, name
        shape = ("limit", "page", "totalPages", "hasMore")
        assert tuple(meta[key] for key in shape) == pagination, name
        assert meta["total"] == 3


def test_an_empty_list_has_no_pages(call: Call) -> None:
    told = call("GET", "/api/leads").get_json()
    assert told["data"] == []
    assert told["meta"]["pagination"]["totalPages"] == 0
    assert told["meta"]["pagination"]["hasMore"] is False


FILTERS = {
    "OC-31-bare": ("?name=Ada", ["Ada"]),
    "OC-31-eq": ("?name[eq]=Ada", ["Ada"]),
    "OC-31-encoded": ("?name%5Beq%5D=Ada", ["Ada"]),
    "OC-31-email-any-case": ("?email=bea@example.COM", ["Bea"]),
    "OC-31-phone": ("?phone=%2B31612345678", ["Cem"]),
    "OC-31-phone-lost-plus": ("?phone=+31612345678", ["Cem"]),
    "OC-31-phone-as-written": ("?phone=06%2012345678", ["Bea"]),
    "OC-31-status": ("?status=won", ["Bea"]),
    "OC-32-status-win": ("?status=win", ["Bea"]),
    "OC-31-unknown-status": ("?status=nothing", []),
    "OC-31-exists": ("?gclid[exists]=true", ["Ada"]),
    "OC-31-exists-not": ("?gclid[exists]=false", ["Cem", "Bea"]),
    "OC-31-exists-column": ("?phone[exists]=1", ["Cem", "Bea"]),
    "OC-31-value-gte": ("?value[gte]=50", ["Bea"]),
    "OC-31-value-gt": ("?value[gt]=50", []),
    "OC-31-value-lt": ("?value[lt]=50.01", ["Bea"]),
    "OC-31-created-gte": ("?createdAt[gte]=2026-03-02T13:00:00Z", ["Cem", "Bea"]),
    "OC-31-created-gt": ("?createdAt[gt]=2026-03-02T13:00:00Z", ["Cem"]),
    "OC-31-created-span": (
        "?createdAt[gte]=2026-03-02T12:30:00Z&createdAt[lt]=2026-03-02T14:00:00.000Z",
        ["Bea"],
    ),
    "OC-31-created-offset": ("?createdAt[lte]=2026-03-02T13:00:00%2B01:00", ["Ada"]),
    "OC-31-created-date": ("?createdAt[lt]=2026-03-02", []),
    "OC-32-updated-after": ("?updated_after=2026-03-02T14:30:00Z", ["Bea"]),
    "OC-32-created-older": ("?created_at[gt]=2026-03-02T13:00:00Z", ["Cem"]),
    "OC-31-search": ("?search=EXAMPLE.com", ["Bea", "Ada"]),
    "OC-31-search-literal": ("?search=%25", []),
    "OC-31-together": ("?search=example&status=open", ["Ada"]),
    "OC-31-last-counts": ("?name=Cem&name=Ada", ["Ada"]),
    "OC-31-unknown-name": ("?_=1700000000&utm=x", ["Cem", "Bea", "Ada"]),
    "OC-31-sort": ("?sort=name:asc", ["Ada", "Bea", "Cem"]),
    "OC-31-sort-bare": ("?sort=name", ["Ada", "Bea", "Cem"]),
    "OC-31-sort-several": ("?sort=status:desc,createdAt:asc", ["Bea", "Ada", "Cem"]),
    "OC-31-sort-encoded": ("?sort=name%3Adesc", ["Cem", "Bea", "Ada"]),
    "OC-32-sort-older": ("?sort=updated_at:asc", ["Ada", "Cem", "Bea"]),
    "OC-31-sort-nulls-last": ("?sort=value:asc", None),
}


def test_oc_31_oc_32_filters_and_sorting(three: Any, call: Call) -> None:
    for name, (query, found) in FILTERS.items():
        told = names(call, query)
        assert told == found or (found is None and told[0] == "Bea"), name


def test_oc_31_fields_chooses_what_is_shown(three: Any, call: Call) -> None:
    told = call("GET", "/api/leads?fields=email,id,%20name,nothing&name=Ada").get_json()["data"]
    assert told == [{"id": three["Ada"], "name": "Ada", "email": "ada@example.com"}]
    assert list(told[0]) == ["id", "name", "email"]


REFUSED = {
    "OC-31-operator": ("?name[like]=A", "INVALID_FILTER"),
    "OC-31-more-of-a-text": ("?name[gt]=A", "INVALID_FILTER"),
    "OC-31-no-operator": ("?name[]=A", "INVALID_FILTER"),
    "OC-31-field": ("?nothing[eq]=1", "INVALID_FILTER"),
    "OC-31-field-without-column": ("?website=x", "INVALID_FILTER"),
    "OC-31-exists-value": ("?gclid[exists]=maybe", "INVALID_FILTER"),
    "OC-31-value-text": ("?value[gt]=much", "INVALID_FILTER"),
    "OC-31-sort-field": ("?sort=gclid:asc", "INVALID_FILTER"),
    "OC-31-sort-direction": ("?sort=name:up", "INVALID_FILTER"),
    "OC-31-date": ("?createdAt[gte]=yesterday", "INVALID_DATE"),
    "OC-31-date-month": ("?createdAt[lte]=2026-13-01", "INVALID_DATE"),
    "OC-32-date-older": ("?updated_after=now", "INVALID_DATE"),
    "OC-30-limit": ("?limit=ten", "VALIDATION_ERROR"),
    "OC-30-page": ("?page=1.5", "VALIDATION_ERROR"),
}


def test_oc_30_oc_31_oc_32_what_cannot_be_asked_for(call: Call) -> None:
    for name, (query, code) in REFUSED.items():
        assert error(call("GET", f"/api/leads{query}")) == (400, code), name


def test_hostile_queries_are_no_bugs(three: Any, call: Call) -> None:
    words = ["%00", "%ff%fe", "'", '"', "%5C", "%F0%9F%A6%8A", "x" * 5000, "99999999999999999999"]
    names_of = ["search", "name", "email", "phone", "status", "createdAt[gte]", "value[lt]", "page",
                "limit", "sort", "fields", "id", "gclid[exists]", "%5B", "a[b][c]"]  # fmt: skip
    for word in words:
        for name in names_of:
            answer = call("GET", f"/api/leads?{name}={word}")
            assert answer.status_code in {200, 400}, (name, word)
        assert call("GET", f"/api/leads/{word}").status_code == 404, word


def test_oc_33_a_lead_by_its_id_and_nobody_else_s(three: Any, call: Call) -> None:
    lead = call("GET", f"/api/leads/{three['Bea']}").get_json()["data"]
    assert list(lead) == LEAD_KEYS
    assert (lead["id"], lead["status"], lead["value"], lead["currency"]) == (
        three["Bea"],
        "won",
        50,
        "EUR",
    )
    assert lead["createdAt"] == "2026-03-02T13:00:00.000Z"
    assert call("GET", f"/api/leads/{three['Bea']}/").status_code == 200
    for path in ("lead_nobody", three["Bea"] + "x", "0", "99", "x" * 200, quote("ü/ö", safe="")):
        assert error(call("GET", f"/api/leads/{path}")) == (404, "NOT_FOUND"), path
    missing = call("GET", f"/api/leads/{three['Bea']}", key=OTHER_KEY)
    assert error(missing) == (404, "NOT_FOUND")


def test_oc_33_the_number_and_the_uuid_name_a_lead_too(
    runtime: Any, three: Any, call: Call
) -> None:
    import sqlalchemy as sa

    from relay.store.tables import leads

    with runtime.database.read() as connection:
        row = connection.execute(sa.select(leads).where(leads.c.public_id == three["Cem"])).one()
    for name in (row.number, row.id):
        assert call("GET", f"/api/leads/{name}").get_json()["data"]["id"] == three["Cem"]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_head_is_answered_as_get(three: Any, call: Call, method: str) -> None:
    assert call(method, "/api/leads").status_code == 200


def test_oc_36_check_answers_whether_a_key_is_one(call: Call) -> None:
    for key in (KEY, READ_KEY, WRITE_KEY):
        answer = call("POST", "/api/check", key=key)
        assert (answer.status_code, answer.get_json()) == (200, {"success": True})
    for key in (None, "wrong"):
        answer = call("POST", "/api/check", key=key)
        assert error(answer) == (401, "UNAUTHORIZED")


METHODS = {
    "OC-37-put": ("PUT", "/api/leads", "POST, GET, PATCH, HEAD, OPTIONS"),
    "OC-37-delete": ("DELETE", "/api/leads", "POST, GET, PATCH, HEAD, OPTIONS"),
    "OC-37-delete-one": ("DELETE", "/api/leads/lead_1", "GET, HEAD, OPTIONS"),
    "OC-37-patch-one": ("PATCH", "/api/leads/lead_1", "GET, HEAD, OPTIONS"),
    "OC-37-check": ("GET", "/api/check", "POST, OPTIONS"),
}


@pytest.mark.parametrize(("method", "path", "allowed"), METHODS.values(), ids=METHODS)
def test_other_methods_are_not_allowed(call: Call, method: str, path: str, allowed: str) -> None:
    answer = call(method, path)
    assert error(answer) == (405, "METHOD_NOT_ALLOWED")
    assert answer.headers["Allow"] == allowed


@pytest.mark.parametrize("path", ["/api/leads", "/api/leads/", "/api/leads/lead_1", "/api/check"])
def test_oc_38_a_browser_may_ask(call: Call, path: str) -> None:
    headers = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    answer = call("OPTIONS", path, key=None, headers=headers)
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers
    refusal = call("POST", path, key=None, headers=headers)
    assert refusal.headers["Access-Control-Allow-Origin"] == "*"


def test_paths_of_nobody_below_its_own_are_answered_in_its_words(call: Call) -> None:
    assert error(call("GET", "/api/leads/a/b")) == (404, "NOT_FOUND")
    assert error(call("POST", "/api/check/more")) == (404, "NOT_FOUND")


def test_oc_40_leads_that_came_another_way_are_listed_with_their_source(
    runtime: Any, client: Any
) -> None:
    source = {"name": "site", "kind": "generic", "key": "key-of-the-site", "region": "NL"}
    configure(runtime, sources=[source])
    call = caller(client)
    fields = {"name": "Ada", "email": "ada@example.com", "roof": "flat", "utm_source": "google"}
    assert client.post("/in/key-of-the-site", json=fields).status_code == 200
    from relay.services.leads import store_batch

    assert store_batch(runtime) == 1
    created(call("POST", "/api/leads", LEAD))
    first, second = call("GET", "/api/leads?sort=createdAt:asc,id:asc").get_json()["data"]
    told = {lead["source"]: lead for lead in (first, second)}
    assert set(told) == {"generic", "octanist"}
    generic = told["generic"]
    assert [generic[name] for name in ("name", "email", "utm_source", "custom")] == [
        "Ada",
        "ada@example.com",
        "google",
        '{"roof":"flat"}',
    ]
    assert generic["id"].startswith("lead_")


def test_reading_needs_its_scope_and_has_a_limit(make_runtime: Any) -> None:
    from relay.app import create_app

    runtime = make_runtime({"RELAY_API_RATE": "3/minute"})
    configure(runtime)
    call = caller(create_app(runtime).test_client())
    assert error(call("GET", "/api/leads", key=WRITE_KEY)) == (403, "FORBIDDEN")
    assert [call("GET", "/api/leads", key=READ_KEY).status_code for _ in range(3)] == [200] * 3
    answer = call("GET", "/api/leads", key=READ_KEY)
    assert error(answer) == (429, "RATE_LIMITED")
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert created(call("POST", "/api/leads", LEAD)), "creating is never answered so"


def test_the_order_of_time_is_the_order_of_arrival(runtime: Any, call: Call) -> None:
    for number in range(3):
        created(call("POST", "/api/leads", {"name": f"n{number}"}))
    runtime.clock.set(runtime.clock.now() + timedelta(days=1))
    assert names(call, "?sort=createdAt:asc") == ["n0", "n1", "n2"]
    assert names(call, "") == ["n2", "n1", "n0"]
