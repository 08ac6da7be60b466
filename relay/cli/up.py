"""`python -m relay up`: the whole relay on one machine that has nothing but Python."""

import fcntl
import shlex
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import click

from relay.cli.command import OnRuntime
from relay.cli.embedded import redis_command, redis_program
from relay.cli.supervision import Program, supervise
from relay.config import Config
from relay.migrations import upgrade
from relay.runtime import Runtime, current
from relay.services.configure import ensure_first_project
from relay.services.setup_links import setup_link

PROCFILE = Path(__file__).parents[2] / "Procfile"

LISTEN_SECONDS = 60.0
"""How long the web process may take before the addresses are told all the same."""


@click.command(cls=OnRuntime)
def up() -> None:
    """Migrate, then run all processes, each started again when it dies. Ctrl-C stops them.

    Where REDIS_URL is unset, a Redis of its own runs beside them.
    """
    rt = current()
    config = rt.config
    with _alone_in(config.data_dir) as lock:
        _require_free_port(config)
        programs = [*_own_redis(config), *_programs(config)]
        upgrade(config.database_url)
        welcome = _welcome(rt)
        rt.close()
        ended = supervise(programs, config.data_dir, lock, lambda: _tell(config, welcome))
    if not ended:
        raise click.ClickException("the supervisor has ended by itself")
    click.echo("stopped")


def _programs(config: Config) -> Iterator[Program]:
    """The processes of the Procfile, run by this interpreter."""
    counts = {"worker": config.workers}
    for line in PROCFILE.read_text().splitlines():
        name, _, command = line.partition(":")
        if name == "release" or not command:
            continue
        words = shlex.split(command)
        if words[0] == "python":
            words[0] = sys.executable
        yield Program(name, words, counts.get(name, 1))


def _own_redis(config: Config) -> Iterator[Program]:
    """The Redis to run beside the others where none is given."""
    if config.own_redis is None:
        return
    program = redis_program()
    if program is None:
        raise click.ClickException(
            "there is no Redis: install redis-server or valkey-server, or name one with REDIS_URL"
        )
    yield Program("redis", redis_command(program, config.own_redis, config.data_dir), 1, first=True)


@contextmanager
def _alone_in(directory: Path) -> Iterator[IO[str]]:
    """The open lock of the data directory, in which one `up` may run at a time."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (directory / "up.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise click.ClickException(
                f"a relay runs in {directory} already: stop it first, "
                f"or name another directory with RELAY_DATA_DIR"
            ) from error
        yield lock


def _require_free_port(config: Config) -> None:
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    try:
        socket.create_server((config.host, config.port), family=family).close()
    except OSError as error:
        raise click.ClickException(
            f"PORT={config.port} cannot be listened on ({error.strerror}); name another with PORT"
        ) from error


def _welcome(rt: Runtime) -> str:
    """What to open and what to try, prepared while the database is at hand."""
    try_it = ensure_first_project(rt)
    link = setup_link(rt)
    url = rt.config.public_url
    lines = [f"The relay listens: {url}", ""]
    if link is None:
        lines += ["Its console:", f"    {url}/console", ""]
    else:
        lines += ["Make the console's first user (this link works once, for a day):"]
        lines += [f"    {link}", ""]
    if try_it:
        lines += ["Send a first lead:"]
        lines += [f"    curl -d name='Ada Lovelace' -d email=ada@example.com {try_it}", ""]
    lines += [f"All is kept in {rt.config.data_dir}. Ctrl-C stops the relay."]
    return "\n".join(f"  {line}".rstrip() for line in lines)


def _tell(config: Config, welcome: str) -> None:
    """Say it below the processes' first lines, when the relay can be reached."""
    loopback = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where all addresses are bound
    address = (loopback.get(config.host, config.host), config.port)
    deadline = time.monotonic() + LISTEN_SECONDS
    while time.monotonic() < deadline and not _listens(address):
        time.sleep(0.1)
    click.echo(f"\n{welcome}\n")


def _listens(address: tuple[str, int]) -> bool:
    try:
        socket.create_connection(address, timeout=1).close()
    except OSError:
        return False
    return True
