"""Patterns for texts that are numbers above or below a bound, or days after or before one.

JSON Schema compares numbers only, and forms send texts. The patterns are of the linear engine: no
look-around, no back-references.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

_ANY = r"\d+(?:\.\d*)?"
_REST = r"(?:\.\d*)?"


def above(bound: Decimal) -> str:
    """The texts that are decimal numbers greater than the bound."""
    if bound < 0:
        return _number(rf"\+?{_ANY}", f"-{_less(-bound)}")
    return _number(rf"\+?{_more(bound)}")


def below(bound: Decimal) -> str:
    """The texts that are decimal numbers less than the bound."""
    if bound > 0:
        return _number(rf"\+?{_less(bound)}", f"-{_ANY}")
    return _number(f"-{_more(-bound)}")


def after(day: date) -> str:
    """The texts that begin with a day (2026-03-01) later than this one, a time behind it or not."""
    return _day(day, "after")


def before(day: date) -> str:
    """The texts that begin with a day earlier than this one."""
    return _day(day, "before")


def _number(*ways: str) -> str:
    return rf"^\s*(?:{'|'.join(ways)})\s*$"


def _more(bound: Decimal) -> str:
    """Numbers without a sign that are greater than a bound of zero or more."""
    whole, fraction = _digits(bound)
    ways = [rf"[1-9]\d{{{len(whole)},}}{_REST}"]
    ways += [f"{way}{_REST}" for way in _same_length(whole, "after")]
    ways += [rf"{whole}\.{way}\d*" for way in _prefixes(fraction, "after")]
    ways.append(rf"{whole}\.{fraction}\d*[1-9]\d*")
    return f"0*(?:{'|'.join(ways)})"


def _less(bound: Decimal) -> str:
    """Numbers without a sign that are less than a bound above zero."""
    whole, fraction = _digits(bound)
    ways = [rf"\d{{1,{len(whole) - 1}}}{_REST}"] if len(whole) > 1 else []
    ways += [f"{way}{_REST}" for way in _same_length(whole, "before")]
    if fraction:
        ways.append(rf"{whole}\.?")
        ways += [rf"{whole}\.{way}\d*" for way in _prefixes(fraction, "before")]
        ways += [rf"{whole}\.{fraction[:end]}" for end in range(1, len(fraction))]
    return f"0*(?:{'|'.join(ways)})"


def _digits(number: Decimal) -> tuple[str, str]:
    whole, _, fraction = f"{number:f}".partition(".")
    return whole.lstrip("0") or "0", fraction.rstrip("0")


def _same_length(digits: str, side: str) -> Iterator[str]:
    for way in _prefixes(digits, side):
        missing = len(digits) - _length(way)
        yield way + r"\d" * missing


def _length(way: str) -> int:
    """How many digits a prefix with one class of them at its end stands for."""
    return way.index("[") + 1


def _prefixes(digits: str, side: str) -> Iterator[str]:
    """The beginnings that alone decide that what follows is greater, or less, than the digits."""
    for at, digit in enumerate(digits):
        if side == "after" and digit < "9":
            yield f"{digits[:at]}[{int(digit) + 1}-9]"
        elif side == "before" and digit > "0":
            yield f"{digits[:at]}[0-{int(digit) - 1}]"


def _day(day: date, side: str) -> str:
    digits = f"{day.year:04}{day.month:02}{day.day:02}"
    ways = [_with_dashes(way) for way in _same_length(digits, side)]
    return rf"^(?:{'|'.join(ways)})(?:[T ]|$)"


def _with_dashes(way: str) -> str:
    """Dashes behind the fourth and sixth digit of a pattern of eight."""
    written, digits, at = "", 0, 0
    while at < len(way):
        size = {"[": 5, "\\": 2}.get(way[at], 1)
        written += ("-" if digits in (4, 6) else "") + way[at : at + size]
        at, digits = at + size, digits + 1
    return written
