"""Secrets at rest: sealed, hashed, and carried over to a new key."""

import pytest

from relay.core.secrets import Box, Sealed, hash_key

FIRST = "first-secret-key-of-thirty-two-characters"
SECOND = "second-secret-key-of-thirty-two-characters"


def test_what_was_sealed_opens_to_the_same_value() -> None:
    value = {"key": "tf-8sK2", "settings": {"secrets": ["gehéim", "zwei"], "port": 5}}
    assert Box(FIRST).open(Box(FIRST).seal(value)) == value


def test_sealed_text_shows_nothing_and_differs_each_time() -> None:
    box = Box(FIRST)
    sealed = box.seal("hunter2-hunter2")
    assert "hunter2" not in sealed
    assert sealed != box.seal("hunter2-hunter2")


def test_an_old_key_still_opens_but_never_seals() -> None:
    old = Box(FIRST).seal("value")
    box = Box(SECOND, [FIRST])
    assert box.open(old) == "value"
    with pytest.raises(Sealed, match="SECRET_KEYS_OLD"):
        Box(FIRST).open(box.seal("value"))


def test_rotating_makes_the_old_key_unnecessary() -> None:
    old = Box(FIRST).seal(["value"])
    both = Box(SECOND, [FIRST])
    assert not both.is_newest(old)
    rotated = both.rotate(old)
    assert both.is_newest(rotated)
    assert Box(SECOND).open(rotated) == ["value"]


def test_an_unknown_key_is_named_as_the_reason() -> None:
    sealed = Box(FIRST).seal("value")
    with pytest.raises(Sealed, match="neither SECRET_KEY nor"):
        Box(SECOND).rotate(sealed)


def test_the_encrypting_key_is_not_the_secret_key_itself() -> None:
    """A session signer uses SECRET_KEY too; what it leaks must not open the box."""
    import base64
    import hashlib

    from cryptography.fernet import Fernet, InvalidToken

    naive = Fernet(base64.urlsafe_b64encode(hashlib.sha256(FIRST.encode()).digest()))
    with pytest.raises(InvalidToken):
        naive.decrypt(Box(FIRST).seal("value"))


def test_a_key_is_recognised_by_its_hash() -> None:
    assert hash_key("tf-8sK2") == hash_key("tf-8sK2") != hash_key("tf-8sK3")
    assert len(hash_key("")) == 64
