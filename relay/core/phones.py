"""Phone numbers: the text as written, and E.164 beside it where there is no doubt."""

import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber

from relay.core.contract import Json

_LOOKS = re.compile(r"[ +(]*[0-9][0-9 ().\-/–]{5,24}(?:(?:ext|x|#)[. ]*[0-9]{1,7})?", re.IGNORECASE)
_LONGEST = 250


def read_phone(raw: str, region: str | None) -> tuple[Json, str | None]:
    """A canonical phone {raw, e164?, region?, extension?} and, without e164, the reason.

    `region` is the two letters of the country whose way of writing is meant where no country code
    is given. A leading blank was a plus that a form encoding lost. With a plus the number has to be
    possible; without one it has to be valid in the region, for there the country is a guess.
    """
    number, doubt = _parse(raw, region)
    if number is None:
        return {"raw": raw}, doubt
    phone = {
        "raw": raw,
        "e164": phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164),
    }
    if where := phonenumbers.region_code_for_number(number):
        phone["region"] = where
    if number.extension:
        phone["extension"] = number.extension
    return phone, doubt


def looks_like_phone(text: str) -> bool:
    """Whether the whole text has the shape of one phone number."""
    return _LOOKS.fullmatch(text) is not None


def known_region(region: str) -> bool:
    """Whether phonenumbers knows this two-letter region."""
    return region.upper() in phonenumbers.SUPPORTED_REGIONS


def _parse(raw: str, region: str | None) -> tuple[PhoneNumber | None, str | None]:
    text = raw.strip()
    if not text or len(text) > _LONGEST:
        return None, "no phone number"
    if raw[0] == " " and text[0].isdigit():
        text = "+" + text
    if text[0] in "+＋":
        number = _number(text, None)
        if number and phonenumbers.is_possible_number(number):
            return number, None
        return None, "no number of this length exists in that country"
    return _national(text, region)


def _national(text: str, region: str | None) -> tuple[PhoneNumber | None, str | None]:
    if (
        region
        and (number := _number(text, region.upper()))
        and phonenumbers.is_valid_number(number)
    ):
        return number, None
    digits = "".join(character for character in text if character.isdigit())
    if digits.startswith("00"):
        number = _number("+" + digits[2:], None)
        if number and phonenumbers.is_valid_number(number):
            return number, None
    elif len(digits) > 10 and not digits.startswith("0"):
        number = _number("+" + digits, None)
        if number and phonenumbers.is_valid_number(number):
            return number, "read as if a plus before it was lost"
    if region:
        return None, f"not a valid number in {region.upper()}"
    return None, "without a country code, and the source has no default region"


def _number(text: str, region: str | None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region)
    except NumberParseException:
        return None
