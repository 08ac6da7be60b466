"""The relay as real processes, started by the commands of the Procfile."""

import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.servers import STOP_SECONDS, dies_with_its_parent, free_port, until

ROOT = Path(__file__).parents[1]


def procfile() -> dict[str, str]:
    """The commands of the Procfile by process name."""
    lines = (ROOT / "Procfile").read_text().splitlines()
    pairs = (line.split(":", 1) for line in lines if line.strip() and not line.startswith("#"))
    return {name.strip(): command.strip() for name, command in pairs}


class Process:
    """One process of the relay in a process group of its own; its output goes to a file."""

    def __init__(self, command: str, environment: Mapping[str, str], log: Path) -> None:
        self._command = command
        self._environment = dict(environment)
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id of what runs now."""
        assert self._process
        return self._process.pid

    @property
    def output(self) -> str:
        """Everything it has printed."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def start(self) -> None:
        """Start it."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                shlex.split(os.path.expandvars(self._command)),
                env=self._environment,
                cwd=ROOT,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=dies_with_its_parent,  # noqa: PLW1509 - it only calls prctl
            )

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End it and its children, by default without a chance to finish anything."""
        if self._process is not None:
            self._signal(how)
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._signal(signal.SIGKILL)
                self._process.wait(STOP_SECONDS)
            self._process = None

    def restart(self) -> None:
        """Kill it and start it again, as its supervisor would."""
        self.kill()
        self.start()

    def _signal(self, how: signal.Signals) -> None:
        assert self._process
        try:
            os.killpg(self._process.pid, how)
        except ProcessLookupError:
            self._process.poll()


class Stack:
    """Web, workers and clock on one database and one Redis."""

    def __init__(self, settings: Mapping[str, str], directory: Path, workers: int = 1) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        commands = procfile()
        environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            **settings,
            "PORT": str(self.port),
            "RELAY_HOST": "127.0.0.1",
        }
        web = commands["web"].replace("$PORT", str(self.port))
        self.web = Process(web, environment, directory / "web.log")
        self.clock = Process(commands["clock"], environment, directory / "clock.log")
        self.workers = [
            Process(commands["worker"], environment, directory / f"worker{number}.log")
            for number in range(workers)
        ]

    def start(self) -> None:
        """Start everything and wait until the door answers."""
        for process in (self.web, self.clock, *self.workers):
            process.start()
        self.until_it_answers()

    def until_it_answers(self) -> None:
        """Wait until the door answers."""
        until(self.answers, f"the relay answers\n{self.web.output}", 30)

    def stop(self) -> None:
        """Stop everything."""
        for process in (*self.workers, self.clock, self.web):
            process.kill(signal.SIGTERM)

    def answers(self) -> bool:
        """Whether the web process answers."""
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as reply:
                return bool(reply.status == 200)
        except (OSError, urllib.error.URLError):
            return False


class Sender:
    """A client that posts submissions at a steady rate and notes every 200 with its id."""

    def __init__(self, address: str, requests: list[tuple[bytes, dict[str, str]]]) -> None:
        self.accepted: list[str] = []
        self.refused: list[str] = []
        self._address = address
        self._requests = requests
        self._thread: threading.Thread | None = None
        self._posting: list[threading.Thread] = []

    def start(self, per_second: float) -> None:
        """Begin to post in the background."""
        self._thread = threading.Thread(target=self._run, args=(per_second,))
        self._thread.start()

    def join(self) -> None:
        """Wait until everything was posted and answered."""
        assert self._thread
        self._thread.join()
        for thread in self._posting:
            thread.join()

    def _run(self, per_second: float) -> None:
        begun = time.monotonic()
        for number, (body, headers) in enumerate(self._requests):
            time.sleep(max(0.0, begun + number / per_second - time.monotonic()))
            thread = threading.Thread(target=self._post, args=(body, headers))
            thread.start()
            self._posting.append(thread)

    def _post(self, body: bytes, headers: dict[str, str]) -> None:
        """Post once, and again when the relay could not take it, as a form builder does."""
        for _ in range(60):
            answer = post(self._address, body, headers)
            if answer is not None and answer[0] == 200:
                self.accepted.append(answer[1]["id"])
                return
            self.refused.append("no answer" if answer is None else str(answer[0]))
            time.sleep(0.5)


def post(address: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, Any] | None:
    """Post once; the status and the JSON answered, or None where no answer came."""
    request = urllib.request.Request(address, data=body, headers=dict(headers), method="POST")
    try:
        with urllib.request.urlopen(request, timeout=20) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except (OSError, ValueError):
        return None
