"""A person's address and number are found in any spelling, and nobody else's is."""

import base64
import json
from urllib.parse import quote, quote_plus, urlencode

import pytest

from relay.core.contacts import Contact, contacts_of, read_contact
from relay.core.spotting import Spotter

ADA = "ada.lovelace+q@example.com"
OTHER = json.dumps({"email": "bob@example.com"})
PERSON = Spotter([Contact("email", ADA), Contact("phone", "+49301234567")])


@pytest.mark.parametrize(
    "text",
    [
        ADA,
        "mail ADA.Lovelace+Q@Example.COM, please",
        f"<{ADA}>",
        json.dumps({"email": ADA}),
        json.dumps({"raw": json.dumps({"email": ADA})}),
        json.dumps({"text": f"first line\n{ADA}\nthird"}),
        json.dumps({"text": f"\x01{ADA}"}),
        json.dumps(ADA).replace("@", "\\u0040"),
        f"email={quote(ADA, safe='')}&name=Ada",
        f"email={quote_plus(ADA)}",
        f"text=me%0A{quote(ADA)}%0Abye",
        f"line\n{ADA}\nline",
        f"mailto:{ADA}?subject=x",
        f"{ADA}.",
        f"&lt;{ADA.replace('@', '&#64;')}&gt;",
        "+49 30 1234567",
        "+49301234567",
        "0049 (30) 123 45-67",
        "+49 (0)30 / 123.45.67",
        "030 1234567",
        "(030) 123 45 67",
        "call 030-1234567 or mail",
        "12 030 1234567",
        "phone=%2B49+30+1234567",
        "phone=+49301234567",
        '{"phone": 49301234567}',
        '{"phone": "030\\u00201234567"}',
        "030\u00a01234567",
        "030\u20131234567",
        f"token.{base64.urlsafe_b64encode(json.dumps({'email': ADA}).encode()).decode()}.x",
    ],
)
def test_what_is_this_persons(text: str) -> None:
    assert PERSON.holds(text), text
    masked = PERSON.masked(text.encode())
    assert b"***" in masked
    assert not PERSON.holds(masked)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "lovelace+q@example.com",
        "xada.lovelace+q@example.com",
        "x+ada.lovelace+q@example.com",
        "not-ada.lovelace+q@example.com",
        "ada.lovelace+q@example.com.au",
        "ada.lovelace+q@example.common",
        "ada.lovelace@example.com",
        "éada.lovelace+q@example.com",
        "1301234567 is an order",
        "3012345678",
        "+39 030 1234567",
        "0039 030 1234567",
        "phone=%2B39+030+1234567",
        "+43 30 1234567",
        "030 1234568",
        "2030 1234567",
        f"token.{base64.urlsafe_b64encode(OTHER.encode()).decode()}.x",
    ],
)
def test_what_is_somebody_elses(text: str) -> None:
    assert not PERSON.holds(text), text
    assert PERSON.masked(text.encode()) == text.encode()


def test_a_plus_in_a_form_is_a_blank() -> None:
    said = f"message=call+{quote(ADA)}"
    assert not PERSON.holds(said)
    assert PERSON.holds(said, kind="application/x-www-form-urlencoded")
    form = urlencode({"message": f"call {ADA}"})
    assert PERSON.holds(form, kind="application/x-www-form-urlencoded")


def test_a_national_number_is_of_the_sources_country() -> None:
    assert PERSON.holds("030 1234567", region="DE")
    assert not PERSON.holds("030 1234567", region="IT")
    assert PERSON.holds("+49 30 1234567", region="IT")


def test_an_american_number_and_its_neighbours() -> None:
    spotter = Spotter([Contact("phone", "+12125550100")])
    for text in ("(212) 555-0100", "212.555.0100", "+1 212 555 0100", "1-212-555-0100"):
        assert spotter.holds(text, region="CA"), text
    assert not spotter.holds("+49 212 555 0100")


def test_a_domain_that_is_not_ascii_is_known_in_both_ways() -> None:
    spotter = Spotter([read_contact("Ada@Bücher.example")])
    assert spotter.holds("ada@bücher.example")
    assert spotter.holds("Ada@xn--bcher-kva.example")
    assert spotter.holds('{"e": "ada@b\\u00fccher.example"}')


def test_a_masked_document_keeps_its_shape() -> None:
    document = {
        "contact": {"email": "bob@example.com"},
        "form": {"message": f"my friend is {ADA}, 030 1234567", ADA: ["+49301234567", 7, True]},
        "n": 49301234567,
    }
    masked = PERSON.masked_json(document)
    assert masked == {
        "contact": {"email": "bob@example.com"},
        "form": {"message": "my friend is ***, ***", "***": ["+***", 7, True]},
        "n": "***",
    }


def test_a_masked_body_can_still_be_read() -> None:
    body = json.dumps({"a": ADA, "n": 49301234567, "b": "kept"}).encode()
    masked = PERSON.masked(body, kind="application/json")
    assert json.loads(masked) == {"a": "***", "n": "***", "b": "kept"}


def test_whom_a_lead_is_about() -> None:
    phone = {"raw": "030 1234567", "e164": "+49301234567"}
    assert contacts_of({"contact": {"email": "Ada@Example.com", "phone": phone}}) == {
        Contact("email", "ada@example.com"),
        Contact("phone", "+49301234567"),
    }
    answers = {"form": {"fields": {"Mail": "Ada@Example.com", "Note": "call bob@example.com"}}}
    assert contacts_of(answers) == {Contact("email", "ada@example.com")}
    both = answers | {"contact": {"email": "bob@example.com"}}
    assert contacts_of(both) == {Contact("email", "bob@example.com")}
    national = {"contact": {"phone": {"raw": "030 1234567"}}}
    assert contacts_of(national) == set()
    assert contacts_of(national, "DE") == {Contact("phone", "+49301234567")}


def test_what_can_be_typed() -> None:
    assert read_contact(" Ada@Example.COM ") == Contact("email", "ada@example.com")
    assert read_contact("030 1234567", "DE") == Contact("phone", "+49301234567")
    assert read_contact("0049 30 1234567") == Contact("phone", "+49301234567")
    for text in ("", "ada", "ada@", "030 1234567"):
        with pytest.raises(ValueError, match="is no"):
            read_contact(text)
