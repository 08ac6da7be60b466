"""What really leaves the relay is what the vendors' own schemas take."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from relay.config import load_config
from relay.core.contract import Conversation, Json, Note, Reply, Request
from relay.net.client import Client
from tests.integrations.conversing import FIXTURES, NAMES, begun, catalog, of_target, read
from tests.integrations.vendor_schemas import NEEDED, schema_for, schemas

pytestmark = NEEDED

OF_HTTP = [path for path in FIXTURES if path.parts[-3] != "email"]


class Vendor(ThreadingHTTPServer):
    """A peer that answers as recorded, and keeps what it was really sent."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.replies: list[Json] = []
        self.heard: list[Request] = []


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Vendor

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        scheme, _, rest = self.path.lstrip("/").partition("/")
        request = Request(
            method=self.command, url=f"{scheme}://{rest}", headers=dict(self.headers), body=body
        )
        self.server.heard.append(request)
        said = self.server.replies.pop(0)
        answer = said["body"].encode()
        self.send_response(said["status"])
        for name, value in said["headers"].items():
            if name.lower() not in {"content-length", "transfer-encoding", "connection"}:
                self.send_header(name, value)
        if said["status"] not in (204, 304):
            self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        if said["status"] not in (204, 304):
            self.wfile.write(answer)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 - the library's names

    def log_message(self, *_: Any) -> None:
        """Nothing: what was heard is kept."""


@pytest.fixture(scope="module")
def vendor() -> Iterator[Vendor]:
    server = Vendor()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    given = {
        "RELAY_MODE": "local",
        "RELAY_DATA_DIR": str(tmp_path_factory.mktemp("data")),
        "RELAY_TARGET_ALLOW": "127.0.0.0/8",
    }
    made = Client(load_config(given))
    yield made
    made.close()


def brought_to(vendor: Vendor, conversation: Conversation) -> Conversation:
    """The conversation with every request led to the peer, its real address within the path."""
    port = vendor.server_address[1]
    reply: Reply | None = None
    while True:
        try:
            step = next(conversation) if reply is None else conversation.send(reply)
        except StopIteration as ended:
            return ended.value  # type: ignore[no-any-return]  # an Outcome
        reply = Reply(status=0)
        if isinstance(step, Request):
            led = step.url.replace("://", "/", 1)
            reply = yield replace(step, url=f"http://127.0.0.1:{port}/{led}")
        else:
            assert isinstance(step, Note)


@pytest.mark.parametrize("path", OF_HTTP, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_vendors_take_what_leaves_the_relay(path: Path, vendor: Vendor, client: Client) -> None:
    recorded = read(path)
    vendor.heard.clear()
    vendor.replies[:] = [exchange["reply"] for exchange in recorded["conversation"]]
    attempted = client.converse(brought_to(vendor, begun(path)))
    assert attempted.error is None, attempted.outcome.message
    assert attempted.outcome.kind == recorded["outcome"]["kind"]
    for exchange, heard in zip(recorded["conversation"], vendor.heard, strict=True):
        request = exchange["request"]
        assert (heard.method, heard.body.decode()) == (request["method"], request["body"])
        if schema := schema_for(heard):
            assert schema.problems(heard) == [], (schema.name, heard.method, heard.url)


def _sent() -> Iterator[Request]:
    for path in OF_HTTP:
        for exchange in read(path)["conversation"]:
            said = exchange["request"]
            yield Request(
                method=said["method"],
                url=said["url"],
                headers=said["headers"],
                body=said["body"].encode(),
            )


def _spoilt(request: Request) -> Iterator[Request]:
    """The request, wrong in one way or another."""
    bare = {
        name: value
        for name, value in request.headers.items()
        if name.lower() in {"content-type", "accept"}
    }
    if request.body.startswith(b"{"):
        yield replace(request, body=b'"a text"')
        yield replace(request, body=b"{}")
        yield replace(request, body=b'{"nobody_knows_this": 1}')
        document = json.loads(request.body)
        for name in document:
            yield replace(request, body=json.dumps({**document, name: {"odd": [1]}}).encode())
    elif request.body:
        yield replace(request, body=b"nobody_knows_this=1")
    yield replace(request, headers=bare)


def test_every_schema_that_takes_a_request_refuses_a_wrong_one() -> None:
    """A schema that accepts all would prove nothing."""
    used: dict[str, bool] = {}
    for request in _sent():
        if (schema := schema_for(request)) and not used.get(schema.name):
            used[schema.name] = any(schema.problems(one) for one in _spoilt(request))
    assert used
    assert [name for name, refuses in used.items() if not refuses] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_target_made_from_a_schema_is_held_to_it(name: str) -> None:
    if "schema" not in catalog().targets[name].target.evidence:
        return
    requests = [exchange["request"] for one in of_target(name) for exchange in one["conversation"]]
    assert any(schema_for(Request(method=one["method"], url=one["url"])) for one in requests)


def test_no_schema_lies_unused() -> None:
    """A schema whose API nothing is sent to is a target that is missing, or a wrong address."""
    used = {schema.name for request in _sent() if (schema := schema_for(request))}
    left = {schema.name for schema in schemas()} - used
    assert left <= {"slack-web-api.json", "gohighlevel-v3.json"}
