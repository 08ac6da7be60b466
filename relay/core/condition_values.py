"""What people type to compare with: words, lists of them, numbers."""

import csv
import re
from collections.abc import Sequence
from decimal import Decimal

_MOST_DIGITS = 15  # more of them JSON's readers do not tell apart


class BadValueError(ValueError):
    """A row's value cannot be used; the text says what it should be."""


def needed(value: str) -> str:
    """The value without blanks around it. Raises BadValueError where nothing is left."""
    if not value.strip():
        raise BadValueError("Say with what it is compared.")
    return value.strip()


def listed(value: str) -> list[str]:
    """Values with commas between them, those that hold one in quotation marks."""
    lines = csv.reader([needed(value)], skipinitialspace=True)
    found = list(dict.fromkeys(one.strip() for line in lines for one in line if one.strip()))
    if not found:
        raise BadValueError("List the values with commas between them.")
    return found


def in_a_line(values: Sequence[str]) -> str:
    """Values as `listed` reads them."""
    return ", ".join(
        f'"{one.replace(chr(34), chr(34) * 2)}"' if re.search(r'[,"]', one) else one
        for one in values
    )


def decimal(value: str) -> Decimal:
    """The number that is written. Raises BadValueError where it is none, or too long."""
    number = number_of(needed(value))
    if number is None:
        raise BadValueError("Write a number, such as 500 or 19.99.")
    return number


def plain(number: Decimal) -> int | float:
    """The number as JSON has it."""
    return int(number) if number == number.to_integral_value() else float(number)


def written(number: int | float) -> str:
    """The number as a person writes it."""
    text = f"{Decimal(str(number)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def number_of(text: str) -> Decimal | None:
    """The decimal number that a text is, or None."""
    if not re.fullmatch(r"[+-]?[0-9]{1,20}(?:\.[0-9]{1,6})?", text.strip()):
        return None
    number = Decimal(text.strip())
    return None if len(number.normalize().as_tuple().digits) > _MOST_DIGITS else number
