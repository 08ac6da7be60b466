"""The tokens by which calls of the lead APIs find a source: no two sources may share one."""

import copy
from collections.abc import Iterable, Iterator, Sequence

from relay.core.contract import Json
from relay.core.kinds import Catalog, SourceKind
from relay.core.pointers import leaves, put
from relay.services.asked import Asked
from relay.services.elements import Element


def clashes(
    catalog: Catalog, others: Iterable[Element], wanted: Sequence[tuple[Asked, Element]]
) -> Iterator[tuple[Asked, str, Element]]:
    """Sources that want a token which another has; with the token's place and that other source.

    `others` are elements that stay as they are; the settings of what is wanted are valid.
    """
    owners = {
        hashed: other
        for other in others
        if other.what == "source" and not other.archived
        for hashed in _hashes(catalog, other)
    }
    for asked, source in wanted:
        for hashed in _hashes(catalog, source):
            owner = owners.setdefault(hashed, source)
            if owner is not source:
                kind = catalog.sources[source.document["kind"]]
                yield asked, f"/settings{_place(kind, source.document['settings'], hashed)}", owner


def _hashes(catalog: Catalog, source: Element) -> list[str]:
    kind = catalog.sources.get(source.document["kind"])
    return kind.token_hashes(source.document["settings"]) if kind else []


def _place(kind: SourceKind, settings: Json, hashed: str) -> str:
    """The text of the settings without which the token would be another, if one is."""
    for place, value in leaves(settings):
        if isinstance(value, str):
            other = copy.deepcopy(settings)
            put(other, place, f"{value}.")
            if hashed not in kind.token_hashes(other):
                return place
    return ""
