"""One part of a source is changed here, its mapping or its rules, and nothing else of it."""

import hashlib
import json
from collections.abc import Mapping

from relay.core.contract import Json
from relay.runtime import Runtime
from relay.services import configure
from relay.services.configured import ConfiguredSource
from relay.services.wanted import Mistakes

GONE = "it is not there any more"
CHANGED = "somebody has changed it since you opened it"


def fingerprint(part: Json) -> str:
    """A short text that is the same for equal parts alone."""
    written = json.dumps(part, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(written.encode()).hexdigest()[:16]


def part_of(rt: Runtime, source: ConfiguredSource, name: str) -> Json:
    """A part as it is stored, without secrets and without what the project adds."""
    return _document(rt, source).get(name)


def save(
    rt: Runtime,
    source: ConfiguredSource,
    members: Mapping[str, Json],
    actor: str,
    seen: str = "",
) -> None:
    """Give a source these parts. Raises Mistakes, also where one is no longer as it was `seen`."""
    document = _document(rt, source)
    if seen and seen not in {fingerprint(document.get(name)) for name in members}:
        raise Mistakes([CHANGED])
    configure.save_source(rt, source.project_id, {**document, **members}, actor, source.id)


def _document(rt: Runtime, source: ConfiguredSource) -> dict[str, Json]:
    found = configure.editable(rt, source.id)
    if found is None:
        raise Mistakes([GONE])
    return dict(found[0])
