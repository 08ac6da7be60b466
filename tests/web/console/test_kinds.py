"""Every kind can be set up in the console: its settings are drawn, filled in and read back."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from werkzeug.datastructures import MultiDict

from relay.core.contract import Json
from relay.core.fixtures import fixtures_of
from relay.services import configure
from relay.web.console.forms import CLEAN, Field, Form, shape_of
from tests.integrations.conversing import catalog, of_target
from tests.web.console.house import House

PREFIX = "settings."
SIMPLE = {"text", "address", "long", "choice", "whole", "number", "secret"}


def recorded() -> Iterator[Any]:
    """The settings that recordings were made with, by kind."""
    for name, source in catalog().sources.items():
        for number, fixture in enumerate(fixtures_of(source)):
            if settings := fixture.expected.get("settings"):
                yield pytest.param(source.source.settings, settings, id=f"from-{name}-{number}")
    for name, target in catalog().targets.items():
        for number, one in enumerate(of_target(name)):
            yield pytest.param(target.target.settings, one["settings"], id=f"to-{name}-{number}")


def filled(schema: Json, values: Json, prefix: str) -> Iterator[tuple[str, str]]:
    """What a person types to have these settings."""
    for name, part in schema["properties"].items():
        shape, value = shape_of(part), values.get(name, part.get("default"))
        if shape == "group" and value is not None:
            yield from filled(part, value, f"{prefix}{name}.")
        elif value is not None:
            yield from ((f"{prefix}{name}", text) for text in typed(shape, value))


def typed(shape: str, value: Json) -> list[str]:
    """What stands in the fields of this shape that hold this value."""
    if shape == "switch":
        return ["on"] if value else []
    if shape == "several":
        return [str(one) for one in value]
    if shape in {"lines", "secrets"}:
        return ["\n".join(str(one) for one in value)]
    if shape in {"pairs", "secret pairs"}:
        return ["\n".join(f"{key}: {text}" for key, text in value.items())]
    return [str(value) if shape in SIMPLE else json.dumps(value)]


@pytest.mark.parametrize(("schema", "settings"), list(recorded()))
def test_recorded_settings_can_be_typed_in(schema: Json, settings: Json) -> None:
    given = MultiDict(list(filled(schema, settings, PREFIX)))
    read = Form(schema, PREFIX).read(given)
    assert complete(schema, read) == complete(schema, settings)


def complete(schema: Json, values: Json) -> Json:
    """The settings with every default in its place."""
    parts = schema["properties"].items()
    found = {name: part["default"] for name, part in parts if "default" in part} | values
    groups = [name for name, part in parts if shape_of(part) == "group" and name in found]
    return found | {name: complete(schema["properties"][name], found[name]) for name in groups}


KINDS = [
    *(
        pytest.param(kind.source.settings, id=f"from-{name}")
        for name, kind in catalog().sources.items()
    ),
    *(
        pytest.param(kind.target.settings, id=f"to-{name}")
        for name, kind in catalog().targets.items()
    ),
]


@pytest.mark.parametrize("schema", KINDS)
def test_every_setting_is_drawn_with_words(schema: Json) -> None:
    for field in fields(Form(schema, PREFIX).draw({}, CLEAN)):
        assert field.label
        assert field.shape != "json" or field.help, f"{field.name} is JSON that nothing explains"


@pytest.mark.parametrize("schema", KINDS)
def test_what_is_given_as_an_example_would_be_taken(schema: Json) -> None:
    for name, part in schema["properties"].items():
        for example in part.get("examples", ()):
            read = Form(schema, PREFIX).read(MultiDict([(f"{PREFIX}{name}", str(example))]))
            assert [*Draft202012Validator(part).iter_errors(read[name])] == [], name


def test_a_setting_that_does_not_fit_shows_one_that_would(house: House) -> None:
    visitor = house.visitor()
    shown = visitor.get("/console/p/acme/targets/new/ga4").forms
    form = next(form for form in shown if form.method == "post" and not form.action)
    given = {"settings__measurement_id": "UA-1", "settings__api_secret": "abcdefgh"}
    page = visitor.send(form, at="/console/p/acme/targets/new/ga4", status=422, **given)
    assert "does not have the form expected here. Such as G-A1B2C3D4E5." in page.text


def fields(drawn: tuple[Field, ...]) -> Iterator[Field]:
    """All fields, those within groups too."""
    for one in drawn:
        yield one
        yield from fields(one.fields)


def test_a_kind_is_found_by_words_of_its_name_and_of_what_it_does(house: House) -> None:
    visitor = house.visitor()
    for words, found, left_out in (
        ("hook sig", "Webhook", "Octanist"),
        ("OCTANIST", "Octanist", "Webhook"),
    ):
        page = visitor.get(f"/console/p/acme/targets/new?q={words.replace(' ', '+')}")
        assert f"<strong>{found}</strong>" in page.html
        assert f"<strong>{left_out}</strong>" not in page.html
    assert "Nothing of this name" in visitor.get("/console/p/acme/sources/new?q=qwertz").html


def test_the_guide_stands_beside_the_form_without_links_that_lead_nowhere(house: House) -> None:
    page = house.visitor().get("/console/p/acme/sources/new/shopify")
    assert "Set up" in page.html
    assert 'href="../' not in page.html


def test_a_target_says_when_its_vendors_version_ends(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = of_target("klaviyo")[0]["settings"]
    target = {"name": "Lists", "kind": "klaviyo", "settings": settings}
    configure.apply(house.rt, {"projects": [{"id": "acme", "targets": [target]}]})
    visitor = house.visitor()
    shown = visitor.get("/console/p/acme/targets/").link("Lists")
    kind = catalog().targets["klaviyo"]
    notice = f"on {kind.target.api_version_ends}"
    assert notice not in visitor.get(shown).html
    monkeypatch.setattr("relay.web.console.targets.SOON", 36500)
    assert notice in visitor.get(shown).html
    assert kind.version_ends({**settings, "revision": "2020-01-01"}) is None
