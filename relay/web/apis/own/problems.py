"""Problems: what goes wrong by one cause, muted and resolved."""

from collections.abc import Callable
from functools import partial
from typing import Any

from relay.core.contract import Json
from relay.core.problem_sorts import SORTS
from relay.core.problem_words import advice, particulars
from relay.services import problems
from relay.services.problems import SHELVES, Scope
from relay.web.apis.calls import Refusal
from relay.web.apis.own.answers import listed, missing, told
from relay.web.apis.own.operations import PAGING, Asked, Operation, Parameter

MUTING: Json = {
    "type": "object",
    "additionalProperties": False,
    "properties": {"seconds": {"type": "number", "minimum": 1, "maximum": 31536000}},
}


def _scope(asked: Asked) -> Scope:
    """The project's; with a key for all projects the relay's own too."""
    return Scope(project=asked.project.id, house=asked.key.project_id is None)


def _list(asked: Asked) -> Json:
    return listed(
        problems.listed(
            asked.rt,
            _scope(asked),
            asked.query.get("state", "open"),
            sort=asked.query.get("sort", ""),
            cursor=asked.cursor,
            limit=asked.limit,
        )
    )


def _whole(asked: Asked) -> problems.Whole:
    found = problems.one(asked.rt, _scope(asked), asked.id())
    if found is None:
        raise missing("problem")
    return found


def _get(asked: Asked) -> Json:
    """One with its history, and its words."""
    found = _whole(asked)
    said = advice(found.row)
    return {
        **told(found.row),
        "why": [said.cause, *particulars(found.row)],
        "advice": said.todo,
        "turns": told(found.turns),
    }


def _mute(asked: Asked) -> Json:
    """For so many seconds; for ever, where none are given."""
    seconds = (asked.body or {}).get("seconds")
    return {"changed": problems.mute(asked.rt, _whole(asked).row["id"], seconds, asked.actor)}


def _unmute(asked: Asked) -> Json:
    return {"changed": problems.unmute(asked.rt, _whole(asked).row["id"], asked.actor)}


def _resolve(asked: Asked) -> Json:
    found = _whole(asked).row
    if not SORTS[found["sort"]].repeats:
        raise Refusal(409, "It is over when it is: it cannot be resolved by hand")
    return {"changed": problems.resolve(asked.rt, found["id"], asked.actor)}


def _act(verb: str, summary: str, act: Callable[[Asked], Json], **more: Any) -> Operation:
    return Operation(
        method="POST",
        path=f"/problems/{{id}}/{verb}",
        name=f"{verb}Problem",
        summary=summary,
        scope="manage",
        act=act,
        tag="Problems",
        **more,
    )


_read = partial(Operation, method="GET", scope="read", tag="Problems")

OPERATIONS = (
    _read(
        path="/problems",
        name="listProblems",
        summary="What goes wrong, grouped by its cause, the newest happening first",
        act=_list,
        query=(
            *PAGING,
            Parameter(name="state", about="Open where left out.", schema={"enum": list(SHELVES)}),
            Parameter(name="sort", about="Of this sort.", schema={"enum": list(SORTS)}),
        ),
    ),
    _read(
        path="/problems/{id}",
        name="getProblem",
        summary="One problem with its history, why it is, and what to do",
        act=_get,
    ),
    _act("mute", "Send no notices of it, for a while or for ever", _mute, body=MUTING),
    _act("unmute", "Send notices of it again", _unmute),
    _act("resolve", "Say that its cause is put right", _resolve),
)
