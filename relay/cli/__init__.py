"""The command line, `python -m relay`: every command in a module of its own, imported when used."""

import importlib
from keyword import iskeyword

import click

COMMANDS = {
    "up": "relay.cli.up",
    "migrate": "relay.cli.migrate",
    "web": "relay.cli.web",
    "worker": "relay.cli.worker",
    "clock": "relay.cli.clock",
    "apply": "relay.cli.configuration",
    "export": "relay.cli.configuration",
    "addresses": "relay.cli.configuration",
    "send": "relay.cli.send",
    "leads": "relay.cli.listing",
    "status": "relay.cli.becoming",
    "deliveries": "relay.cli.listing",
    "quarantine": "relay.cli.quarantine",
    "problems": "relay.cli.problems",
    "replay": "relay.cli.sending_again",
    "cancel": "relay.cli.sending_again",
    "pause": "relay.cli.lanes",
    "resume": "relay.cli.lanes",
    "ledger": "relay.cli.chores",
    "reconcile": "relay.cli.reconciling",
    "sweep": "relay.cli.chores",
    "retain": "relay.cli.chores",
    "export-person": "relay.cli.persons",
    "erase-person": "relay.cli.persons",
    "import": "relay.cli.moving",
    "demo": "relay.cli.demo",
    "integrations": "relay.cli.integrations",
    "new": "relay.cli.new",
    "create-user": "relay.cli.people",
    "users": "relay.cli.people",
    "keys": "relay.cli.api_keys",
    "rotate-keys": "relay.cli.keys",
}
"""Where each command is defined, in the order of the help; dashes are underscores there,
and what is a word of Python's own has one at its end."""


class Program(click.Group):
    """All commands; one that is not asked for is not imported."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """The command of this name, or None."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(COMMANDS[cmd_name])
        name = cmd_name.replace("-", "_")
        command: click.Command = getattr(module, f"{name}_" if iskeyword(name) else name)
        return command


program = Program(
    "relay",
    help="Takes leads in, keeps each one, and brings it to every target it is owed to.",
    epilog=(
        "Exit codes: 0 done; 1 the answer is no (a gap in the ledger, nothing found, not possible "
        "now); 2 a mistake in the command line, the settings or a document; 3 the database is "
        "away or not migrated."
    ),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
"""`python -m relay`; its `obj` makes the context in which a command finds its runtime."""
