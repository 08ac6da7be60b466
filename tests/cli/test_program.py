"""The program as a process: what it says and how it ends when something is the matter."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import pytest

from relay.cli import COMMANDS, program
from relay.services import second_step
from relay.services.users import check_password
from relay.store import tables
from tests.cli.conftest import Relay
from tests.servers import free_port

ROOT = Path(__file__).parents[2]


def _run(
    *arguments: str, environment: Mapping[str, str], given: str = ""
) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "relay", *arguments],
        cwd=ROOT,
        env={**kept, **environment},
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _local(directory: Path) -> dict[str, str]:
    return {"RELAY_MODE": "local", "RELAY_DATA_DIR": str(directory)}


def test_a_setting_that_is_missing_ends_with_two_and_says_what_to_do() -> None:
    ended = _run("ledger", environment={})
    assert ended.returncode == 2
    assert "SECRET_KEY is missing" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_help_needs_no_settings_and_names_every_command() -> None:
    ended = _run("--help", environment={})
    assert ended.returncode == 0
    for name in COMMANDS:
        assert f"  {name} " in ended.stdout
    assert "Exit codes" in ended.stdout
    assert _run("replay", "--help", environment={}).returncode == 0


def test_an_unknown_command_ends_with_two() -> None:
    ended = _run("explode", environment={})
    assert ended.returncode == 2
    assert "No such command" in ended.stderr


def test_a_database_that_is_not_migrated_ends_with_three(tmp_path: Path) -> None:
    ended = _run("ledger", environment=_local(tmp_path))
    assert ended.returncode == 3
    assert "python -m relay migrate" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_database_that_is_away_ends_with_three_without_its_password(tmp_path: Path) -> None:
    away = f"postgresql://relay:the-password@127.0.0.1:{free_port()}/relay"
    ended = _run("leads", environment=_local(tmp_path) | {"DATABASE_URL": away})
    assert ended.returncode == 3
    assert "The database does not answer" in ended.stderr
    assert "the-password" not in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_first_steps_on_an_empty_machine_without_redis(tmp_path: Path) -> None:
    local = _local(tmp_path)
    assert _run("migrate", environment=local).returncode == 0
    made = _run(
        "apply",
        "-",
        environment=local | {"SECRET": "from the environment"},
        given="projects: [{id: a, sources: [{name: f, kind: typeform,"
        " settings: {secrets: ['${SECRET}']}}]}]",
    )
    assert (made.returncode, made.stderr) == (0, "")
    sent = _run("send", "typeform", "--json", environment=local)
    assert (sent.returncode, sent.stderr) == (0, "")
    assert json.loads(sent.stdout)["submissions"][0]["state"] == "received"
    ledger = _run("ledger", "--json", environment=local)
    assert json.loads(ledger.stdout)["received"] == 1


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_what_it_does(name: str) -> None:
    command = program.get_command(click.Context(program), name)
    assert command is not None
    assert command.name == name
    assert command.help
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            assert inner.help, inner.name


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_user_is_made_with_a_password_from_standard_input(relay: Relay, runtime: object) -> None:
    made = relay("create-user", "Ada@Example.com", "--json", input="a good password\n")
    assert json.loads(made.output)["role"] == "owner"
    assert check_password(runtime, "ada@example.com", "a good password") is not None  # type: ignore[arg-type]
    assert relay("create-user", "ada@example.com", input="another password\n").exit_code == 2
    short = relay("create-user", "b@example.com", input="short\n")
    assert short.exit_code == 2
    assert "at least" in short.stderr


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_people_are_listed_and_helped(relay: Relay, runtime: Any) -> None:
    relay("apply", "-", input="projects: [{id: a, name: Acme}, {id: b}]")
    relay("create-user", "boss@example.com", input="a good password\n")
    made = relay(
        "create-user", "vera@example.com", "--project", "a", "--role", "viewer",
        input="a good password\n",
    )  # fmt: skip
    assert made.output == "vera@example.com may sign in as viewer of a.\n"
    found = json.loads(relay("users", "list", "--json").output)
    assert [(one["email"], one["role"], one["projects"]) for one in found] == [
        ("boss@example.com", "owner", {}),
        ("vera@example.com", None, {"Acme": "viewer"}),
    ]
    assert "Acme: viewer" in relay("users", "list").output
    relay("users", "reset-password", "vera@example.com", input="another password\n")
    vera = check_password(runtime, "vera@example.com", "another password")
    assert vera is not None
    second_step.begin(runtime, vera)
    with runtime.database.write() as connection:
        connection.execute(tables.users.update().values(totp_since=runtime.clock.now()))
    relay("users", "reset-second-step", "vera@example.com")
    after = check_password(runtime, "vera@example.com", "another password")
    assert after is not None
    assert not after.has_second_step
    assert after.epoch == vera.epoch + 1
    assert relay("users", "reset-password", "nobody@example.com").exit_code == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_keys_are_rotated(relay: Relay) -> None:
    relay("apply", "-", input="projects: [{id: a, sources: [{name: f, kind: generic}]}]")
    assert json.loads(relay("rotate-keys", "--json").output) == {
        "rotated": 0,
        "newest": 1,
        "lost": [],
    }
