"""Identifiers: UUID version 7, which keep index pages warm because they grow with time."""

import secrets
from uuid import UUID

from uuid_utils.compat import uuid7

_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


def new_id() -> UUID:
    """A new UUID version 7."""
    return uuid7()


def new_key(prefix: str = "", length: int = 24) -> str:
    """An unguessable key of `length` characters (about 5 bits each) that reads well in a URL."""
    number = secrets.randbits(5 * length + 64)  # the bits too many make every character as likely
    characters = []
    for _ in range(length):
        number, digit = divmod(number, len(_ALPHABET))
        characters.append(_ALPHABET[digit])
    return prefix + "".join(characters)
