"""`problems`: what goes wrong, grouped by its cause."""

import click

from relay.cli import choosing
from relay.cli.command import OnRuntime
from relay.cli.show import emit, json_option, table
from relay.core.problem_sorts import SORTS
from relay.core.problem_words import advice
from relay.runtime import current
from relay.services.problems import SHELVES, Scope, listed


@click.command(cls=OnRuntime)
@click.option("--state", type=click.Choice(SHELVES), default="open", show_default=True)
@choosing.project_option
@choosing.limit_option
@json_option
def problems(state: str, project: str | None, limit: int, *, machine: bool) -> None:
    """List what goes wrong, grouped by its cause, the newest happening first."""
    rt = current()
    scope = Scope(project=choosing.project_id(rt, project))
    rows = listed(rt, scope, state, limit=limit).rows
    if machine:
        emit([{**row, "advice": advice(row).todo} for row in rows])
        return
    table(
        ("project", "problem", "times", "since", "last", "what to do"),
        [
            (
                row["project"] or "(relay)",
                row["title"],
                row["times"] if SORTS[row["sort"]].repeats else None,
                row["opened_at"],
                row["last_at"],
                advice(row).todo,
            )
            for row in rows
        ],
    )
