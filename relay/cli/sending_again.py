"""`replay` and `cancel`: one delivery, or all that the filters name after their count was shown."""

from typing import Any

import click

from relay.cli import choosing, sending_elsewhere
from relay.cli.asking import ask, counted, tell
from relay.cli.command import OnRuntime
from relay.cli.lanes import ACTOR
from relay.cli.show import emit, json_option, progress
from relay.runtime import Runtime, current
from relay.services import browse, finding
from relay.services import missing as never_got
from relay.services import replay as service
from relay.services.filtering import Filter

yes_option = click.option("--yes", is_flag=True, help="Do not ask.")


@click.command(cls=OnRuntime)
@click.argument("delivery", required=False)
@choosing.filter_options
@click.option("--missing", is_flag=True, help="Leads that the --target never got.")
@click.option("--to", metavar="NAME", help="To this target, whatever the first one was.")
@click.option("--force", is_flag=True, help="One DELIVERY, past a pause, a hold and limits, once.")
@yes_option
@json_option
def replay(
    delivery: str | None,
    *,
    missing: bool,
    to: str | None,
    force: bool,
    yes: bool,
    machine: bool,
    **options: Any,
) -> None:
    """Send again: one DELIVERY, or all that the filters name.

    What still waits goes at once; what has ended goes as a new delivery with a key of its own.
    Filters leave out what is being sent, and what a newer version of its lead has overtaken. With
    --to the same versions of the leads go to another target, also where no route leads there.
    """
    rt = current()
    if force and (delivery is None or to):
        raise click.UsageError("--force goes with one delivery alone.")
    if delivery is not None:
        _refuse_filters(options, also=missing)
        _replay_one(rt, delivery, to, force=force, machine=machine)
    elif to is not None:
        if missing:
            raise click.UsageError("--missing has its target in --target.")
        wanted = _filtered(rt, options)
        sending_elsewhere.many(rt, to, wanted, yes=yes, machine=machine)
    elif missing:
        _replay_missing(rt, options, yes=yes, machine=machine)
    else:
        wanted = _filtered(rt, options)
        total = _confirmed_replay(rt, wanted, yes=yes)
        with progress("Sending again", total) as done:
            going = service.replay_all(rt, wanted, ACTOR, done) if total else 0
        tell("replayed", going, f"{going} go.", machine=machine)


@click.command(cls=OnRuntime)
@click.argument("delivery", required=False)
@choosing.filter_options
@click.option("--reason", default="called off", show_default=True, help="Kept with each of them.")
@yes_option
@json_option
def cancel(delivery: str | None, reason: str, *, yes: bool, machine: bool, **options: Any) -> None:
    """Call off what still waits: one DELIVERY, or all that the filters name. The leads stay.

    What is being sent at this moment goes on, and is counted.
    """
    rt = current()
    if delivery is not None:
        _refuse_filters(options)
        _cancel_one(rt, delivery, reason, machine=machine)
        return
    if set(options["states"]) - {"waiting"}:
        raise click.UsageError("Only what is waiting can be called off.")
    wanted = _filtered(rt, {**options, "states": ("waiting", "sending")}, given=options)
    counts = service.count_by_state(rt, wanted)
    found = service.CalledOff(0, counts.pop("sending", 0))
    total = _confirmed(counts, "Call off", yes=yes)
    with progress("Calling off", total) as done:
        found = service.cancel(rt, wanted, ACTOR, reason, done) if total else found
    if machine:
        emit({"cancelled": found.ended, "sending": found.sending})
        return
    click.echo(f"{found.ended} called off.")
    if found.sending:
        click.echo(f"{counted(found.sending, 'delivery', 'deliveries')} being sent: not stopped.")


def _replay_one(rt: Runtime, text: str, to: str | None, *, force: bool, machine: bool) -> None:
    delivery_id = finding.find_id(rt, "delivery", text)
    if to is not None or force:
        sending_elsewhere.one(rt, delivery_id, to, machine=machine)
        return
    row = browse.delivery(rt, delivery_id)
    if row is not None and row["state"] == "sending":
        raise click.ClickException(f"{delivery_id} is being sent at this moment.")
    going = service.replay_one(rt, delivery_id, ACTOR)
    tell("delivery", going, f"{going} goes.", machine=machine)


def _replay_missing(rt: Runtime, options: dict[str, Any], *, yes: bool, machine: bool) -> None:
    if options["states"] or options["lead"] or options["text"] or options["until"]:
        raise click.UsageError("--missing goes with --target, --source, --project and --since.")
    wanted = choosing.chosen(rt, options)
    if wanted.target is None:
        raise click.UsageError("--missing needs --target.")
    found = never_got.count(rt, wanted.target, wanted.since, wanted.source)
    ask(
        f"{options['target']} never got {counted(found, 'lead')}.",
        "Send",
        found,
        yes=yes,
    )
    with progress("Sending", found) as done:
        going = never_got.bring(rt, wanted.target, ACTOR, wanted.since, wanted.source, done)
    tell("replayed", going, f"{going} go.", machine=machine)


def _cancel_one(rt: Runtime, text: str, reason: str, *, machine: bool) -> None:
    delivery_id = finding.find_id(rt, "delivery", text)
    if not service.cancel_one(rt, delivery_id, ACTOR, reason):
        row = browse.delivery(rt, delivery_id)
        raise click.ClickException(
            f"{delivery_id} cannot be called off: it is {row and row['state']}."
        )
    tell("cancelled", 1, f"{delivery_id} is called off.", machine=machine)


def _filtered(rt: Runtime, options: dict[str, Any], given: dict[str, Any] | None = None) -> Filter:
    if not any((given or options).values()):
        raise click.UsageError("Name a delivery, or filters such as --state failed --since 2h.")
    return choosing.chosen(rt, options)


def _refuse_filters(options: dict[str, Any], *, also: bool = False) -> None:
    if also or any(options.values()):
        raise click.UsageError("Name either one delivery or filters.")


def _confirmed_replay(rt: Runtime, wanted: Filter, *, yes: bool) -> int:
    found = service.replayable(rt, wanted)
    if found.left:
        click.echo(
            f"{counted(found.left, 'delivery', 'deliveries')} left out: being sent, or overtaken "
            "by a newer version of the lead.",
            err=True,
        )
    return _confirmed(found.going, "Send again", yes=yes)


def _confirmed(counts: dict[str, int], verb: str, *, yes: bool) -> int:
    """How many there are, after the user has seen that and agreed."""
    total = sum(counts.values())
    states = ", ".join(f"{count} {state}" for state, count in counts.items())
    said = counted(total, "delivery", "deliveries") + (f": {states}." if states else ".")
    ask(said, verb, total, yes=yes)
    return total
