"""Hosted accounts as their vendors' list calls show them, on 127.0.0.1."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.peer import Answer, Arrival, Misbehaviour, Peer

KEY = "the key of the account"

Leads = list[dict[str, Any]]


class Vendor(Peer):
    """A peer that has leads; `script` answers come first, as ever."""

    def __init__(self, leads: Leads) -> None:
        self.leads = leads
        super().__init__()

    def note(self, arrival: Arrival) -> Answer | Misbehaviour:
        """Answer by what was scripted, else by the leads."""
        said = super().note(arrival)
        if said is not self.default:
            return said
        if arrival.headers.get("x-api-key") != KEY:
            return _json({"message": "Invalid API key"}, 401)
        parts = urlsplit(arrival.path)
        return self.answer(parts.path, {k: v[-1] for k, v in parse_qs(parts.query).items()})

    def answer(self, path: str, asked: dict[str, str]) -> Answer:
        """What the vendor says to a genuine call."""
        raise NotImplementedError


class LeadTrackr(Vendor):
    """getLeads, which may leave out the parts of a lead, and getLead, which shows them."""

    def __init__(self, leads: Leads, *, short: bool = False) -> None:
        self._short = short
        super().__init__(leads)

    def answer(self, path: str, asked: dict[str, str]) -> Answer:
        """A page, or one lead."""
        if path == "/api/leads/getLead":
            (lead,) = [one for one in self.leads if str(one["id"]) == asked["leadId"]]
            return _json({"message": "Lead retrieved", "lead": lead})
        assert (path, asked["sort"]) == ("/api/leads/getLeads", "createdAt:asc")
        rows, page, pages = _page(self.leads, asked)
        if self._short:
            parts = dict.fromkeys(("formData", "userData", "attributionData"))
            rows = [{**one, **parts} for one in rows]
        told = {"total": len(self.leads), "page": page, "totalPages": pages}
        more = {"limit": int(asked["limit"]), "hasMore": page < pages}
        return _json({"message": "Leads retrieved", "leads": rows, **told, **more})


class Octanist(Vendor):
    """The list in its envelope, or bare as the older API gives it."""

    def __init__(self, leads: Leads, *, bare: bool = False) -> None:
        self._bare = bare
        super().__init__(leads)

    def answer(self, path: str, asked: dict[str, str]) -> Answer:
        """A page."""
        assert (path, asked["sort"]) == ("/api/leads", "createdAt:asc")
        rows, page, pages = _page(self.leads, asked)
        if self._bare:
            return _json(rows)
        pagination = {"page": page, "total": len(self.leads), "hasMore": page < pages}
        return _json({"success": True, "data": rows, "meta": {"pagination": pagination}})


def leadtrackr_lead(number: int, /, **more: Any) -> dict[str, Any]:
    """A lead as getLeads shows it."""
    person = {"firstName": "Ada", "lastName": f"No {number}", "email": f"{number}@example.com"}
    return {
        "id": number,
        "status": "open",
        "formName": "Contact",
        **person,
        "phone": "06 12345678",
        "companyName": "Acme",
        "price": None,
        "note": None,
        "formData": {"formName": "Contact", "uniqueEventId": f"e{number}", "b": 1, "a": [True]},
        "userData": {**person, "phone": "06 12345678", "companyName": "Acme"},
        "attributionData": {"gclid": f"G-{number}", "cid": ""},
        "channelFlow": [{"t": 1, "ch": {"s": "google", "m": "cpc"}}],
        "uniqueIdentifier": f"crm-{number}",
        "createdAt": f"2025-{number % 12 + 1:02}-15T10:30:00.000Z",
        **more,
    }


def octanist_lead(name: str, /, **more: Any) -> dict[str, Any]:
    """A lead as the list shows it."""
    return {
        "id": f"lead_{name}",
        "name": f"Ada {name}",
        "email": f"{name}@Example.com",
        "phone": "+1234567890",
        "status": "open",
        "value": None,
        "note": None,
        "custom": '{"roof":"flat", "size":120}',
        "lossReason": None,
        "source": "gtm",
        "website": "https://www.example.com",
        "path": "/contact",
        "gclid": f"G-{name}",
        "ga4cid": "GA1.1.12.34",
        "ad_storage": True,
        "ad_user_data": False,
        "labelId": "label_7",
        "createdAt": "2025-06-15T10:30:00.000Z",
        "updatedAt": "2025-06-16T10:30:00.000Z",
        "qualifiedAt": None,
        **more,
    }


def _page(leads: Leads, asked: dict[str, str]) -> tuple[Leads, int, int]:
    ordered = sorted(leads, key=lambda one: (one["createdAt"], one["id"]))
    page, limit = int(asked["page"]), int(asked["limit"])
    assert 1 <= limit <= 100
    return ordered[(page - 1) * limit : page * limit], page, -(-len(leads) // limit)


def _json(document: Any, status: int = 200) -> Answer:
    headers = {"Content-Type": "application/json"}
    return Answer(status=status, body=json.dumps(document).encode(), headers=headers)
