"""The papers say what the code does: settings, commands, addresses, links and walk-throughs."""

import base64
import json
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from relay.__main__ import assembled
from relay.app import create_app
from relay.catalog import load_catalog
from relay.cli import COMMANDS, program
from relay.core.adapter import MappingRules
from relay.core.contract import Duty, Reply
from relay.core.documents import read_document
from relay.core.fixtures import fixtures_of
from relay.core.kinds import Catalog
from relay.core.verify import verify
from relay.services.configure import apply
from relay.settings import SETTINGS

ROOT = Path(__file__).parents[1]
PAPERS = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "integrations/*/README.md")
    for path in ROOT.glob(pattern)
)
README = (ROOT / "README.md").read_text()
CONSOLE = (ROOT / "docs" / "console.md").read_text()
NAMES = [path.relative_to(ROOT).as_posix() for path in PAPERS]


def section(text: str, title: str) -> str:
    """What stands under a heading, up to the next one of its rank or a higher one."""
    found = re.search(rf"^(#+) {re.escape(title)}\n", text, re.MULTILINE)
    assert found, f"there is no heading {title!r}"
    rest = text[found.end() :]
    end = re.search(rf"^#{{1,{len(found[1])}}} ", unfenced(rest), re.MULTILINE)
    return rest[: end.start()] if end else rest


def unfenced(text: str) -> str:
    """The text with blanks in place of its fenced blocks, each line as long as before."""
    return re.sub(
        r"^( *)```.*?^\1```",
        lambda block: re.sub(r"[^\n]", " ", block[0]),
        text,
        flags=re.MULTILINE | re.DOTALL,
    )


def rows(text: str) -> list[list[str]]:
    """The cells of the tables in a text, without heads."""
    lines = [line.strip() for line in text.splitlines() if line.startswith("|")]
    heads = {number - 1 for number, line in enumerate(lines) if re.fullmatch(r"[|\-: ]+", line)}
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for number, line in enumerate(lines)
        if number not in heads and not re.fullmatch(r"[|\-: ]+", line)
    ]


def code_blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of a language, also where a list indents them."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^\1```", text, re.MULTILINE | re.DOTALL)
    return [re.sub(rf"^{indent}", "", block, flags=re.MULTILINE) for indent, block in found]


def test_the_table_of_settings_is_the_code_s() -> None:
    written = {row[0].strip("`"): tuple(row[1:]) for row in rows(section(README, "Settings"))}
    wanted = {
        setting.name: (f"`{setting.default}`" if setting.default else "", setting.help)
        for setting in SETTINGS
    }
    assert list(written) == list(wanted)
    for name, row in wanted.items():
        assert written[name] == row


@pytest.mark.parametrize("path", PAPERS, ids=NAMES)
def test_no_paper_names_a_setting_that_is_not_there(path: Path) -> None:
    known = {setting.name for setting in SETTINGS}
    named = set(
        re.findall(
            r"\b(?:RELAY_[A-Z_]+[A-Z]|(?!PAGE_)[A-Z]+_URL|SECRET_KEYS?[A-Z_]*)\b", path.read_text()
        )
    )
    assert named - known == set()


def test_every_command_is_listed_with_what_it_says_of_itself() -> None:
    written = {row[0].strip("`").split()[0]: row[1] for row in rows(section(README, "Commands"))}
    assert list(written) == list(COMMANDS)
    context = click.Context(program)
    for name in COMMANDS:
        command = program.get_command(context, name)
        assert command is not None
        assert written[name] == command.get_short_help_str(limit=200)


@pytest.mark.parametrize("path", PAPERS, ids=NAMES)
def test_every_command_line_in_a_paper_can_be_given(path: Path) -> None:
    lines = re.findall(r"python -m relay ([a-z][^\n`;|]*)", path.read_text())
    for line in lines:
        words = shlex.split(line, comments=True)
        command = _command(words)
        options = {option for parameter in command.params for option in parameter.opts}
        for word in words:
            if word.startswith("--"):
                assert word.partition("=")[0] in options | {"--help"}, line


def _command(words: list[str]) -> click.Command:
    """The command that a line names, down to its subcommand."""
    command: click.Command | None = program
    context = click.Context(program)
    for word in words:
        if not isinstance(command, click.Group) or word.startswith("-"):
            break
        command = command.get_command(context, word)
        assert command is not None, f"there is no command {' '.join(words)}"
    assert command is not None
    return command


@pytest.mark.parametrize("path", PAPERS, ids=NAMES)
def test_every_make_target_in_a_paper_is_there(path: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    text = path.read_text()
    named = set(re.findall(r"`make ([a-z]+)", text)) | {
        name
        for block in code_blocks(text, "sh")
        for name in re.findall(r"^make ([a-z]+)", block, re.MULTILINE)
    }
    assert named - targets == set()


def test_the_tables_of_integrations_are_what_they_say_of_themselves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where this fails: replace the tables by the output of `python -m relay integrations`."""
    monkeypatch.setenv("RELAY_MODE", "local")
    monkeypatch.setenv("RELAY_DATA_DIR", str(tmp_path))
    written = CliRunner().invoke(program, ["integrations"], obj=assembled, catch_exceptions=False)
    assert written.output
    assert (ROOT / "docs" / "integrations.md").read_text().endswith(written.output)


@pytest.mark.parametrize("path", PAPERS, ids=NAMES)
def test_every_link_leads_somewhere(path: Path) -> None:
    text = unfenced(path.read_text())
    for target in re.findall(r"\[[^\]]*\]\(([^)\s]+)\)", text):
        if re.match(r"(https?|mailto):", target):
            continue
        file, _, anchor = target.partition("#")
        there = (path.parent / file).resolve() if file else path
        assert there.exists(), target
        if anchor:
            assert anchor in _anchors(there.read_text()), target


def _anchors(text: str) -> set[str]:
    """The anchors that headings get: lower case, blanks to dashes, other signs left out."""
    headings = re.findall(r"^#+ (.+)$", unfenced(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.redis
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_address_is_in_the_reference_and_no_other(runtime: Any) -> None:
    listed: dict[str, set[str]] = {}
    pages_of_the_console = [row for row in rows(CONSOLE) if row[0].startswith("`/console/")]
    for address, methods, *_ in [*rows(section(README, "Addresses")), *pages_of_the_console]:
        listed.setdefault(address.strip("`"), set()).update(methods.split(", "))
    served: dict[str, set[str]] = {}
    for rule in create_app(runtime).url_map.iter_rules():
        address = re.sub(r"<(?:\w+:)?(\w+)>", r"<\1>", rule.rule)
        if address.endswith("<anything>"):  # only says that there is no such page
            continue
        served.setdefault(address, set()).update(rule.methods or {"GET", "POST", "PUT", "PATCH"})
    for address, methods in listed.items():
        assert methods <= served.get(address, set()), f"{address} does not take {methods}"
    pages = [address for address in listed if address.startswith("/console/p/<project>/")]
    for address, methods in served.items():
        if re.match(r"/api/(?!docs/)", address):  # held to the router by its OpenAPI description
            continue
        step_of_a_page = any(address.startswith(page) for page in pages)
        told = listed.get(address, set()) | {"HEAD", "OPTIONS"}
        assert step_of_a_page or methods <= told, f"{address} {methods} is not in the reference"


@pytest.mark.parametrize("path", PAPERS, ids=NAMES)
def test_every_yaml_example_is_a_configuration_or_a_part_of_one(path: Path) -> None:
    schema = json.loads((ROOT / "jsonschemas" / "config.json").read_text())
    for block in code_blocks(path.read_text(), "yaml"):
        document = read_document(block)
        whole = document if "projects" in document else {"projects": [{"id": "x", **document}]}
        assert not list(Draft202012Validator(schema).iter_errors(whole)), block


@pytest.mark.redis
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_configuration_in_the_readme_is_taken_and_changes_nothing_twice(runtime: Any) -> None:
    (block,) = code_blocks(section(README, "Configuration"), "yaml")
    secret = "whsec_" + base64.b64encode(b"32 bytes, not a secret to anyone").decode()
    named = dict.fromkeys(re.findall(r"\$\{(\w+)\}", block), secret)
    assert apply(runtime, read_document(block), environment=named)
    assert apply(runtime, read_document(block), environment=named) == []


CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()


def files(text: str) -> dict[str, str]:
    """The files that a walk-through has its reader write, by path."""
    found = re.findall(r"^`([\w./]+)`:\n\n```\w+\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return dict(found)


@pytest.fixture
def walked(tmp_path: Path) -> Catalog:
    """The catalog of a tree in which both walk-throughs were followed to the letter."""
    for path, content in files(CONTRIBUTING).items():
        place = tmp_path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content.removesuffix("\n") if place.suffix == ".http" else content)
    shutil.copy(ROOT / "jsonschemas" / "lead.json", tmp_path / "jsonschemas" / "lead.json")
    return load_catalog(tmp_path)


def test_the_walk_through_of_a_source_makes_the_lead_that_it_shows(walked: Catalog) -> None:
    kind = walked.sources["fairstand"]
    (capture,) = fixtures_of(kind)
    (parsed,) = kind.source.parse(capture.inbound, capture.expected["settings"])
    mapped = kind.adapter.map(parsed, MappingRules(region=capture.expected["region"]))
    assert [{"lead": mapped.document}] == capture.expected["submissions"]
    assert (parsed.event_id, parsed.lead_id) == ("sc_1041", "sc_1041")


def test_the_walk_through_of_a_source_checks_the_signature_of_its_capture(walked: Catalog) -> None:
    kind = walked.sources["fairstand"]
    (capture,) = fixtures_of(kind)
    assert verify(kind.source, capture.inbound, capture.expected["settings"], 0) is None
    assert verify(kind.source, capture.inbound, {"secrets": ["another one"]}, 0) is not None


def test_the_walk_through_of_a_target_holds_the_conversation_that_it_shows(walked: Catalog) -> None:
    kind = walked.targets["ledgerbook"]
    shown = json.loads((kind.folder / "fixtures" / "creates.json").read_text())
    built = kind.adapter.build(shown["lead"], shown["mapping"])
    assert built.errors == []
    talk = kind.target.deliver(built.payload, shown["settings"], Duty(**shown["duty"]))
    (turn,) = shown["conversation"]
    request = next(talk)
    assert (request.method, request.url) == (turn["request"]["method"], turn["request"]["url"])
    assert dict(request.headers) == turn["request"]["headers"]
    assert json.loads(request.body) == json.loads(turn["request"]["body"])
    reply = Reply(**{**turn["reply"], "body": turn["reply"]["body"].encode()})
    with pytest.raises(StopIteration) as end:
        talk.send(reply)
    outcome = end.value.value
    assert {name: getattr(outcome, name) for name in shown["outcome"]} == shown["outcome"]
