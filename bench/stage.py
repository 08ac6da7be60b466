"""The stage of a measurement: PostgreSQL and Redis of its own, the relay, a receiver, a client."""

import contextlib
import json
import os
import pickle
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg

from relay.app import build_runtime
from relay.config import load_config
from relay.migrations import upgrade
from relay.runtime import Runtime
from relay.services.configure import apply
from tests.payloads import SECRET, signed, typeform
from tests.servers import Postgres, RedisServer, free_port, until
from tests.stack import ROOT, Process, Stack

KEY = "tf-bench-source-key"
API_KEY = "a key for the bench"
APIS = ("leadtrackr", "octanist")
CONNECTIONS = 32


class Stage:
    """Everything on this one machine, which the load shares; closed by the caller."""

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="relay-bench-"))
        self.postgres = Postgres(durable=True)
        self.redis = RedisServer()
        self.receiver_port = free_port()
        self._receiver = _python("bench.receiver", str(self.receiver_port))
        self._databases = 0
        until(lambda: self._get("count") is not None, "the receiver answers")

    def close(self) -> None:
        """End every process."""
        self._receiver.kill()
        self._receiver.wait()
        self.redis.close()
        self.postgres.close()

    @contextlib.contextmanager
    def relay(
        self,
        targets: dict[str, str],
        *,
        workers: int = 1,
        prepare: Callable[[Runtime], None] | None = None,
        settings: dict[str, str] | None = None,
    ) -> Iterator[tuple[Stack, Runtime]]:
        """The relay on a fresh database, with routes to `targets`: name -> the receiver's path."""
        environment = self.environment() | (settings or {})
        upgrade(environment["DATABASE_URL"])
        runtime = build_runtime(load_config(environment))
        apply(runtime, self._document(targets))
        if prepare is not None:
            prepare(runtime)
        stack = Stack(environment, self.directory, workers=workers)
        try:
            stack.start()
            yield stack, runtime
        finally:
            stack.stop()
            runtime.close()
            self.redis.flush()

    def environment(self) -> dict[str, str]:
        """The settings of processes on a fresh database."""
        self._databases += 1
        name = f"bench_{self._databases}"
        with psycopg.connect(self.postgres.url(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return {
            "RELAY_MODE": "local",
            "RELAY_DATA_DIR": str(self.directory),
            "DATABASE_URL": self.postgres.url(name),
            "REDIS_URL": self.redis.url,
            "SECRET_KEY": "a secret key for the bench, long enough to be taken",
            "RELAY_TARGET_ALLOW": "127.0.0.0/8",
            "RELAY_SOURCE_RATE": "10000000/minute",
            "RELAY_LOG_LEVEL": "WARNING",
            "BENCH_TARGET": f"http://127.0.0.1:{self.receiver_port}/fast",
        }

    def load(
        self,
        port: int,
        path: str,
        count: int,
        mark: str,
        per_second: float = 0,
        make: Callable[[str], tuple[bytes, dict[str, str]]] | None = None,
    ) -> dict[str, Any]:
        """Post so many requests; see bench.load for what comes back.

        `make` gives body and headers; without it they are signed submissions of twelve answers.
        """
        tokens = [f"{mark}{number:06}" for number in range(count)]
        file = self.directory / "requests.pickle"
        file.write_bytes(pickle.dumps([(make or _submission)(token) for token in tokens]))
        arguments = ["127.0.0.1", str(port), path, str(CONNECTIONS), str(file), str(per_second)]
        done = _python("bench.load", *arguments)
        output, _ = done.communicate(timeout=600)
        result: dict[str, Any] = json.loads(output)
        return result | {"tokens": tokens}

    def arrivals(self) -> list[tuple[float, str, str]]:
        """What the receiver got since it was last asked."""
        found: list[tuple[float, str, str]] = json.loads(self._get("arrivals") or "[]")
        return found

    def arrived(self) -> int:
        """How much the receiver got since it was last asked for its arrivals."""
        return int(self._get("count") or 0)

    def process(self, command: str, environment: dict[str, str], name: str) -> Process:
        """Another process beside the relay."""
        whole = {**os.environ, **environment}
        return Process(command, whole, self.directory / f"{name}.log")

    @contextlib.contextmanager
    def served(self, command: str, environment: dict[str, str], name: str) -> Iterator[None]:
        """A web process beside the relay, which listens on PORT."""
        process = self.process(command, environment, name)
        process.start()
        try:
            until(lambda: _listens(int(environment["PORT"])), f"{name} listens\n{process.output}")
            yield
        finally:
            process.kill()

    def count(self, environment: dict[str, str], table: str) -> int:
        """The rows of a table."""
        with psycopg.connect(environment["DATABASE_URL"]) as connection:
            row = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
        return int(row[0]) if row else 0

    def _document(self, targets: dict[str, str]) -> dict[str, Any]:
        receiver = f"http://127.0.0.1:{self.receiver_port}"
        source = {
            "name": "form",
            "key": KEY,
            "kind": "typeform",
            "settings": {"secrets": [SECRET]},
        }
        configured = [
            {
                "name": name,
                "kind": "webhook",
                "settings": {
                    "url": receiver + path,
                    "secrets": ["whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODk="],
                },
            }
            for name, path in targets.items()
        ]
        project = {
            "id": "bench",
            "name": "Bench",
            "api_keys": [{"name": "creating", "key": API_KEY, "scopes": ["read", "write"]}],
            "sources": [source, *({"name": kind, "kind": kind} for kind in APIS)],
            "targets": configured,
            "routes": [{"from": of, "to": name} for name in targets for of in ("form", *APIS)],
        }
        return {"projects": [project]}

    def _get(self, path: str) -> str | None:
        try:
            address = f"http://127.0.0.1:{self.receiver_port}/{path}"
            with urllib.request.urlopen(address, timeout=10) as reply:
                return str(reply.read().decode())
        except OSError:
            return None


def _submission(token: str) -> tuple[bytes, dict[str, str]]:
    body = typeform(token)
    return body, signed(body)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _python(module: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def wait_for(check: Callable[[], bool], seconds: float = 300) -> float:
    """Wait until `check` says yes; when that was, in seconds of time.monotonic."""
    until(check, "the work is done", seconds, pause=0.02)
    return time.monotonic()
