"""What happened to a lead as one list: from its arrival to each attempt, with the time between."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from relay.services.browse import Row
from relay.services.trace import Chain
from relay.web.console import words
from relay.web.console.veil import veiled
from relay.web.console.words import Word

ENDS = ("delivered", "ignored", "failed", "expired", "superseded", "cancelled")
"""Ends of a delivery that are a moment of their own; a skip is one with the decision."""

THEIR_WORDS = ("delivered", "ignored", "failed", "expired", "waiting")
"""States whose reason may quote what a vendor answered."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened: `what` at `at`, on the page under `anchor`.

    `gap` are the seconds since the moment before. `text` says more, `record` is where the remote
    record is: its id and its address. `future` is what is still to come.
    """

    at: datetime
    rank: int
    word: Word
    what: str
    text: str = ""
    anchor: str = ""
    record: tuple[str, str | None] | None = None
    gap: float = 0.0
    future: bool = False


def moments(chain: Chain, repeats: Sequence[Row] = ()) -> list[Moment]:
    """Everything that is kept of a lead, in the order in which it happened."""
    found = [
        *_arrivals(chain.submissions),
        *(_repeat(row) for row in repeats),
        *_versions(chain.versions),
        *_changes(chain.changes),
        *(one for row in chain.deliveries for one in _delivery(row)),
    ]
    found.sort(key=lambda one: (one.future, one.at, one.rank))
    return [
        replace(one, gap=(one.at - before.at).total_seconds() if before else 0.0)
        for before, one in zip([None, *found], found, strict=False)
    ]


def _arrivals(rows: Sequence[Row]) -> Iterator[Moment]:
    for row in rows:
        extra = [name for name in ("test", "partial") if row[name]]
        text = f"a {' and '.join(extra)} submission" if extra else ""
        yield Moment(
            row["received_at"],
            0,
            Word("Arrived", "quiet"),
            f"at {row['source']}",
            text,
            f"s-{row['id']}",
        )
        if row["reasons"] and not veiled():
            yield Moment(
                row["stored_at"] or row["received_at"],
                1,
                words.submission(row["state"]),
                "",
                "; ".join(_message(one) for one in row["reasons"]),
                f"s-{row['id']}",
            )


def _repeat(row: Row) -> Moment:
    return Moment(
        row["received_at"],
        1,
        Word("Repeat", "quiet"),
        f"at {row['source']}",
        "the same came again; nothing changed by it",
    )


def _versions(rows: Sequence[Row]) -> Iterator[Moment]:
    for row in rows:
        number = row["version"]
        what = "Became a lead" if number == 1 else "Changed"
        yield Moment(
            row["created_at"], 2, Word(what, "good"), f"version {number}", "", f"v-{number}"
        )


def _changes(rows: Sequence[Row]) -> Iterator[Moment]:
    for row in rows:
        stage = row["change"].get("stage") or row["label"]
        said = f"to {stage}" if stage else ""
        by = "" if veiled() and "@" in row["actor"] else f"by {row['actor']}"
        yield Moment(row["at"], 1, words.change(row["state"]), said, by, f"c-{row['id']}")


def _delivery(row: Row) -> Iterator[Moment]:
    anchor, to = f"d-{row['id']}", f"to {row['target']}"
    if row["state"] == "skipped":
        yield Moment(
            row["created_at"], 3, words.delivery("skipped"), to, row["reason"] or "", anchor
        )
        return
    event = words.EVENT[row["event"]] + (f" “{row['label']}”" if row["label"] else "")
    again = f", sent again ({row['replay']})" if row["replay"] else ""
    yield Moment(
        row["created_at"], 3, Word("To go out", "busy"), f"{to}: {event}{again}", "", anchor
    )
    for attempt in row["attempts_made"]:
        yield _attempt(row, attempt)
    told = row["state"] == "delivered" and row["attempts_made"] and not row["remote_id"]
    if row["state"] in ENDS and row["settled_at"] and not told:
        yield _end(row)
    elif row["state"] == "waiting":
        word = Word("Next try" if row["attempts_made"] else "Due", "busy")
        why = "as soon as the target’s pause ends" if row["paused_at"] else ""
        later = [row[name] for name in ("due_at", "hold_until", "open_until") if row[name]]
        yield Moment(max(later), 9, word, to, why, anchor, future=True)


def _attempt(row: Row, attempt: Row) -> Moment:
    answer = attempt["status"] or attempt["error"] or ""
    took = f" in {attempt['milliseconds']} ms" if answer else ""
    message = attempt["message"] or ""
    said = f". {message}" if message and message != f"answered {answer}" and not veiled() else ""
    if said and not attempt["status"]:  # in the relay's own words, which say more than their kind
        answer, said = f"{message[0].upper()}{message[1:]}", ""
    return Moment(
        attempt["started_at"],
        4,
        words.outcome(attempt["outcome"]),
        f"attempt {attempt['number']} to {row['target']}",
        f"{answer}{took}{said}".removeprefix(". "),
        f"a-{attempt['id']}",
    )


def _end(row: Row) -> Moment:
    quotes = row["state"] in THEIR_WORDS and veiled()
    delivered = row["state"] == "delivered"
    return Moment(
        row["settled_at"],
        5,
        words.delivery(row["state"]),
        f"to {row['target']}",
        "" if quotes or delivered else row["reason"] or "",
        f"d-{row['id']}",
        (row["remote_id"], row["remote_url"]) if row["remote_id"] else None,
    )


def _message(reason: Any) -> str:
    if not isinstance(reason, dict):
        return str(reason)
    return str(reason.get("message") or reason.get("rule") or reason.get("kind") or "")
