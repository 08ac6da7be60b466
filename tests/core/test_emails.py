"""E-mail addresses are normalised; one that is refused stays as it was written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.emails import looks_like_email, mail_address, read_email


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("ada@x.example.com", "ada@x.example.com"),
        (" Ada.Lovelace@X.Example.COM\n", "Ada.Lovelace@x.example.com"),
        ("mailto:ada@example.com", "ada@example.com"),
        ("ada+tag@example.com", "ada+tag@example.com"),
        ("ada@bücher.example.com", "ada@bücher.example.com"),
        ("ада@пример.com", "ада@пример.com"),
        ("o'hara@example.com", "o'hara@example.com"),
    ],
)
def test_an_address_is_normalised(written: str, address: str) -> None:
    assert read_email(written) == (address, None)


@pytest.mark.parametrize(
    "written",
    ["ada", "ada@", "@example.com", "ada@localhost", "a b@example.com", " ada@ex..com ",
     "a@b@c.com", "", "x" * 1_000_000 + "@example.com", "ada@example.com, b@example.com"],
)  # fmt: skip
def test_what_is_refused_stays_as_it_is_with_the_reason(written: str) -> None:
    address, refusal = read_email(written)
    assert address == written
    assert refusal


@given(st.text(max_size=40) | st.from_regex(r".{0,9}@.{0,9}\..{0,9}", fullmatch=True))
def test_no_text_makes_it_raise(text: str) -> None:
    address, refusal = read_email(text)
    assert refusal is None or address == text
    looks_like_email(text)


def test_only_a_text_that_is_one_address_looks_like_one() -> None:
    assert looks_like_email(" ada@example.com ")
    assert not looks_like_email("write to ada@example.com")
    assert not looks_like_email("ada@home")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ada@example.com", "ada@example.com"),
        (" Ada@Example.com ", "Ada@example.com"),
        ("o'neil+1@example.co.uk", "o'neil+1@example.co.uk"),
        ("ada@müller.de", "ada@xn--mller-kva.de"),
        ("ädä@example.com", None),
        ("ada@localhost", None),
        ('"a b"@example.com', None),
        ("Ada <ada@example.com>", None),
        ("ada@example.com, eve@example.com", None),
        ("ada@example.com\r\nBcc: eve@example.com", None),
        ("ada", None),
        ("", None),
    ],
)
def test_letters_bear_addresses_in_ascii_alone(text: str, address: str | None) -> None:
    assert mail_address(text) == address
