"""Conditions as forms draw and read them: rows of field, operator and value, or a JSON Schema.

The form fields of a condition called `when` are `when.mode` (rows or json), `when.join`, one
`when.field`, `when.named`, `when.operator` and `when.value` a row, `when` for the JSON, and the
buttons `when.act`, which change the rows and save nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from relay.core import pointers
from relay.core.condition_fields import FORM_FIELDS, TOKENS, LeadField, field, fields
from relay.core.condition_rows import (
    VALUELESS,
    ConditionRow,
    ConditionRows,
    RowError,
    rows_of,
    schema_of,
)
from relay.core.contract import Json
from relay.core.lead import LeadSchema
from relay.web.console.condition_words import HINTS, labels
from relay.web.console.editing import read_json, written
from relay.web.console.forms import FormError, Given

BY_NAME = {f"{FORM_FIELDS}/": "A form field, by its label", f"{TOKENS}/": "A token, by its name"}
"""Choices of fields that need a name beside them."""

FIRST_ROW = ConditionRow("", "is")


@dataclass(frozen=True, slots=True)
class DrawnRow:
    """One row as the form shows it; `choice` is what is chosen of the fields, `named` beside it."""

    choice: str
    named: str
    operator: str
    value: str
    operators: list[tuple[str, str]]
    hint: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class DrawnCondition:
    """A condition as the form shows it; `json` is its text in that mode, `error` what is wrong."""

    name: str
    mode: Literal["rows", "json"]
    join: str
    rows: list[DrawnRow]
    json: str
    groups: list[tuple[str, list[tuple[str, str]]]]
    error: str = ""


def read(given: Given, name: str, lead: LeadSchema) -> Json:
    """The condition that was filled in; empty rows count for nothing. Raises FormError."""
    if given.get(f"{name}.mode") == "json":
        return read_json(given, name, {})
    try:
        return schema_of(_read_rows(given, name), lead)
    except RowError as error:
        place = f"Row {error.position + 1}: " if error.position else ""
        raise FormError(name, f"{place}{error}") from error


def is_redrawn(given: Given, name: str) -> bool:
    """Whether a button within the condition was pressed, which only changes what is shown."""
    return f"{name}.act" in given


def draw_stored(
    name: str, condition: Json, lead: LeadSchema, seen: Sequence[str] = ()
) -> DrawnCondition:
    """A condition as it is stored; `seen` are pointers of form fields and tokens to offer."""
    rows = rows_of(condition, lead)
    if rows is None:
        return _drawn(name, ConditionRows(), lead, seen, json=written(condition) or "false")
    return _drawn(name, rows, lead, seen)


def draw_given(
    name: str, given: Given, lead: LeadSchema, seen: Sequence[str] = (), error: str = ""
) -> DrawnCondition:
    """What was filled in, after the button that was pressed within it, if one was."""
    rows = _read_rows(given, name)
    act, _, which = given.get(f"{name}.act", "").partition(" ")
    if given.get(f"{name}.mode") == "json":
        return _from_json(name, given, lead, seen, act, error)
    if act == "json":
        return _to_json(name, rows, lead, seen)
    if act == "remove" and which.isdecimal():
        kept = [row for at, row in enumerate(rows.rows) if at != int(which)]
        rows = replace(rows, rows=tuple(kept))
    if act == "add":
        rows = replace(rows, rows=(*rows.rows, FIRST_ROW))
    return _drawn(name, rows, lead, seen, error=error, blamed=bool(error))


def _from_json(
    name: str, given: Given, lead: LeadSchema, seen: Sequence[str], act: str, error: str
) -> DrawnCondition:
    """The JSON that was filled in; as rows where that is wanted and can be."""
    text = given.get(name, "")
    if act == "rows":
        try:
            rows = rows_of(read_json(given, name, {}), lead)
        except FormError as broken:
            return _drawn(name, ConditionRows(), lead, seen, json=text, error=str(broken))
        if rows is not None:
            return _drawn(name, rows, lead, seen)
        error = "Rows cannot say this, so it stays as it is."
    return _drawn(name, ConditionRows(), lead, seen, json=text, error=error)


def _to_json(
    name: str, rows: ConditionRows, lead: LeadSchema, seen: Sequence[str]
) -> DrawnCondition:
    try:
        condition = schema_of(_filled(rows), lead)
    except RowError as error:
        return _drawn(name, rows, lead, seen, error=str(error), blamed=True)
    return _drawn(name, rows, lead, seen, json=written(condition))


def _drawn(
    name: str,
    rows: ConditionRows,
    lead: LeadSchema,
    seen: Iterable[str],
    *,
    json: str | None = None,
    error: str = "",
    blamed: bool = False,
) -> DrawnCondition:
    shown = rows.rows or (FIRST_ROW,)
    return DrawnCondition(
        name=name,
        mode="rows" if json is None else "json",
        join=rows.join,
        rows=[_drawn_row(row, lead, seen, blamed=blamed) for row in shown],
        json=json or "",
        groups=_groups(lead, seen),
        error=error,
    )


def _drawn_row(
    row: ConditionRow, lead: LeadSchema, seen: Iterable[str], *, blamed: bool
) -> DrawnRow:
    about = field(lead, row.field)
    choice, named = row.field, ""
    if row.field not in {*seen, *(one for _, group in _groups(lead, seen) for one, _ in group)}:
        choice, named = _by_name(row.field)
    return DrawnRow(
        choice=choice,
        named=named,
        operator=row.operator,
        value=row.value,
        operators=list(labels(about).items()),
        hint=HINTS.get(row.operator, ""),
        error=_blame(row, lead) if blamed and (row.field or row.value) else "",
    )


def _blame(row: ConditionRow, lead: LeadSchema) -> str:
    try:
        schema_of(ConditionRows((row,)), lead)
    except RowError as error:
        return str(error)
    return ""


def _by_name(pointer: str) -> tuple[str, str]:
    """The choice and the name beside it for a field that is not listed."""
    for prefix in BY_NAME:
        if pointer.startswith(prefix):
            rest = pointers.parts(pointer)[len(pointers.parts(prefix)) - 1 :]
            return prefix, rest[0] if len(rest) == 1 else pointer
    return pointer, ""


def _groups(lead: LeadSchema, seen: Iterable[str]) -> list[tuple[str, list[tuple[str, str]]]]:
    """The fields to choose from: those that lately came, then the canonical ones."""
    listed = [(one.pointer, one.title) for one in _known(lead, seen)]
    canonical = [
        (name, [(one.pointer, one.title) for one in group]) for name, group in fields(lead)
    ]
    by_name = ("By name", list(BY_NAME.items()))
    return [*([("Answers that came lately", listed)] if listed else []), *canonical, by_name]


def _known(lead: LeadSchema, seen: Iterable[str]) -> list[LeadField]:
    return [one for pointer in seen if (one := field(lead, pointer))]


def _read_rows(given: Given, name: str) -> ConditionRows:
    """The rows as they were filled in, also those without a field while they are redrawn."""
    parts = [given.getlist(f"{name}.{part}") for part in ("field", "named", "operator", "value")]
    rows = [
        _read_row(choice, named.strip(), operator, value.strip())
        for choice, named, operator, value in zip(*parts, strict=False)
    ]
    join: Literal["all", "any"] = "any" if given.get(f"{name}.join") == "any" else "all"
    made = ConditionRows(tuple(rows), join)
    return made if is_redrawn(given, name) else _filled(made)


def _read_row(choice: str, named: str, operator: str, value: str) -> ConditionRow:
    pointer = choice
    if choice in BY_NAME and named:
        pointer = named if named.startswith(choice) else choice + pointers.joined((named,))[1:]
    return ConditionRow(pointer, operator, "" if operator in VALUELESS else value)


def _filled(rows: ConditionRows) -> ConditionRows:
    return replace(rows, rows=tuple(row for row in rows.rows if row.field or row.value))
