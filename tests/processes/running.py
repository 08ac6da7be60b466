"""Processes of the relay as a test starts them, and a look at what runs."""

import os
import shlex
import signal
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from tests.servers import dies_with_its_parent

ROOT = Path(__file__).parents[2]

END_SECONDS = 40


class Running:
    """One command line that runs, in this interpreter's environment; its output goes to a file."""

    def __init__(self, command: str, settings: Mapping[str, str], log: Path) -> None:
        self._log = log
        words = shlex.split(command)
        words[0] = sys.executable if words[0] == "python" else words[0]
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                words,
                cwd=ROOT,
                env=environment(settings),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                preexec_fn=dies_with_its_parent,  # noqa: PLW1509 - it only calls prctl
            )

    @property
    def output(self) -> str:
        """Everything it has printed."""
        return self._log.read_text(errors="replace")

    def says(self, text: str) -> bool:
        """Whether it has printed this; fails the test when it has ended without."""
        said = text in self.output
        assert said or self.process.poll() is None, self.output
        return said

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop, and give its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.wait()

    def wait(self) -> int:
        """Its exit code, once it has ended."""
        try:
            return self.process.wait(END_SECONDS)
        finally:
            self.process.kill()


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """What a process gets: the settings, and of ours only what finds programs."""
    return {"PATH": os.environ["PATH"]} | dict(settings)


def carrying(mark: str) -> dict[int, str]:
    """Command lines of the processes with this text in their environment or command line."""
    found = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            command = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            given = (path / "environ").read_bytes().decode(errors="replace")
        except OSError:  # it has ended, or belongs to somebody else
            continue
        if command and mark in command + given:
            found[int(path.name)] = command
    return found


def pid_of(mark: str, part: str) -> int | None:
    """The oldest process with this mark whose command line has this part."""
    pids = [pid for pid, command in carrying(mark).items() if part in command]
    return min(pids, default=None)


def run_curl(command: str) -> bytes:
    """Do what `curl -d field -d field address` does; the body of the answer."""
    words = shlex.split(command)
    fields = [words[at + 1] for at, word in enumerate(words) if word == "-d"]
    body = "&".join(urllib.parse.quote(field, safe="=@") for field in fields).encode()
    with urllib.request.urlopen(words[-1], data=body, timeout=20) as answer:
        read: bytes = answer.read()
    return read
