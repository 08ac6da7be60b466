"""Real servers for tests: PostgreSQL and Redis of their own, in a directory of their own."""

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from redis import Redis, RedisError

STOP_SECONDS = 20
PR_SET_PDEATHSIG = 1


class Absent(Exception):  # noqa: N818 - says what is not here
    """A program that the test needs is not on this machine; the text names it."""


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(check: Callable[[], object], what: str, seconds: float = 20, pause: float = 0.02) -> None:
    """Wait until `check` says yes; fails the test with `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(pause)


def dies_with_its_parent() -> None:
    """For Popen's preexec_fn: a test run that is killed leaves no servers behind (Linux).

    The system takes the thread for the parent: what a thread starts ends with that thread.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)


class Postgres:
    """A PostgreSQL of the test's own on 127.0.0.1; `durable` keeps fsync for tests that kill it."""

    def __init__(self, *, durable: bool = False) -> None:
        self._bin = _postgres_programs()
        self._user = _unprivileged()
        self.port = free_port()
        self._durable = durable
        self._directory = Path(tempfile.mkdtemp(prefix="relay-pg-"))
        if self._user:
            shutil.chown(self._directory, self._user)
        self._run("initdb", "-D", self._data, "-U", "relay", "-A", "trust", "-E", "UTF8",
                  "--locale=C", "--no-sync")  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def _data(self) -> str:
        return str(self._directory / "data")

    def url(self, database: str = "postgres") -> str:
        """The address of one of its databases."""
        return f"postgresql://relay@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self._directory),
            "max_connections": "300",
            "log_min_messages": "fatal",
        }
        if not self._durable:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
            options |= {"wal_level": "minimal", "max_wal_senders": "0", "max_wal_size": "4GB"}
        given = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        self._process = subprocess.Popen(
            [str(self._bin / "postgres"), "-D", self._data, *given],
            user=self._user,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self._directory,
            preexec_fn=dies_with_its_parent,  # noqa: PLW1509 - it only calls prctl
        )
        until(self._answers, "PostgreSQL answers")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it; SIGINT ends sessions at once, SIGQUIT is a crash."""
        if self._process:
            self._process.send_signal(how)
            self._process.wait(STOP_SECONDS)
            self._process = None

    def close(self) -> None:
        """Stop it and remove its files."""
        self.stop()
        shutil.rmtree(self._directory, ignore_errors=True)

    def _answers(self) -> bool:
        import psycopg

        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(self.url(), connect_timeout=2).close()
            return True
        return False

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._bin / program), *arguments]
        done = subprocess.run(
            command, user=self._user, cwd=self._directory, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()


class RedisServer:
    """A Redis of the test's own on a unix socket."""

    def __init__(self) -> None:
        self._program = _redis_program()
        self._directory = Path(tempfile.mkdtemp(prefix="relay-redis-"))
        self.path = self._directory / "redis.sock"
        self.url = f"unix://{self.path}"
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start it empty and wait until it answers."""
        command = [self._program, "--port", "0", "--unixsocket", str(self.path), "--save", ""]
        self._process = subprocess.Popen(
            [*command, "--appendonly", "no"],
            stdout=subprocess.DEVNULL,
            cwd=self._directory,
            preexec_fn=dies_with_its_parent,  # noqa: PLW1509 - it only calls prctl
        )
        until(self._answers, "Redis answers")

    def stop(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End it; nothing is kept."""
        if self._process:
            self._process.send_signal(signal.SIGCONT)
            self._process.send_signal(how)
            self._process.wait(STOP_SECONDS)
            self._process = None

    def hang(self) -> None:
        """Stop it in its tracks: connections are taken and nothing answers."""
        assert self._process
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it answer again."""
        assert self._process
        self._process.send_signal(signal.SIGCONT)

    def flush(self) -> None:
        """Forget everything."""
        with Redis.from_url(self.url) as client:
            client.flushall()

    def close(self) -> None:
        """End it and remove its files."""
        self.stop()
        shutil.rmtree(self._directory, ignore_errors=True)

    def _answers(self) -> bool:
        with contextlib.suppress(RedisError), Redis.from_url(self.url) as client:
            return bool(client.ping())
        return False


def _postgres_programs() -> Path:
    found = shutil.which("initdb")
    if found and shutil.which("postgres", path=str(Path(found).parent)):
        return Path(found).parent
    packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not packaged:
        raise Absent("PostgreSQL (initdb, postgres) is not installed")
    return packaged[-1].parent


def _redis_program() -> str:
    from relay.cli.embedded import redis_program

    found = redis_program()
    if found is None:
        raise Absent("no redis-server or valkey-server")
    return str(found)


def _unprivileged() -> str | None:
    """PostgreSQL refuses to run as root: whom to run it as there."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
