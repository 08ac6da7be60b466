"""`new`: the skeleton of an integration, which loads at once and says what is left to do."""

import re
from pathlib import Path

import click

ROOT = Path(__file__).parents[2]
SKELETONS = Path(__file__).parent / "skeletons"

SHARED = ("README.md", "__init__.py")
"""Files that an integration's other half may have brought already; they stay as they are."""


class Name(click.ParamType[str]):
    """The name of an integration's folder."""

    name = "name"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name where it can be one."""
        if re.fullmatch(r"[a-z][a-z0-9_]{0,39}", value) is None:
            self.fail(
                f"{value!r} is no name: begin with a small letter, then letters, digits and _",
                param,
                ctx,
            )
        return value


@click.group()
def new() -> None:
    """Write the skeleton of an integration."""


@new.command()
@click.argument("name", type=Name())
def source(name: str) -> None:
    """Write the skeleton of a source NAME: a door in."""
    _tell(write_skeleton("source", name, ROOT))


@new.command()
@click.argument("name", type=Name())
def target(name: str) -> None:
    """Write the skeleton of a target NAME: a door out."""
    _tell(write_skeleton("target", name, ROOT))


def write_skeleton(part: str, name: str, root: Path) -> list[Path]:
    """Write the files of a `source` or `target`, and return them.

    Raises ClickException, before anything is written, where there is one of this name.
    """
    words = {
        "__NAME__": name,
        "__HOST__": name.replace("_", "-"),
        "__ENV__": name.upper(),
        "__LABEL__": name.replace("_", " ").capitalize(),
    }
    files = {}
    for path in sorted((SKELETONS / part).rglob("*.txt")):
        place = str(path.relative_to(SKELETONS / part).with_suffix(""))
        files[root / _filled(place, words)] = _filled(path.read_text("utf-8"), words)
    there = [path for path in files if path.exists()]
    if taken := [path for path in there if path.name not in SHARED]:
        raise click.ClickException(f"{taken[0].relative_to(root)} is there already.")
    for path in there:
        del files[path]
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    return list(files)


def _filled(text: str, words: dict[str, str]) -> str:
    for placeholder, word in words.items():
        text = text.replace(placeholder, word)
    return text


def _tell(written: list[Path]) -> None:
    for path in written:
        click.echo(path.relative_to(ROOT))
    click.echo("It loads and keeps the contract. What is left to do stands in its README.md, and")
    click.echo("fails the tests until it is done: make test TESTS=tests/integrations")
