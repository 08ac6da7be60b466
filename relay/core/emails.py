"""E-mail addresses: normalised where the address is one, kept as written where it is not."""

import re

from email_validator import EmailNotValidError, validate_email

_LONGEST = 400
_LOOKS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def read_email(text: str) -> tuple[str, str | None]:
    """The normalised address, or the text as it is with the reason why it was refused.

    The domain is lower-cased and the local part kept; no name server is asked.
    """
    if len(text) > _LONGEST:
        return text, "The address is too long."
    try:
        written = text.strip().removeprefix("mailto:")
        return validate_email(written, check_deliverability=False).normalized, None
    except EmailNotValidError as refusal:
        return text, str(refusal)


def mail_address(text: str) -> str | None:
    """The address as letters bear it, in ASCII alone; None where it is none or cannot be.

    One that looks encoded (RFC 2047) cannot: readers and writers of headers would decode it.
    """
    written, refused = read_email(text)
    if refused is not None:
        return None
    address = validate_email(written, check_deliverability=False).ascii_email
    return None if address is None or '"' in address or "=?" in address else address


def looks_like_email(text: str) -> bool:
    """Whether the whole text has the shape of one address."""
    return len(text) <= _LONGEST and _LOOKS.fullmatch(text.strip()) is not None
