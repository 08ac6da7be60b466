"""The inbound engine: brings what a form builder sent to its places in the canonical lead.

The order in which an answer is placed: the source's own mapping, the adapter's annotation, the
rules of noise, the answer's type, the name dictionary over all answers together, and else the form
fields.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import jsonschema_rs

from relay.core import pointers
from relay.core.answers import Item
from relay.core.clean import clean
from relay.core.consent import read_consent, says_agreement
from relay.core.contract import Json, Parsed
from relay.core.dictionary import Dictionary, Meaning, Noise, normal
from relay.core.draft import Draft
from relay.core.emails import looks_like_email
from relay.core.items import Marks, items_of, marks_of
from relay.core.lead import LeadSchema, is_empty
from relay.core.permission import UNSET, ConsentDefault
from relay.core.phones import looks_like_phone
from relay.core.trail import Placed, Trail

_PLAIN: Marks = {(): {"answers": True}}
"""How a document is read that its adapter does not know: as any form's answers."""

MOST_UNDERSTOOD = 2000
"""Answers whose names are looked up; what comes after them is kept as form fields as it is, so
that no sender keeps the door busy for seconds."""

_MOST_SECRETS = 50
"""Passwords of one form that are looked for in its other answers."""


@dataclass(frozen=True)
class MappingRules:
    """What one configured source says of its answers.

    `mapping` brings an answer (by its id, ref, label, or path as pointer or with dots) to a place
    of the lead, to "drop", or to {"field": label}. `region` is where phones without a country code
    are from. `noise` holds names to drop, a `*` at the end allowed, with the rule's name. `consent`
    is what counts as marketing consent where the form says nothing of it.
    """

    mapping: Mapping[str, Json] = field(default_factory=dict)
    region: str | None = None
    noise: Mapping[str, str] = field(default_factory=dict)
    consent: ConsentDefault = UNSET

    def own_rule(self, names: Sequence[str]) -> str | None:
        """The source's own rule of noise that drops a field of one of these names, or None."""
        if not self.noise:
            return None
        return next(filter(None, map(self._noise.rule, names)), None)

    @cached_property
    def _noise(self) -> Noise:
        return Noise(self.noise)

    @cached_property
    def _dropped(self) -> tuple[str, ...]:
        """How the paths begin of what lies within something that is dropped as a whole."""
        names = [name for name, goal in self.mapping.items() if goal == "drop" and name]
        return tuple(name + ("/" if name.startswith("/") else ".") for name in names)

    def reads(self, document: Json) -> bool:
        """Whether the mapping brings a value of this document to a place, by a pointer to it."""
        return any(not is_empty(pointers.get(document, pointer)) for pointer in self.points)

    @cached_property
    def points(self) -> tuple[str, ...]:
        """The pointers that it brings to places of the lead."""
        return tuple(
            name
            for name, goal in self.mapping.items()
            if name.startswith("/") and isinstance(goal, str) and goal != "drop"
        )

    @cached_property
    def _normal(self) -> dict[str, str]:
        return {normal(name): name for name in self.mapping}

    def goal(self, item: Item) -> Json:
        """What the mapping says of this answer, or None."""
        if (name := self.named(item)) is not None:
            return self.mapping[name]
        around = (item.label or "", item.pointer, ".".join(item.steps))
        if any(text.startswith(self._dropped) for text in around):
            return "drop"
        name = self.alike(item)
        return None if name is None else self.mapping[name]

    def named(self, item: Item) -> str | None:
        """The name by which the mapping speaks of this very answer, or None."""
        names = (item.id, item.ref, item.label, item.pointer, ".".join(item.steps))
        return next((name for name in names if name and name in self.mapping), None)

    def alike(self, item: Item) -> str | None:
        """The name in the mapping that is the answer's label in another spelling, or None."""
        return self._normal.get(normal(item.label)) if item.label else None


_NOT_ITS_OWN = {
    "kind": "envelope",
    "place": "",
    "message": "it is not what this kind of source sends; the source's own mapping reads it",
}


@dataclass(frozen=True, slots=True)
class Mapped:
    """What became of a submission: a canonical lead, or the reasons why it cannot be one.

    Warnings are {kind, place, message, rule?}, reasons {place, message}; places are JSON pointers
    into what was mapped. `document` is None exactly when there are reasons. `dropped` are the texts
    that are not to be kept anywhere: what the source's own mapping says so of, and passwords.
    """

    document: Json | None
    warnings: list[Json]
    reasons: list[Json]
    dropped: list[str] = field(default_factory=list)


class InboundAdapter:
    """One source kind's JSON Schema with `lead` annotations, ready to map."""

    def __init__(self, schema: Json, lead: LeadSchema) -> None:
        """Raises ValueError when the schema is none."""
        self.schema = schema
        self.lead = lead
        self._validator = jsonschema_rs.validator_for(schema, mask="the value")
        self._dictionary = Dictionary.of(lead)

    def map(self, parsed: Parsed, rules: MappingRules) -> Mapped:
        """Map one submission. Never raises; what has no place is kept as a form field."""
        return self._mapped(clean(parsed.document), Draft(self.lead, rules.region), rules)[0]

    def explain(self, parsed: Parsed, rules: MappingRules) -> tuple[Mapped, list[Placed]]:
        """Map one submission as `map` does, and tell of each of its answers where it went and why.

        What cannot be mapped has its answers too, each of them unread.
        """
        draft = Draft(self.lead, rules.region, Trail())
        mapped, items = self._mapped(clean(parsed.document), draft, rules)
        return mapped, draft.trail.of(items) if draft.trail else []

    def unread(self, document: Json) -> list[Placed]:
        """The answers that a document would have which nobody has read."""
        return Trail().of(items_of(clean(document), _PLAIN))

    def _mapped(
        self, document: Json, draft: Draft, rules: MappingRules
    ) -> tuple[Mapped, list[Item]]:
        evaluation = self._validator.evaluate(document)
        marks = marks_of(evaluation.annotations()) if evaluation.valid else _PLAIN
        if not evaluation.valid and not rules.reads(document):
            unread = items_of(document, _PLAIN) if draft.trail else []
            return Mapped(None, [], self._reasons(document)), unread
        items = items_of(document, marks)
        if not evaluation.valid:
            draft.warnings.append(dict(_NOT_ITS_OWN))
        self._place(items, draft, rules)
        found = draft.finish(self._dictionary, rules.consent)
        dropped = [*draft.dropped, *_apart(draft.secrets, found, document)]
        return Mapped(found, draft.warnings, [], dropped), items

    def _place(self, items: list[Item], draft: Draft, rules: MappingRules) -> None:
        left = items
        if rules.mapping:  # for all answers first: no place may be taken from it by a guess
            draft.cause = "mapping"
            left = [item for item in items if not self._is_mapped(draft, item, rules)]
        unplaced = []
        for number, item in enumerate(left):
            draft.cause = "adapter"
            if item.lead is not None and draft.follow(item, item.lead):
                continue
            draft.cause = "field"
            if number >= MOST_UNDERSTOOD:
                draft.keep(item)
            elif not self._is_known(draft, item, rules):
                unplaced.append(item)
        _Naming(self._dictionary, draft).place(unplaced)

    def _reasons(self, document: Json) -> list[Json]:
        return [
            {"place": pointers.joined(error.instance_path), "message": error.message}
            for error in self._validator.iter_errors(document)
        ]

    def _is_mapped(self, draft: Draft, item: Item, rules: MappingRules) -> bool:
        """Place an answer as the source's mapping tells; false where it does not."""
        goal = rules.goal(item)
        if goal == "drop":
            draft.discard(item)
            return True
        return goal is not None and draft.follow(item, goal)

    def _is_known(self, draft: Draft, item: Item, rules: MappingRules) -> bool:
        """Drop noise, place by the type; false leaves it to the names of all answers together."""
        draft.cause = "noise"
        if rule := rules.own_rule(item.names):
            draft.drop(item, rule)
            return True
        if item.names:
            rule, item.meaning = self._dictionary.about(item.names)
            if rule:
                draft.drop(item, rule)
                return True
        draft.cause = "type"
        place = self._dictionary.of_type(item.type) if item.type else None
        return place is not None and draft.place(item, place)


class _Naming:
    """Places the answers that only their names tell about, by all names of the form together."""

    def __init__(self, dictionary: Dictionary, draft: Draft) -> None:
        self._dictionary = dictionary
        self._draft = draft

    def place(self, items: Sequence[Item]) -> None:
        if any(item.meaning.beside for item in items):
            self._claims = Counter(place for item in items for place in item.meaning.places)
            self._plain = Counter(place for item in items for place in item.meaning.plain)
        self._draft.cause = "name"
        near_first = sorted(items, key=lambda item: bool(item.far_names))
        left = [item for item in near_first if not self._any(item, self._choices(item))]
        for item in left:
            if not self._any(item, self._guesses(item)):
                self._draft.cause = "field"
                self._draft.keep(item)

    def _any(self, item: Item, choices: Iterable[str]) -> bool:
        return any(self._draft.place(item, pointer) for pointer in choices)

    def _choices(self, item: Item) -> Sequence[str]:
        meaning = item.meaning
        if not meaning.guarded and not meaning.beside:
            return meaning.plain
        return [*self._special(item, meaning), *meaning.plain]

    def _special(self, item: Item, meaning: Meaning) -> Iterator[str]:
        for pointer, words in meaning.guarded:
            if isinstance(item.value, str) and words.issuperset(normal(item.value).split()):
                yield pointer
        for pointer, need in meaning.beside:
            if self._is_beside(need, meaning) and not self._is_claimed(pointer, meaning):
                yield pointer

    def _is_beside(self, need: str, meaning: Meaning) -> bool:
        own = meaning.places
        others = (place for place, count in self._claims.items() if count > (place in own))
        return any(place.startswith(need) for place in (*self._draft.placed, *others))

    def _is_claimed(self, pointer: str, meaning: Meaning) -> bool:
        return pointer in self._draft.placed or self._plain[pointer] > (pointer in meaning.plain)

    def _guesses(self, item: Item) -> Iterator[str]:
        """What is left may show by its value what it is, or by the name it has further inside."""
        if item.names:
            label = item.names[0]
            self._draft.cause = "looks"
            for pointer in _looks_like(label, item.value):
                if self._dictionary.mentions(label, pointer):
                    yield pointer
        self._draft.cause = "name"
        if item.far_names and not is_empty(item.value):
            yield from self._dictionary.meaning(*item.far_names).plain


def _looks_like(label: str, value: Json) -> Sequence[str]:
    """The places that a value may belong to by its looks, if its label has a word of theirs."""
    if type(value) is str and looks_like_email(value):
        return ("/contact/email",)
    if type(value) is str and looks_like_phone(value):
        return ("/contact/phone",)
    # only an agreement asked for outright is one: a wrong consent is worse than none
    if read_consent(value) != "unknown" and says_agreement(label):
        return ("/consent/privacy", "/consent/marketing")
    return ()


def _apart(secrets: Sequence[str], lead: Json, document: Json) -> Iterable[str]:
    """The passwords that stand nowhere else: without "anna" in its body no e-mail of hers would be
    read a second time.
    """
    each = {text for text in secrets if text}
    if not each or len(each) > _MOST_SECRETS:
        return each
    names = [place for place, _ in pointers.leaves(document)]
    told = json.dumps([lead, names], ensure_ascii=False)
    return [text for text in each if text not in told]
