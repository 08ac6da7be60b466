"""Answers out of the shapes in which senders write them, each with the names it may be known by."""

from collections.abc import Iterable
from dataclasses import dataclass

from relay.core import pointers
from relay.core.contract import Json
from relay.core.dictionary import NOTHING, Meaning, normal
from relay.core.lead import is_empty

Steps = tuple[str, ...]

LONGEST_PATH = 1000
"""Characters of the names around an answer; what is further inside is one answer as a whole. Every
answer is named by its path, so that a long name around many would fill the memory."""

_VALUES = ("value", "values", "string_value", "answer")
_LABELS = ("label", "title", "question", "column_name", "name", "custom_key", "key", "column_id")
_IDS = ("id", "column_id", "key")
_REFS = ("ref", "custom_key", "name")
_NAMES = (*_LABELS, "id", "ref")
_VALUES_SET = frozenset(_VALUES)
_SAYS_WHICH = frozenset({*_NAMES, "type"})
_OF_PEOPLE = frozenset(
    ("email", "phone", "company", "first_name", "last_name", "firstName", "lastName")
)

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
    annotation, `meaning` what the dictionary knows of its names. `kept` says that the lead has it
    elsewhere, so that it need not become a form field.
    """

    value: Json
    steps: Steps
    label: str | None = None
    id: str | None = None
    ref: str | None = None
    type: str | None = None
    names: tuple[str, ...] = ()
    far_names: tuple[str, ...] = ()
    lead: Json = None
    meaning: Meaning = NOTHING
    kept: bool = False

    @property
    def pointer(self) -> str:
        """Where the document has it, as a JSON pointer."""
        return pointers.joined(self.steps)

    @property
    def title(self) -> str:
        """The words under which a person finds it again."""
        return self.label or self.ref or self.id or ".".join(self.steps) or "answer"


def read_answers(value: Json, steps: Steps) -> list[Item]:
    """The answers in a list of answer objects, or in an object whose members are answers.

    Objects within objects are entered; a list of plain values is one answer. Anything else is one
    answer, named by its key in the document.
    """
    found: list[Item] = []
    if isinstance(value, dict):
        _read_members(found, value.items(), steps, ())
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        _read_members(found, _numbered(value), steps, ())
    else:
        found.append(Item(value, steps, steps[-1] if steps else None, names=steps[-1:]))
    return found


def _numbered(value: list[Json]) -> Iterable[tuple[str, Json]]:
    return ((str(index), item) for index, item in enumerate(value))


def _read_members(
    found: list[Item], members: Iterable[tuple[str, Json]], steps: Steps, within: Steps
) -> None:
    for key, member in members:
        inside = (*within, key)
        if type(member) not in (dict, list) or sum(map(len, inside)) > LONGEST_PATH:
            found.append(_named(member, (*steps, key), inside))
        elif isinstance(member, dict) and member:
            if _is_answer(member, key):
                _read_answer(found, member, (*steps, key), inside)
            else:
                _read_members(found, member.items(), (*steps, key), inside)
        elif isinstance(member, list) and any(isinstance(item, dict) for item in member):
            _read_members(found, _numbered(member), (*steps, key), inside)
        else:
            found.append(_named(member, (*steps, key), inside))


def _is_answer(value: dict[str, Json], key: str) -> bool:
    """Whether an object says a value and its name, as answers in lists do, or is named by its key.

    A record may have members called `name` and `value` too: it has others of the names that
    people's data have, or its key says what it is.
    """
    if _VALUES_SET.isdisjoint(value) or not _OF_PEOPLE.isdisjoint(value):
        return False
    if key.isdigit():
        return _first(value, _NAMES) is not None
    return key.lower() not in _RECORDS


def _read_answer(found: list[Item], value: dict[str, Json], steps: Steps, within: Steps) -> None:
    said = _said(value)
    label, ref, own = _first(value, _LABELS), _first(value, _REFS), within[-1]
    item = Item(value[said], steps, label, _first(value, _IDS), ref, _word(value.get("type")))
    item.names = _distinct((label, ref, item.id, None if own.isdigit() else own))
    found.append(item)
    for key, member in value.items():
        if key == said or (key in _SAYS_WHICH and type(member) in (str, int)):
            continue
        if not is_empty(member) and not same(member, item.value):
            found.append(Item(member, (*steps, key), f"{item.title}.{key}"))


def _said(value: dict[str, Json]) -> str:
    """The member that holds what was answered."""
    if not is_empty(value.get("value")):
        return "value"
    there = [key for key in _VALUES if key in value]
    return next((key for key in there if not is_empty(value[key])), there[0])


def same(one: Json, other: Json) -> bool:
    """Whether two values are one and the same; unlike in Python, 1 and true and 1.0 are not."""
    return bool(one == other) and repr(one) == repr(other)


def _named(value: Json, steps: Steps, within: Steps) -> Item:
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
        if key in value and (word := _word(value[key])):
            return word
    return None


def _word(value: Json) -> str | None:
    if type(value) is str:
        return value.strip() or None
    return str(value) if type(value) is int else None


def _distinct(names: tuple[str | None, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([name for name in names if name]))
