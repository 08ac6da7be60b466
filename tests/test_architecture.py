"""The shape of the tree: its sizes, its layers, its names, and what its files may not say."""

import ast
import re
import shutil
import statistics
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from relay.cli import program
from tests.stack import procfile

ROOT = Path(__file__).parents[1]

PRODUCT = ("relay", "integrations")

UNNAMED = {"utils", "util", "helpers", "helper", "base", "manager", "managers", "common", "misc"}
"""File names that say nothing of what is inside."""

FOREIGN = {
    "a path of somebody's machine": r"(?<![\w.])/(work|root|home|Users)/",
    "a place outside the tree": r"\.\./(shared|seeds|main)\b",
    "a package registry": r"(pypi|npmjs|pythonhosted)[.](org|com)",
}


def _percentile(values: list[int], part: float) -> int:
    return sorted(values)[int(len(values) * part)]


def _modules() -> Iterator[Path]:
    for package in PRODUCT:
        yield from sorted((ROOT / package).rglob("*.py"))


def _functions() -> Iterator[tuple[str, int]]:
    """Where each function stands, and its lines."""
    for path in _modules():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", length


def _tracked() -> list[Path]:
    """The files of the repository; where it is no repository, those beside this one."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode != 0:
        pytest.skip("git knows no files here")
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.is_file()]


def test_functions_are_short() -> None:
    lengths = dict(_functions())
    assert {place: lines for place, lines in lengths.items() if lines > 60} == {}
    assert statistics.median(lengths.values()) <= 10
    assert _percentile(list(lengths.values()), 0.9) <= 35


def test_files_are_short() -> None:
    lengths = {str(path): len(path.read_text().splitlines()) for path in _modules()}
    assert {path: lines for path, lines in lengths.items() if lines > 400} == {}
    assert _percentile(list(lengths.values()), 0.9) <= 220


def test_files_are_named_after_what_they_hold() -> None:
    assert [path for path in _modules() if path.stem in UNNAMED] == []


def test_imports_keep_to_the_layers() -> None:
    linted = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as lint; lint()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert linted.returncode == 0, linted.stdout + linted.stderr


def test_importing_does_nothing() -> None:
    """No thread, no connection, no setting is needed to import any module but the entry points."""
    code = """
import importlib, pkgutil, sys, threading, relay

sys.addaudithook(lambda event, _: sys.exit(event) if event == "socket.connect" else None)
for found in pkgutil.walk_packages(relay.__path__, "relay."):
    if found.name != "relay.migrations.env":
        importlib.import_module(found.name)
sys.exit(threading.active_count() - 1)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env={}, check=False)
    assert done.returncode == 0


@pytest.mark.parametrize("what", FOREIGN)
def test_files_speak_of_the_project_alone(what: str) -> None:
    pattern = re.compile(FOREIGN[what].encode())
    found = [
        f"{path.relative_to(ROOT)}: {match[0].decode()}"
        for path in _tracked()
        if "vendor" not in path.parts and "fixtures" not in path.parts
        for match in pattern.finditer(path.read_bytes())
    ]
    assert found == []


def test_the_procfile_names_commands_that_exist() -> None:
    commands = procfile()
    assert list(commands) == ["release", "web", "worker", "clock"]
    for command in commands.values():
        python, option, package, name = command.split()
        assert (python, option, package) == ("python", "-m", "relay")
        assert program.get_command(click.Context(program), name) is not None


def _pins(name: str) -> dict[str, tuple[str, int]]:
    """Package -> version and number of hashes, as a requirements file pins them."""
    text = (ROOT / name).read_text().replace("\\\n", " ")
    found = re.findall(r"^([\w.-]+)(?:\[[\w,]+\])?==(\S+)(.*)$", text, re.MULTILINE)
    return {package: (version, rest.count("--hash=sha256:")) for package, version, rest in found}


def test_requirements_are_pinned_with_hashes() -> None:
    runtime, development = _pins("requirements.txt"), _pins("requirements-dev.txt")
    assert [name for name, (_, hashes) in development.items() if not hashes] == []
    assert runtime.items() <= development.items()
    assert development.keys() - runtime.keys() > {"pytest", "mypy", "ruff"}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for wishes, pins in (
        (project["dependencies"], runtime),
        (project["optional-dependencies"]["dev"], development),
    ):
        wanted = {re.split(r"[\[><=;]", wish)[0].lower() for wish in wishes}
        assert wanted - pins.keys() == set()


def test_make_says_what_there_is() -> None:
    if shutil.which("make") is None:
        pytest.skip("make is not installed")
    said = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert re.findall(r"^  make (\w+)", said, re.MULTILINE) == [
        "help",
        "run",
        "test",
        "lint",
        "bench",
        "screenshots",
        "lock",
    ]
