"""A mistake in a configuration changes nothing and is named by its place, all of them at once."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from relay.services.configure import Mistakes, apply, archive, editable, save_source, save_target
from relay.services.export import export
from relay.store.tables import audit, projects, sources, targets
from tests.services.kinds import ENVIRONMENT, catalog, document

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def rt(make_runtime: Callable[..., Any]) -> Any:
    return make_runtime(catalog=catalog())


def _mistakes(rt: Any, given: Any, **options: Any) -> list[str]:
    with pytest.raises(Mistakes) as caught:
        apply(rt, given, **({"environment": ENVIRONMENT} | options))
    return caught.value.problems


def _source(**more: Any) -> Any:
    return document(sources=[{"name": "contact", "kind": "form", **more}])


def _target(**more: Any) -> Any:
    crm = {"name": "crm", "kind": "crm", "settings": {"url": "https://crm.example"}}
    return document(targets=[{**crm, **more}])


def test_all_mistakes_are_named_at_once_and_nothing_is_changed(rt: Any) -> None:
    given = document()
    project = given["projects"][0]
    project["sources"][0]["settings"]["header"] = 5
    project["sources"][0]["mapping"] = {"Mail": "/contact/nowhere"}
    project["targets"][0]["settings"]["url"] = "ftp://crm.example"
    project["targets"][0]["limits"] = ["often"]
    project["routes"].append({"from": "contact", "to": "nobody"})
    project["surprise"] = True
    given["projects"].append({"id": "fine", "name": "Fine"})
    assert _mistakes(rt, given) == [
        (
            "projects[0]: has no 'surprise'; known are 'id', 'name', 'active', 'refuse', "
            "'origins', 'conversion_labels', 'traffic_sources', 'keyless', 'currency', "
            "'keep', 'api_keys', 'sources', 'targets', 'routes', 'notices'"
        ),
        "projects[0].sources[0].settings.header: must be text",
        "projects[0].sources[0].mapping.Mail: a lead has no place '/contact/nowhere' for a value",
        "projects[0].targets[0].settings.url: must match ^https?://",
        (
            "projects[0].targets[0].limits[0]: 'often' is no limit: write 10/second, "
            "100 per minute or 5000/day"
        ),
        "projects[0].routes[1].to: there is no target 'nobody' in this project",
    ]
    with rt.database.read() as connection:
        for table in (projects, sources, targets, audit):
            assert connection.execute(sa.select(table)).first() is None


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, "must be an object"),
        ([], "must be an object"),
        ({}, "needs 'projects'"),
        ({"projects": {}}, "projects: must be a list"),
        ({"projects": ["acme"]}, "projects[0]: must be an object"),
        ({"projects": [{"id": True}]}, "projects[0].id: must be text or a whole number"),
        ({"projects": [{"id": "a/b"}]}, "projects[0].id: must match ^[^\\s/]+( [^\\s/]+)*$"),
        (
            {"projects": [{"id": ".."}]},
            "projects[0].id: must not be dots alone: addresses give them a meaning",
        ),
        (
            {"projects": [{"id": "a", "refuse": [{"reason": "x", "when": {"type": 5}}]}]},
            "projects[0].refuse[0].when: type: fits none of the allowed forms",
        ),
        (
            {
                "projects": [
                    {
                        "id": "a",
                        "traffic_sources": [{"id": 7, "name": "x"}, {"id": "7", "name": "y"}],
                    }
                ]
            },
            "projects[0].traffic_sources[1].id: is the id of projects[0].traffic_sources[0] too",
        ),
        (
            {"projects": [{"id": "a", "conversion_labels": [{"id": 7}]}]},
            "projects[0].conversion_labels[0]: needs 'name'",
        ),
        ({"projects": [{"name": "x"}]}, "projects[0]: needs 'id'"),
        ({"projects": [{"id": "a", "sources": 5}]}, "projects[0].sources: must be a list"),
        ({"projects": [{"id": "a", "sources": [5]}]}, "projects[0].sources[0]: must be an object"),
        ({"projects": [{"id": "a"}, {"id": "a"}]}, "projects[1].id: 'a' stands at projects[0] too"),
        (_source(kind="unknown"), "there is no source kind 'unknown', only: form, other"),
        (_source(key="short"), "projects[0].sources[0].key: must have at least 12 characters"),
        (_source(key="has a blank in it"), "projects[0].sources[0].key: must match"),
        (_source(mapping={"Mail": {"fields": "x"}}), "projects[0].sources[0].mapping.Mail: has no"),
        (_source(mapping={"Your ~ mail/x": "nowhere"}), "mapping['Your ~ mail/x']: a lead has no"),
        (_source(mapping={"12": 5}), "projects[0].sources[0].mapping[12]: must be text or"),
        (_source(refuse=[{"reason": "x", "when": {"type": 5}}]), "sources[0].refuse[0].when: type"),
        (_source(limits={"source": "0/second"}), "limits.source: '0/second' would let nothing"),
        (_source(captcha={"provider": "turnstile"}), "sources[0].captcha.secret: is needed"),
        (_source(region="Germany"), "projects[0].sources[0].region: must match ^[A-Z]{2}$"),
        (_source(region="DE\n"), "projects[0].sources[0].region: must match"),
        (_source(key="a-key-of-its-own\n"), "projects[0].sources[0].key: must match"),
        (_source(thank_you_url="https://a.example/\n"), "sources[0].thank_you_url: must match"),
        (_source(origins=["https://a.example\n"]), "sources[0].origins[0]: must match"),
        ({"projects": [{"id": "acme\n"}]}, "projects[0].id: must match"),
        (_source(settings=[]), "projects[0].sources[0].settings: must be an object"),
        (
            _target(mapping={"email": "/contact/email"}),
            "projects[0].targets[0].mapping: must match",
        ),
        (
            _target(mapping={"/email": "/contact/mail"}),
            "targets[0].mapping['/email']: a lead never",
        ),
        (_target(mapping={"/email": {"tmplate": ""}}), "targets[0].mapping['/email']: has no"),
        (_target(retry={"schedule": [-1]}), "targets[0].retry.schedule[0]: must be at least 0"),
        (_target(settings={}), "projects[0].targets[0].settings: needs 'url'"),
        (document(routes=[{"from": "contact"}]), "projects[0].routes[0]: needs 'to'"),
        (
            document(routes=[{"from": "contact", "to": "crm", "when": {"enum": 1}}]),
            "projects[0].routes[0].when: enum: must be a list",
        ),
        (
            document(routes=[{"from": "contact", "to": "crm"}] * 2),
            "projects[0].routes[1]: 'contact -> crm' stands at projects[0].routes[0] too",
        ),
    ],
)
def test_a_mistake_is_named_by_its_place(rt: Any, given: Any, expected: str) -> None:
    problems = _mistakes(rt, given)
    assert [one for one in problems if expected in one], problems


@pytest.mark.parametrize("bad", ["\x00", "\ud800", chr(0xDFFF)], ids=["nul", "high", "low"])
def test_a_text_that_no_database_takes_is_named_by_its_place(rt: Any, bad: str) -> None:
    one, said = "projects[0].sources[0]", "holds NUL or half a character"
    in_name = f"{one}.mapping: a name in it {said}"
    for given, expected in (
        (_source(mapping={f"Ma{bad}il": "/contact/email"}), in_name),
        (_source(refuse=[{"reason": f"no{bad}", "when": {}}]), f"{one}.refuse[0].reason: {said}"),
        (document(sources=[{"name": f"a{bad}", "kind": "form"}], routes=[]), f"{one}.name: {said}"),
        ({"projects": [{"id": "a", "name": bad}]}, f"projects[0].name: {said}"),
        ({bad: 1, "projects": []}, f"a name in it {said}"),
        (_target(mapping={"/a": {"template": bad}}), f"targets[0].mapping['/a'].template: {said}"),
    ):
        problems = _mistakes(rt, given)
        assert [problem for problem in problems if expected in problem], problems
        assert "\n".join(problems).encode(), "what a terminal is told can be written"
    surrogate = ENVIRONMENT | {"FORM_SECRET": f"s3cr3t-s3cr3t-{bad}"}
    [problem] = _mistakes(rt, document(), environment=surrogate)
    assert problem == f"{one}.settings.secrets[0]: {said}"


def test_a_whole_character_beyond_the_basic_plane_is_taken(rt: Any) -> None:
    assert apply(rt, {"projects": [{"id": "a", "name": "\U0001f600"}]})


def test_an_unset_variable_is_named_once_without_what_it_would_break(rt: Any) -> None:
    assert _mistakes(rt, document(), environment={}) == [
        "projects[0].sources[0].settings.secrets[0]: ${FORM_SECRET} is not set in the environment",
        "projects[0].targets[0].settings.secret: ${CRM_SECRET} is not set in the environment",
    ]


def test_a_route_to_something_mistaken_is_not_another_mistake(rt: Any) -> None:
    given = document()
    given["projects"][0]["targets"][0]["kind"] = "unknown"
    assert len(_mistakes(rt, given)) == 1


def test_mistakes_hold_no_secret(rt: Any) -> None:
    given = document()
    given["projects"][0]["targets"][0]["settings"]["secret"] = "${SHORT}"
    given["projects"][0]["sources"][0]["key"] = "a wrong key for a source"
    given["projects"][0]["api_keys"] = [{"name": "site", "key": "short-key"}]
    told = "\n".join(_mistakes(rt, given, environment=ENVIRONMENT | {"SHORT": "s3cr3t!"}))
    assert told.count("must") == 3
    for secret in ("s3cr3t!", "a wrong key", "short-key", *ENVIRONMENT.values()):
        assert secret not in told


def test_a_key_that_another_source_has_is_refused_in_any_project(rt: Any) -> None:
    apply(rt, document(), environment=ENVIRONMENT)
    other = {"name": "b", "kind": "form", "key": "form-key-of-contact"}
    given = {"projects": [{"id": "other", "sources": [other]}]}
    assert _mistakes(rt, given) == [
        "projects[0].sources[0].key: is the key of source 'contact' too"
    ]
    apply(rt, {"projects": []}, prune=True)
    assert _mistakes(rt, given) == [
        "projects[0].sources[0].key: is the key of archived source 'contact' too"
    ]


def test_a_pruned_target_leaves_no_route_behind(rt: Any) -> None:
    apply(rt, document(), environment=ENVIRONMENT)
    assert _mistakes(rt, document(targets=[]), prune=True) == [
        "projects[0].routes[0].to: there is no target 'crm' in this project"
    ]


# --- one element at a time ----------------------------------------------------------------------


@pytest.fixture
def project(rt: Any) -> Any:
    apply(rt, document(), environment=ENVIRONMENT)
    with rt.database.read() as connection:
        return connection.execute(sa.select(projects.c.id)).scalar_one()


def test_an_edited_element_shows_no_secret_and_keeps_it(rt: Any, project: Any) -> None:
    target_id = save_target(
        rt,
        project,
        {
            "name": "n",
            "kind": "crm",
            "settings": {"url": "https://n.example", "secret": "12345678"},
        },
        "ada",
    )
    shown, secret = editable(rt, target_id)
    assert (shown["settings"], secret) == ({"url": "https://n.example"}, ["/settings/secret"])
    shown["settings"]["url"] = "https://m.example"
    assert save_target(rt, project, shown, "ada", target_id) == target_id
    assert editable(rt, target_id)[1] == ["/settings/secret"]


def test_an_edited_element_means_its_references_literally(rt: Any, project: Any) -> None:
    source_id = save_source(
        rt, project, {"name": "n", "kind": "form", "settings": {"header": "${FORM_SECRET}"}}, "ada"
    )
    assert editable(rt, source_id)[0]["settings"] == {"header": "${FORM_SECRET}"}
    named = {one["name"]: one for one in export(rt)["projects"][0]["sources"]}
    assert named["n"]["settings"] == {"header": "$${FORM_SECRET}"}


def test_an_edited_element_names_its_mistakes_within_itself(rt: Any, project: Any) -> None:
    with pytest.raises(Mistakes) as caught:
        save_target(rt, project, {"name": "crm", "kind": "crm", "settings": {"url": "x"}}, "ada")
    assert caught.value.problems == [
        "settings.url: must match ^https?://",
        "name: 'crm' is there already",
    ]
    with pytest.raises(Mistakes) as caught:
        save_source(rt, project, {"name": "a\x00b", "kind": "form"}, "ada")
    assert caught.value.problems == ["name: holds NUL or half a character"]


def test_archiving_takes_the_routes_along_and_saving_the_name_again_brings_it_back(
    rt: Any, project: Any
) -> None:
    with rt.database.read() as connection:
        target_id = connection.execute(sa.select(targets.c.id)).scalar_one()
    assert archive(rt, target_id, "ada")
    assert not archive(rt, target_id, "ada")
    assert "routes" not in export(rt)["projects"][0]
    again = {"name": "crm", "kind": "crm", "settings": {"url": "https://crm.example"}}
    assert save_target(rt, project, again, "ada") == target_id
    assert editable(rt, target_id)[1] == ["/settings/secret"]
