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


HOSTILE = {
    "amount": "500",
    "blank": "",
    "number": 500,
    "yes": True,
    "list": ["a", 1],
    "name": 'Tom "T" & Söhne <b>\\/?=#\n',
    "token": "[amount]{x}",
}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        pytest.param("[amount]{0}", "500", id="TD-65 value"),
        pytest.param("[blank]{0}", "0", id="TD-65 default when blank"),
        pytest.param("[nobody]{0}", "0", id="TD-65 default when unknown"),
        pytest.param("a[nobody]b", "ab", id="TD-65 unknown without a default"),
        pytest.param("[blank]", "", id="TD-65 blank without a default"),
        pytest.param("[token] [token]{y}", "[amount]{x} [amount]{x}", id="TD-66 not again"),
        pytest.param("https://x.example/[name]?a=[amount]&n=[name]{none}&t=[token]",
                     "https://x.example/Tom%20%22T%22%20%26%20S%C3%B6hne%20%3Cb%3E%5C%2F%3F%3D%23"
                     "%0A?a=500&n=Tom%20%22T%22%20%26%20S%C3%B6hne%20%3Cb%3E%5C%2F%3F%3D%23%0A"
                     "&t=%5Bamount%5D%7Bx%7D", id="TD-66 address"),
        pytest.param("https://x.example/?n=[nobody]{a&b}", "https://x.example/?n=a&b",
                     id="TD-66 a default is the author's"),
        pytest.param("https://[token].example/", "https://%5Bamount%5D%7Bx%7D.example/",
                     id="TD-66 host"),
        pytest.param("See https://x.example/ [name]", 'See https://x.example/ Tom "T" & Söhne'
                     " <b>\\/?=#\n", id="TD-66 a text with an address"),
        pytest.param("<p>[name]</p>", "<p>Tom &quot;T&quot; &amp; Söhne &lt;b&gt;\\/?=#\n</p>",
                     id="TD-66 HTML"),
        pytest.param("[name] <[amount]>", 'Tom "T" & Söhne <b>\\/?=#\n <500>',
                     id="TD-66 no tag"),
    ],
)  # fmt: skip
def test_templates_by_number(template: str, text: str) -> None:
    assert render(template, HOSTILE) == text


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ('{"n": "[name]", "a": "[amount]"}', {"n": HOSTILE["name"], "a": "500"}),
        ('{"a": [number], "b": [yes], "l": [list]}', {"a": 500, "b": True, "l": ["a", 1]}),
        ('{"quoted \\" [name]": "[token]"}', {f'quoted " {HOSTILE["name"]}': "[amount]{x}"}),
        ('["[name]", [name]]', [HOSTILE["name"], HOSTILE["name"]]),
        ('[{"a": [blank]{null}}]', [{"a": None}]),
        ('{"a": "[list]"}', {"a": "a, 1"}),
    ],
)
def test_td_66_json_stays_json(template: str, value: Any) -> None:
    assert json.loads(render(template, HOSTILE)) == value


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
