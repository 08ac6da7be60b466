"""API keys as a person and a script make them."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.conftest import Relay

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

PAPER = Path(__file__).parents[2] / "docs" / "lead-apis.md"


@pytest.fixture
def file(relay: Relay, tmp_path: Path) -> Path:
    """The configuration that the paper on the lead APIs shows."""
    shown = PAPER.read_text().partition("## Configuration")[2]
    path = tmp_path / "relay.yaml"
    path.write_text(shown.partition("```yaml\n")[2].partition("```")[0])
    assert yaml.safe_load(path.read_text())["projects"][0]["id"] == 16
    return path


def _listed(relay: Relay, *more: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(relay("keys", "list", "--json", *more).output)
    return found


def test_the_paper_s_document_applies_and_tells_its_key_once(relay: Relay, file: Path) -> None:
    assert "shown this once" not in relay("apply", str(file), "--dry-run").output
    first = relay("apply", str(file))
    assert first.exit_code == 0
    assert "made, and shown this once: rk_" in first.output
    assert relay("apply", str(file)).output == "Nothing to change.\n"
    assert "rk_" not in relay("export").output


def test_a_script_is_told_the_key_that_was_made(relay: Relay, file: Path) -> None:
    changes = json.loads(relay("apply", str(file), "--json").output)["changes"]
    [key] = [one["key"] for one in changes if "key" in one]
    assert _listed(relay)[0]["hint"] == key[-4:]


def test_keys_are_made_listed_and_revoked(relay: Relay, file: Path) -> None:
    relay("apply", str(file))
    made = relay("keys", "create", "shop", "--project", "16", "--scope", "write")
    assert made.exit_code == 0
    assert made.stdout.startswith("rk_")
    both = json.loads(relay("keys", "create", "ops", "--all-projects", "--json").stdout)
    assert both["key"].startswith("rk_")
    rows = {row["name"]: row for row in _listed(relay)}
    assert {name: row["project"] for name, row in rows.items()} == {
        "website": "16",
        "shop": "16",
        "ops": None,
    }
    assert rows["shop"]["scopes"] == ["write"]
    assert made.stdout.strip().endswith(rows["shop"]["hint"])
    assert {row["name"] for row in _listed(relay, "--project", "16")} == {"website", "shop"}
    assert "(all)" in relay("keys", "list").output
    assert relay("keys", "revoke", "shop", "--project", "16").exit_code == 0
    assert relay("keys", "revoke", "ops", "--all-projects").exit_code == 0
    assert [row["name"] for row in _listed(relay)] == ["website"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("create", "x"), 2, "either --project ID or --all-projects"),
        (("create", "x", "--project", "16", "--all-projects"), 2, "either --project"),
        (("create", "website", "--project", "16"), 2, "'website' is there already"),
        (("create", " ", "--project", "16"), 2, "name"),
        (("create", "x", "--project", "nowhere"), 1, "There is no project nowhere"),
        (("revoke", "x", "--project", "16"), 1, "There is no API key x"),
        (("revoke", "website", "--all-projects"), 1, "There is no API key website"),
    ],
)
def test_what_cannot_be_done_is_said(
    relay: Relay, file: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    relay("apply", str(file))
    result = relay("keys", *words)
    assert result.exit_code == code
    assert said in result.output
