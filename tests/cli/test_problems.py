"""`problems` lists what goes wrong, with what to do."""

import json
from typing import Any

import pytest

from relay.services.looking import look
from tests.cli.conftest import Relay
from tests.peer import Answer, Peer
from tests.services.outgoing import Outgoing

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_problems_are_listed(runtime: Any, peer: Peer, relay: Relay) -> None:
    out = Outgoing(runtime)
    peer.script(Answer(422, b"no"))
    out.deliver(out.target(peer.url, name="CRM"))
    out.close()
    look(runtime)
    said = relay("problems")
    assert said.exit_code == 0
    assert "CRM rejects leads (422)" in said.output
    assert "acme" in said.output
    [row] = json.loads(relay("problems", "--project", "acme", "--json").stdout)
    assert row["times"] == 1
    assert row["advice"].startswith("Look at its answer")
    assert json.loads(relay("problems", "--state", "muted", "--json").stdout) == []
