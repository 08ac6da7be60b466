"""What one row of a condition asks of a value: JSON Schemas by operator, and back again."""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from relay.core import text_bounds
from relay.core.condition_values import (
    BadValueError,
    decimal,
    in_a_line,
    listed,
    needed,
    number_of,
    plain,
    written,
)
from relay.core.contract import Json
from relay.core.money import CURRENCIES_BY_DIGITS, USUAL_DIGITS

FILLED: Json = {"pattern": "\\S", "not": {"enum": [None, [], {}]}}
"""A value that says something: false and zero do."""

YES = ("true", "yes", "y", "on", "1", "ja", "oui", "si", "sí", "sim")
NO = ("false", "no", "n", "off", "0", "nein", "non", "nee", "não")
"""What forms send for a box that is ticked, or not."""

_SYNTAX = re.compile(r"[\\^$.|?*+()\[\]{}/]")
_WORDS = re.compile(r"\^?\(\?i:((?:[^\\]|\\.)*)\)(\$?)", re.DOTALL)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def text_test(operator: str, value: str) -> Json:
    """The schema of a text that is, contains or begins with what is given, in any capitals."""
    if operator == "one_of":
        return _text(f"^{_ignoring_case(listed(value))}$")
    words = _ignoring_case([needed(value)])
    return _text({"is": f"^{words}$", "contains": words, "begins": f"^{words}"}[operator])


def anything_test(operator: str, value: str) -> Json:
    """The schema of a form's answer: a text, a number, yes or no, or a list of them."""
    if operator in {"above", "below"}:
        number = decimal(value)
        beyond = {"exclusiveMinimum" if operator == "above" else "exclusiveMaximum": plain(number)}
        pattern = (text_bounds.above if operator == "above" else text_bounds.below)(number)
        return {"anyOf": [{"type": "number", **beyond}, _text(pattern)]}
    if operator in {"after", "before"}:
        return day_test(operator, value)
    if operator in {"true", "false"}:
        said = YES if operator == "true" else NO
        const = [operator == "true", int(operator == "true")]
        return {"anyOf": [{"enum": const}, _text(f"^{_ignoring_case(said)}$")]}
    text = text_test(operator, value)
    values = listed(value) if operator == "one_of" else [value.strip()]
    numbers = [plain(one) for given in values if (one := number_of(given)) is not None]
    equal = [{"enum": numbers}] if numbers and operator in {"is", "one_of"} else []
    return {"anyOf": [text, *equal, {"type": "array", "contains": text}]}


def day_test(operator: str, value: str) -> Json:
    """The schema of a text that begins with a day after or before the one that is given."""
    try:
        day = date.fromisoformat(value.strip()) if _DAY.fullmatch(value.strip()) else None
    except ValueError:
        day = None
    if day is None:
        raise BadValueError("Write a day as 2026-03-31.")
    beyond = "formatExclusiveMinimum" if operator == "after" else "formatExclusiveMaximum"
    pattern = text_bounds.after(day) if operator == "after" else text_bounds.before(day)
    return {"type": "string", beyond: day.isoformat(), "pattern": pattern}


def money_test(operator: str, value: str) -> Json:
    """The schema of a state whose value, in major units of its own currency, compares so."""
    amount = decimal(value)
    unusual = CURRENCIES_BY_DIGITS.items()
    ways = [_money(operator, amount, digits, {"enum": names}) for digits, names in unusual]
    known = [name for _digits, names in unusual for name in names]
    return {"anyOf": [*ways, _money(operator, amount, USUAL_DIGITS, {"not": {"enum": known}})]}


def consent_test(operator: str, _value: str) -> Json:
    """The schema of what was said to a question of consent."""
    return {"const": "granted" if operator == "true" else "denied"}


def guesses(sort: str, test: Json) -> Iterator[tuple[str, str]]:
    """The operators and values that may have made this schema; at most one of them has."""
    if test == FILLED:
        yield "filled", ""
    elif sort == "consent":
        yield from (("true", ""), ("false", ""))
    elif sort == "money":
        yield from _money_guesses(test)
    elif sort == "anything" and "anyOf" in test:
        yield from (("true", ""), ("false", ""))
        yield from _number_guesses(test["anyOf"][0])
        yield from _text_guesses(test["anyOf"][0])
    else:
        yield from _day_guesses(test)
        yield from _text_guesses(test)


def _text(pattern: str) -> Json:
    return {"type": "string", "pattern": pattern}


def _ignoring_case(values: Sequence[str]) -> str:
    return f"(?i:{'|'.join(_SYNTAX.sub(lambda sign: chr(92) + sign[0], one) for one in values)})"


def _money(operator: str, amount: Decimal, digits: int, currency: Json) -> Json:
    keyword = {"above": "exclusiveMinimum", "below": "exclusiveMaximum", "is": "const"}[operator]
    named = ["currency"] if "enum" in currency else []
    return {
        "type": "object",
        "required": ["value_minor", *named],
        "properties": {
            "currency": currency,
            "value_minor": {"type": "integer", keyword: plain(amount.scaleb(digits))},
        },
    }


def _money_guesses(test: Json) -> Iterator[tuple[str, str]]:
    bound = test["anyOf"][-1]["properties"]["value_minor"]
    for keyword, operator in (
        ("exclusiveMinimum", "above"),
        ("exclusiveMaximum", "below"),
        ("const", "is"),
    ):
        if keyword in bound:
            yield operator, written(float(Decimal(str(bound[keyword])).scaleb(-USUAL_DIGITS)))


def _number_guesses(test: Json) -> Iterator[tuple[str, str]]:
    for keyword, operator in (("exclusiveMinimum", "above"), ("exclusiveMaximum", "below")):
        if keyword in test:
            yield operator, written(test[keyword])


def _day_guesses(test: Json) -> Iterator[tuple[str, str]]:
    for keyword, operator in (
        ("formatExclusiveMinimum", "after"),
        ("formatExclusiveMaximum", "before"),
    ):
        if keyword in test:
            yield operator, str(test[keyword])


def _text_guesses(test: Json) -> Iterator[tuple[str, str]]:
    found = _WORDS.fullmatch(str(test.get("pattern", "")))
    if found is None:
        return
    values = [re.sub(r"\\(.)", r"\1", one) for one in re.findall(r"(?:[^\\|]|\\.)+", found[1])]
    if found[0].startswith("^") and found[2]:
        yield from (("is", "".join(values)), ("one_of", in_a_line(values)))
    else:
        yield ("begins" if found[0].startswith("^") else "contains"), "".join(values)


def same(one: Json, other: Json) -> bool:
    """Whether two schemas are the same to the letter: true is not 1 there."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
