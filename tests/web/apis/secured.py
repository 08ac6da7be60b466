"""Two projects that know nothing of each other, and a key of each; nothing of one is the other's.

Their leads have the same e-mail, phone and event, so that a look-up that forgot whose it is would
find the other's.
"""

from typing import Any

import sqlalchemy as sa

from relay.core.ids import new_id
from relay.core.secrets import hash_key
from relay.runtime import Runtime
from relay.services.configure import apply
from relay.store.tables import api_keys

ANN, BOB = "key-of-anns-project", "key-of-bobs-project"
EVERYWHERE = "key-of-all-the-projects"
READER = "key-of-ann-for-reading"

ANNS_TOKEN, BOBS_TOKEN = "token-of-ann-1", "token-of-bob-2"

ALL_SCOPES = ["read", "write", "manage"]

PERSON = {"firstName": "Same", "email": "same@example.com", "phone": "+18004506787"}


def configure(runtime: Runtime, **anns: Any) -> None:
    """Ann's project and Bob's, each with keys, a schedule and a custom webhook."""
    bob = _project("bob", BOB, BOBS_TOKEN)
    ann = _project("ann", ANN, ANNS_TOKEN)
    ann["api_keys"].append({"name": "reader", "key": READER, "scopes": ["read"]})
    apply(runtime, {"projects": [{**ann, **anns}, bob]})
    row = {"id": new_id(), "name": "every", "hash": hash_key(EVERYWHERE), "hint": "ects"}
    row |= {"scopes": ALL_SCOPES, "created_at": runtime.clock.now()}
    with runtime.database.write() as connection:
        connection.execute(sa.insert(api_keys).values(row))


def _project(name: str, key: str, token: str) -> dict[str, Any]:
    connection = {"id": f"shop-of-{name}", "token": f"{token}-of-shop", "header": "X-Shop"}
    return {
        "id": name,
        "api_keys": [{"name": "all", "key": key, "scopes": ALL_SCOPES}],
        "sources": [
            {"name": "schedule", "kind": "trackdrive", "settings": {"token": token}},
            {"name": "leadtrackr", "kind": "leadtrackr", "settings": {"connection": connection}},
        ],
    }


def create(client: Any, project: str, key: str | None, **members: Any) -> Any:
    """createServerSideLead."""
    body = {"projectId": project, "userData": PERSON, "formData": {"uniqueEventId": "same"}}
    headers = {} if key is None else {"X-API-Key": key}
    return client.post("/api/leads/createServerSideLead", json={**body, **members}, headers=headers)
