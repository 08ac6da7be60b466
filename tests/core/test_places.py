"""Each kind of place reads what it can hold, and says so where it cannot."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.places import KINDS, Around, read

HERE = Around("NL", "Label")


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        ("text", " Ada \n", "Ada"),
        ("text", 15550000000, "15550000000"),
        ("text", 3.0, "3"),
        ("text", 2.5, "2.5"),
        ("text", ["a", 1, ""], "a, 1"),
        ("text", True, None),
        ("text", {"a": 1}, None),
        ("text", [["a"]], None),
        ("text", ["a", [False]], None),
        ("text", ["a", {"b": 1}], None),
        ("opaque", " a+B ", " a+B "),
        ("opaque", ["one"], "one"),
        ("opaque", ["one", "two"], None),
        ("email", ["Ada@X.example.com"], "Ada@x.example.com"),
        ("email", ["a@x.example", "b@x.example"], None),
        ("integer", "42", 42),
        ("integer", " -7 ", -7),
        ("integer", 42.0, 42),
        ("integer", [42], 42),
        ("integer", 42.5, None),
        ("integer", True, None),
        ("integer", "4.2", None),
        ("integer", "007", None),
        ("integer", float("inf"), None),
        ("instant", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"),
        ("instant", "2026-01-02T03:04:05+02:00", "2026-01-02T01:04:05Z"),
        ("instant", "2021-07-23 14:26:43 +0000", "2021-07-23T14:26:43Z"),
        ("instant", "2026-01-02 03:04:05", "2026-01-02T03:04:05Z"),
        ("instant", 1767323045, "2026-01-02T03:04:05Z"),
        ("instant", 1767323045123, "2026-01-02T03:04:05.123000Z"),
        ("instant", "yesterday", None),
        ("instant", f"2026{' ' * 300_000}+01", None),  # in no time, whatever it would be
        ("instant", 5, None),
        ("instant", True, None),
        ("instant", 1e300, None),
        ("instant", "0001-01-01T00:00:00+14:00", None),
        ("json", {"any": [1]}, {"any": [1]}),
        ("map", {"a": 1}, {"a": 1}),
        ("map", "a", None),
        (
            "files",
            "https://x.example/a.pdf",
            [{"url": "https://x.example/a.pdf", "label": "Label"}],
        ),
        ("files", "a.pdf", [{"name": "a.pdf", "label": "Label"}]),
        (
            "files",
            [{"name": "a", "type": "b", "size": 3, "label": "Own"}],
            [{"name": "a", "type": "b", "size": 3, "label": "Own"}],
        ),
        ("files", [{"size": "big"}], None),
        ("files", [1], None),
        ("consent", "yes", {"state": "granted", "raw": "yes", "text": "Label"}),
        ("consent", "label", {"state": "granted", "raw": "label", "text": "Label"}),
        ("consent", ["a"], {"state": "unknown", "raw": ["a"], "text": "Label"}),
        ("consent", {"state": "denied", "raw": "yes"}, {"state": "denied", "raw": "yes"}),
        (
            "certificate",
            " https://cert.trustedform.com/ab ",
            [{"type": "trustedform", "value": "https://cert.trustedform.com/ab"}],
        ),
        (
            "certificate",
            "0FE3C2A1-1111-2222-3333-444455556666",
            [{"type": "jornaya", "value": "0FE3C2A1-1111-2222-3333-444455556666"}],
        ),
        ("certificate", "a" * 40, [{"type": "trustedform", "value": "a" * 40}]),
        ("certificate", "x", [{"type": "other", "value": "x"}]),
    ],
)
def test_reading(kind: str, value: Any, kept: Any) -> None:
    found = read(kind, value, HERE)
    assert (found and found.value) == kept


@pytest.mark.parametrize(
    ("label", "state"),
    [
        ("Newsletter", "granted"),
        ("I agree to the terms. No spam, please", "granted"),
        ("No newsletter", "unknown"),
        ("Do not write to me", "unknown"),
        ("I agree not to be written to", "unknown"),
    ],
)
def test_a_ticked_box_that_sends_its_label_agrees_to_it_unless_that_says_no(
    label: str, state: str
) -> None:
    found = read("consent", f"{label} ", Around("NL", label))
    assert found is not None
    assert found.value["state"] == state


@pytest.mark.parametrize(
    ("value", "raw", "e164"),
    [
        ("06 12345678", "06 12345678", "+31612345678"),
        (31612345678, "31612345678", "+31612345678"),
        (["06 12345678"], "06 12345678", "+31612345678"),
        ({"full": "(06) 12345678"}, "(06) 12345678", "+31612345678"),
        ({"country": "+31", "area": "6", "phone": "12345678"}, "+31 6 12345678", "+31612345678"),
        ({"full": "+31 6 12345678", "area": "6"}, "+31 6 12345678", "+31612345678"),
    ],
)
def test_phones_in_parts_and_lists(value: Any, raw: str, e164: str) -> None:
    found = read("phone", value, HERE)
    assert found is not None
    assert found.value == {"raw": raw, "e164": e164, "region": "NL"}


@pytest.mark.parametrize(
    "value",
    [{"full": "06 12345678", "country": "49"}, {"number": "06"}, {}, ["1", "2"], True, None],
)
def test_no_part_of_a_phone_is_lost(value: Any) -> None:
    assert read("phone", value, HERE) is None


def test_doubts_are_warnings() -> None:
    email, phone = read("email", "ada@", HERE), read("phone", "12", HERE)
    assert email is not None
    assert phone is not None
    assert (email.value, email.warning and email.warning[0]) == ("ada@", "email")
    assert (phone.value, phone.warning and phone.warning[0]) == ({"raw": "12"}, "phone")


@given(
    kind=st.sampled_from(sorted(KINDS)),
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["full", "area", "name", "url", "size"]) | st.text(max_size=3),
                inner,
                max_size=3,
            )
        ),
        max_leaves=8,
    ),
    label=st.none() | st.text(max_size=5),
)
def test_no_value_makes_it_raise(kind: str, value: Any, label: str | None) -> None:
    found = read(kind, value, Around("US", label))
    if found is not None:
        json.dumps(found.value)
