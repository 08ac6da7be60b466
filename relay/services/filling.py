"""Secrets that a copied target needs and has not got: a text stands for each until it is given."""

from uuid import UUID

from relay.core.contract import Json
from relay.core.pointers import get
from relay.services.elements import Element

BEGINS = "to-be-filled-in-"


def stand_in(element_id: UUID) -> str:
    """What stands for a secret; of each target another, so that none shares an account."""
    return f"{BEGINS}{element_id}"


def to_fill(element: Element) -> list[str]:
    """JSON Pointers of the element's secrets for which only a text stands."""
    return [place for place in element.secret if _stands_in(get(element.document, place))]


def still_to_fill(stored: Element, document: Json) -> list[str]:
    """Those for which a document that is to replace the element's says nothing."""
    return [at for at in to_fill(stored) if get(document, at, _ABSENT) is _ABSENT]


_ABSENT = object()


def _stands_in(value: Json) -> bool:
    return isinstance(value, str) and value.startswith(BEGINS)
