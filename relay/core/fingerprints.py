"""Contacts as keyed hashes: enough to know an erased person again, useless without the secret key.

The keys are derived from SECRET_KEY and SECRET_KEYS_OLD, apart from those that encrypt.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from relay.core.contacts import Contact

KEY_NAME = 8
"""Characters by which a key is told from others; they say nothing of it."""


@dataclass(frozen=True, slots=True)
class _Key:
    name: str
    secret: bytes


class Fingerprints:
    """Makes keyed hashes with the newest secret key, and those that former keys would have made."""

    def __init__(self, secret_key: str, old: Sequence[str] = ()) -> None:
        self._keys = [_derived(key) for key in (secret_key, *old)]

    @property
    def key(self) -> str:
        """The name of the newest key."""
        return self._keys[0].name

    @property
    def keys(self) -> frozenset[str]:
        """The names of all keys at hand."""
        return frozenset(key.name for key in self._keys)

    def of(self, project_id: UUID, contact: Contact) -> str:
        """The contact's hash in this project: another one in every other project."""
        return _hashed(self._keys[0], project_id, contact)

    def every(self, project_id: UUID, contact: Contact) -> list[str]:
        """The hash by each key, the newest first."""
        return [_hashed(key, project_id, contact) for key in self._keys]


def _derived(secret_key: str) -> _Key:
    def derive(use: bytes) -> bytes:
        info = b"relay erased contacts" + use
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(secret_key.encode())

    return _Key(derive(b" name").hex()[:KEY_NAME], derive(b""))


def _hashed(key: _Key, project_id: UUID, contact: Contact) -> str:
    said = f"{project_id}\x00{contact.kind}\x00{contact.value}".encode("utf-8", "surrogatepass")
    return hmac.new(key.secret, said, hashlib.sha256).hexdigest()
