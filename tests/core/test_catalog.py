"""The relay starts only with integrations that are whole, and says of each what it lacks."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from relay.catalog import ROOT, CatalogError, load_catalog

SOURCE = """
from relay.core.contract import Inbound, Parsed, Settings, Source

def parse(inbound: Inbound, settings: Settings) -> list[Parsed]:
    return [Parsed(document={"email": inbound.body.decode()})]

SOURCE = Source(label="Acme", summary="Forms of Acme.", settings={"type": "object"}, parse=parse)
"""
TARGET = """
from relay.core.contract import Kind, Outcome, Request, Target

def deliver(payload, settings, duty):
    reply = yield Request(method="POST", url="https://x.example", body=b"")
    return Outcome(kind=Kind.DELIVERED)

def check(settings):
    return (yield from deliver({}, settings, None))

TARGET = Target(label="Acme", summary="To Acme.", settings={"type": "object"}, deliver=deliver,
                check=check, repeat="key")
"""


@pytest.fixture
def tree(tmp_path: Path) -> Callable[[str, str], None]:
    """Writes files into an otherwise empty tree of integrations."""
    for folder in ("integrations", "jsonschemas/sources", "jsonschemas/targets"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(ROOT / "jsonschemas" / "lead.json", tmp_path / "jsonschemas" / "lead.json")

    def write(path: str, text: str) -> None:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")

    return write


def whole(tree: Callable[[str, str], None]) -> None:
    tree("integrations/acme/source.py", SOURCE)
    tree("integrations/acme/target.py", TARGET)
    tree("integrations/acme/README.md", "# Acme")
    tree("jsonschemas/sources/acme.json", '{"properties": {"email": {"lead": "/contact/email"}}}')
    tree("jsonschemas/targets/acme.json", '{"properties": {"mail": {"lead": "/contact/email"}}}')


def test_a_new_folder_is_found_without_any_list(
    tree: Callable[[str, str], None], tmp_path: Path
) -> None:
    whole(tree)
    tree("integrations/_draft/anything.py", "")
    catalog = load_catalog(tmp_path)
    assert list(catalog.sources) == ["acme"]
    assert list(catalog.targets) == ["acme"]
    assert catalog.sources["acme"].guide == "# Acme"
    assert catalog.sources["acme"].folder == tmp_path / "integrations" / "acme"
    assert catalog.targets["acme"].adapter.build({"contact": {"email": "a@b.co"}}, {}).payload == {
        "mail": "a@b.co"
    }
    assert catalog.lead_schema["title"] == "Lead"


@pytest.mark.parametrize(
    ("path", "text", "problem"),
    [
        ("integrations/acme/README.md", None, "integrations/acme: has no README.md"),
        (
            "jsonschemas/sources/acme.json",
            None,
            "integrations/acme: has no jsonschemas/sources/acme.json",
        ),
        (
            "integrations/acme/target.py",
            None,
            "jsonschemas/targets/acme.json: has no integrations/acme/target.py",
        ),
        (
            "integrations/acme/source.py",
            "SOURCES = 1",
            "integrations/acme/source.py: has no SOURCE = Source(...)",
        ),
        ("jsonschemas/sources/acme.json", "{", "jsonschemas/sources/acme.json: Expecting"),
        (
            "jsonschemas/sources/acme.json",
            '{"properties": {"email": {"type": "txt"}}}',
            "jsonschemas/sources/acme.json: properties.email.type: ",
        ),
        (
            "jsonschemas/sources/acme.json",
            '{"properties": {"email": {"lead": "/contact/mail"}}}',
            "jsonschemas/sources/acme.json: /properties/email/lead: a lead has no place",
        ),
        (
            "jsonschemas/targets/acme.json",
            '{"properties": {"mail": {"lead": "/contact/mail"}}}',
            "jsonschemas/targets/acme.json: /properties/mail/lead: a lead never has anything at",
        ),
        (
            "integrations/acme/source.py",
            SOURCE.replace('{"type": "object"}', '{"type": "obj"}'),
            "integrations/acme/source.py: settings: type: ",
        ),
        (
            "integrations/empty/notes.txt",
            "",
            "integrations/empty: has neither source.py nor target.py",
        ),
    ],
)
def test_what_is_not_whole_is_named(
    tree: Callable[[str, str], None], tmp_path: Path, path: str, text: str | None, problem: str
) -> None:
    whole(tree)
    if text is None:
        (tmp_path / path).unlink()
    else:
        tree(path, text)
    with pytest.raises(CatalogError) as caught:
        load_catalog(tmp_path)
    assert any(line.startswith(problem) for line in str(caught.value).splitlines()), caught.value


def test_all_that_is_wrong_is_told_at_once(
    tree: Callable[[str, str], None], tmp_path: Path
) -> None:
    whole(tree)
    (tmp_path / "integrations/acme/README.md").unlink()
    tree("jsonschemas/targets/other.json", "{}")
    tree("jsonschemas/sources/acme.json", json.dumps({"lead": 7}))
    with pytest.raises(CatalogError) as caught:
        load_catalog(tmp_path)
    assert len(str(caught.value).splitlines()) >= 3


def test_the_integrations_here_are_whole() -> None:
    catalog = load_catalog()
    assert "webhook" in catalog.targets
