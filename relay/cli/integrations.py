"""`integrations`: what there is to take leads from and to bring them to, and how sure each is."""

from collections.abc import Iterator, Mapping, Sequence

import click

from relay import runtime
from relay.cli.command import OnRuntime
from relay.cli.show import emit, json_option
from relay.core.contract import HeaderProof, Json, Source, Target
from relay.core.fixtures import fixtures_of
from relay.core.kinds import Catalog, SourceKind, TargetKind

REPEATS = {
    "key": "the vendor takes an idempotency key",
    "upsert": "updates what is there",
    "lookup": "looks first",
    "may double": "may double",
}

DAY = 86400


@click.command(cls=OnRuntime)
@json_option
def integrations(*, machine: bool) -> None:
    """List the kinds of sources and targets, as Markdown tables."""
    catalog = runtime.current().catalog
    sources, targets = _sources(catalog), _targets(catalog)
    if machine:
        emit({"sources": sources, "targets": targets})
        return
    click.echo("\n".join(described(sources, targets)))


def described(
    sources: Sequence[Mapping[str, Json]], targets: Sequence[Mapping[str, Json]]
) -> Iterator[str]:
    """The lines of both tables."""
    yield "## Sources\n"
    yield from _table(sources)
    yield "\n## Targets\n"
    yield from _table(targets)


def _by_label(named: tuple[str, SourceKind | TargetKind]) -> str:
    kind = named[1]
    declared = kind.source if isinstance(kind, SourceKind) else kind.target
    return declared.label.casefold()


def _sources(catalog: Catalog) -> list[dict[str, Json]]:
    return [
        {
            "name": name,
            "label": kind.source.label,
            "proof": _proof(kind.source),
            "repeats": _repeats(kind),
            "reconcile": "yes" if kind.source.listing else "",
            "evidence": kind.source.evidence,
            "live": kind.source.unverified is None,
        }
        for name, kind in sorted(catalog.sources.items(), key=_by_label)
    ]


def _targets(catalog: Catalog) -> list[dict[str, Json]]:
    return [
        {
            "name": name,
            "label": kind.target.label,
            "events": ", ".join(kind.target.events),
            "repeats": REPEATS[kind.target.repeat],
            "limits": ", ".join(_limits(kind.target)),
            "version": _version(kind.target),
            "evidence": kind.target.evidence,
            "live": kind.target.unverified is None,
        }
        for name, kind in sorted(catalog.targets.items(), key=_by_label)
    ]


def _proof(source: Source) -> str:
    """How a sender shows that it is genuine, where it can beside knowing the address."""
    if isinstance(source.verify, HeaderProof):
        recipe = source.verify.recipe
        return f"signature `{recipe.header}`, secret header" if recipe else "secret header"
    if source.verify and not callable(source.verify):
        return "signature `" + "`, `".join(recipe.header for recipe in source.verify) + "`"
    if source.verify:
        return "a proof of its own, see the guide"
    return "secret header" if source.credentials else "the secret address"


def _repeats(kind: SourceKind) -> str:
    """How a repeat is told, as the kind's captures show."""
    window = kind.source.repeat_window
    content = "" if window is None else f"equal content within {window} s"
    named = "the sender's id" if any(_names_events(kind)) else ""
    return ", else ".join(filter(None, (named, content))) or "no two are taken for one"


def _names_events(kind: SourceKind) -> Iterator[bool]:
    for fixture in fixtures_of(kind):
        settings = fixture.expected.get("settings", {})
        yield any(one.event_id for one in kind.source.parse(fixture.inbound, settings))


def _limits(target: Target) -> Iterator[str]:
    yield from (_spoken(limit) for limit in target.limits)
    if target.max_age is not None:
        yield f"not older than {_span(target.max_age)}"
    if target.min_age is not None:
        yield f"not before {_span(target.min_age)}"


def _spoken(limit: str) -> str:
    """`100/10 second` as people say it."""
    many, _, span = limit.partition("/")
    number, _, unit = span.rpartition(" ")
    return f"{many} per {number} {unit.rstrip('s')}s" if number else f"{many} per {unit}"


def _span(seconds: int) -> str:
    return f"{seconds // DAY} days" if seconds % DAY == 0 else f"{seconds // 3600} h"


def _version(target: Target) -> str:
    if target.api_version is None:
        return ""
    ends = f" until {target.api_version_ends}" if target.api_version_ends else ""
    return f"{target.api_version}{ends}"


HEADINGS = {
    "name": "",
    "proof": "genuine by",
    "repeats": "a repeat",
    "reconcile": "reconcile",
    "events": "events",
    "limits": "the vendor's limits",
    "version": "API version",
    "evidence": "made from",
    "live": "tried live",
}


def _table(rows: Sequence[Mapping[str, Json]]) -> Iterator[str]:
    columns = [column for column in HEADINGS if rows and column in rows[0]]
    yield "| " + " | ".join(HEADINGS[column] for column in columns) + " |"
    yield "|" + "---|" * len(columns)
    for row in rows:
        yield "| " + " | ".join(_cell(row, column) for column in columns) + " |"


def _cell(row: Mapping[str, Json], column: str) -> str:
    if column == "name":
        return f"[{row['label']}](../integrations/{row['name']}/README.md)"
    if column == "live":
        return "" if row["live"] else "no"
    return str(row[column])
