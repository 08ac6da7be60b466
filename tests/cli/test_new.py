"""`new`: a skeleton loads at once, keeps the contract, and says what is left to do."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from relay.catalog import ROOT, load_catalog
from relay.cli import program
from relay.cli.new import write_skeleton


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the data that the catalog reads, with the integrations there are."""
    for name in ("integrations", "jsonschemas"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path


def test_a_skeleton_loads_at_once(root: Path) -> None:
    write_skeleton("source", "acme_forms", root)
    assert load_catalog(root).sources["acme_forms"].source.label == "Acme forms"
    write_skeleton("target", "acme_forms", root)
    load_catalog.cache_clear()
    catalog = load_catalog(root)
    assert catalog.targets["acme_forms"].target.repeat == "key"
    assert "__" not in catalog.sources["acme_forms"].guide


def test_what_is_there_is_never_overwritten(root: Path) -> None:
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    for part, name in (("source", "typeform"), ("target", "webhook")):
        with pytest.raises(click.ClickException, match="is there already"):
            write_skeleton(part, name, root)
    write_skeleton("target", "typeform", root)
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize("name", ["Acme", "1st", "../up", "a-b", "", "a" * 41])
def test_a_name_that_cannot_be_a_folder_is_refused(name: str) -> None:
    assert CliRunner().invoke(program, ["new", "source", name]).exit_code == 2


@pytest.mark.timeout(300)
def test_a_skeleton_keeps_the_contract_and_fails_by_what_is_left_to_do(root: Path) -> None:
    for name in ("relay", "tests", "pyproject.toml"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, root / name)
    write_skeleton("source", "acme_forms", root)
    write_skeleton("target", "acme_sheets", root)
    tested = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-rf",
            "tests/integrations",
            "-k",
            "acme_forms or acme_sheets",
        ],
        cwd=root,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
        check=False,
    )
    failed = {line for line in tested.stdout.splitlines() if line.startswith("FAILED")}
    names = {line.split("::")[-1].split(" ")[0] for line in failed}
    assert names == {
        f"test_nothing_is_left_to_do[{name}]" for name in ("acme_forms", "acme_sheets")
    }
    assert "to do: replace the requests in `fixtures/`" in tested.stdout
    assert "to do: replace the replies in `fixtures/`" in tested.stdout
    assert " passed" in tested.stdout
