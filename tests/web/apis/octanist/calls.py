"""What tests of Octanist's calls need: configured projects, and calls as clients write them."""

import json
import re
from collections.abc import Callable
from typing import Any

from werkzeug.test import TestResponse

from relay.runtime import Runtime
from relay.services.configure import apply

KEY = "octanist-key-of-acme"
READ_KEY = "octanist-key-for-reading"
WRITE_KEY = "octanist-key-for-writing"
OTHER_KEY = "octanist-key-of-other"
EVERY_KEY = "octanist-key-of-all-projects"

TIMESTAMP = r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"

LEAD: dict[str, Any] = {
    "name": "John Doe",
    "email": "john@example.com",
    "phone": "+1234567890",
}

Call = Callable[..., TestResponse]


def configure(runtime: Runtime, **project: Any) -> None:
    """Two projects with keys; what is given stands in the first one's configuration."""
    keys = [
        {"name": "all", "key": KEY, "scopes": ["read", "write"]},
        {"name": "reader", "key": READ_KEY, "scopes": ["read"]},
        {"name": "writer", "key": WRITE_KEY, "scopes": ["write"]},
    ]
    acme = {"id": "acme", "currency": "EUR", "api_keys": keys, **project}
    other = {"id": "other", "api_keys": [{"name": "all", "key": OTHER_KEY}]}
    apply(runtime, {"projects": [acme, other]})


def caller(client: Any) -> Call:
    """`call("POST", "/api/leads", {...}, key=...)`; bytes go out as they are."""

    def call(
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = KEY,
        headers: dict[str, str] | None = None,
    ) -> TestResponse:
        sent = {"X-API-KEY": key} if key is not None else {}
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        if data is not None:
            sent["Content-Type"] = "application/json"
        sent |= headers or {}
        sent = {name: value for name, value in sent.items() if value}
        answer: TestResponse = client.open(path, method=method, data=data, headers=sent)
        check_envelope(answer)
        return answer

    return call


def check_envelope(answer: TestResponse) -> None:
    """Every answer is an envelope, whatever became of the call."""
    if answer.status_code == 204 or answer.request.path.startswith("/api/check"):
        return
    assert answer.content_type == "application/json"
    if answer.request.method == "HEAD":
        return
    told = answer.get_json()
    assert told["success"] is (answer.status_code < 300)
    assert re.fullmatch(r"req_[0-9a-z]{12}", told["meta"]["requestId"])
    assert re.fullmatch(TIMESTAMP, told["meta"]["timestamp"])
    if told["success"]:
        assert set(told) == {"success", "data", "meta"}
    else:
        assert set(told) == {"success", "error", "meta"}
        assert set(told["error"]) - {"details"} == {"code", "message"}
        assert isinstance(told["error"].get("details", {}), dict)


def error(answer: TestResponse) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status_code, answer.get_json()["error"]["code"]


def created(answer: TestResponse) -> str:
    """The id of the lead that was created."""
    assert answer.status_code == 200, answer.get_json()
    lead_id: str = answer.get_json()["data"]["id"]
    return lead_id
