"""Tally's fields as answers: choices by their texts, boxes as ticked or not, matrices by rows."""

from collections.abc import Iterator, Mapping, Sequence

from relay.core.contract import Json

Field = Mapping[str, Json]

HIDDEN = "HIDDEN_FIELDS"
CALCULATED = "CALCULATED_FIELDS"
BOXES = "CHECKBOXES"
SINGLE = ("MULTIPLE_CHOICE", "DROPDOWN")
"""Types of questions with one answer, though it comes in a list."""


def read_answers(fields: Sequence[Field]) -> Iterator[Json]:
    """The answers {id, ref?, label, type, value}; hidden fields last, for they may be guesses."""
    left_out = set(copies(fields))
    asked = [
        one
        for one in fields
        if one.get("type") != CALCULATED and not _is_one_of(one.get("key"), left_out)
    ]
    for field in sorted(asked, key=lambda one: one.get("type") == HIDDEN):
        yield _answer(field)


def read_calculated(fields: Sequence[Field]) -> dict[str, Json]:
    """What the form has calculated, by its label, or by its key where a label is there twice."""
    found: dict[str, Json] = {}
    for field in fields:
        if field.get("type") == CALCULATED:
            label, key = str(field.get("label") or field.get("key")), str(field.get("key"))
            found[key if label in found else label] = field.get("value")
    return found


def copies(fields: Sequence[Field]) -> list[str]:
    """The keys of fields that only say of one box what its group, named in front, said already."""
    groups = {str(one.get("key")) for one in fields if "options" in one}
    return [
        str(one["key"])
        for one in fields
        if one.get("type") == BOXES
        and "options" not in one
        and str(one.get("key")).rpartition("_")[0] in groups
    ]


def _is_one_of(key: Json, keys: set[str]) -> bool:
    return isinstance(key, str) and key in keys


def _answer(field: Field) -> dict[str, Json]:
    type_, value = field.get("type"), field.get("value")
    options = _texts(field.get("options"))
    answer = {
        "id": field.get("key"),
        "label": field.get("label"),
        "type": "file_url" if type_ == "SIGNATURE" else type_,
    }
    if type_ == BOXES and len(options) == 1:
        ((box, text),) = options.items()
        return {**answer, "ref": answer["label"], "label": text, "value": box in _listed(value)}
    if type_ == "MATRIX":
        return {**answer, "value": _matrix(field)}
    if options:
        chosen = [_text(options, one) for one in _listed(value)]
        value = chosen[0] if type_ in SINGLE and len(chosen) == 1 else chosen
    return {**answer, "value": value}


def _matrix(field: Field) -> Json:
    """What was chosen in each row, by the row's text."""
    rows, columns = _texts(field.get("rows")), _texts(field.get("columns"))
    value = field.get("value")
    if not isinstance(value, dict):
        return value
    found: dict[str, Json] = {}
    for row, chosen in value.items():
        said = [_text(columns, one) for one in _listed(chosen)]
        found[_text(rows, row)] = said[0] if len(said) == 1 else said
    return found


def _text(options: Mapping[str, str], one: Json) -> Json:
    """The text of an option's id; anything else is what was written beside the options."""
    return options.get(one, one) if isinstance(one, str) else one


def _texts(options: Json) -> dict[str, str]:
    """The texts of options {id, text} by their ids."""
    found = options if isinstance(options, list) else []
    return {
        one["id"]: one["text"]
        for one in found
        if isinstance(one, dict)
        and isinstance(one.get("id"), str)
        and isinstance(one.get("text"), str)
    }


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [] if value is None else [value]
