"""Applying a configuration document: idempotent, whole or not at all, secrets kept and sealed."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from relay.services import configured
from relay.services.configure import Mistakes, apply
from relay.services.export import export
from relay.store.tables import api_keys, audit, lanes, projects, routes, sources, targets
from tests.services.kinds import ENVIRONMENT, catalog, document


@pytest.fixture
def rt(make_runtime: Callable[..., Any]) -> Any:
    return make_runtime(catalog=catalog())


def _rows(rt: Any, table: sa.Table) -> list[Any]:
    with rt.database.read() as connection:
        return list(connection.execute(sa.select(table)).all())


def _everything(rt: Any) -> dict[str, list[Any]]:
    tables = (projects, api_keys, sources, targets, lanes, routes, audit)
    return {table.name: _rows(rt, table) for table in tables}


def _crm(rt: Any) -> Any:
    configured.forget(rt)
    return configured.target(rt, _rows(rt, targets)[0].id)


def test_a_document_becomes_rows_that_the_hot_paths_read(rt: Any) -> None:
    apply(rt, document(), environment=ENVIRONMENT)
    source = configured.source_by_key(rt, "form-key-of-contact")
    assert source.settings == {"secrets": ["a-form-secret-nobody-knows"]}
    assert source.mapping == {"Where do you work?": "/contact/company"}
    [route] = configured.routes_from(rt, source.id)
    assert route.events == ("created", "updated")
    target = configured.target(rt, route.target_id)
    assert target.settings["secret"] == "a-crm-secret-unheard-of"
    assert [lane.target_id for lane in _rows(rt, lanes)] == [target.id]


def test_secrets_are_not_stored_in_clear_anywhere(rt: Any) -> None:
    given = document(api_keys=[{"name": "website", "key": "an-api-key-of-the-website"}])
    apply(rt, given, environment=ENVIRONMENT)
    stored = repr(_everything(rt))
    for secret in (*ENVIRONMENT.values(), "form-key-of-contact", "an-api-key-of-the-website"):
        assert secret not in stored


def test_applying_again_changes_nothing_not_even_times(rt: Any, clock: Any) -> None:
    assert len(apply(rt, document(), environment=ENVIRONMENT)) == 4
    before = _everything(rt)
    clock.advance(60)
    assert apply(rt, document(), environment=ENVIRONMENT) == []
    assert _everything(rt) == before


def test_what_is_exported_applies_again_without_a_change(rt: Any) -> None:
    given = document(
        api_keys=[{"name": "website", "key": "an-api-key-of-the-website", "scopes": ["read"]}]
    )
    given["projects"][0]["sources"][0] |= {
        "region": "DE",
        "captcha": {"provider": "turnstile", "secret": "captcha-secret-of-ours"},
        "match": {"by": ["email"], "window": 60},
        "limits": {"source": "5/second"},
        "consent_default": "granted",
        "legal_basis": "legitimate_interests",
    }
    given["projects"][0]["targets"][0]["mapping"] = {"/text": {"template": "$${NOT_A_VARIABLE}"}}
    apply(rt, given, environment=ENVIRONMENT)
    exported = export(rt)
    assert apply(rt, exported, environment={}) == []
    assert export(rt) == exported
    assert exported["projects"][0]["targets"][0]["mapping"] == {
        "/text": {"template": "$${NOT_A_VARIABLE}"}
    }


def test_an_export_holds_no_secret_and_names_the_variables_they_came_by(rt: Any) -> None:
    given = document(api_keys=[{"name": "website", "key": "an-api-key-of-the-website"}])
    given["projects"][0]["targets"][0]["settings"]["accounts"] = [
        {"name": "one", "token": "token-of-account-one"}
    ]
    apply(rt, given, environment=ENVIRONMENT)
    [project] = export(rt)["projects"]
    assert project["sources"][0]["settings"] == {"secrets": ["${FORM_SECRET}"]}
    assert project["targets"][0]["settings"]["secret"] == "${CRM_SECRET}"
    account = project["targets"][0]["settings"]["accounts"][0]
    assert account == {"name": "one", "token": "${ACME_TARGET_CRM_ACCOUNTS_0_TOKEN}"}
    for secret in (*ENVIRONMENT.values(), "an-api-key-of-the-website", "token-of-account-one"):
        assert secret not in repr(project)


def test_an_export_of_one_relay_applies_to_another_with_the_variables_set(
    rt: Any, make_runtime: Callable[..., Any], tmp_path: Any
) -> None:
    from relay.migrations import upgrade

    apply(rt, document(), environment=ENVIRONMENT)
    url = f"sqlite:///{tmp_path / 'other.db'}"
    upgrade(url)
    other = make_runtime({"DATABASE_URL": url}, catalog=catalog())
    key = {"ACME_SOURCE_CONTACT_KEY": "form-key-of-contact"}
    apply(other, export(rt), environment=ENVIRONMENT | key)
    assert configured.source_by_key(other, "form-key-of-contact") is not None
    assert _crm(other).settings["secret"] == "a-crm-secret-unheard-of"


def test_a_secret_that_is_left_out_stays_and_null_takes_it_away(rt: Any) -> None:
    apply(rt, document(), environment=ENVIRONMENT)
    target = {"name": "crm", "kind": "crm", "settings": {"url": "https://crm.example/new"}}
    apply(rt, document(targets=[target]), environment=ENVIRONMENT)
    assert _crm(rt).settings == {
        "url": "https://crm.example/new",
        "secret": "a-crm-secret-unheard-of",
    }
    target["settings"]["secret"] = None
    apply(rt, document(targets=[target]), environment=ENVIRONMENT)
    assert _crm(rt).settings == {"url": "https://crm.example/new"}


def test_settings_that_are_left_out_altogether_keep_their_secrets(rt: Any) -> None:
    apply(rt, document(), environment=ENVIRONMENT)
    source = {"name": "contact", "kind": "form"}
    apply(rt, document(sources=[source]), environment=ENVIRONMENT)
    kept = configured.source_by_key(rt, "form-key-of-contact")
    assert kept is not None
    assert kept.settings == {"secrets": ["a-form-secret-nobody-knows"]}


def test_a_secret_stays_with_its_own_list_item(rt: Any) -> None:
    accounts = [{"name": "one", "token": "token-one"}, {"name": "two", "token": "token-two"}]
    target = {
        "name": "crm",
        "kind": "crm",
        "settings": {"url": "https://a.b", "accounts": accounts},
    }
    apply(rt, document(targets=[target]), environment=ENVIRONMENT)
    target["settings"]["accounts"] = [{"name": "one"}, {"name": "two"}]
    apply(rt, document(targets=[target]), environment=ENVIRONMENT)
    assert [one["token"] for one in _crm(rt).settings["accounts"]] == ["token-one", "token-two"]
    target["settings"]["accounts"] = [{"name": "two"}]
    with pytest.raises(Mistakes, match=r"accounts\[0\]: needs 'token'"):
        apply(rt, document(targets=[target]), environment=ENVIRONMENT)


def test_secrets_of_another_kind_are_not_handed_to_it(rt: Any) -> None:
    apply(rt, document(), environment=ENVIRONMENT)
    target = {"name": "crm", "kind": "news", "settings": {"url": "https://elsewhere.example"}}
    apply(rt, document(targets=[target]), environment=ENVIRONMENT)
    assert _crm(rt).settings == {"url": "https://elsewhere.example"}


def test_a_dry_run_tells_the_difference_without_secrets_and_changes_nothing(rt: Any) -> None:
    apply(rt, document(), environment=ENVIRONMENT)
    before = _everything(rt)
    changed = document()
    changed["projects"][0]["targets"][0]["settings"] = {
        "url": "https://crm.example/v2",
        "secret": "a-literal-secret-given",
    }
    changes = apply(
        rt,
        changed,
        environment=ENVIRONMENT | {"FORM_SECRET": "another-form-secret"},
        dry_run=True,
    )
    told = {
        (change.subject, detail.place): (detail.before, detail.after)
        for change in changes
        for detail in change.details
    }
    assert told == {
        ("source contact", "settings.secrets[0]"): ("(secret)", "(new secret)"),
        ("target crm", "settings.url"): ("https://crm.example/leads", "https://crm.example/v2"),
        ("target crm", "settings.secret"): ("${CRM_SECRET}", "(secret)"),
    }
    assert _everything(rt) == before


def test_a_source_without_a_key_is_given_one_that_stays(rt: Any) -> None:
    source = {"name": "contact", "kind": "form"}
    apply(rt, document(sources=[source]), environment=ENVIRONMENT)
    made = _rows(rt, sources)[0].key_hash
    apply(rt, document(sources=[source | {"region": "FR"}]), environment=ENVIRONMENT)
    assert _rows(rt, sources)[0].key_hash == made


def test_an_api_key_is_kept_as_its_hash_and_needs_no_repeating(rt: Any) -> None:
    apply(
        rt,
        document(api_keys=[{"name": "site", "key": "an-api-key-of-the-website"}]),
        environment=ENVIRONMENT,
    )
    first = _rows(rt, api_keys)[0]
    assert first.hint == "site"
    assert first.hash != "an-api-key-of-the-website"
    apply(rt, document(api_keys=[{"name": "site", "scopes": ["read"]}]), environment=ENVIRONMENT)
    second = _rows(rt, api_keys)[0]
    assert (second.hash, second.scopes) == (first.hash, ["read"])


def test_two_sources_may_swap_their_keys(rt: Any) -> None:
    def pair(one: str, two: str) -> Any:
        made = [
            {"name": name, "kind": "form", "key": key} for name, key in (("a", one), ("b", two))
        ]
        return document(sources=made, routes=[])

    apply(rt, pair("key-of-the-first", "key-of-the-other"), environment=ENVIRONMENT)
    apply(rt, pair("key-of-the-other", "key-of-the-first"), environment=ENVIRONMENT)
    found = configured.source_by_key(rt, "key-of-the-other")
    assert found is not None
    assert found.name == "a"


def test_nothing_is_deleted_without_prune_and_prune_archives(rt: Any) -> None:
    apply(rt, document(), environment=ENVIRONMENT)
    assert apply(rt, document(targets=[], routes=[]), environment=ENVIRONMENT) == []
    assert len(export(rt)["projects"][0]["routes"]) == 1
    changes = apply(rt, document(targets=[], routes=[]), environment=ENVIRONMENT, prune=True)
    assert [(one.action, one.subject) for one in changes] == [
        ("archive", "route contact -> crm"),
        ("archive", "target crm"),
    ]
    assert "targets" not in export(rt)["projects"][0]
    assert len(_rows(rt, targets)) == len(_rows(rt, routes)) == 1


def test_what_was_archived_comes_back_as_itself_with_its_secret(rt: Any) -> None:
    apply(rt, document(), environment=ENVIRONMENT)
    target_id = _rows(rt, targets)[0].id
    apply(rt, document(targets=[], routes=[]), environment=ENVIRONMENT, prune=True)
    again = {"name": "crm", "kind": "crm", "settings": {"url": "https://crm.example/leads"}}
    changes = apply(rt, document(targets=[again]), environment={"FORM_SECRET": "x" * 20})
    assert [one.action for one in changes if one.element.what == "target"] == ["restore"]
    assert _crm(rt).id == target_id
    assert _crm(rt).settings["secret"] == "a-crm-secret-unheard-of"


def test_a_project_that_is_pruned_takes_no_submissions(rt: Any) -> None:
    apply(rt, document(), environment=ENVIRONMENT)
    apply(rt, {"projects": [{"id": "new"}]}, prune=True)
    assert configured.source_by_key(rt, "form-key-of-contact") is None
    assert [project["id"] for project in export(rt)["projects"]] == ["new"]


def test_every_change_is_in_the_audit_log_without_secrets(rt: Any) -> None:
    apply(rt, document(), environment=ENVIRONMENT, actor="somebody")
    apply(rt, document(targets=[], routes=[]), environment=ENVIRONMENT, prune=True)
    rows = _rows(rt, audit)
    assert {row.actor for row in rows} == {"somebody", "command line"}
    assert sorted(row.action for row in rows) == ["add"] * 4 + ["archive"] * 2
    assert not any(secret in repr(rows) for secret in ENVIRONMENT.values())
