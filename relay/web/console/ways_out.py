"""Where a problem is looked into and put right: links for its page, the most useful first."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import url_for

from relay.core.problem_words import advice
from relay.services.browse import Row
from relay.web.console.project import may


@dataclass(frozen=True, slots=True)
class Way:
    """One link, as a button; `main` is the one that the advice is about."""

    label: str
    href: str
    main: bool = False


def of(row: Row) -> list[Way]:
    """The ways that the signed-in person may go."""
    ways = list(_ways(row))
    return sorted(ways, key=lambda way: not way.main)


def _ways(row: Row) -> Iterator[Way]:
    step = advice(row).step
    if row["target_id"] is not None and row["target"] is not None:
        yield from _of_target(row, step)
    if row["source_id"] is not None and row["source"] is not None:
        yield from _of_source(row)
    if row["sort"] == "notice" and may("editor"):
        recipient = row["facts"].get("recipient")
        href = _to("notices.show", recipient_id=recipient)
        yield Way("Open its settings and test it", href, main=True)


def _of_target(row: Row, step: str) -> Iterator[Way]:
    target, sort = row["target_id"], row["sort"]
    if step in _PLACES and may("editor"):
        label, page = _PLACES[step]
        yield Way(label, _to(page, target_id=target), main=True)
    if sort in _STATES:
        kept = {"target": target, **_STATES[sort], **_of_attempts(row)}
        yield Way("See those deliveries", _to("deliveries.index", **kept))
        if sort in _ENDED and may("operator"):
            again = _to("bulk.new", **{**kept, "state": _ENDED[sort]})
            yield Way("Send them again", again, main=step == "replay")
    words = "Resume or test it" if step == "resume" else "Open the target"
    yield Way(words, _to("targets.show", target_id=target), main=step in {"resume", "wait"})


_PLACES = {
    "settings": ("Fix its settings", "targets.edit"),
    "mapping": ("Edit its mapping", "targets.outgoing.index"),
    "limits": ("Set a limit", "targets.pace.index"),
}
"""Where a step is taken at a target, by its advice."""

_STATES: dict[str, dict[str, Any]] = {
    "delivery": {"state": ["failed", "waiting"]},
    "expired": {"state": "expired"},
    "crashed": {"state": "failed"},
    "paused": {"state": "waiting"},
    "unreachable": {"state": "waiting"},
    "overdue": {"state": "waiting"},
}
"""Which of a target's deliveries a problem is about."""

_ENDED = {"delivery": "failed", "expired": "expired", "crashed": "failed"}
"""In which state those are that go out again only if somebody says so."""


def _of_attempts(row: Row) -> dict[str, str]:
    """Those whose newest attempt ended as the problem says, as far as the log can be asked."""
    if row["sort"] != "delivery":
        return {}
    status = f"{row['code'][0]}xx" if row["code"].isdecimal() else "none"
    return {"outcome": row["outcome"], "status": status}


def _of_source(row: Row) -> Iterator[Way]:
    source, sort = row["source_id"], row["sort"]
    if sort == "quarantine":
        yield from _of_quarantine(row)
    if sort in {"turned away", "silence"}:
        shelf = _to("shelves.index", shelf="turned-away", source=source)
        yield Way("See what was turned away", shelf, main=sort == "turned away")
    if sort == "turned away" and may("editor"):
        yield Way("Change its signing secrets", _to("door_keys.index", source_id=source))
    if sort == "credential" and may("editor"):
        yield Way("Fix its settings", _to("sources.edit", source_id=source), main=True)
    yield Way("Open the source", _to("sources.show", source_id=source), main=sort == "silence")


def _of_quarantine(row: Row) -> Iterator[Way]:
    if may("editor"):
        newest = row["submission_id"]
        yield Way("Fix and release", _to("fixing.index", submission_id=newest), main=True)
        yield Way("Edit the mapping", _to("mapping.index", source_id=row["source_id"]))
    yield Way("See what waits for it", _to("shelves.index", source=row["source_id"]))


def _to(page: str, **values: Any) -> str:
    return url_for(f"console.project.{page}", **values)
