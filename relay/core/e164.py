"""Dialled numbers in international form: what a telephone system makes of what was typed."""

from phonenumbers import (
    SUPPORTED_REGIONS,
    NumberParseException,
    PhoneNumber,
    PhoneNumberFormat,
    ValidationResult,
    format_number,
    is_possible_number_with_reason,
    is_valid_number,
    parse,
)

COUNTRIES = tuple(sorted(SUPPORTED_REGIONS))
"""The two letters of every country whose numbers can be read."""

_LONGEST = 60
_LONGEST_WRITTEN = 16
"""The plus and fifteen digits."""

_MOST_NATIONAL = 10
"""Digits; a longer number without a plus may have lost it."""


def to_e164(raw: str, country: str) -> str | None:
    """The number in E.164, as dialled from this country; None where it is none.

    A leading blank was a plus that a form encoding lost, `00` stands for one in every country. A
    number need not be assigned, but has to be of a length that its country has (ITU-T E.164: at
    most 15 digits). Letters are not dialled.
    """
    text = raw.strip()
    if not text or len(text) > _LONGEST or any(character.isalpha() for character in text):
        return None
    if text[0] in "+＋":
        return _possible(text, None)
    lost_plus = _possible(f"+{text}", None) if raw[0] == " " else None
    return lost_plus or _without_plus(text, country)


def _without_plus(text: str, country: str) -> str | None:
    digits = "".join(character for character in text if character.isdecimal())
    if found := _valid(text, country):
        return found
    if digits.startswith("00"):
        return _possible(f"+{digits[2:]}", None)
    if len(digits) <= _MOST_NATIONAL:
        return _possible(text, country)
    return _valid(f"+{digits}", None) or _possible(text, country) or _possible(f"+{digits}", None)


def _valid(text: str, country: str | None) -> str | None:
    number = _number(text, country)
    return _settled(number) if number is not None and is_valid_number(number) else None


def _possible(text: str, country: str | None) -> str | None:
    number = _number(text, country)
    if number is None or is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        return None
    return _settled(number)


def _number(text: str, country: str | None) -> PhoneNumber | None:
    try:
        return parse(text, country)
    except NumberParseException:
        return None


def _settled(number: PhoneNumber) -> str | None:
    """The number as it is written; None where it is too long, or would be read as another."""
    text = format_number(number, PhoneNumberFormat.E164)
    again = _number(text, None)
    same = again is not None and format_number(again, PhoneNumberFormat.E164) == text
    return text if same and len(text) <= _LONGEST_WRITTEN else None
