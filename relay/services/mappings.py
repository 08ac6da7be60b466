"""A source's own mapping is changed here, and nothing else of the source."""

import hashlib
import json
from collections.abc import Mapping

from relay.core.contract import Json
from relay.runtime import Runtime
from relay.services import configure
from relay.services.configured import ConfiguredSource
from relay.services.wanted import Mistakes

CHANGED = "somebody has changed this mapping since you opened it"


def fingerprint(mapping: Mapping[str, Json]) -> str:
    """A short text that is the same for equal mappings alone."""
    written = json.dumps(mapping, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(written.encode()).hexdigest()[:16]


def save(
    rt: Runtime,
    source: ConfiguredSource,
    mapping: Mapping[str, Json],
    actor: str,
    seen: str = "",
) -> None:
    """Give a source this mapping. Raises Mistakes, also where it is no longer the one `seen`."""
    found = configure.editable(rt, source.id)
    if found is None:
        raise Mistakes(["it is not there any more"])
    document, _secrets = found
    if seen and seen != fingerprint(document.get("mapping", {})):
        raise Mistakes([CHANGED])
    wanted = {**document, "mapping": dict(mapping)}
    configure.save_source(rt, source.project_id, wanted, actor, source.id)
