"""Answers out of the shapes in which senders write them, each with the names it may be known by."""

from collections.abc import Iterator
from dataclasses import dataclass

from relay.core import pointers
from relay.core.contract import Json
from relay.core.dictionary import normal
from relay.core.lead import is_empty

_VALUES = ("value", "values", "string_value", "answer")
_LABELS = ("label", "title", "question", "column_name", "name", "custom_key", "key", "column_id")
_IDS = ("id", "column_id", "key")
_REFS = ("ref", "custom_key", "name")
_NAMES = (*_LABELS, "id", "ref")
_VALUES_SET = frozenset(_VALUES)
_SAYS_WHICH = frozenset({*_NAMES, "type"})
_OF_PEOPLE = ("email", "phone", "company", "first_name", "last_name", "firstName", "lastName")

_RECORDS = frozenset(
    """
    data payload form formdata lead contact customer user person client applicant submission
    attributes properties body record entry params parameters query hidden utm tracking attribution
    meta metadata context userdata attributiondata device page profile details event raw response
    custom customfields result
    """.split()  # noqa: SIM905 - words read best as words
)
_CONTAINERS = _RECORDS | frozenset(
    """
    fields field formfields leads contacts answers answer values submissions entries cookies
    devicedata rawrequest urlparameters human ordered results
    """.split()  # noqa: SIM905 - words read best as words
)


@dataclass(slots=True)
class Item:
    """One answer on its way to a place: `steps` is where the document has it.

    `names` are what the dictionary is asked for, best first. `far_names` are asked for last: the
    names of what lies within something that may not be about the lead at all. `lead` is its
    annotation.
    """

    value: Json
    steps: tuple[str, ...]
    label: str | None = None
    id: str | None = None
    ref: str | None = None
    type: str | None = None
    names: tuple[str, ...] = ()
    far_names: tuple[str, ...] = ()
    lead: Json = None

    @property
    def pointer(self) -> str:
        """Where the document has it, as a JSON pointer."""
        return pointers.joined(self.steps)

    @property
    def title(self) -> str:
        """The words under which a person finds it again."""
        return self.label or self.ref or self.id or ".".join(self.steps) or "answer"


def read_answers(value: Json, steps: tuple[str, ...]) -> Iterator[Item]:
    """The answers in a list of answer objects, or in an object whose members are answers.

    Objects within objects are entered; a list of plain values is one answer. Anything else is one
    answer without a name.
    """
    if isinstance(value, dict):
        yield from _members(value, steps, ())
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        yield from _elements(value, steps, ())
    else:
        yield Item(value, steps)


def _members(
    value: dict[str, Json], steps: tuple[str, ...], within: tuple[str, ...]
) -> Iterator[Item]:
    for key, member in value.items():
        yield from _one(member, (*steps, key), (*within, key))


def _elements(value: list[Json], steps: tuple[str, ...], within: tuple[str, ...]) -> Iterator[Item]:
    for index, element in enumerate(value):
        yield from _one(element, (*steps, str(index)), (*within, str(index)))


def _one(value: Json, steps: tuple[str, ...], within: tuple[str, ...]) -> Iterator[Item]:
    if isinstance(value, dict) and value:
        if _is_answer(value, within[-1]):
            yield from _answer(value, steps, within)
        else:
            yield from _members(value, steps, within)
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        yield from _elements(value, steps, within)
    else:
        yield _named(value, steps, within)


def _is_answer(value: dict[str, Json], key: str) -> bool:
    """Whether an object says a value and its name, as answers in lists do, or is named by its key.

    A record may have members called `name` and `value` too: it has others of the names that
    people's data have, or its key says what it is.
    """
    if _VALUES_SET.isdisjoint(value) or any(name in value for name in _OF_PEOPLE):
        return False
    if key.isdigit():
        return _first(value, _NAMES) is not None
    return key.lower() not in _RECORDS


def _answer(
    value: dict[str, Json], steps: tuple[str, ...], within: tuple[str, ...]
) -> Iterator[Item]:
    said = _said(value)
    label, ref = _first(value, _LABELS), _first(value, _REFS)
    item = Item(value[said], steps, label, _first(value, _IDS), ref, _word(value.get("type")))
    own = () if not within or within[-1].isdigit() else (within[-1],)
    item.names = _distinct((label, ref, item.id, *own))
    yield item
    for key, member in value.items():
        if key == said or (key in _SAYS_WHICH and not isinstance(member, dict | list)):
            continue
        if not is_empty(member) and not same(member, item.value):
            yield Item(member, (*steps, key), label=f"{item.title}.{key}")


def _said(value: dict[str, Json]) -> str:
    """The member that holds what was answered."""
    there = [key for key in _VALUES if key in value]
    return next((key for key in there if not is_empty(value[key])), there[0])


def same(one: Json, other: Json) -> bool:
    """Whether two values are one and the same; unlike in Python, 1 and true and 1.0 are not."""
    return bool(one == other) and repr(one) == repr(other)


def _named(value: Json, steps: tuple[str, ...], within: tuple[str, ...]) -> Item:
    """A member of an object: known by its key, or by its key and those of the objects around it."""
    key = within[-1]
    if len(within) == 1:
        return Item(value, steps, label=key, names=(key,))
    around = [step for step in within[:-1] if not step.isdigit()]
    names = _distinct((" ".join((*around, key)), " ".join((*around[-1:], key))))
    if all(word in _CONTAINERS for step in around for word in normal(step).split()):
        return Item(value, steps, label=".".join(within), names=(*names, key))
    return Item(value, steps, label=".".join(within), names=names, far_names=(key,))


def _first(value: dict[str, Json], keys: tuple[str, ...]) -> str | None:
    for key in keys:
        if word := _word(value.get(key)):
            return word
    return None


def _word(value: Json) -> str | None:
    if type(value) is str:
        return value.strip() or None
    return str(value) if type(value) is int else None


def _distinct(names: tuple[str | None, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([name for name in names if name]))
