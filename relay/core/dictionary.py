"""The name dictionary: which place of the lead a field name means, in many languages."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from relay.core.conversations import Json
from relay.core.lead import LeadSchema

_LONGEST = 200
# punctuation named one by one: the vowel signs of Indian scripts are no letters to \\w
_SEPARATORS = re.compile(r"[\s!-/:-@\[-`{-©«-±´¶-¹»-¿×÷\u2010-\u205e\u3000-\u303f・]+")
_PREFIX = re.compile(
    r"^(?:(?:wpforms fields?|form fields?|fields?|your|contact|input|q\d+|item meta|et pb contact)"
    r"\s)+"
)
_NUMBER = re.compile(r"^\d+\s")
_SUFFIX = re.compile(
    r"(?:\s(?:optional|required|mandatory|freiwillig|pflichtfeld|facultatif|optionnel|obligatoire|opcional"
    r"|obligatorio|obligatório|facoltativo|obbligatorio|optioneel|verplicht|opcjonalne|wymagane|\d{1,2}))+$"
)
_ASKING = re.compile(
    r"^(?:please |bitte |kindly )?"
    r"(?:what s|what is|whats|enter|type|type in|provide|fill in|give us|share|tell us|may we have"
    r"|can we have|wie lautet|wie ist|geben sie|quel est|quelle est|cual es|cuál es|qual e|qual é"
    r"|qual è|wat is)?\s?"
    r"(?:your|the|my|ihre|ihr|deine|dein|meine|mein|votre|ton|ta|vos|su|tu|mi|o seu|a sua|seu|sua"
    r"|il tuo|la tua|tuo|tua|je|jouw|uw|din|ditt|ваш|ваша|ваше)\s"
)
_NUMBERED = frozenset({"question", "questions", "ref", "id", "description", "note", "title"})
_PLAIN_LETTERS = str.maketrans(
    {"ı": "i", "ł": "l", "ø": "o", "đ": "d", "ß": "ss", "æ": "ae", "œ": "oe"}
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """The places a name may mean.

    `plain` is what it means by itself. `guarded` counts only for a value out of the given words.
    `beside` counts only where another answer goes to a place that begins with the given pointer.
    """

    plain: tuple[str, ...] = ()
    guarded: tuple[tuple[str, frozenset[str]], ...] = ()
    beside: tuple[tuple[str, str], ...] = ()

    @property
    def places(self) -> set[str]:
        """Every place the name may mean."""
        return {*self.plain, *(place for place, _ in (*self.guarded, *self.beside))}


NOTHING = Meaning()


class Dictionary:
    """Looks field names up and remembers them, for a form sends the same names every time."""

    def __init__(self, lead: LeadSchema) -> None:
        """The names are the annotations of the canonical schema, whose order decides first."""
        self._exact, self._bare = _indexes(lead)
        self._types = {
            name.lower(): place.pointer
            for place in reversed(lead.places.values())
            for name in place.annotations.get("x-types", ())
        }
        self._noise = Noise(lead.noise)
        self._remembered = lru_cache(maxsize=8192)(self._about)
        self._words = lru_cache(maxsize=None)(self._single_words)

    @classmethod
    @lru_cache(maxsize=4)
    def of(cls, lead: LeadSchema) -> "Dictionary":
        """The dictionary of this schema, shared by all its adapters."""
        return cls(lead)

    def about(self, names: tuple[str, ...]) -> tuple[str | None, Meaning]:
        """The rule that drops a field of these names in every form, and what the first known means.

        The rule is None for an answer; the meaning is NOTHING when no language knows any name.
        """
        # what senders make up may be long, and must not fill the memory
        is_short = sum(map(len, names)) <= _LONGEST
        return self._remembered(names) if is_short else self._about(names)

    def meaning(self, *names: str) -> Meaning:
        """What a field of these names means, best name first; NOTHING when none is known."""
        return self.about(names)[1]

    def of_type(self, type_name: str) -> str | None:
        """The place that an answer of this type goes to, or None where the type says nothing."""
        return self._types.get(type_name.lower())

    def mentions(self, label: str, pointer: str) -> bool:
        """Whether one of the label's words is by itself a name of this place."""
        return not self._words(pointer).isdisjoint(_spaced(label[:_LONGEST]).split())

    def _about(self, names: tuple[str, ...]) -> tuple[str | None, Meaning]:
        rules = (self._noise.rule(name) for name in names)
        readings = (reading for name in names for reading in _readings(name))
        meanings = (self._look_up(reading) for reading in readings)
        return next(filter(None, rules), None), next(filter(None, meanings), NOTHING)

    def _look_up(self, name: str) -> Meaning | None:
        found = self._exact.get(name) or self._exact.get(_compact(name))
        if found is None:
            bare = _without_accents(name)
            found = self._bare.get(bare) or self._bare.get(_compact(bare))
        return found

    def _single_words(self, pointer: str) -> frozenset[str]:
        return frozenset(
            name
            for name, found in self._exact.items()
            if pointer in found.plain and " " not in name
        )


def normal(label: str) -> str:
    """The form in which two spellings of one label are the same: no case, no punctuation."""
    return _spaced(label)


class Noise:
    """Names of fields that are machinery: as they are written, or in lower case."""

    def __init__(self, rules: Mapping[str, str]) -> None:
        """`rules` are names, a `*` at the end allowed, with the name of the rule."""
        self._exact = {name: rule for name, rule in rules.items() if not name.endswith("*")}
        self._starts = [(name[:-1], rule) for name, rule in rules.items() if name.endswith("*")]

    def rule(self, name: str) -> str | None:
        """The rule that drops a field of this name, or None."""
        for spelling in (name, name.lower()):
            if spelling in self._exact:
                return self._exact[spelling]
            for start, rule in self._starts:
                if spelling.startswith(start):
                    return rule
        return None


def _readings(label: str) -> list[str]:
    """The name, and what is left without a form's prefix, a question's words or a remark behind.

    A label that tells a story is nobody's name, and has no readings.
    """
    readings = [_spaced(label)] if len(label) <= _LONGEST else []
    for cut in (_without_prefix, _without_number, _without_question, _without_remark):
        readings += [
            shorter for reading in readings if (shorter := cut(reading)) and shorter != reading
        ]
    return readings


def _without_prefix(name: str) -> str:
    return _PREFIX.sub("", name, count=1)


def _without_number(name: str) -> str:
    return _NUMBER.sub("", name, count=1)


def _without_question(name: str) -> str:
    return _ASKING.sub("", name, count=1)


def _without_remark(name: str) -> str:
    """Without "optional" and the like, and without the number of a second field of that name."""
    shorter = _SUFFIX.sub("", name, count=1)
    return name if shorter in _NUMBERED and name[len(shorter) + 1 :].isdigit() else shorter


def _spaced(label: str) -> str:
    folded = unicodedata.normalize("NFKC", label).lower()
    return _SEPARATORS.sub(" ", unicodedata.normalize("NFC", folded)).strip()


def _compact(name: str) -> str:
    """Without blanks, so that firstName and first_name are one; digits alone stay apart."""
    compact = name.replace(" ", "")
    return name if compact.isdigit() else compact


def _without_accents(name: str) -> str:
    if name.isascii():
        return name
    decomposed = unicodedata.normalize("NFKD", name.translate(_PLAIN_LETTERS))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _indexes(lead: LeadSchema) -> tuple[dict[str, Meaning], dict[str, Meaning]]:
    """The meanings by exact name, and by the name without its accents as a second try."""
    plain: dict[str, list[str]] = defaultdict(list)
    guarded: dict[str, list[tuple[str, frozenset[str]]]] = defaultdict(list)
    beside: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for pointer, place in lead.places.items():
        notes = place.annotations
        values = frozenset(notes.get("x-values", ()))
        _add(plain, _all_names(notes.get("x-names", {})), pointer)
        _add(guarded, notes.get("x-names-guarded", ()), (pointer, values))
        for need, names in notes.get("x-names-beside", {}).items():
            _add(beside, names, (pointer, need))
    exact: dict[str, Meaning] = {}
    for name in {**plain, **guarded, **beside}:
        exact[name] = Meaning(tuple(plain[name]), tuple(guarded[name]), tuple(beside[name]))
    bare: dict[str, Meaning] = {}
    for name, meaning in exact.items():
        bare.setdefault(_without_accents(name), meaning)
    return exact, bare


def _add(index: dict[str, list[Json]], names: Iterable[str], entry: Json) -> None:
    for written in names:
        name = _spaced(written)
        for spelling in {name, _compact(name)}:
            if entry not in index[spelling]:
                index[spelling].append(entry)


def _all_names(by_language: Mapping[str, list[str]]) -> Iterable[str]:
    return (name for names in by_language.values() for name in names)
