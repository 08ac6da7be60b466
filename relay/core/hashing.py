"""Values as ad platforms match people by: normalised, then hashed (SHA-256, lower-case hex).

Each platform has its own rules (Meta: facebook-python-business-sdk, serverside/normalize.py;
Google: Data Manager API, format user data). What is hashed already is passed through.
"""

import hashlib
import re
import unicodedata

_HASHED = re.compile(r"[0-9a-f]{64}")
_GMAIL = ("gmail.com", "googlemail.com")
_NOT_DIGITS = re.compile(r"[^0-9]")


def sha256_hex(text: str) -> str:
    """The hash of a normalised text; one that is a hash already stays as it is."""
    if _HASHED.fullmatch(text.strip().lower()):
        return text.strip().lower()
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def plain_email(email: str) -> str:
    """Without blanks around it, in small letters: what all platforms hash."""
    return email.strip().lower()


def google_email(email: str) -> str:
    """As Google wants it: at Gmail the dots and what follows a plus say nothing."""
    name, _, domain = plain_email(email).rpartition("@")
    if domain in _GMAIL and name:
        name = name.partition("+")[0].replace(".", "")
    return f"{name}@{domain}" if name else plain_email(email)


def phone_digits(e164: str) -> str:
    """Digits alone, the country's code first: what Meta hashes."""
    return _NOT_DIGITS.sub("", e164)


def letters_only(text: str) -> str:
    """Small letters and digits without blanks, signs and punctuation: Meta's names and cities."""
    return "".join(
        character
        for character in text.strip().lower()
        if unicodedata.category(character)[0] not in "PSZC"
    )
