"""Projects, API keys and the sources of the lead APIs, as their doors look them up."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from relay.core.kinds import Catalog
from relay.services import configure, configured
from relay.services.configure import Mistakes, apply
from relay.services.export import export
from relay.services.inventory import keys_of
from relay.store.tables import api_keys, audit, source_tokens, sources
from tests.services.kinds import catalog
from tests.services.test_configure import _rows

SETTINGS: Any = {
    "project": {
        "active": False,
        "refuse": [{"reason": "no", "when": {"required": ["form"]}}],
        "origins": ["https://www.example.com"],
        "conversion_labels": [{"id": 7, "name": "Sale"}, {"id": "b-1", "name": "Deal"}],
        "traffic_sources": [{"id": "42", "name": "Radio"}],
        "keyless": False,
        "currency": "EUR",
    }
}


@pytest.fixture
def rt(make_runtime: Callable[..., Any]) -> Any:
    return make_runtime(catalog=_with_tokens(catalog()))


def _with_tokens(plain: Catalog) -> Catalog:
    """The kind `form` is found by its setting `header`, as schedules are by their tokens."""
    kind = plain.sources["form"]
    declared = replace(
        kind.source,
        tokens=lambda given: [f"schedule:{given['header']}"] if "header" in given else [],
    )
    return replace(plain, sources={**plain.sources, "form": replace(kind, source=declared)})


def _apply(rt: Any, *projects: Any, **options: Any) -> Any:
    return apply(rt, {"projects": list(projects)}, **options)


def _form(name: str, token: str | None = None, **more: Any) -> Any:
    settings = {} if token is None else {"header": token}
    return {"name": name, "kind": "form", "settings": settings, **more}


def _project(rt: Any, public_id: str = "acme") -> Any:
    found = configured.project_by_public_id(rt, public_id)
    assert found is not None
    return found


def test_a_project_is_had_by_both_its_ids_with_its_settings(rt: Any) -> None:
    _apply(rt, {"id": 16, "name": "Acme", **SETTINGS["project"]})
    project = _project(rt, "16")
    assert configured.project(rt, project.id) == project
    assert (project.public_id, project.name, project.active) == ("16", "Acme", False)
    assert project.origins == ("https://www.example.com",)
    assert project.conversion_labels == {"7": "Sale", "b-1": "Deal"}
    assert project.traffic_sources == {"42": "Radio"}
    assert (project.keyless, project.currency, project.has_keys) == (False, "EUR", False)
    assert configured.project_by_public_id(rt, "17") is None


def test_a_project_without_settings_has_the_defaults_and_is_exported_without_them(rt: Any) -> None:
    _apply(rt, {"id": "acme"})
    project = _project(rt)
    assert (project.active, project.keyless, project.currency) == (True, True, None)
    assert (project.refuse, project.origins) == ([], ())
    assert export(rt) == {"projects": [{"id": "acme", "name": "acme"}]}


def test_settings_are_exported_as_they_were_given_and_change_nothing_again(rt: Any) -> None:
    _apply(rt, {"id": "any text, 1&2", **SETTINGS["project"]})
    document = export(rt)
    assert document["projects"][0]["conversion_labels"][0] == {"id": "7", "name": "Sale"}
    assert apply(rt, document) == []


def test_an_archived_project_is_not_had_by_its_public_id(rt: Any) -> None:
    _apply(rt, {"id": "acme", "sources": [_form("a", "t", key="the-key-of-the-source")]})
    project = _project(rt)
    _apply(rt, {"id": "other"}, prune=True)
    assert configured.project_by_public_id(rt, "acme") is None
    found = configured.project(rt, project.id)
    assert found is not None
    assert found.archived
    assert configured.source_by_token(rt, "form", "schedule:t") is None
    assert configured.source_of_kind(rt, project.id, "form") is None


def test_the_rules_of_a_project_come_before_those_of_its_sources(rt: Any) -> None:
    own = {"reason": "own", "when": {}}
    rule = SETTINGS["project"]["refuse"][0]
    key = "the-key-of-the-source"
    _apply(rt, {"id": "acme", "refuse": [rule], "sources": [_form("a", key=key, refuse=[own])]})
    source = configured.source_by_key(rt, key)
    assert source is not None
    assert [one["reason"] for one in source.refuse] == ["no", "own"]
    assert source.project_active
    _apply(rt, {"id": "acme", "active": False})
    source = configured.source_by_key(rt, key)
    assert source is not None
    assert not source.project_active


# --- API keys ------------------------------------------------------------------------------------


def test_a_key_that_is_given_opens_its_project_and_its_use_is_noted(rt: Any, clock: Any) -> None:
    given = "an-api-key-of-the-website"
    _apply(rt, {"id": "acme", "api_keys": [{"name": "site", "key": given, "scopes": ["read"]}]})
    key = configured.key(rt, given)
    assert key is not None
    assert (key.name, key.project_id, key.scopes) == ("site", _project(rt).id, {"read"})
    assert _project(rt).has_keys
    first = _rows(rt, api_keys)[0].used_at
    assert first == clock.now()
    for seconds, noted in ((30, first), (31, first + timedelta(seconds=61))):
        clock.advance(seconds)
        configured.forget(rt)
        configured.key(rt, given)
        assert _rows(rt, api_keys)[0].used_at == noted
    for wrong in ("", None, "another-key-of-the-website"):
        assert configured.key(rt, wrong) is None


def test_a_key_that_is_not_given_is_made_and_told_once(rt: Any) -> None:
    document = {"id": "acme", "api_keys": [{"name": "site"}]}
    [dry] = [one for one in _apply(rt, document, dry_run=True) if one.element.what == "api key"]
    [change] = [one for one in _apply(rt, document) if one.element.what == "api key"]
    made = change.element.made
    assert made is not None
    assert made.startswith("rk_")
    assert made not in repr(change)
    assert dry.element.made != made
    key = configured.key(rt, made)
    assert key is not None
    assert key.scopes == {"read", "write"}
    assert made not in repr(_rows(rt, api_keys) + _rows(rt, audit))
    assert _rows(rt, api_keys)[0].hint == made[-4:]
    assert _apply(rt, document) == []


def test_a_revoked_key_stays_so_when_a_new_one_takes_its_name(rt: Any) -> None:
    document = {"id": "acme", "api_keys": [{"name": "site", "key": "the-first-key-of-all"}]}
    _apply(rt, document)
    assert configured.key(rt, "the-first-key-of-all") is not None
    _apply(rt, {"id": "acme"}, prune=True)
    assert configured.key(rt, "the-first-key-of-all") is None
    project = _project(rt)
    assert not project.has_keys
    made, key = configure.make_key(rt, project.id, {"name": "site"}, "a test")
    assert key is not None
    assert configured.key(rt, "the-first-key-of-all") is None
    assert configured.key(rt, key) is not None
    [row] = keys_of(rt, project.id)
    assert row["id"] == made
    with pytest.raises(Mistakes, match="'site' is there already"):
        configure.make_key(rt, project.id, {"name": "site"}, "a test")


def test_a_key_for_all_projects_is_no_part_of_the_document(rt: Any) -> None:
    _apply(rt, {"id": "acme", "api_keys": [{"name": "ops"}]})
    made, key = configure.make_key(rt, None, {"name": "ops", "scopes": ["manage"]}, "a test")
    found = configured.key(rt, key)
    assert found is not None
    assert (found.project_id, found.scopes) == (None, {"manage"})
    assert [row["project"] for row in keys_of(rt)] in (["acme", None], [None, "acme"])
    assert "ops" in str(export(rt))
    _apply(rt, {"id": "acme", "api_keys": [{"name": "ops"}]}, prune=True)
    assert configured.key(rt, key) is not None
    with pytest.raises(Mistakes, match="'ops' is there already"):
        configure.make_key(rt, None, {"name": "ops"}, "a test")
    assert configure.archive(rt, made, "a test")
    assert configured.key(rt, key) is None


# --- sources by token and kind -------------------------------------------------------------------


def test_a_source_is_found_by_its_token_as_long_as_it_is_in_use(rt: Any) -> None:
    _apply(rt, {"id": "acme", "sources": [_form("a", "one")]})
    source = configured.source_by_token(rt, "form", "schedule:one")
    assert source is not None
    assert source.name == "a"
    assert "one" not in [row.hash for row in _rows(rt, source_tokens)]
    assert configured.source_by_token(rt, "other", "schedule:one") is None
    _apply(rt, {"id": "acme", "sources": [_form("a", "two")]})
    assert configured.source_by_token(rt, "form", "schedule:one") is None
    assert configured.source_by_token(rt, "form", "schedule:two") is not None
    _apply(rt, {"id": "acme"}, prune=True)
    assert configured.source_by_token(rt, "form", "schedule:two") is None
    _apply(rt, {"id": "acme", "sources": [_form("a", "two")]})
    assert configured.source_by_token(rt, "form", "schedule:two") is not None


def test_no_token_leads_to_two_sources_whatever_their_projects(rt: Any) -> None:
    _apply(rt, {"id": "acme", "sources": [_form("a", "one")]})
    with pytest.raises(Mistakes) as caught:
        _apply(rt, {"id": "beta", "sources": [_form("b", "one")]})
    place = "projects[0].sources[0].settings.header"
    assert caught.value.problems == [f"{place}: is taken by source 'a' of project 'acme'"]
    with pytest.raises(Mistakes, match="is taken by source 'b' of project 'beta'"):
        _apply(rt, {"id": "beta", "sources": [_form("b", "two"), _form("c", "two")]})
    _apply(rt, {"id": "beta", "sources": [_form("b", "one")]}, prune=True)
    source = configured.source_by_token(rt, "form", "schedule:one")
    assert source is not None
    assert source.project_public_id == "beta"


def test_two_sources_may_swap_their_tokens(rt: Any) -> None:
    for tokens in (("one", "two"), ("two", "one")):
        forms = [_form(name, token) for name, token in zip("ab", tokens, strict=True)]
        _apply(rt, {"id": "acme", "sources": forms})
        source = configured.source_by_token(rt, "form", f"schedule:{tokens[0]}")
        assert source is not None
        assert source.name == "a"


def test_a_source_of_a_kind_is_the_oldest_in_use(rt: Any, clock: Any) -> None:
    _apply(rt, {"id": "acme", "sources": [_form("a")]})
    clock.advance(60)
    _apply(rt, {"id": "acme", "sources": [_form("a"), _form("b")]})
    project = _project(rt).id
    found = configured.source_of_kind(rt, project, "form")
    assert found is not None
    assert found.name == "a"
    _apply(rt, {"id": "acme", "sources": [_form("b")]}, prune=True)
    found = configured.source_of_kind(rt, project, "form")
    assert found is not None
    assert found.name == "b"
    _apply(rt, {"id": "acme"}, prune=True)
    assert configured.source_of_kind(rt, project, "form") is None


def test_a_source_that_nobody_set_up_is_made_once_by_the_first_call(
    rt: Any, make_runtime: Callable[..., Any]
) -> None:
    _apply(rt, {"id": "acme", "sources": [{"name": "form", "kind": "other"}]})
    project = _project(rt).id
    processes = [rt, *(make_runtime(catalog=rt.catalog) for _ in range(3))]
    ready = threading.Barrier(len(processes) * 2)
    found: list[Any] = []

    def ask(process: Any) -> None:
        ready.wait(10)
        found.append(configured.source_of_kind(process, project, "form"))

    threads = [threading.Thread(target=ask, args=(one,)) for one in processes * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len({one.id for one in found}) == 1
    assert {one.name for one in found} == {"form-2"}
    assert [row.name for row in _rows(rt, sources)] == ["form", "form-2"]
    assert [row.actor for row in _rows(rt, audit) if row.subject == "source form-2"] == [
        "first call"
    ]
