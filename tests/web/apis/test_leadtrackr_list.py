"""LeadTrackr's getLeads: filters, search, order and pages."""

from datetime import timedelta
from typing import Any

import pytest

from relay.services.configure import apply
from relay.services.leads import store_batch
from relay.services.status import process_status
from tests.web.apis.leadtrackr_calls import (
    KEY,
    KEYS,
    LABEL,
    OTHER_KEY,
    USER,
    Calls,
    configure,
    lead,
    said,
)

pytestmark = pytest.mark.redis

LABELS = [{"id": LABEL, "name": "Converted"}]

LEADS: list[dict[str, Any]] = [  # 1 to 6, a minute apart
    {
        "userData": {"firstName": "Ada", "lastName": "Zed", "email": "ada@example.com"},
        "attributionData": {"gclid": "g", "cid": "1.2"},
        "formData": {"formName": "Contact"},
    },
    {
        "userData": {"firstName": "bob", "lastName": "Young", "email": "bob@example.com"},
        "attributionData": {"gclid": "", "fbp": "fb.1"},
        "formData": {"formName": "contact"},
        "uniqueIdentifier": "crm-2",
    },
    {
        "userData": {"firstName": "Cé", "phone": "+31612345678", "companyName": "100% Sure"},
        "attributionData": {"cid": " ", "fbc": "fb.2"},
        "formData": {"formName": "Quote, please"},
    },
    {"userData": {"email": "ADA@example.com", "companyName": "under_score"}},
    {"userData": {}, "attributionData": {"gclid": "x", "fbp": None}},
    {"userData": {"lastName": "O'Neil", "phone": "06 12345678"}, "attributionData": ...},
]


@pytest.fixture
def calls(runtime: Any, client: Any) -> Calls:
    """The six leads; 3 is Converted at 500 cents, 5 waits to be, 6 is lost at 250 cents."""
    configure(runtime, conversion_labels=LABELS)
    calls = Calls(runtime, client)
    for one in LEADS:
        assert calls.create(lead(**{"attributionData": {"x": "y"}, **one})).status_code == 201
        runtime.clock.advance(60.123456)
    for number, label, price in ((3, LABEL, 500), (6, "lost", 250)):
        body = {"leadId": number, "conversionId": label, "price": price}
        assert calls.send("POST", "updateLeadStatus", body, key=KEY).status_code == 201
    process_status(runtime)
    body = {"leadId": 5, "conversionId": LABEL}
    assert calls.send("POST", "updateLeadStatus", body, key=KEY).status_code == 201
    assert calls.create(lead(projectId="other")).status_code == 201
    return calls


ALL = [6, 5, 4, 3, 2, 1]

FILTERS = {
    "LT-58-own-project-alone": ("", ALL),
    "LT-68-one-status": ("status=open", [4, 2, 1]),
    "LT-68-several": ("status=open,pending", [5, 4, 2, 1]),
    "LT-68-encoded": ("status=open%2Cpending", [5, 4, 2, 1]),
    "LT-68-label": ("status=Converted", [3]),
    "LT-69-blanks": ("status=%20lost%20,%20Converted%20", [6, 3]),
    "LT-69-unknown": ("status=nonsense", []),
    "LT-69-unknown-beside-known": ("status=nonsense,lost", [6]),
    "LT-69-blank": ("status=", ALL),
    "LT-70-form": ("formName=Contact", [1]),
    "LT-70-exact": ("formName=Conta", []),
    "LT-70-comma": ("formName=Quote%2C+please", [3]),
    "LT-71-identifier": ("uniqueIdentifier=crm-2", [2]),
    "LT-71-identifier-exact": ("uniqueIdentifier=crm", []),
    "LT-71-email": ("email=bob%40example.com", [2]),
    "LT-71-email-exact": ("email=bob", []),
    "LT-71-phone": ("phone=%2B31612345678", [3]),
    "LT-71-phone-with-a-lost-plus": ("phone=+31612345678", [3]),
    "LT-71-phone-as-written": ("phone=06+12345678", [6]),
    "LT-71-phone-nul": ("phone=%00", []),
    "LT-72-gte": ("createdAt[gte]=2026-03-02T12:04:00.493Z", [6, 5]),
    "LT-72-gte-inclusive": ("createdAt[gte]=2026-03-02T12:05:00.617Z", [6]),
    "LT-72-lte-inclusive": ("createdAt[lte]=2026-03-02T12:01:00.123Z", [2, 1]),
    "LT-72-both": (
        "createdAt[gte]=2026-03-02T12:01:00Z&createdAt[lte]=2026-03-02T12:03:00Z",
        [3, 2],
    ),
    "LT-73-encoded-brackets": ("createdAt%5Bgte%5D=2026-03-02T12:05:00Z", [6]),
    "LT-73-date": ("createdAt[gte]=2026-03-02", ALL),
    "LT-73-date-is-its-midnight": ("createdAt[lte]=2026-03-02", []),
    "LT-73-next-date": ("createdAt[gte]=2026-03-03", []),
    "LT-73-offset": ("createdAt[gte]=2026-03-02T14:05:00%2B02:00", [6]),
    "LT-73-offset-with-a-lost-plus": ("createdAt[gte]=2026-03-02T14:05:00+02:00", [6]),
    "LT-73-no-zone": ("createdAt[gte]=2026-03-02T12:05:00", [6]),
    "LT-73-far": ("createdAt[lte]=9999-12-31T23:59:59.999Z", ALL),
    "LT-74-first-name": ("search=ada", [4, 1]),
    "LT-74-last-name": ("search=young", [2]),
    "LT-74-email": ("search=bob@ex", [2]),
    "LT-74-phone": ("search=1234567", [6, 3]),
    "LT-74-company": ("search=sure", [3]),
    "LT-74-two-characters": ("search=ed", [1]),
    "LT-74-not-the-form": ("search=Quote", []),
    "LT-75-case": ("search=O%27NEIL", [6]),
    "LT-75-accent": ("search=cé", [3]),
    "LT-75-percent": ("search=0%25", [3]),
    "LT-75-percent-alone-matches-nothing-else": ("search=%25%25", []),
    "LT-75-underscore": ("search=r_s", [4]),
    "LT-75-underscores": ("search=__", []),
    "LT-75-blanks-around": ("search=%20%20young%20", [2]),
    "LT-75-blank": ("search=", ALL),
    "LT-75-nul": ("search=a%00b", []),
    "LT-79-gclid": ("gclid[exists]=true", [5, 1]),
    "LT-79-no-gclid": ("gclid[exists]=false", [6, 4, 3, 2]),
    "LT-79-cid": ("cid[exists]=true", [1]),
    "LT-79-fbp": ("fbp[exists]=true", [2]),
    "LT-79-fbc": ("fbc[exists]=true", [3]),
    "LT-80-empty-does-not-exist": ("fbp[exists]=false&cid[exists]=false", [6, 5, 4, 3]),
    "LT-81-one": ("gclid%5Bexists%5D=1", [5, 1]),
    "LT-81-capitals": ("gclid[exists]=TRUE", [5, 1]),
    "LT-81-zero": ("gclid[exists]=0&status=open", [4, 2]),
    "LT-81-and": ("gclid[exists]=true&cid[exists]=true&status=open&formName=Contact", [1]),
    "LT-81-last-wins": ("gclid[exists]=false&gclid[exists]=true&status=lost&status=open", [1]),
    "LT-81-unknown-parameters": ("x=1&createdAt[gt]=nonsense&msclkid[exists]=maybe", ALL),
    "LT-76-default": ("sort=", ALL),
    "LT-76-created": ("sort=createdAt:asc", [1, 2, 3, 4, 5, 6]),
    "LT-76-price": ("sort=price:desc", [3, 6, 5, 4, 2, 1]),
    "LT-77-encoded": ("sort=createdAt%3Aasc", [1, 2, 3, 4, 5, 6]),
    "LT-78-nulls-last": ("sort=price:asc", [6, 3, 1, 2, 4, 5]),
    "LT-78-no-direction": ("sort=createdAt", [1, 2, 3, 4, 5, 6]),
    "LT-78-capitals": ("sort=createdAt:DESC", ALL),
    "LT-78-stable": ("sort=status:desc&status=open", [4, 2, 1]),
    "LT-78-stable-ascending": ("sort=status:asc&status=open", [1, 2, 4]),
}


@pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
def test_lt_68_to_lt_77_lt_79_lt_80_filters_search_and_order(calls: Calls) -> None:
    """Each by its number in FILTERS."""
    wrong = {}
    for name, (query, wanted) in FILTERS.items():
        found = calls.find(query)
        ids = [one["id"] for one in found["leads"]]
        if (ids, found["total"]) != (wanted, len(wanted)):
            wrong[name] = (query, ids, found["total"])
    assert wrong == {}


ORDERS = ["createdAt", "firstName", "lastName", "email", "price", "status"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_lt_76_lt_78_every_field_sorts_both_ways_and_pages_never_repeat(calls: Calls) -> None:
    for field in ORDERS:
        for direction in ("asc", "desc"):
            pages = [
                calls.ids(f"limit=2&page={page}&sort={field}:{direction}") for page in (1, 2, 3)
            ]
            ids = [number for page in pages for number in page]
            assert sorted(ids) == sorted(ALL), field
            found = {one["id"]: one[field] for one in calls.find()["leads"]}
            given = [found[number] is not None for number in ids]
            assert given == sorted(given, reverse=True), f"nulls last by {field}"


PAGES = {
    "LT-63-defaults": ("", 1, 50, 6),
    "LT-63-limit": ("limit=4", 1, 4, 4),
    "LT-63-second-page": ("limit=4&page=2", 2, 4, 2),
    "LT-63-most": ("limit=100", 1, 100, 6),
    "LT-64-zero": ("limit=0", 1, 1, 1),
    "LT-64-101": ("limit=101", 1, 100, 6),
    "LT-64-negative": ("limit=-1", 1, 1, 1),
    "LT-64-fraction": ("limit=2.5", 1, 2, 2),
    "LT-64-huge": (f"limit={'9' * 300}", 1, 100, 6),
    "LT-64-hugely-negative": (f"limit=-{'9' * 300}", 1, 1, 1),
    "LT-64-page-zero": ("page=0", 1, 50, 6),
    "LT-64-page-negative": ("page=-3", 1, 50, 6),
    "LT-64-blank": ("limit=&page=", 1, 50, 6),
    "LT-65-past-the-end": ("page=3&limit=4", 3, 4, 0),
    "LT-65-far-past-the-end": (f"page={'9' * 300}", 10**12, 50, 0),
}


@pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
def test_lt_59_lt_63_lt_64_lt_65_lt_67_pages(calls: Calls) -> None:
    for name, (query, page, limit, rows) in PAGES.items():
        found = calls.find(query)
        pages = -(-6 // limit)
        assert found == {
            "message": "Leads retrieved",
            "leads": found["leads"],
            "total": 6,
            "page": page,
            "limit": limit,
            "totalPages": pages,
            "hasMore": page < pages,
        }, name
        assert len(found["leads"]) == rows, name
        assert all(tuple(one) == KEYS for one in found["leads"])


WRONG = {
    "LT-64-word": ("limit=abc", "limit must be a number"),
    "LT-64-page-word": ("page=x", "page must be a number"),
    "LT-64-exponent": ("limit=1e3", "limit must be a number"),
    "LT-64-nan": ("limit=NaN", "limit must be a number"),
    "LT-73-nonsense": ("createdAt[gte]=yesterday", "createdAt[gte] must be a valid time"),
    "LT-73-no-such-day": ("createdAt[lte]=2026-02-30", "createdAt[lte] must be a valid time"),
    "LT-73-nul": ("createdAt[lte]=%00", "createdAt[lte] must be a valid time"),
    "LT-73-beyond": (
        "createdAt[lte]=0001-01-01T00:00:00%2B14:00",
        "createdAt[lte] must be a valid time",
    ),
    "LT-75-one-character": ("search=a", "search must have at least 2 characters"),
    "LT-75-one-and-blanks": ("search=%20a%20", "search must have at least 2 characters"),
    "LT-75-far-too-long": (f"search={'x' * 501}", "search must not have more than 500 characters"),
    "LT-78-unknown-field": ("sort=phone:asc", "sort must name one of createdAt, firstName"),
    "LT-78-internal-field": ("sort=created_at:asc", "sort must name one of createdAt"),
    "LT-78-unknown-direction": ("sort=createdAt:up", "sort must end in :asc or :desc"),
    "LT-78-two": ("sort=createdAt:asc,price:asc", "sort must end in :asc or :desc"),
    "LT-81-neither": ("gclid[exists]=maybe", "gclid[exists] must be one of"),
    "LT-81-number": ("fbc[exists]=2", "fbc[exists] must be one of"),
}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_lt_64_lt_73_lt_75_lt_78_lt_81_what_means_nothing_is_refused_by_name(calls: Calls) -> None:
    for name, (query, message) in WRONG.items():
        status, text = said(calls.send("GET", f"getLeads?{query}", key=KEY))
        assert (status, text[: len(message)]) == (400, message), name


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_lt_66_a_project_without_leads_has_no_pages(runtime: Any, client: Any) -> None:
    configure(runtime)
    found = Calls(runtime, client).find(key=OTHER_KEY)
    assert (found["leads"], found["total"], found["totalPages"]) == ([], 0, 0)
    assert (found["page"], found["hasMore"]) == (1, False)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_lt_60_lt_61_lt_62_an_item_is_the_whole_lead(calls: Calls) -> None:
    (item,) = calls.find("status=lost")["leads"]
    assert item == calls.get(6)
    assert item == {
        "id": 6,
        "status": "lost",
        "formName": None,
        "firstName": None,
        "lastName": "O'Neil",
        "phone": "06 12345678",
        "email": None,
        "companyName": None,
        "price": 250,
        "note": None,
        "formData": None,
        "userData": LEADS[5]["userData"],
        "attributionData": None,
        "channelFlow": None,
        "uniqueIdentifier": None,
        "createdAt": "2026-03-02T12:05:00.617Z",
    }


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_lt_58_the_key_decides_the_project_whatever_the_parameters_say(calls: Calls) -> None:
    answer = calls.send("GET", "getLeads?projectId=16&leadId=1", key=OTHER_KEY).get_json()
    assert [one["userData"] for one in answer["leads"]] == [USER]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_lead_of_another_door_is_answered_by_what_it_says(runtime: Any, client: Any) -> None:
    """LT-60: Octanist's, and one that a form builder brought."""
    key = "the-key-of-a-generic-source"
    form = {"name": "form", "kind": "generic", "key": key}
    configure(runtime, source={"region": "NL"})
    apply(runtime, {"projects": [{"id": "16", "sources": [form]}]})
    calls = Calls(runtime, client)
    octanist = {
        "name": "Jane Roe",
        "email": "Jane@Example.com",
        "phone": "+1234567890",
        "note": "A note",
        "custom": {"roof": "flat"},
        "gclid": "g",
        "ga4cid": "GA1.1.111.222",
        "sccid": "snap",
        "utm_source": "google",
        "ad_storage": True,
    }
    headers = {"X-API-Key": KEY}
    assert client.post("/api/leads", json=octanist, headers=headers).status_code == 200
    found = calls.get(1)
    assert found["userData"] == {
        "firstName": "Jane",
        "lastName": "Roe",
        "email": "Jane@example.com",
        "phone": "+1234567890",
    }
    assert found["phone"] == "+1234567890"
    assert found["formData"] == {"roof": "flat"}
    assert found["attributionData"] == {
        "gclid": "g",
        "scclid": "snap",
        "cid": "111.222",
        "utm_source": "google",
        "consent": {"ad_storage": "granted"},
    }
    assert found["createdAt"] == runtime.clock.now().strftime("%Y-%m-%dT%H:%M:%S.000Z")
    assert client.post(f"/in/{key}", json={"email": "x@y.zz", "roof": "flat"}).status_code == 200
    runtime.clock.set(runtime.clock.now() + timedelta(seconds=1))
    store_batch(runtime)
    found = calls.get(2)
    assert tuple(found) == KEYS
    assert (found["email"], found["formData"]) == ("x@y.zz", {"roof": "flat"})
    assert found["attributionData"] is None
    assert calls.find("email=x@y.zz")["leads"] == [found]
