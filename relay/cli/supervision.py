"""Runs programs side by side under supervisord, which starts again whatever ends."""

import os
import shlex
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from configparser import RawConfigParser
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

from relay.cli.signals import stop_event

STOP_SECONDS = 12
"""How long a program may take to stop before it is killed; longer than any of ours needs."""

LOOK_SECONDS = 0.2
"""How often the supervisor is looked at."""


@dataclass(frozen=True, slots=True)
class Program:
    """One program, run `count` times; `first` ones start before the others and stop after them."""

    name: str
    command: Sequence[str]
    count: int = 1
    first: bool = False


def supervise(
    programs: Sequence[Program], directory: Path, lock: IO[str], on_start: Callable[[], None]
) -> bool:
    """Run the programs until SIGTERM or SIGINT, then stop them all; false when it failed before.

    Their output goes to ours, each line after the program's name. `on_start` runs beside, in a
    thread. `lock` stays open as long as the supervisor lives, even if this process is killed.
    """
    stopping = stop_event()
    terminal = Terminal(sys.stdout.buffer, max(len(program.name) for program in programs))
    outputs = {program.name: terminal.follow(program.name) for program in programs}
    path = directory / "supervisord.conf"
    with path.open("w") as file:
        supervisor_config(programs, outputs, directory).write(file)
    process = _start(path, [terminal.follow("up"), *outputs.values()], lock)
    threading.Thread(target=on_start, daemon=True).start()
    while process.poll() is None and not stopping.wait(LOOK_SECONDS):
        pass
    process.terminate()  # asks for an orderly end: the programs are stopped first
    process.wait()
    terminal.finish()
    return stopping.is_set()


def supervisor_config(
    programs: Sequence[Program], outputs: dict[str, int], directory: Path
) -> RawConfigParser:
    """The supervisor's configuration; `outputs` are the descriptors that take what each prints."""
    config = RawConfigParser()
    config["supervisord"] = {
        "nodaemon": "true",
        "nocleanup": "true",
        "user": str(os.getuid()),  # says that it means to run as whoever started it
        "loglevel": "warn",
        "logfile": "/dev/null",  # what it says on standard output is enough
        "logfile_maxbytes": "0",
        "pidfile": _literal(str(directory / "supervisord.pid")),
    }
    for program in programs:
        config[f"program:{program.name}"] = _section(program, outputs[program.name])
    together = [program.name for program in programs if not program.first]
    config["group:relay"] = {"programs": ",".join(together), "priority": "999"}
    return config


class Terminal:
    """Where lines of many programs meet: one line at a time, after its program's name."""

    def __init__(self, stream: BinaryIO, width: int) -> None:
        self._stream = stream
        self._width = width
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []

    def follow(self, name: str) -> int:
        """A new descriptor; what is written to it is shown under this name."""
        readable, writable = os.pipe()
        head = f"{name:<{self._width}} | ".encode()
        thread = threading.Thread(target=self._copy, args=(readable, head), daemon=True)
        thread.start()
        self._threads.append(thread)
        return writable

    def finish(self) -> None:
        """Wait until the last lines are shown."""
        for thread in self._threads:
            thread.join(1)

    def _copy(self, readable: int, head: bytes) -> None:
        with os.fdopen(readable, "rb") as lines:
            for line in lines:
                self._show(head + line.rstrip(b"\n") + b"\n")

    def _show(self, line: bytes) -> None:
        """Show it; a terminal that is gone must not stop the programs, so its lines are dropped."""
        with self._lock:
            try:
                self._stream.write(line)
                self._stream.flush()
            except OSError:
                return


def _section(program: Program, output: int) -> dict[str, str]:
    return {
        "command": _literal(shlex.join(program.command)),
        "process_name": "%(program_name)s%(process_num)d" if program.count > 1 else program.name,
        "numprocs": str(program.count),
        "priority": "1" if program.first else "999",
        "startretries": "1000000",
        "autorestart": "true",
        "stopwaitsecs": str(STOP_SECONDS),
        "killasgroup": "true",
        "redirect_stderr": "true",
        "stdout_logfile": f"/dev/fd/{output}",
        "stdout_logfile_maxbytes": "0",
    }


def _start(config: Path, outputs: list[int], lock: IO[str]) -> subprocess.Popen[bytes]:
    """The supervisor in a session of its own: a Ctrl-C in the terminal reaches it through us."""
    process = subprocess.Popen(  # noqa: S603 - our own interpreter, no shell
        [sys.executable, "-m", "supervisor.supervisord", "-c", str(config)],
        stdin=lock,
        stdout=outputs[0],
        stderr=outputs[0],
        pass_fds=outputs,
        start_new_session=True,
    )
    for output in outputs:
        os.close(output)
    return process


def _literal(text: str) -> str:
    return text.replace("%", "%%")
