"""Secrets at rest: what must be read again is sealed, what must only be recognised is hashed."""

import base64
import hashlib
import json
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from relay.core.contract import Json


class Sealed(Exception):  # noqa: N818 - says what is the matter with the text
    """A sealed text that none of the present keys opens."""


class Box:
    """Seals JSON values with the newest secret key and opens what any of the keys has sealed.

    `secret_key` and `old` are the texts of SECRET_KEY and SECRET_KEYS_OLD; the encrypting keys are
    derived from them, so that a key used for signing elsewhere is never the one used here.
    """

    def __init__(self, secret_key: str, old: Sequence[str] = ()) -> None:
        self._newest = Fernet(_derive(secret_key))
        self._all = MultiFernet([self._newest, *(Fernet(_derive(key)) for key in old)])

    def seal(self, value: Json) -> str:
        """Encrypt a JSON value into text that is safe to store."""
        data = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        return self._newest.encrypt(data.encode()).decode()

    def open(self, text: str) -> Json:
        """Give back what `seal` was given. Raises Sealed where no key fits."""
        try:
            return json.loads(self._all.decrypt(text))
        except InvalidToken as error:
            raise Sealed(_NO_KEY) from error

    def rotate(self, text: str) -> str:
        """The same secret sealed with the newest key. Raises Sealed where no key fits."""
        try:
            return self._all.rotate(text).decode()
        except InvalidToken as error:
            raise Sealed(_NO_KEY) from error

    def is_newest(self, text: str) -> bool:
        """Whether the newest key alone opens this text."""
        try:
            self._newest.decrypt(text)
        except InvalidToken:
            return False
        return True


def hash_key(key: str) -> str:
    """The SHA-256 of a random key in hex: enough to recognise it, useless to whoever reads it."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


_NO_KEY = (
    "a stored secret was encrypted with a key that is neither SECRET_KEY nor in SECRET_KEYS_OLD; "
    "add the former key to SECRET_KEYS_OLD"
)


def _derive(secret_key: str) -> bytes:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"relay stored secrets").derive(
        secret_key.encode()
    )
    return base64.urlsafe_b64encode(key)
