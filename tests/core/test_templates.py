"""Templates put in values as text, escaped for where they land, and never look at them again."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.templates import as_text, render, tokens_of

LEAD: dict[str, Any] = {
    "ids": {"id": "0195", "number": 7},
    "contact": {
        "full_name": "Ada Lovelace",
        "email": "ada@x.example",
        "phone": {"raw": "06", "e164": "+31612345678", "region": "NL"},
        "address": {"city": "Delft", "region": "ZH"},
    },
    "form": {
        "name": "Contact",
        "message": "Hello",
        "fields": {
            "How many rooms?": 3,
            "Email": "other@x.example",
            "Größe": "L",
            "List": ["a", 1],
        },
    },
    "tokens": {
        "Loan_Amount": "500",
        "email": "token@x.example",
        "city": "Custom",
        "2nd_choice": "blue",
        "07": "seven",
        "Zip-Code": "2600",
        "Car": {"Make": "Ox"},
        "SAME": "likeness",
        "same": "exact",
        "caller_id": "nobody's",
    },
    "attribution": {
        "click_ids": {"gclid": "G"},
        "utm": {"source": "google"},
        "page_url": "https://x",
    },
    "consent": {"marketing": {"state": "granted"}},
}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("[email]", "ada@x.example"),
        ("[EMAIL]", "ada@x.example"),
        ("[contact.email]", "ada@x.example"),
        ("[name] <[email]>", "Ada Lovelace <ada@x.example>"),
        ("[phone]", "+31612345678"),
        ("[city]", "Delft"),
        ("[region]", "ZH"),
        ("[gclid]-[utm_source]-[page_url]", "G-google-https://x"),
        ("[loan_amount]", "500"),
        ("[how_many_rooms]", "3"),
        ("[größe]", "L"),
        ("[list]", "a, 1"),
        ("[lead_id]/[lead_number]", "0195/7"),
        ("[form_name]: [message]", "Contact: Hello"),
        ("[consent.marketing.state]", "granted"),
        ("[unknown]", ""),
        ("[unknown]{none at all}", "none at all"),
        ("[email]{none}", "ada@x.example"),
        ("[unknown]{}", ""),
        ("[email] {none}", "ada@x.example {none}"),
        ("[not closed", "[not closed"),
        ("[]", "[]"),
        ("[[email]]", "[ada@x.example]"),
        ("[two words]", "[two words]"),
        ("[caller_id]", "+31612345678"),
        ("[2nd_choice]", "blue"),
        ("[07]-[8]", "seven-[8]"),
        ("[zip_code]", "2600"),
        ("[car.make] [car]", 'Ox {"Make": "Ox"}'),
        ("[same]", "exact"),
    ],
)  # fmt: skip
def test_tokens_become_their_values(template: str, text: str) -> None:
    lead = json.loads(json.dumps(LEAD))
    assert render(template, tokens_of(lead)) == text


def test_blank_is_no_value_but_false_and_zero_are() -> None:
    tokens = {"blank": " ", "none": None, "list": [], "no": False, "zero": 0}
    template = "[blank]{a}[none]{b}[list]{c}[no]{d}[zero]{e}"
    assert render(template, tokens) == "abcfalse0"


def test_what_was_put_in_is_not_looked_at_again() -> None:
    tokens = {"a": "[b]{c}", "b": "secret"}
    assert render("[a]", tokens) == "[b]{c}"


def test_a_phone_that_was_not_understood_is_still_a_phone() -> None:
    assert tokens_of({"contact": {"phone": {"raw": "12"}}})["phone"] == "12"


@pytest.mark.parametrize(
    ("value", "text"),
    [("a", "a"), (True, "true"), (None, "null"), (1.5, "1.5"), (["a", ["b"]], "a, b"),
     ({"é": 1}, '{"é": 1}')],
)  # fmt: skip
def test_values_as_people_read_them(value: Any, text: str) -> None:
    assert as_text(value) == text


@given(
    st.text(alphabet="[]{}abc_ .0\n", max_size=40),
    st.dictionaries(st.text(max_size=4), st.text() | st.integers(), max_size=3),
)
def test_no_template_makes_it_raise(template: str, tokens: dict[str, Any]) -> None:
    render(template, tokens)
