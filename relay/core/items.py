"""The answers of a document: where its adapter has annotations, and what no annotation names."""

from collections.abc import Iterable, Mapping, Sequence

from relay.core import pointers
from relay.core.answers import Item, read_answers
from relay.core.contract import Json
from relay.core.lead import is_empty

Steps = tuple[str, ...]
Marks = dict[Steps, Json]


def items_of(document: Json, marks: Marks) -> list[Item]:
    """Every value with its names, in the order of the document, `lead` as its annotation says."""
    above = {steps[:end] for steps in marks for end in range(len(steps))}
    items: list[Item] = []
    _walk(items, document, (), marks, above)
    return items


def marks_of(annotations: Sequence[Mapping[str, Json]]) -> Marks:
    """The `lead` annotations by where they are in the document; the first one of a place counts."""
    marks: Marks = {}
    for entry in annotations:
        said = entry["annotations"]
        if type(said) is dict and "lead" in said:
            marks.setdefault(pointers.parts(entry["instanceLocation"]), said["lead"])
    return marks


def _walk(items: list[Item], value: Json, steps: Steps, marks: Marks, above: set[Steps]) -> None:
    mark = marks.get(steps)
    if mark is not None:
        if not isinstance(mark, dict) or "answers" not in mark:
            items.append(Item(value, steps, steps[-1] if steps else None, lead=mark))
        elif not is_empty(value):
            first = len(items)
            _answers(items, value, steps, marks, above)
            for item in items[first:] if mark["answers"] == "known" else ():
                item.kept = True
        else:
            items.append(Item(value, steps))
    elif isinstance(value, dict | list) and (steps in above or not steps):
        for key, member in _members(value):
            _walk(items, member, (*steps, key), marks, above)
    else:
        items.append(Item(value, steps))


def _answers(items: list[Item], value: Json, steps: Steps, marks: Marks, above: set[Steps]) -> None:
    """Answers, but for those members that have annotations of their own."""
    if not isinstance(value, dict) or steps not in above:
        items += read_answers(value, steps)
        return
    rest = {}
    for key, member in value.items():
        inner = (*steps, key)
        if inner in marks or inner in above:
            _walk(items, member, inner, marks, above)
        else:
            rest[key] = member
    items += read_answers(rest, steps)


def _members(value: Json) -> Iterable[tuple[str, Json]]:
    if isinstance(value, dict):
        return value.items()
    return [(str(index), member) for index, member in enumerate(value)]
