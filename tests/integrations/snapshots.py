"""What each target sends of a lead with everything and of one with the least.

`python -m tests.integrations.snapshots [NAME ...]` writes them anew; read the difference.
"""

import json
import sys
from pathlib import Path

from relay.core.contract import Json
from tests.integrations.conversing import (
    MOST_STEPS,
    NAMES,
    catalog,
    duty_of,
    in_words,
    replies_of,
    told,
    usual,
)
from tests.integrations.many_leads import least, whole

LEADS = {"all_fields": whole, "required_fields": least}


def sent(name: str, lead: Json) -> Json:
    """The requests that bring this lead to a target which answers as to its usual one."""
    kind, recorded = catalog().targets[name], usual(name)
    built = kind.adapter.build(lead, recorded["mapping"])
    if built.errors:
        return {"errors": built.errors}
    replies = replies_of(recorded)
    conversation = kind.target.deliver(
        built.payload, recorded["settings"], duty_of(recorded["duty"])
    )
    requests, _, outcome = told(conversation, [*replies, *replies[-1:] * MOST_STEPS])
    return {
        "requests": [in_words(request) for request in requests],
        "outcome": {"kind": outcome.kind.value, "message": outcome.message},
    }


def place(name: str, lead: str) -> Path:
    """Where a snapshot is kept."""
    return catalog().targets[name].folder / "fixtures" / "snapshots" / f"{lead}.json"


def write(names: list[str]) -> None:
    """Write the snapshots of these targets."""
    for name in names:
        for lead, make in LEADS.items():
            path = place(name, lead)
            path.parent.mkdir(exist_ok=True)
            text = json.dumps(sent(name, make()), ensure_ascii=False, indent=2)
            path.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    write(sys.argv[1:] or NAMES)
