"""One element as a document asks for it, and what stays of its stored secrets."""

from dataclasses import dataclass, field

from relay.core.checks import problems, words_for
from relay.core.contract import Json
from relay.core.pointers import get, parts
from relay.core.private import keep, secret_places, split
from relay.core.references import Expanded
from relay.services.elements import Element, properties
from relay.services.naming import Names

Document = dict[str, Json]


@dataclass(frozen=True)
class Asked:
    """One element as it is asked for: its place in the document, its words, what is stored of it.

    `project` is None for a project itself; `names` are the variables of its stored secrets.
    """

    what: str
    at: str
    given: Expanded
    project: Element | None = None
    stored: Element | None = None
    names: Names = field(default_factory=dict)

    def place(self, within: str = "") -> str:
        """The place of a member (a JSON pointer within the element) as people write it."""
        return in_words(within, self.at)


def in_words(at: str, where: str = "") -> str:
    """A JSON pointer as people write it, after the place `where`: `sources[0].settings.url`."""
    return words_for([int(step) if step.isdecimal() else step for step in parts(at)], where)


def places_of_secrets(schema: Json, what: str, document: Document) -> list[str]:
    """Where the document holds secrets: its own, and those that the kind's settings declare."""
    own = secret_places({"properties": properties(what)}, document)
    return own + [f"/settings{at}" for at in secret_places(schema, document.get("settings", {}))]


def with_kept_secrets(asked: Asked, document: Document, schema: Json) -> Document:
    """The document with the stored secrets that it leaves out; null takes a secret away.

    A secret that the settings as they are now have no room for is let go.
    """
    taken = [
        at for at in places_of_secrets(schema, asked.what, document) if get(document, at) is None
    ]
    document = split(document, taken)[0]
    if asked.stored is None:
        return document
    document.setdefault("settings", {})
    same_kind = asked.stored.document["kind"] == document["kind"]
    for at in asked.stored.secret:
        if at not in taken and (same_kind or not at.startswith("/settings/")):
            kept = keep(document, asked.stored.document, list(asked.stored.secret), at)
            if _mistakes(schema, kept) <= _mistakes(schema, document):
                document = kept
    return document


def _mistakes(schema: Json, document: Document) -> int:
    return len(problems(schema, document.get("settings", {})))


def names_of_secrets(asked: Asked, document: Document, secret: list[str]) -> Names:
    """The variables that the element's secrets were given by, also those kept from before.

    A name that was only made up for the export is not kept.
    """
    stored = asked.stored.names if asked.stored else {}
    found = {at: name for at, name in stored.items() if get(asked.given.document, at) is None}
    found |= {
        at: name
        for at, name in asked.given.names.items()
        if asked.names.get(at) != name or at in stored
    }
    return {
        at: name
        for at, name in found.items()
        if any(at == place or at.startswith(f"{place}/") for place in secret)
        and isinstance(get(document, at), str)
    }
