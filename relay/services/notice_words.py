"""Notices in words: out of the problems that have turned, as they are when the notice goes out."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote
from uuid import UUID

from relay.core.contract import Json, Notice, NoticeItem
from relay.core.problem_words import advice, particulars, title
from relay.core.readings import instant
from relay.runtime import Runtime
from relay.services.problems import is_muted, with_names
from relay.services.recipients import Recipient
from relay.store.tables import problem_turns, problems

MOST = 20
"""Problems that one notice names; of more it says how many."""


def notice_of(rt: Runtime, to: Recipient, turns: Sequence[str]) -> Notice | None:
    """What there is to tell of these turns now; None where it is over, or muted meanwhile."""
    items = [_item(rt, to, row) for row in _still_to_tell(rt, turns)]
    if not items:
        return None
    opened = sum(one.turn == "opened" for one in items)
    return Notice(
        title=f"{to.project_name}: {_in_one_line(items, opened)}",
        items=tuple(items[:MOST]),
        url=_address(rt, to),
        more=len(items[MOST:]),
    )


def sample(rt: Runtime, to: Recipient) -> Notice:
    """A notice that nobody can mistake for a real one."""
    item = NoticeItem(
        turn="test",
        title="This is a test",
        text="Nothing is wrong. Problems of this project are told here.",
        url=_address(rt, to),
        data={"project": to.project_public_id},
    )
    title = f"{to.project_name}: test notice"
    return Notice(title=title, items=(item,), url=_address(rt, to))


def _in_one_line(items: Sequence[NoticeItem], opened: int) -> str:
    if len(items) == 1:
        [only] = items
        return only.title
    resolved = len(items) - opened
    parts = [f"{opened} new problem{'s' if opened > 1 else ''}"] if opened else []
    parts += [f"{resolved} resolved"] if resolved else []
    return ", ".join(parts)


def _still_to_tell(rt: Runtime, turns: Sequence[str]) -> list[Any]:
    """The newest turn of each problem, where that still says how it is: what has opened and was
    over at once says nothing to anybody."""
    query = (
        with_names()
        .add_columns(problem_turns.c.turn, problem_turns.c.at.label("turned_at"))
        .join(problem_turns, problem_turns.c.problem_id == problems.c.id)
        .where(problem_turns.c.id.in_([UUID(one) for one in turns]))
        .order_by(problem_turns.c.id)
    )
    with rt.database.read() as connection:
        rows = [dict(row) for row in connection.execute(query).mappings()]
    opened = {row["id"] for row in rows if row["turn"] == "opened"}
    newest = {row["id"]: row for row in rows}
    now = rt.clock.now()
    return [
        row
        for row in newest.values()
        if (row["turn"] == "opened") == (row["state"] == "open")
        and not is_muted(row, now)
        and not (row["turn"] == "resolved" and row["id"] in opened)
    ]


def _item(rt: Runtime, to: Recipient, row: Any) -> NoticeItem:
    found = advice(row)
    over = row["turn"] == "resolved"
    said = ["It is over."] if over else [found.cause, *particulars(row), found.todo]
    return NoticeItem(
        turn=row["turn"],
        title=f"Resolved: {title(row)}" if over else title(row),
        text=" ".join(said),
        url=f"{_address(rt, to)}{row['id']}",
        data=_data(row),
    )


def _data(row: Any) -> dict[str, Json]:
    return {
        "id": str(row["id"]),
        "project": row["project"],
        "sort": row["sort"],
        "source": row["source"],
        "target": row["target"],
        "outcome": row["outcome"] or None,
        "code": row["code"] or None,
        "times": row["times"],
        "at": instant(row["turned_at"]),
    }


def _address(rt: Runtime, to: Recipient) -> str:
    project = quote(to.project_public_id, safe="")
    return f"{rt.config.public_url}/console/p/{project}/problems/"
