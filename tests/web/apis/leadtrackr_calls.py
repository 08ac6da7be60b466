"""What tests of LeadTrackr's calls need: configured projects, and calls as clients write them."""

import json
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from werkzeug.test import TestResponse

from relay.core.ids import new_id
from relay.core.secrets import hash_key
from relay.runtime import Runtime
from relay.services.configure import apply
from relay.store.tables import api_keys
from tests.web.doors import kept, refused

KEY = "leadtrackr-key-of-16"
READ_KEY = "leadtrackr-key-for-reading"
WRITE_KEY = "leadtrackr-key-for-writing"
OTHER_KEY = "leadtrackr-key-of-other"
EVERY_KEY = "leadtrackr-key-of-all-projects"
CLOSED_KEY = "leadtrackr-key-of-closed"

CONNECTION = "/api/integrations/custom/shop"
TOKEN = "token-of-the-shop"

LABEL = "7b1f3f0e-6f62-4c39-9d67-0a4a1d1f8b55"

USER = {
    "firstName": "John",
    "lastName": "Doe",
    "email": "John@Example.com",
    "phone": "06 12345678",
    "companyName": "Acme Inc.",
}

KEYS = (
    *("id", "status", "formName", "firstName", "lastName", "phone", "email", "companyName"),
    *("price", "note", "formData", "userData", "attributionData", "channelFlow"),
    *("uniqueIdentifier", "createdAt"),
)
"""The members of a lead (LeadTrackr: Get Leads)."""


def lead(**members: Any) -> dict[str, Any]:
    """The body of a call that creates a lead; a member given as `...` is left out."""
    whole = {"projectId": "16", "userData": USER, "attributionData": {"gclid": "abc123"}, **members}
    return {name: value for name, value in whole.items() if value is not ...}


def configure(runtime: Runtime, **project: Any) -> None:
    """Projects 16 (with keys), other (with a key), open (with none) and closed (inactive)."""
    keys = [
        {"name": "all", "key": KEY, "scopes": ["read", "write"]},
        {"name": "reader", "key": READ_KEY, "scopes": ["read"]},
        {"name": "writer", "key": WRITE_KEY, "scopes": ["write"]},
    ]
    source = {"name": "leadtrackr", "kind": "leadtrackr", **project.pop("source", {})}
    own = {"id": "16", "api_keys": keys, "sources": [source], "currency": "EUR", **project}
    other = {"id": "other", "api_keys": [{"name": "all", "key": OTHER_KEY}]}
    closed = {"id": "closed", "active": False, "api_keys": [{"name": "all", "key": CLOSED_KEY}]}
    projects = [own, other, {"id": "open"}, {"id": "shut", "keyless": False}, closed]
    apply(runtime, {"projects": projects})


def add_key_of_all(runtime: Runtime) -> None:
    """EVERY_KEY, which opens all projects."""
    row = {
        "id": new_id(),
        "name": "every",
        "hash": hash_key(EVERY_KEY),
        "hint": EVERY_KEY[-4:],
        "scopes": ["read", "write"],
        "created_at": runtime.clock.now(),
    }
    with runtime.database.write() as connection:
        connection.execute(sa.insert(api_keys).values(row))


class Calls:
    """Calls of a client; every answer is judged as one of this dialect."""

    def __init__(self, runtime: Runtime, client: Any) -> None:
        self.runtime = runtime
        self.client = client

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        content_type: str | None = "application/json",
        headers: dict[str, str] | None = None,
    ) -> TestResponse:
        """One call; bytes go out as they are, anything else as JSON."""
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        sent = {"X-API-Key": key} if key is not None else {}
        sent |= headers or {}
        if data is not None and content_type is not None:
            sent["Content-Type"] = content_type
        address = path if path.startswith("/") else f"/api/leads/{path}"
        answer: TestResponse = self.client.open(address, method=method, data=data, headers=sent)
        check(answer)
        return answer

    def create(self, body: Any = None, **more: Any) -> TestResponse:
        """createLead; without a body, of a plain lead."""
        return self.send("POST", "createLead", lead() if body is None else body, **more)

    def create_by_server(self, body: Any = None, key: str | None = KEY, **more: Any) -> Any:
        """createServerSideLead with the project's key."""
        body = lead() if body is None else body
        return self.send("POST", "createServerSideLead", body, key=key, **more)

    def made(self, **members: Any) -> int:
        """The id of a lead that is created so."""
        answer = self.create(lead(**members))
        assert answer.status_code == 201, answer.get_json()
        number: int = answer.get_json()["leadId"]
        return number

    def get(self, number: int, key: str = KEY) -> dict[str, Any]:
        """The lead as getLead answers it."""
        answer = self.send("GET", f"getLead?leadId={number}", key=key)
        assert answer.status_code == 200, answer.get_json()
        found: dict[str, Any] = answer.get_json()["lead"]
        return found

    def find(self, query: str = "", key: str = KEY) -> dict[str, Any]:
        """A page as getLeads answers it."""
        answer = self.send("GET", f"getLeads?{query}", key=key)
        assert answer.status_code == 200, answer.get_json()
        found: dict[str, Any] = answer.get_json()
        return found

    def ids(self, query: str = "", **parameters: str) -> list[int]:
        """The ids on a page; parameters are encoded."""
        more = "&".join(f"{name}={quote(value, safe='')}" for name, value in parameters.items())
        return [one["id"] for one in self.find("&".join(filter(None, (query, more))))["leads"]]

    def stored(self) -> list[str]:
        """The states of all submissions."""
        return [row.state for row in kept(self.runtime)]

    def turned_away(self) -> list[tuple[int, str]]:
        """Status and reason of what was refused and noted."""
        return [(row.status, row.reason) for row in refused(self.runtime)]


def check(answer: TestResponse) -> None:
    """Every answer is JSON with a message, and pages may read it unless they were refused."""
    if answer.status_code == 204 or answer.request.method == "HEAD":
        return
    assert answer.content_type == "application/json"
    assert isinstance(answer.get_json()["message"], str)
    assert answer.get_json()["message"]
    if answer.status_code >= 400:
        assert set(answer.get_json()) == {"message"}
    assert answer.status_code < 500 or answer.status_code == 503, answer.get_json()


def said(answer: TestResponse) -> tuple[int, str]:
    """Status and message."""
    return answer.status_code, answer.get_json()["message"]
