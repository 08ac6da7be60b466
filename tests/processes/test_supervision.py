"""The supervisor around small programs, and the terminal where their lines meet."""

import io
import os
import signal
import sys
from pathlib import Path

import pytest

from relay.cli.supervision import Program, Terminal, supervisor_config
from tests.processes.running import Running, carrying
from tests.servers import until

SCRIPT = """
import sys
from pathlib import Path
from relay.cli.supervision import Program, supervise

directory = Path(sys.argv[1])
shell = sys.argv[2]
programs = [
    Program("early", ["sh", "-c", "echo I am first; exec sleep 600"], first=True),
    Program("shell", ["sh", "-c", shell]),
]
with (directory / "lock").open("a") as lock:
    ended = supervise(programs, directory, lock, lambda: print("begun", flush=True))
sys.exit(0 if ended else 3)
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A directory with the script that supervises."""
    (tmp_path / "script.py").write_text(SCRIPT)
    return tmp_path


def _supervise(directory: Path, shell: str) -> Running:
    command = f"python {directory}/script.py {directory} '{shell}'"
    here = str(Path(__file__).parents[2])
    mark = {"MARK": str(directory), "PYTHONPATH": here}
    return Running(command, mark, directory / "output.log")


def test_lines_bear_their_programs_names(directory: Path) -> None:
    running = _supervise(directory, "echo one; echo two >&2; exec sleep 600")
    until(lambda: running.says("shell | two"), "the lines are shown")
    assert running.end() == 0
    assert "early | I am first\n" in running.output
    assert "shell | one\n" in running.output
    assert "begun\n" in running.output


def test_a_program_that_ends_is_started_again(directory: Path) -> None:
    running = _supervise(directory, "echo again; exec sleep 1.2")
    until(lambda: running.output.count("shell | again") >= 3, "it was started again", 30)
    assert running.end() == 0


def test_what_does_not_stop_is_killed_with_its_children(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = (directory / "script.py").read_text()
    impatient = "import relay.cli.supervision as s\ns.STOP_SECONDS = 1\n" + script
    (directory / "script.py").write_text(impatient)
    running = _supervise(directory, 'trap "" TERM; echo deaf; sleep 600 & wait; sleep 600')
    until(lambda: running.says("shell | deaf"), "it runs")
    assert running.end(signal.SIGINT) == 0
    assert carrying(f"MARK={directory}") == {}


def test_the_end_of_the_supervisor_is_told(directory: Path) -> None:
    running = _supervise(directory, "exec sleep 600")
    until(lambda: running.says("begun"), "it runs")
    until((directory / "supervisord.pid").exists, "the supervisor has written its id")
    os.kill(int((directory / "supervisord.pid").read_text()), signal.SIGTERM)
    assert running.wait() == 3


def test_a_terminal_that_is_gone_does_not_stop_the_programs() -> None:
    readable, writable = os.pipe()
    os.close(readable)
    with os.fdopen(writable, "wb", buffering=0) as gone:
        terminal = Terminal(gone, 4)
        with os.fdopen(terminal.follow("web"), "wb") as output:
            output.write(b"x" * 79 + b"\n" * 5000)  # more than a pipe holds
        terminal.finish()


def test_a_last_line_without_an_end_is_shown() -> None:
    shown = io.BytesIO()
    terminal = Terminal(shown, 6)
    with os.fdopen(terminal.follow("web"), "wb") as output:
        output.write(b"one\ntwo")
    terminal.finish()
    assert shown.getvalue() == b"web    | one\nweb    | two\n"


def test_percent_signs_reach_the_programs_as_they_are(tmp_path: Path) -> None:
    program = Program("worker", [sys.executable, "50% off"], count=3)
    config = supervisor_config([program], {"worker": 9}, tmp_path)
    section = config["program:worker"]
    assert section["command"] % {} == f"{sys.executable} '50% off'"
    assert section["numprocs"] == "3"
    assert section["process_name"] % {"program_name": "worker", "process_num": 2} == "worker2"
