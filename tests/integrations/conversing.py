"""Targets' recorded conversations, read and held again."""

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from relay.catalog import ROOT, load_catalog
from relay.core.contract import (
    Access,
    Conversation,
    Duty,
    Json,
    Kind,
    Letter,
    Note,
    Outcome,
    Reply,
    Request,
)
from relay.core.kinds import Catalog, TargetKind

MOST_STEPS = 30

NAMES = sorted(path.parent.name for path in (ROOT / "integrations").glob("*/target.py"))


def _papers(of_grants: bool) -> list[Path]:
    return sorted(
        path
        for name in NAMES
        for path in (ROOT / "integrations" / name / "fixtures").glob("*.json")
        if not path.name.endswith(".expected.json")  # a source's
        and path.name.removeprefix("to_").startswith("grant") is of_grants
    )


FIXTURES, GRANTS = _papers(of_grants=False), _papers(of_grants=True)


@cache
def catalog() -> Catalog:
    """What is there, read once."""
    return load_catalog()


def kind_of(path: Path) -> TargetKind:
    """The kind that a recorded conversation is of."""
    return catalog().targets[path.parts[-3]]


def read(path: Path) -> Json:
    """A recorded conversation."""
    return json.loads(path.read_text(encoding="utf-8"))


def of_target(name: str) -> list[Json]:
    """All recorded conversations of a target."""
    return [read(path) for path in FIXTURES if path.parts[-3] == name]


def usual(name: str) -> Json:
    """The recorded conversation in which a lead is created."""
    folder = ROOT / "integrations" / name / "fixtures"
    return read(
        next(path for at in ("to_creates", "creates") if (path := folder / f"{at}.json").exists())
    )


def duty_of(said: Json) -> Duty:
    """The duty of a recording; its access is written as an object."""
    given = dict(said)
    access = given.pop("access", None)
    return Duty(**given, access=Access(**access) if access else None)


def begun(path: Path) -> Conversation:
    """The recorded conversation, before its first step, made of the lead as the relay does."""
    kind, recorded = kind_of(path), read(path)
    built = kind.adapter.build(recorded["lead"], recorded["mapping"])
    assert built.errors == []
    return kind.target.deliver(built.payload, recorded["settings"], duty_of(recorded["duty"]))


def told(
    conversation: Conversation, replies: Iterable[Reply]
) -> tuple[list[Request | Letter], list[Json], Outcome]:
    """The requests, the notes and the outcome of a conversation that hears these replies."""
    requests: list[Request | Letter] = []
    notes: list[Json] = []
    ready = iter(replies)
    step: Request | Letter | Note | None = None
    for _ in range(MOST_STEPS):
        try:
            if step is None:
                step = next(conversation)
            elif isinstance(step, Note):
                notes.append(step.value)
                step = conversation.send(Reply(status=0))
            else:
                requests.append(step)
                reply = next(ready, None)
                assert reply is not None, "the conversation goes on after its last recorded reply"
                step = conversation.send(reply)
        except StopIteration as ended:
            return requests, notes, ended.value
    raise AssertionError("the conversation does not end")


def led(conversation: Conversation, reply: Reply) -> Any:
    """The outcome of a conversation that hears the same reply to everything."""
    return told(conversation, [reply] * MOST_STEPS)[2]


def replies_of(recorded: Json) -> list[Reply]:
    """What the vendor says in a recording."""
    said = (exchange["reply"] for exchange in recorded["conversation"])
    return [
        Reply(status=one["status"], headers=one["headers"], body=one["body"].encode())
        for one in said
    ]


def in_words(request: Request | Letter) -> Json:
    """A request as recordings write it."""
    if isinstance(request, Letter):
        return {
            "method": "SMTP",
            "url": f"smtp://{request.host}:{request.port}",
            "security": request.security,
            "username": request.username,
            "sender": request.sender,
            "recipients": list(request.recipients),
            "body": request.message.decode(),
        }
    return {
        "method": request.method,
        "url": request.url,
        "headers": dict(request.headers),
        "body": request.body.decode(),
    }


def outcome_of(said: Json) -> Outcome:
    """The outcome of a recording."""
    return Outcome(**{**said, "kind": Kind(said["kind"])})
