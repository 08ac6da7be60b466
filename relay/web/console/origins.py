"""Where values of a payload come from, in words: the places of a lead, for choosing and reading."""

from collections.abc import Iterator
from functools import lru_cache

from relay.core import pointers
from relay.core.condition_fields import FORM_FIELDS, TOKENS, fields
from relay.core.lead import LeadSchema

FORM_FIELD, TOKEN = "Form field", "Custom tokens"
OF_THE_RELAY = ("ids", "event")
"""Parts of a lead on its way out that the relay gives it."""


class NoSuchOriginError(ValueError):
    """The words name nothing that a lead has."""


class Origins:
    """The places of a lead on its way out, by their words."""

    def __init__(self, lead: LeadSchema) -> None:
        """The words are the titles of the lead's schema."""
        self._lead = lead
        self.pointers = dict(_named(lead))
        self._words = {pointer: words for words, pointer in self.pointers.items()}

    @classmethod
    @lru_cache(maxsize=4)
    def of(cls, lead: LeadSchema) -> "Origins":
        """The origins of this schema, made once."""
        return cls(lead)

    def text(self, pointer: str) -> str:
        """A place in words: “Contact · E-mail”, “Form field: Budget”; else its pointer."""
        if known := self._words.get(pointer):
            return known
        steps = pointers.parts(pointer)
        for prefix, words in ((FORM_FIELDS, FORM_FIELD), (TOKENS, TOKEN)):
            if pointers.joined(steps[:-1]) == prefix:
                return f"{words}: {steps[-1]}"
        if self._lead.place(pointer) is not None and f"{pointer}/state" in self._words:
            return f"{self._words[f'{pointer}/state']}, with what was said"
        return pointer

    def read(self, text: str) -> str:
        """The pointer that words name. Raises NoSuchOriginError."""
        said = " ".join(text.split())
        kind, colon, name = (part.strip() for part in said.partition(":"))
        for prefix, words in ((FORM_FIELDS, FORM_FIELD), (TOKENS, TOKEN)):
            if colon and name and kind.casefold() == words.casefold():
                return prefix + pointers.joined((name,))
        known = {words.casefold(): pointer for words, pointer in self.pointers.items()}
        pointer = said if said.startswith("/") else known.get(said.casefold())
        if pointer is None or not self._lead.knows(pointer):
            raise NoSuchOriginError(f"A lead has no “{said}”. Choose one of those offered.")
        return pointer


def _named(lead: LeadSchema) -> Iterator[tuple[str, str]]:
    for group, listed in fields(lead):
        for one in listed:
            yield f"{group} · {one.title}", pointers.joined(one.steps)
    for part in OF_THE_RELAY:
        schema = lead.schema["properties"][part]
        for name, inner in schema["properties"].items():
            yield f"{schema['title']} · {inner['title']}", f"/{part}/{name}"
    yield "The whole lead", ""
    yield "Form · All form fields", FORM_FIELDS
    yield "Custom tokens · All of them", TOKENS
