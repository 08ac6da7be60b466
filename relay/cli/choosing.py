"""Options by which commands choose deliveries, leads and spans of time."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import click

from relay.runtime import Runtime
from relay.services import finding
from relay.services.filtering import Filter
from relay.store.tables import DELIVERY_STATES

Function = TypeVar("Function", bound=Callable[..., Any])

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


class When(click.ParamType[datetime | timedelta]):
    """A moment: 2026-03-01, 2026-03-01T12:00+01:00 (else UTC), or so long ago: 30m, 2h, 7d."""

    name = "when"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime | timedelta:
        """The moment, or how long ago it was."""
        if isinstance(value, datetime | timedelta):
            return value
        if found := re.fullmatch(r"(\d{1,6})([smhdw])", value.strip()):
            return timedelta(seconds=int(found[1]) * _UNITS[found[2]])
        try:
            moment = datetime.fromisoformat(value.strip())
        except ValueError:
            self.fail(f"{value!r} is no time: write 2026-03-01, 2026-03-01T12:00 or 2h", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def moment(rt: Runtime, when: datetime | timedelta | None) -> datetime | None:
    """The moment that an option of the type When names."""
    return rt.clock.now() - when if isinstance(when, timedelta) else when


project_option = click.option("--project", metavar="ID", help="Only in this project (public id).")
source_option = click.option("--source", metavar="NAME", help="Only from this source.")
limit_option = click.option(
    "--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="At most so many."
)
since_option = click.option("--since", type=When(), help="From then on: 2026-03-01, 2h, 7d.")
until_option = click.option("--until", type=When(), help="Before then.")

_FILTER = (
    project_option,
    click.option(
        "--state",
        "states",
        type=click.Choice(DELIVERY_STATES),
        multiple=True,
        help="Only in this state; may be repeated.",
    ),
    source_option,
    click.option("--target", metavar="NAME", help="Only to this target."),
    click.option("--lead", metavar="ID", help="Only of this lead (number or id)."),
    since_option,
    until_option,
    click.option("--text", help="Only about this: a name, address, number, company or reason."),
)


def filter_options(function: Function) -> Function:
    """Add the options that name deliveries; `chosen` reads them."""
    for option in reversed(_FILTER):
        function = option(function)
    return function


def chosen(rt: Runtime, options: dict[str, Any]) -> Filter:
    """The filter that the options name. Raises NotFound."""
    project = project_id(rt, options["project"])
    source, target, lead = options["source"], options["target"], options["lead"]
    return Filter(
        project=project,
        states=options["states"],
        source=finding.find_source(rt, source, project).id if source else None,
        target=finding.find_target(rt, target, project).id if target else None,
        lead=finding.find_id(rt, "lead", lead) if lead else None,
        since=moment(rt, options["since"]),
        until=moment(rt, options["until"]),
        text=options["text"] or "",
    )


def project_id(rt: Runtime, name: str | None) -> UUID | None:
    """The project that an option names, if it names one. Raises NotFound."""
    return finding.find_project(rt, name) if name else None
