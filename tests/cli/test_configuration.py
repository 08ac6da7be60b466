"""`apply`, `export` and `addresses` as a person and a script use them."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Relay

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

VARIABLES = {
    "TF_SECRET": "the typeform secret that nobody sees",
    "CRM_TOKEN": "the-token-of-the-crm-that-nobody-sees",
}

DOCUMENT = """\
projects:
  - id: acme
    name: Acme
    sources:
      - name: contact-form
        key: tf-8sK2qNobodyGuessesThis
        kind: typeform
        region: NO
        settings: {secrets: ["${TF_SECRET}"]}
        mapping: {2024: /contact/company}
    targets:
      - name: crm
        kind: webhook
        settings: {url: "https://crm.example/leads", token: "${CRM_TOKEN}"}
        retry: {schedule: [5, 60, 300], in_flight: 4}
    routes:
      - {from: contact-form, to: crm, when: {}, on: [created, updated], settle: 0}
"""

SECRETS = (*VARIABLES.values(), "tf-8sK2qNobodyGuessesThis")


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    path = tmp_path / "relay.yaml"
    path.write_text(DOCUMENT)
    return path


def test_a_file_is_applied_and_applied_again_changes_nothing(relay: Relay, file: Path) -> None:
    first = relay("apply", str(file))
    assert first.exit_code == 0
    assert "+ acme: target crm" in first.output
    assert "4 changes made." in first.output
    assert relay("apply", str(file)).output == "Nothing to change.\n"


def test_yaml_is_read_by_the_newer_rules(relay: Relay, file: Path) -> None:
    relay("apply", str(file))
    [project] = json.loads(relay("export", "--json").output)["projects"]
    assert project["sources"][0]["region"] == "NO"
    assert project["sources"][0]["mapping"] == {"2024": "/contact/company"}
    assert project["routes"] == [
        {"from": "contact-form", "to": "crm", "on": ["created", "updated"]}
    ]


def test_an_export_is_a_file_that_changes_nothing(
    relay: Relay, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay("apply", str(file))
    for name in VARIABLES:
        monkeypatch.delenv(name)
    for form in ((), ("--json",)):
        exported = relay("export", *form)
        assert exported.exit_code == 0
        assert relay("apply", "-", input=exported.output).output == "Nothing to change.\n"


def test_a_dry_run_prints_the_difference_and_changes_nothing(relay: Relay, file: Path) -> None:
    relay("apply", str(file))
    before = relay("export").output
    file.write_text(DOCUMENT.replace("crm.example/leads", "crm.example/v2"))
    told = relay("apply", "--dry-run", str(file))
    assert told.exit_code == 0
    assert told.output == (
        "~ acme: target crm\n"
        '    settings.url: "https://crm.example/leads" -> "https://crm.example/v2"\n'
        "1 change to make; nothing was changed.\n"
    )
    assert relay("export").output == before
    changes = json.loads(relay("apply", "--dry-run", "--json", str(file)).output)
    assert changes["applied"] is False
    assert [change["action"] for change in changes["changes"]] == ["change"]


def test_prune_archives_what_the_file_does_not_name(relay: Relay, file: Path) -> None:
    relay("apply", str(file))
    file.write_text("projects: [{id: acme, name: Acme}]")
    assert relay("apply", str(file)).output == "Nothing to change.\n"
    assert "- acme: source contact-form" in relay("apply", "--prune", str(file)).output
    assert relay("export").output == "projects:\n  - id: acme\n    name: Acme\n"


def test_mistakes_are_named_by_their_places_and_exit_with_two(relay: Relay, file: Path) -> None:
    file.write_text(
        DOCUMENT.replace("https://crm.example/leads", "nowhere").replace(
            "kind: typeform", "kind: x"
        )
    )
    told = relay("apply", str(file))
    assert told.exit_code == 2
    assert told.stdout == ""
    assert "projects[0].sources[0].kind: there is no source kind 'x'" in told.stderr
    assert "projects[0].targets[0].settings.url: must" in told.stderr
    assert relay("export").output == "projects: []\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("projects: [", "line 1, column 12"),
        ("projects: []\nprojects: []", "line 2, column 1: 'projects' is given twice"),
        ('{"projects": [], "projects": []}', "'projects' is given twice"),
        ("projects: !!python/object/apply:os.system [id]", "line 1, column 11"),
        ("[" * 10_000, "nested too deeply"),
        ("projects: 2026-01-01", "projects: must be a list"),
        ("", "must be an object"),
    ],
)
def test_a_file_that_is_no_document_exits_with_two(relay: Relay, text: str, said: str) -> None:
    told = relay("apply", "-", input=text)
    assert told.exit_code == 2
    assert said in told.stderr


def test_no_command_prints_a_secret(relay: Relay, file: Path) -> None:
    said = [relay("apply", "--dry-run", str(file)).output]
    said += [relay("apply", str(file)).output, relay("export").output]
    said += [relay("export", "--json").output]
    file.write_text(DOCUMENT.replace("${TF_SECRET}", "another secret, given in clear"))
    said += [relay("apply", "--dry-run", "--json", str(file)).output]
    file.write_text(DOCUMENT.replace("${TF_SECRET}", "another secret, given in clear") + "    x: 1")
    said += [relay("apply", str(file)).output]
    assert "4 changes" in said[0]
    assert "has no 'x'" in said[-1]
    for secret in (*SECRETS, "another secret, given in clear"):
        assert not any(secret in text for text in said)


def test_addresses_are_told_where_they_are_asked_for(relay: Relay, file: Path) -> None:
    relay("apply", str(file))
    address = "http://relay.test/in/tf-8sK2qNobodyGuessesThis"
    assert address in relay("addresses").output
    assert json.loads(relay("addresses", "--json", "--project", "acme").output) == [
        {"project": "acme", "source": "contact-form", "kind": "typeform", "url": address}
    ]
    assert relay("addresses", "--project", "other").exit_code == 1
