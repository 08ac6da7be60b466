"""Copying a project: everything comes along but what is secret, whatever kind it is of."""

import json
from pathlib import Path
from typing import Any

import pytest

from relay.core.contract import Json
from relay.services import configure, configured
from relay.services.copying import copy_project
from relay.services.elements import load
from relay.services.export import export
from relay.services.wanted import Mistakes
from relay.store import tables

SECRET = "typeform-secret-that-nobody-may-read"
DOCUMENT: Json = {
    "projects": [
        {
            "id": "acme",
            "name": "Acme",
            "conversion_labels": [{"id": "1", "name": "Won"}],
            "api_keys": [{"name": "website"}],
            "sources": [
                {
                    "name": "form",
                    "kind": "typeform",
                    "key": "form-key-of-acme",
                    "settings": {"secrets": [SECRET, f"{SECRET} 2"]},
                    "mapping": {"Where?": "/contact/company"},
                },
                {"name": "gone", "kind": "generic"},
            ],
            "targets": [
                {"name": "crm", "kind": "hubspot", "settings": {"token": "pat-eu1-secret"}},
                {
                    "name": "hook",
                    "kind": "webhook",
                    "settings": {"url": "https://crm.example/in", "token": "hook-secret"},
                    "limits": ["3/second"],
                },
            ],
            "routes": [
                {"from": "form", "to": "crm", "when": {"required": ["contact"]}, "on": ["created"]},
                {"from": "gone", "to": "crm"},
            ],
        }
    ]
}


def id_of(rt: Any, table: Any, **where: str) -> Any:
    conditions = [table.c[name] == value for name, value in where.items()]
    with rt.database.read() as connection:
        return connection.execute(table.select().where(*conditions)).one().id


@pytest.fixture
def acme(runtime: Any) -> Any:
    configure.apply(runtime, DOCUMENT)
    gone = id_of(runtime, tables.sources, name="gone")
    configure.archive(runtime, gone, "test")
    return id_of(runtime, tables.projects, public_id="acme")


def test_everything_comes_along_but_secrets_keys_and_callers(runtime: Any, acme: Any) -> None:
    copied = copy_project(runtime, acme, "beta", "Beta", "boss@example.com")
    assert copied.left == {
        "source form": ["settings.secrets"],
        "target crm": ["settings.token"],
        "target hook": ["settings.token"],
    }
    old, new = (export(runtime, one)["projects"][0] for one in ("acme", "beta"))
    assert new["name"] == "Beta"
    assert new["conversion_labels"] == old["conversion_labels"]
    assert "api_keys" not in new
    (source,) = new["sources"]
    assert source["mapping"] == old["sources"][0]["mapping"]
    assert source.get("settings", {}) == {}
    assert new["routes"] == old["routes"]
    by_name = {one["name"]: one for one in new["targets"]}
    assert by_name["hook"]["settings"] == {"url": "https://crm.example/in"}
    assert by_name["hook"]["limits"] == ["3/second"]


def test_no_secret_is_in_the_copy_and_its_address_is_its_own(runtime: Any, acme: Any) -> None:
    copied = copy_project(runtime, acme, "beta", "Beta", "boss@example.com")
    with runtime.database.read() as connection:
        state = load(connection, runtime.box)
    mine = [one for one in state.elements if one.project_id == copied.project_id]
    text = json.dumps([one.document for one in mine])
    for secret in (SECRET, "pat-eu1-secret", "hook-secret", "form-key-of-acme"):
        assert secret not in text
    key = next(one.document["key"] for one in mine if one.what == "source")
    found = configured.source_by_key(runtime, key)
    assert found is not None
    assert found.project_id == copied.project_id
    assert configured.source_by_key(runtime, "form-key-of-acme").project_id == acme


def test_targets_of_a_copy_wait_and_go_on_by_their_secrets(runtime: Any, acme: Any) -> None:
    copied = copy_project(runtime, acme, "beta", "Beta", "boss@example.com")
    lane = tables.lanes.join(tables.targets, tables.lanes.c.target_id == tables.targets.c.id)
    query = lane.select().where(tables.targets.c.project_id == copied.project_id)

    def pauses() -> dict[str, Any]:
        with runtime.database.read() as connection:
            return {row.name: (row.pause, row.pause_reason) for row in connection.execute(query)}

    assert pauses() == {
        "crm": ("unauthorized", "copied from Acme: fill in settings.token"),
        "hook": ("manual", "copied from Acme: look it over, then resume it"),
    }
    with runtime.database.read() as connection:
        state = load(connection, runtime.box)
    crm = state.find("target", copied.project_id, "crm").id
    document, stored = configure.editable(runtime, crm)
    assert stored == []
    with pytest.raises(Mistakes) as mistakes:
        configure.save_target(runtime, copied.project_id, document, "test", crm)
    assert mistakes.value.problems == ["settings.token: is still to be filled in"]
    document["settings"]["token"] = "pat-eu1-another"
    configure.save_target(runtime, copied.project_id, document, "test", crm)
    assert pauses()["crm"] == (None, None)
    assert configured.target(runtime, crm).settings["token"] == "pat-eu1-another"


def test_the_document_with_a_copy_in_it_can_be_applied(runtime: Any, acme: Any) -> None:
    copy_project(runtime, acme, "beta", "Beta", "boss@example.com")
    assert configure.apply(runtime, export(runtime)) == []


def test_what_is_no_copy_is_said(runtime: Any, acme: Any) -> None:
    for given, said in (
        (("acme", "Acme 2"), "id: there is a project 'acme' already"),
        (("a/b", "Acme 2"), "id: must match"),
        (("beta", ""), "name: "),
    ):
        with pytest.raises(Mistakes) as mistakes:
            copy_project(runtime, acme, *given, "test")
        assert mistakes.value.problems[0].startswith(said)
    with runtime.database.read() as connection:
        assert len(connection.execute(tables.projects.select()).all()) == 1


FOLDERS = sorted(Path("integrations").glob("*/target.py"))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_target_of_every_kind_can_be_copied_looked_at_and_edited(runtime: Any) -> None:
    """Settings without what is needed must not bring down what reads them."""
    targets = []
    for folder in FOLDERS:
        fixtures = sorted((folder.parent / "fixtures").glob("*.json"))
        read = (json.loads(fixture.read_text()) for fixture in fixtures)
        settings = next(one["settings"] for one in read if "settings" in one)
        kind = folder.parent.name
        targets.append({"name": kind, "kind": kind, "settings": settings})
    configure.apply(runtime, {"projects": [{"id": "all", "name": "All", "targets": targets}]})
    every = id_of(runtime, tables.projects, public_id="all")
    copied = copy_project(runtime, every, "copy", "Copy", "test")
    assert len(copied.left) > 20
    with runtime.database.read() as connection:
        state = load(connection, runtime.box)
    for one in state.of(copied.project_id, "target"):
        found = configured.target(runtime, one.id)
        assert found is not None, one.name
        found.kind.version_ends(found.settings)
        assert configure.editable(runtime, one.id) is not None
