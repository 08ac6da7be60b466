"""What these tests stand on: processes of the Procfile that end with the test."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from uuid import uuid4

import pytest

from tests.processes.running import Running
from tests.stack import procfile

Run = Callable[..., Running]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Starts the Procfile's process of this name: `run("worker", settings)`."""
    started: list[Running] = []

    def start(name: str, settings: Mapping[str, str]) -> Running:
        log = tmp_path / f"{name}-{uuid4().hex}.log"
        started.append(Running(procfile()[name], settings, log))
        return started[-1]

    yield start
    for running in started:
        running.end()
