"""`import`: a hosted account's leads by the command line."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from relay.services.configure import apply
from tests.cli.conftest import Relay
from tests.peer import Answer
from tests.vendors import KEY, LeadTrackr, leadtrackr_lead


@pytest.fixture
def vendor(runtime: Any) -> Iterator[LeadTrackr]:
    """An account with three leads, and a project that they can come to."""
    apply(runtime, {"projects": [{"id": "acme"}]})
    account = LeadTrackr([leadtrackr_lead(number) for number in (1, 2, 3)])
    yield account
    account.close()


def test_the_key_is_read_from_standard_input(vendor: LeadTrackr, relay: Relay) -> None:
    arguments = ("import", "leadtrackr", "--project", "acme", "--url", vendor.url)
    done = relay(*arguments, input=f"{KEY}\n")
    assert (done.exit_code, done.stdout) == (0, "3 taken over, 0 were here already.\n")
    again = relay(*arguments, "--json", input=KEY)
    assert json.loads(again.stdout) == {
        "new": 0,
        "known": 3,
        "quarantined": [],
        "renamed": [],
        "erased": 0,
    }
    numbers = {lead["number"] for lead in json.loads(relay("leads", "--json").stdout)}
    assert numbers == {1, 2, 3}
    assert relay("ledger").exit_code == 0


def test_the_key_is_read_from_a_variable(
    vendor: LeadTrackr, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACCOUNT_KEY", KEY)
    arguments = ("import", "leadtrackr", "--project", "acme", "--url", f"{vendor.url}/")
    assert relay(*arguments, "--key-env", "ACCOUNT_KEY").exit_code == 0
    missing = relay(*arguments, "--key-env", "NOT_SET")
    assert missing.exit_code == 2
    assert "NOT_SET holds no API key" in missing.stderr


def test_an_account_that_does_not_open_is_told(vendor: LeadTrackr, relay: Relay) -> None:
    arguments = ("import", "leadtrackr", "--project", "acme", "--url", vendor.url)
    refused = relay(*arguments, input="a wrong key\n")
    assert refused.exit_code == 1
    assert "401" in refused.stderr
    assert "a wrong key" not in refused.output


def test_what_cannot_be_read_is_told_by_the_exit_code(vendor: LeadTrackr, relay: Relay) -> None:
    vendor.script(Answer(body=b"<html>"))
    arguments = ("import", "leadtrackr", "--project", "acme", "--url", vendor.url)
    broken = relay(*arguments, input=KEY)
    assert broken.exit_code == 1
    assert "run it again" in broken.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("typeform", "--project", "acme"), 2, "leadtrackr and octanist"),
        (("leadtrackr", "--project", "nobody"), 1, "nobody"),
        (("leadtrackr",), 2, "--project"),
        (("leadtrackr", "--project", "acme", "--url", "ftp://x"), 2, "no address"),
    ],
)
def test_mistakes_are_named(
    vendor: LeadTrackr, relay: Relay, arguments: tuple[str, ...], code: int, said: str
) -> None:
    done = relay("import", *arguments, input=KEY)
    assert done.exit_code == code
    assert said in done.stderr
    assert vendor.arrivals == []
