"""The mapping editor: the answers of one submission, what a draft makes of them, and its form."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from relay.core.adapter import MappingRules
from relay.core.answers import Item
from relay.core.contract import Json
from relay.core.lead import LeadSchema, is_empty
from relay.core.templates import as_text
from relay.core.trail import Placed
from relay.services import source_parts
from relay.services.configured import ConfiguredSource
from relay.services.past import Explained
from relay.web.console.facts import Group, facts
from relay.web.console.forms import Given
from relay.web.console.goals import Goals, NoSuchPlaceError

MOST_ROWS = 300
"""Answers that the editor shows."""

LONGEST = 160
"""Characters of an answer's sample value."""

Explainer = Any
"""Tells what becomes of the sample by a source: `explainer(source) -> Explained`."""

_DROPPED = "your mapping; it is masked in what is kept of new submissions"

_OF_THE_KIND = frozenset({"adapter", "noise", "elsewhere"})
"""Who decides of what is hardly ever mapped by a person: it is shown apart."""


@dataclass(frozen=True, slots=True)
class Line:
    """One answer: the name that a mapping has for it, its sample value, and what becomes of it.

    `text` stands in its field; `by_itself` says where it goes without the mapping. A `twin` has
    the same name as an answer above it.
    """

    number: int
    name: str
    item: Item
    sample: str
    text: str
    placed: Placed
    where: str
    why: str
    by_itself: str
    of_the_kind: bool
    error: str = ""
    twin: bool = False


@dataclass(frozen=True, slots=True)
class Spare:
    """An entry of the mapping that none of the sample's answers has."""

    answer: str
    text: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class Editor:
    """What the page shows: a line for each answer, the lead that results, and what is wrong."""

    lines: Sequence[Line]
    spares: Sequence[Spare]
    explained: Explained | None
    groups: list[Group]
    mapping: Mapping[str, Json]
    seen: str
    changed: bool
    errors: Mapping[str, str] = field(default_factory=dict)
    more: int = 0

    @property
    def own(self) -> list[Line]:
        """The lines of what was asked; all of them where the adapter knows each."""
        asked = [line for line in self.lines if not line.of_the_kind]
        return asked or list(self.lines)

    @property
    def others(self) -> list[Line]:
        """The lines of what the sender's product says by itself."""
        said = [line for line in self.lines if line.of_the_kind]
        return said if len(said) < len(self.lines) else []


def edit(
    source: ConfiguredSource, lead: LeadSchema, explainer: Explainer | None, given: Given | None
) -> Editor:
    """The editor with what was filled in, or with the source's mapping where nothing was yet."""
    goals = Goals.of(lead)
    alone = explainer(replace(source, mapping={})) if explainer else None
    items = [placed.item for placed in alone.placed] if alone else []
    names = _names(items, source.mapping, unread=bool(alone and alone.reasons))
    texts = _texts(given, source.mapping, goals)
    titles = {name: item.title for name, item in zip(names, items, strict=True)}
    mapping, errors = _read(texts, titles, goals)
    drafted = explainer(replace(source, mapping=mapping)) if explainer else None
    document = drafted.mapped.document if drafted and drafted.mapped else None
    said = _Said(source, goals, dict(texts), errors)
    lines = said.lines(names, drafted.placed if drafted else (), alone.placed if alone else ())
    shown = {line.name for line in lines[:MOST_ROWS]}
    return Editor(
        lines=lines[:MOST_ROWS],
        spares=[
            Spare(name, text, errors.get(name, "")) for name, text in texts if name not in shown
        ],
        explained=drafted,
        groups=facts(document, lead.schema),
        mapping=mapping,
        seen=given.get("seen", "")
        if given is not None
        else source_parts.fingerprint(source.mapping),
        changed=mapping != dict(source.mapping),
        errors=errors,
        more=max(0, len(lines) - MOST_ROWS),
    )


def _seen(source: ConfiguredSource, given: Given | None) -> str:
    """Which mapping the editor was opened on."""
    if given is not None:
        return given.get("seen", "")
    return source_parts.fingerprint(source.mapping)


def _texts(given: Given | None, mapping: Mapping[str, Json], goals: Goals) -> list[tuple[str, str]]:
    """Name and words of each entry; of two for the same answer the last that says something."""
    if given is None:
        return [(name, goals.text(goal)) for name, goal in mapping.items()]
    pairs = zip(given.getlist("answer"), given.getlist("place"), strict=False)
    said = [(name.strip(), text.strip()) for name, text in pairs]
    return list({name: text for name, text in said if name and text}.items())


def _read(
    texts: Sequence[tuple[str, str]], titles: Mapping[str, str], goals: Goals
) -> tuple[dict[str, Json], dict[str, str]]:
    """The mapping that the words make, and what is wrong with them, by answer."""
    mapping: dict[str, Json] = {}
    errors: dict[str, str] = {}
    for name, text in texts:
        try:
            goal = goals.read(text, titles.get(name, name))
        except NoSuchPlaceError as error:
            errors[name] = str(error)
            continue
        if goal is not None:
            mapping[name] = goal
    return mapping, errors


def _names(items: Sequence[Item], mapping: Mapping[str, Json], *, unread: bool) -> list[str]:
    """What a mapping calls each answer: as it does already, else by what no other answer has.

    What could not be read is named by a pointer alone: nothing else makes it readable.
    """
    taken = Counter(name for item in items for name in {item.id, item.ref, item.label} if name)
    rules = MappingRules(mapping=mapping)
    return [
        rules.named(item)
        or rules.alike(item)
        or (item.pointer if unread else _best_name(item, taken))
        for item in items
    ]


def _best_name(item: Item, taken: Mapping[str, int]) -> str:
    """A reference outlives a change of the question's words; an id may be another form's too."""
    told = [name for name in (item.ref, item.label, item.id) if name]
    alone = next((name for name in told if taken[name] == 1), None)
    return alone or item.label or item.pointer


class _Said:
    """Says of each answer where it goes and why, in words."""

    def __init__(
        self,
        source: ConfiguredSource,
        goals: Goals,
        texts: Mapping[str, str],
        errors: Mapping[str, str],
    ) -> None:
        self._source = source
        self._goals = goals
        self._texts = texts
        self._errors = errors

    def lines(
        self, names: Sequence[str], drafted: Sequence[Placed], alone: Sequence[Placed]
    ) -> list[Line]:
        """A line for each answer, in their order."""
        met: set[str] = set()
        lines = []
        for number, (name, placed, itself) in enumerate(zip(names, drafted, alone, strict=True)):
            line = self._line(number, name, placed, itself)
            lines.append(replace(line, twin=name in met))
            met.add(name)
        return lines

    def _line(self, number: int, name: str, placed: Placed, itself: Placed) -> Line:
        return Line(
            number=number,
            name=name,
            item=placed.item,
            sample=sample_text(placed.item.value),
            text=self._texts.get(name, ""),
            placed=placed,
            where=self._where(placed),
            why=self._why(placed),
            by_itself=self._where(itself),
            of_the_kind=itself.by in _OF_THE_KIND,
            error=self._errors.get(name, ""),
        )

    def _where(self, placed: Placed) -> str:
        if placed.place is not None:
            return self._goals.title(placed.place)
        return {"unread": "Nowhere", "elsewhere": "Kept already"}.get(placed.by, "Left out")

    def _why(self, placed: Placed) -> str:
        missed = " and ".join(self._goals.title(place) for place in placed.missed)
        why = {
            "mapping": "your mapping" if placed.place else _DROPPED,
            "adapter": f"known of {self._source.kind.source.label}",
            "type": f"its type, {placed.item.type}",
            "name": "its name",
            "looks": "its value and a word of its name",
            "noise": f"no answer: {placed.rule}",
            "empty": "it is empty",
            "elsewhere": "another part of the lead has it",
            "field": "nothing else knows it",
            "unread": "the submission could not be read",
        }[placed.by]
        return f"{why}; {missed} is taken or cannot hold it" if missed else why


def sample_text(value: Json) -> str:
    """A value in a few words."""
    text = "" if is_empty(value) and not isinstance(value, bool) else as_text(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
