"""A secret is gone from the stored bytes, however the body spelled it; the rest stays readable."""

import json
import time
from html import escape
from urllib.parse import quote, quote_plus, unquote, unquote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.masking import mask

SECRET = 'k/e y+"Ö€\\=&😀-4711'
JSON = "application/json"


@pytest.mark.parametrize(
    "spelled",
    [
        SECRET,
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        json.dumps(SECRET)[1:-1].replace("/", "\\/"),
        json.dumps(json.dumps(SECRET))[1:-1],
        quote(SECRET),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        quote_plus(SECRET).lower(),
        quote(quote(SECRET, safe=""), safe=""),
        quote_plus(json.dumps({"a": SECRET})),
        escape(SECRET),
        "".join(sign if sign.isalnum() else f"&#x{ord(sign):X};" for sign in SECRET),
    ],
)
def test_every_spelling_is_masked(spelled: str) -> None:
    masked = mask(f"before {spelled} after".encode(), JSON, [SECRET])
    assert masked.startswith(b"before ")
    assert masked.endswith(b" after")
    assert b"4711" not in masked
    assert b"***" in masked


def test_the_rest_of_the_body_is_untouched_byte_for_byte() -> None:
    body = b'{"google_key": "abc-123", "x": "\xff abc-12", "y": "abc-124"}'
    assert mask(body, JSON, ["abc-123"]) == body.replace(b"abc-123", b"***")


def test_a_number_that_is_a_secret_leaves_json_that_can_be_read() -> None:
    masked = mask(b'{"key": 482913,"keys":[482913],"s":"482913"}', JSON, ["482913"])
    assert json.loads(masked) == {"key": "***", "keys": ["***"], "s": "***"}


@pytest.mark.parametrize("secret", ["", "a", "123"])
def test_what_is_too_short_to_be_a_secret_eats_no_answers(secret: str) -> None:
    assert mask(b"a=123&b=a", "", [secret]) == b"a=123&b=a"


@given(
    secret=st.text(min_size=4, max_size=12),
    around=st.tuples(st.text(alphabet="xyz ", max_size=4), st.text(alphabet="xyz ", max_size=4)),
)
def test_what_is_decoded_again_holds_no_secret(secret: str, around: tuple[str, str]) -> None:
    text = around[0] + secret + around[1]
    in_json = json.loads(mask(json.dumps({"v": text}).encode(), JSON, [secret]))["v"]
    in_path = unquote(mask(quote(text).encode(), "", [secret]).decode())
    in_form = unquote_plus(mask(quote_plus(text).encode(), "", [secret]).decode())
    assert "***" in in_json
    assert "***" in in_path
    assert "***" in in_form


def test_a_number_within_a_text_leaves_json_that_can_be_read() -> None:
    masked = mask(b'{"a": "pin: 482913, yes", "b": "\\" 482913 "}', JSON, ["482913"])
    assert json.loads(masked) == {"a": "pin: ***, yes", "b": '" *** '}


def test_the_end_of_a_masked_text_is_still_its_end() -> None:
    body = json.dumps(["abc-1234", 'abc-1234"', "abc-1234\\", "\nabc-1234\n"]).encode()
    assert json.loads(mask(body, JSON, ["abc-1234"])) == ["***", '***"', "***\\", "\n***\n"]


@pytest.mark.parametrize("body", [b"name=M%FCller&a=1", b"name=M\xfcller&a=1"])
def test_what_came_in_windows_1252_is_masked_too(body: bytes) -> None:
    assert mask(body, "application/x-www-form-urlencoded", ["Müller"]) == b"name=***&a=1"


@pytest.mark.parametrize(
    ("body", "secret"),
    [
        ("-" * 200_000 + "abcdefgh", "-" * 200_000 + "abcdefgh"),  # dropped, as long as it likes
        ("\\" * 200_000 + "abcdefgh", "-abcdefgh"),
        ("\\" * 200_000 + "abcdefgh", "\\" * 40 + "-abcdefgh"),
        ("%25" * 200_000 + "abcdefgh", "%-abcdefgh"),
    ],
)
def test_no_sender_can_keep_the_masking_busy(body: str, secret: str) -> None:
    began = time.monotonic()
    mask(body.encode(), JSON, [secret])
    assert time.monotonic() - began < 10


def test_of_a_body_with_too_many_dropped_values_nothing_stays() -> None:
    values = [f"value-{number}" for number in range(20_000)]
    masked = mask(json.dumps(values).encode(), JSON, values)
    assert b"value" not in masked
