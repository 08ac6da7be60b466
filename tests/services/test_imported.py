"""Moving an account: its leads come here as they are there, once, and nothing is sent on."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from relay.services import configured, imported, listing
from relay.services.configure import apply
from relay.services.hosted import Hosted, Unavailable
from relay.services.imported import Taken
from relay.services.ledger import ledger
from relay.store.tables import bodies, deliveries, leads, status_changes, submissions
from tests.peer import Answer
from tests.vendors import KEY, LeadTrackr, Octanist, Vendor, leadtrackr_lead, octanist_lead

Take = Callable[..., Taken]

ACME_KEY = "the key of the project acme"


@pytest.fixture
def project(runtime: Any) -> Any:
    """A project whose leads of both APIs would go on to a target."""
    targets = [{"name": "crm", "kind": "webhook", "settings": {"url": "https://crm.example/"}}]
    kinds = ("leadtrackr", "octanist")
    document = {
        "id": "acme",
        "currency": "EUR",
        "api_keys": [{"name": "server", "key": ACME_KEY}],
        "sources": [{"name": kind, "kind": kind, "region": "NL"} for kind in kinds],
        "targets": targets,
        "routes": [{"from": kind, "to": "crm", "on": ["created", "updated"]} for kind in kinds],
    }
    apply(runtime, {"projects": [document]})
    found = configured.project_by_public_id(runtime, "acme")
    assert found is not None
    return found


@pytest.fixture
def waits() -> list[float]:
    """How long the import has paused."""
    return []


@pytest.fixture
def take(runtime: Any, project: Any, waits: list[float]) -> Take:
    """Takes over the leads of a vendor's account."""

    def run(vendor: Vendor, key: str = KEY) -> Taken:
        kind = "leadtrackr" if isinstance(vendor, LeadTrackr) else "octanist"
        source = configured.source_of_kind(runtime, project.id, kind)
        assert source is not None
        account = source.kind.source.account
        assert account is not None
        hosted = Hosted(runtime, account, vendor.url, key, wait=waits.append)
        try:
            return imported.take_over(runtime, project, source, hosted, lambda _more, _all: None)
        finally:
            hosted.close()

    return run


@pytest.fixture
def vendors() -> Iterator[Callable[[Vendor], Vendor]]:
    """Closes the vendors that are handed to it."""
    opened: list[Vendor] = []

    def keep(vendor: Vendor) -> Vendor:
        opened.append(vendor)
        return vendor

    yield keep
    for vendor in opened:
        vendor.close()


def rows(runtime: Any, table: sa.Table) -> list[Any]:
    with runtime.database.read() as connection:
        return list(connection.execute(sa.select(table)).all())


def lead(runtime: Any, project: Any, **by: Any) -> Any:
    found = listing.one(runtime, project.id, **by)
    assert found is not None
    return found


def test_a_leadtrackr_account_keeps_numbers_dates_status_price_and_note(
    runtime: Any, project: Any, take: Take, vendors: Any
) -> None:
    hosted = [leadtrackr_lead(number) for number in range(1, 231)]
    hosted[6] |= {"status": "Sale", "price": 129900, "note": "called twice"}
    taken = take(vendors(LeadTrackr(hosted)))
    assert (taken.new, taken.known, taken.quarantined, taken.renamed) == (230, 0, [], [])
    seventh = lead(runtime, project, number=7)
    assert seventh["created_at"].isoformat() == "2025-08-15T10:30:00+00:00"
    assert (seventh["status"], seventh["value_minor"], seventh["currency"]) == (
        "Sale",
        129900,
        "EUR",
    )
    document = seventh["document"]
    assert document["state"]["note"] == "called twice"
    assert document["keys"]["external"] == {"leadtrackr": "7"}
    verbatim = document["verbatim"]["leadtrackr"]
    for part in ("formData", "userData", "attributionData", "channelFlow", "uniqueIdentifier"):
        assert verbatim[part] == hosted[6][part]
    assert list(verbatim["formData"]) == ["formName", "uniqueEventId", "b", "a"]


def test_clients_of_leadtrackr_see_the_moved_leads_as_they_were(
    runtime: Any, client: Any, project: Any, take: Take, vendors: Any
) -> None:
    hosted = [leadtrackr_lead(7, status="Sale", price=129900, note="twice"), leadtrackr_lead(8)]
    take(vendors(LeadTrackr(hosted)))
    key = {"X-API-Key": ACME_KEY}
    for lead_before in hosted:
        address = f"/api/leads/getLead?leadId={lead_before['id']}"
        assert client.get(address, headers=key).get_json()["lead"] == lead_before
    listed = client.get("/api/leads/getLeads?sort=createdAt:asc", headers=key).get_json()
    assert listed["leads"] == sorted(hosted, key=lambda one: one["createdAt"])


def test_nothing_is_sent_on_and_the_books_come_out_even(
    runtime: Any, project: Any, take: Take, vendors: Any
) -> None:
    take(vendors(LeadTrackr([leadtrackr_lead(1), leadtrackr_lead(2)])))
    assert rows(runtime, deliveries) == []
    assert {row.door for row in rows(runtime, bodies)} == {"import"}
    assert [row.state for row in rows(runtime, submissions)] == ["stored"] * 2
    (note,) = [one for one in rows(runtime, submissions)[0].warnings if one["kind"] == "import"]
    assert "not sent on" in note["message"]
    assert ledger(runtime).gaps == []


def test_run_again_it_takes_only_what_is_new(
    runtime: Any, project: Any, take: Take, vendors: Any
) -> None:
    vendor = vendors(LeadTrackr([leadtrackr_lead(number) for number in range(1, 121)]))
    assert take(vendor).new == 120
    vendor.leads.append(leadtrackr_lead(500))
    again = take(vendor)
    assert (again.new, again.known) == (1, 120)
    assert len(rows(runtime, leads)) == len(rows(runtime, submissions)) == 121


def test_broken_off_it_goes_on_where_it_was(
    runtime: Any, project: Any, take: Take, vendors: Any, waits: list[float]
) -> None:
    vendor = vendors(Octanist([octanist_lead(f"n{number:03}") for number in range(150)]))
    first_page = vendor.answer("/api/leads", {"sort": "createdAt:asc", "page": "1", "limit": "100"})
    vendor.script(first_page, *[Answer(status=502)] * 6)
    with pytest.raises(Unavailable, match="502"):
        take(vendor)
    assert len(rows(runtime, leads)) == 100
    assert waits == [2.0, 10.0, 30.0, 60.0, 120.0]
    rest = take(vendor)
    assert (rest.new, rest.known) == (50, 100)
    assert len(rows(runtime, leads)) == 150


def test_a_vendor_that_asks_for_patience_gets_it(
    project: Any, take: Take, vendors: Any, waits: list[float]
) -> None:
    vendor = vendors(LeadTrackr([leadtrackr_lead(1)]))
    busy = Answer(status=429, headers={"Retry-After": "7"})
    vendor.script(busy, Answer(status=429), Answer(status=429, headers={"Retry-After": "86400"}))
    assert take(vendor).new == 1
    assert waits == [7.0, 10.0, 900.0]


@pytest.mark.parametrize("status", [401, 403, 404])
def test_an_account_that_does_not_open_is_not_asked_again(
    project: Any, take: Take, vendors: Any, waits: list[float], status: int
) -> None:
    vendor = vendors(LeadTrackr([]))
    vendor.script(Answer(status=status))
    with pytest.raises(Unavailable, match=str(status)):
        take(vendor)
    assert (len(vendor.arrivals), waits) == (1, [])


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b'{"leads": 1}', b'{"leads": [1]}', b'{"leads": [{"id": "x"}]}'],
)
def test_an_answer_that_is_no_page_ends_it(
    runtime: Any, project: Any, take: Take, vendors: Any, body: bytes
) -> None:
    vendor = vendors(LeadTrackr([]))
    vendor.script(Answer(body=body))
    with pytest.raises(Unavailable, match="cannot be read"):
        take(vendor)
    assert rows(runtime, leads) == []


def test_numbers_that_are_taken_here_give_way_and_are_never_given_again(
    runtime: Any, project: Any, take: Take, vendors: Any
) -> None:
    ours = take(vendors(Octanist([octanist_lead("a"), octanist_lead("b")])))
    assert ours.new == 2
    taken = take(vendors(LeadTrackr([leadtrackr_lead(n) for n in (2, 40, 41)])))
    assert (taken.new, taken.renamed) == (3, ["2"])
    numbers = sorted(row.number for row in rows(runtime, leads))
    assert numbers == [1, 2, 40, 41, 42]
    moved = lead(runtime, project, number=42)
    assert moved["document"]["keys"]["external"] == {"leadtrackr": "2"}
    take(vendors(Octanist([octanist_lead("c")])))
    assert max(row.number for row in rows(runtime, leads)) == 43


def test_an_octanist_account_keeps_ids_values_and_what_was_consented(
    runtime: Any, project: Any, take: Take, vendors: Any
) -> None:
    told = {"status": "win", "value": 19.99, "qualifiedAt": "2025-06-16T09:00:00.000Z"}
    taken = take(vendors(Octanist([octanist_lead("x", **told, lossReason="none")])))
    assert (taken.new, taken.renamed) == (1, [])
    found = lead(runtime, project, public_id="lead_x")
    assert (found["status"], found["value_minor"]) == ("won", 1999)
    document = found["document"]
    assert document["state"]["native"] == {"octanist": "win"}
    assert document["state"]["qualified_at"] == "2025-06-16T09:00:00Z"
    assert document["consent"] == {"ad_storage": {"state": "granted", "raw": True}}
    assert document["verbatim"]["octanist"]["custom"] == '{"roof":"flat", "size":120}'
    assert document["verbatim"]["octanist"]["lead"]["source"] == "gtm"
    assert document["times"]["submitted"] == "2025-06-15T10:30:00Z"


def test_the_older_list_without_an_envelope_is_read_too(
    runtime: Any, project: Any, take: Take, vendors: Any
) -> None:
    hosted = [octanist_lead(f"n{number:03}") for number in range(130)]
    assert take(vendors(Octanist(hosted, bare=True))).new == 130


def test_a_public_id_of_another_project_s_lead_is_not_taken(
    runtime: Any, project: Any, take: Take, vendors: Any
) -> None:
    take(vendors(Octanist([octanist_lead("x")])))
    apply(runtime, {"projects": [{"id": "other", "sources": []}]})
    other = configured.project_by_public_id(runtime, "other")
    assert other is not None
    source = configured.source_of_kind(runtime, other.id, "octanist")
    assert source is not None
    assert source.kind.source.account is not None
    vendor = vendors(Octanist([octanist_lead("x")]))
    hosted = Hosted(runtime, source.kind.source.account, vendor.url, KEY)
    taken = imported.take_over(runtime, other, source, hosted, lambda _more, _all: None)
    hosted.close()
    assert (taken.new, taken.renamed) == (1, ["lead_x"])


def test_parts_that_the_list_leaves_out_are_asked_for(
    runtime: Any, project: Any, take: Take, vendors: Any
) -> None:
    hosted = leadtrackr_lead(3)
    vendor = vendors(LeadTrackr([hosted], short=True))
    take(vendor)
    assert [one.path.partition("?")[0] for one in vendor.arrivals] == [
        "/api/leads/getLeads",
        "/api/leads/getLead",
    ]
    verbatim = lead(runtime, project, number=3)["document"]["verbatim"]["leadtrackr"]
    assert verbatim["formData"] == hosted["formData"]


def test_a_lead_that_is_here_already_learns_only_what_it_does_not_know(
    runtime: Any, client: Any, project: Any, take: Take, vendors: Any
) -> None:
    live = {
        "projectId": "acme",
        "userData": {"email": "new@example.com"},
        "formData": {"uniqueEventId": "e9"},
    }
    assert client.post("/api/leads/createLead", json=live).status_code == 201
    sent = len(rows(runtime, deliveries))
    hosted = leadtrackr_lead(9, status="Sale", price=100)
    taken = take(vendors(LeadTrackr([hosted])))
    assert taken.new == 1
    (only,) = rows(runtime, leads)
    assert (only.number, only.email, only.status) == (1, "new@example.com", "Sale")
    assert len(rows(runtime, deliveries)) == sent
    assert rows(runtime, status_changes) == []
    assert ledger(runtime).gaps == []


def test_a_call_after_the_move_updates_the_lead_that_was_moved(
    runtime: Any, client: Any, project: Any, take: Take, vendors: Any
) -> None:
    take(vendors(LeadTrackr([leadtrackr_lead(9)])))
    again = {
        "projectId": "acme",
        "userData": {"email": "9@example.com", "phone": "06 99999999"},
        "formData": {"uniqueEventId": "e9"},
    }
    answer = client.post("/api/leads/createLead", json=again)
    assert answer.get_json()["leadId"] == 9
    assert answer.get_json()["message"] == "Lead updated successfully"


def test_hostile_leads_of_an_account_are_kept_one_way_or_another(
    runtime: Any, project: Any, take: Take, vendors: Any
) -> None:
    odd = {
        "name": "a\x00b",
        "email": ["x"],
        "phone": 7,
        "value": "much",
        "status": {"a": 1},
        "createdAt": "yesterday",
        "qualifiedAt": 4,
        "note": {"deep": [1]},
        "custom": "\ud800",
        "currency": [],
    }
    taken = take(vendors(Octanist([octanist_lead("odd", **odd), octanist_lead("x")])))
    assert taken.new + len(taken.quarantined) == 2
    assert ledger(runtime).gaps == []
