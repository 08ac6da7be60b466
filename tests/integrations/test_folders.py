"""Every integration's folder is finished: what its skeleton left to do is done."""

from pathlib import Path

import pytest

from relay.catalog import ROOT

FOLDERS = sorted(path.parent for path in (ROOT / "integrations").glob("*/__init__.py"))

TO_DO = "TODO:"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_nothing_is_left_to_do(folder: Path) -> None:
    papers = [path for path in folder.rglob("*") if path.suffix in {".py", ".md", ".json"}]
    left = [
        line.partition(TO_DO)[2].strip()
        for path in sorted(papers)
        for line in path.read_text(encoding="utf-8").splitlines()
        if TO_DO in line
    ]
    assert left == [], "\n".join(f"to do: {line}" for line in left)
