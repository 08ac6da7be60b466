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
_SHORTEST_PHONE, _LONGEST_PHONE = 7, 15


def is_hashed(text: str) -> bool:
    """Whether this is a hash already."""
    return _HASHED.fullmatch(text.strip().lower()) is not None


def sha256_hex(text: str) -> str:
    """The hash of a normalised text; one that is a hash already stays as it is."""
    if is_hashed(text):
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


def google_email_hash(email: str) -> str | None:
    """The hash by which Google knows an address; None of what is none."""
    name, _, domain = plain_email(email).rpartition("@")
    known = is_hashed(email) or (name and "." in domain)
    return sha256_hex(google_email(email)) if known else None


def google_phone_hash(phone: str) -> str | None:
    """The hash by which Google knows a number: digits with their plus (E.164); None without it."""
    text = phone.strip()
    if is_hashed(text):
        return sha256_hex(text)
    digits = phone_digits(text)
    fits = text.startswith("+") and _SHORTEST_PHONE <= len(digits) <= _LONGEST_PHONE
    return sha256_hex(f"+{digits}") if fits else None


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
