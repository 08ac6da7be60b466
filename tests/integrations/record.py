"""Writes what a target's recordings ask and end with anew, from its code and the replies in them.

`python -m tests.integrations.record NAME`: for after a change; read the difference.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path

from relay.core.contract import Json, Outcome
from tests.integrations.conversing import FIXTURES, begun, in_words, read, replies_of, told


def write(path: Path) -> None:
    """Hold the conversation of a recording again, and write down how it went."""
    recorded = read(path)
    requests, notes, outcome = told(begun(path), replies_of(recorded))
    replies = [exchange["reply"] for exchange in recorded["conversation"]]
    recorded["conversation"] = [
        {"request": in_words(request), "reply": reply}
        for request, reply in zip(requests, replies, strict=False)
    ]
    recorded.pop("noted", None)
    if notes:
        recorded["noted"] = notes[-1]
    recorded["outcome"] = _said(outcome)
    path.write_text(json.dumps(recorded, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _said(outcome: Outcome) -> Json:
    told_of = {name: value for name, value in asdict(outcome).items() if value not in (None, "")}
    return {**told_of, "kind": outcome.kind.value}


if __name__ == "__main__":
    for fixture in FIXTURES:
        if fixture.parts[-3] in sys.argv[1:]:
            write(fixture)
