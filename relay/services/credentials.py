"""What people prove themselves by: their e-mail address, and a password kept by argon2."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MINIMUM = 10
"""Characters that a password must have at least."""
MAXIMUM = 512
"""Characters beyond which a password is refused unread: hashing is work."""

_hasher = PasswordHasher()
_NOBODY = (  # a hash that no password fits, so that an unknown address takes as long as a known one
    "$argon2id$v=19$m=65536,t=3,p=4$bm9ib2R5bm9ib2R5bm9ib2R5"
    "$Yx0Pp7oS0e0O2uNqf6sVd2y5yJk0qk1o4rJt3nZ8b1E"
)


class UserError(Exception):
    """What was asked of a user cannot be done; the text says why, for the person who asked."""


def address(email: str) -> str:
    """The address as it is kept. Raises UserError where it is none."""
    found = plain(email)
    if "@" not in found or len(found) > 254 or not found.isprintable() or " " in found:
        raise UserError("Give an e-mail address.")
    return found


def plain(email: str) -> str:
    """What somebody typed as an address, in the spelling in which addresses are compared."""
    return email.strip().lower()


def hashed(password: str) -> str:
    """The password as it is kept; slow on purpose. Raises UserError."""
    if len(password) < MINIMUM:
        raise UserError(f"A password has at least {MINIMUM} characters.")
    if len(password) > MAXIMUM:
        raise UserError(f"A password has at most {MAXIMUM} characters.")
    return _hasher.hash(password)


def fits(stored: str | None, password: str) -> bool:
    """Whether this is the password that was kept; as slow where none was."""
    try:
        return _hasher.verify(stored or _NOBODY, password[: MAXIMUM + 1])
    except (VerificationError, InvalidHashError):
        return False


def renewed(stored: str, password: str) -> str | None:
    """A fitting password hashed anew, where the stored hash is of weaker times."""
    return _hasher.hash(password) if _hasher.check_needs_rehash(stored) else None
