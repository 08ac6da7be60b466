"""Whom a lead is about: the e-mail addresses and phone numbers that a person is known by."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from relay.core import pointers
from relay.core.contract import Json
from relay.core.emails import looks_like_email, read_email
from relay.core.lead import match_keys
from relay.core.phones import looks_like_phone, read_phone

_ANSWERS = ("/form/fields", "/tokens", "/keys")
"""Where an address stands that nothing has brought to the contact."""


@dataclass(frozen=True, slots=True, order=True)
class Contact:
    """An e-mail address in small letters, or a phone number in E.164."""

    kind: Literal["email", "phone"]
    value: str


def read_contact(text: str, region: str | None = None) -> Contact:
    """The contact that somebody typed; `region` is whose national numbers are meant.

    Raises ValueError with words for whoever typed it.
    """
    written = text.strip()
    if "@" in written:
        address, refused = read_email(written)
        if refused is not None:
            raise ValueError(f"{written} is no e-mail address: {refused}")
        return Contact("email", address.lower())
    number = _number(written, region)
    if number is None:
        raise ValueError(f"{written} is no phone number; begin with + and the country's code")
    return Contact("phone", number)


def contacts_of(document: Json, region: str | None = None) -> frozenset[Contact]:
    """Whom a lead is about: its e-mail and its phone; where it has neither, what of its answers is
    one as a whole.
    """
    found = {Contact(kind, value) for kind, value in _keys(document)}
    return frozenset(found or set(_answered(document, region)))


def _keys(document: Json) -> Iterator[tuple[Literal["email", "phone"], str]]:
    keys = match_keys(document)
    if keys.get("email"):
        yield "email", keys["email"].strip()
    if keys.get("phone"):
        yield "phone", keys["phone"]


def _answered(document: Json, region: str | None) -> Iterator[Contact]:
    raw = pointers.get(document, "/contact/phone/raw")
    answers = [pointers.get(document, part) for part in _ANSWERS]
    for value in (raw, *(leaf for part in answers for _, leaf in pointers.leaves(part))):
        if not isinstance(value, str):
            continue
        if looks_like_email(value):
            yield Contact("email", read_email(value)[0].strip().lower())
        elif looks_like_phone(value) and (number := _number(value, region)):
            yield Contact("phone", number)


def _number(text: str, region: str | None) -> str | None:
    phone, _doubt = read_phone(text, region)
    return str(phone["e164"]) if isinstance(phone, dict) and "e164" in phone else None
