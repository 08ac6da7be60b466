"""Word lists: what a lead or a submission says, word by word, as searches find it.

A word is in one case and without accents, so that "muller" finds "Müller". What is written in one
piece with signs inside (an e-mail address, an id, a date) is a word as a whole too, its signs as
underscores. Phone numbers are their digits, without `00`, the national zero or signs.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from urllib.parse import parse_qsl

import phonenumbers
from phonenumbers import NumberParseException

from relay.core import pointers
from relay.core.contract import Json
from relay.core.phones import looks_like_phone

MOST_WORDS = 300
"""Words that are kept of one lead or submission."""

LONGEST_WORD = 80
LONGEST_VALUE = 2000
"""Characters that are read of one value."""

ENOUGH_DIGITS = 5
"""Digits from which on what holds only phone signs is taken for a phone number."""

PARTS = ("contact", "keys", "form", "tokens", "attribution")
"""The parts of a lead whose values are found, those first that are never left out for length."""

_WORD = re.compile(r"\w+")
_BETWEEN_DIGITS = re.compile(r"(?<=\d)[\s()./–-]+(?=\d)")
_NUMBER = re.compile(r"[+(]{0,3}\d[\d ()./–-]{4,24}\d")
_PHONE = re.compile(r"[\d\s()+./–-]+")


def of_lead(document: Json) -> str:
    """The words of a canonical lead, in the order of its parts, blanks between them."""
    return _joined(_said_by(document))


def of_body(body: bytes, content_type: str = "") -> str:
    """The words of a body that is no lead: those of its values, where it can be read."""
    text = body.decode("utf-8", "replace")
    return _joined(_said_in(values_of(text, content_type)))


def words(text: str) -> Iterator[str]:
    """The words of a text, in its order."""
    for piece in plain(text[:LONGEST_VALUE]).split():
        parts = _WORD.findall(piece)
        yield from (part[:LONGEST_WORD] for part in parts)
        if len(parts) > 1:
            yield "_".join(parts)[:LONGEST_WORD]
        if "@" in piece:
            yield "_".join(_WORD.findall(piece.partition("@")[2]))[:LONGEST_WORD]


def asked(text: str) -> list[str]:
    """The words that a searcher's text asks for, all of them; a piece with signs is one."""
    pieces = ("_".join(_WORD.findall(piece)) for piece in plain(text).split())
    return [piece[:LONGEST_WORD] for piece in pieces if piece]


def phones(text: str) -> list[str]:
    """The digits by which a phone number is found, whatever its spelling; [] where it is none.

    The first are those that tell most; what follows is the number without its country, which
    numbers are found by that came without one.
    """
    if _PHONE.fullmatch(text) is None:
        return []
    digits = re.sub(r"\D", "", text.replace("(0)", ""))
    if len(digits.lstrip("0")) < ENOUGH_DIGITS:
        return []
    told = [digits.lstrip("0")]
    told += [local for local in _without_country(text, digits) if local not in told]
    return told


def plain(text: str) -> str:
    """The text in one case and without accents."""
    if text.isascii():
        return text.lower()
    parted = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in parted if not unicodedata.combining(sign))


def says(said: str, text: str) -> bool:
    """Whether all pieces of a searcher's text stand anywhere in what was said, or its number."""
    told = plain(_unescaped(said))
    if all(piece in told for piece in plain(text).split()):
        return True
    digits = _BETWEEN_DIGITS.sub("", told)
    return any(number in digits for number in phones(text))


def values_of(text: str, content_type: str) -> Iterator[str]:
    """What a body says, without the names: of JSON and forms each value, else all of it."""
    try:
        for _place, value in pointers.leaves(json.loads(text)):
            if isinstance(value, str | int | float) and not isinstance(value, bool):
                yield str(value)
    except (ValueError, RecursionError):
        if "x-www-form-urlencoded" in content_type:
            yield from (value for _name, value in parse_qsl(text))
        else:
            yield from (text[at : at + LONGEST_VALUE] for at in range(0, len(text), LONGEST_VALUE))


def _said_by(document: Json) -> Iterator[str]:
    for name in PARTS:
        for _place, value in pointers.leaves(document.get(name)):
            if type(value) is str:
                yield from words(value)
                if looks_like_phone(value) or name == "contact":
                    yield from phones(value)
            elif type(value) in (int, float):
                yield from words(str(value))


def _said_in(values: Iterable[str]) -> Iterator[str]:
    numbers: set[str] = set()
    for value in dict.fromkeys(values):
        yield from words(value)
        for number in _NUMBER.findall(value[:LONGEST_VALUE]):
            if number not in numbers and len(numbers) < MOST_WORDS:  # each takes its time
                numbers.add(number)
                yield from phones(number)


def _joined(found: Iterable[str]) -> str:
    told: dict[str, None] = {}
    for word in found:
        told[word] = None
        if len(told) == MOST_WORDS:
            break
    return " ".join(told)


def _unescaped(text: str) -> str:
    """JSON with its letters as they are, not as numbers."""
    if "\\u" not in text:
        return text
    try:
        return json.dumps(json.loads(text), ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


def _without_country(text: str, digits: str) -> Iterator[str]:
    """The significant number of one that says its country, or lost the plus before it."""
    is_told = text.lstrip().startswith("+") or digits.startswith("00")
    if digits.startswith("0") and not is_told:
        return
    try:
        number = phonenumbers.parse(f"+{digits.removeprefix('00')}", None)
    except NumberParseException:
        return
    if phonenumbers.is_valid_number(number) or (
        is_told and phonenumbers.is_possible_number(number)
    ):
        yield phonenumbers.national_significant_number(number).lstrip("0")
