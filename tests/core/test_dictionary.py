"""The names in lead.json mean one thing each, in whatever spelling they come."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.dictionary import NOTHING, Dictionary, Noise, normal
from relay.core.lead import LeadSchema


@pytest.fixture(scope="module")
def names(lead: LeadSchema) -> Dictionary:
    return Dictionary.of(lead)


@pytest.mark.parametrize(
    "spelling",
    ["first_name", "firstName", "FIRST-NAME", " First  Name * ", "first.name", "First Name:",
     "first name (optional)", "your first name", "What's your first name?",
     "form_fields[first_name]", "fields[first-name][]", "contact[first_name]",
     "ﬁrst name", "First Name (required)",
     "wpforms[fields][0][first_name]", "field_first_name", "q12_firstName", "1. First name",
     "Please enter your first name", "first name 2"],
)  # fmt: skip
def test_one_name_in_many_spellings(names: Dictionary, spelling: str) -> None:
    assert names.meaning(spelling).plain[0] == "/contact/first_name"


@pytest.mark.parametrize(
    ("with_accents", "without"),
    [("prénom", "prenom"), ("teléfono", "telefono"), ("größe", "grosse"), ("imię", "imie"),
     ("société", "societe"), ("straße", "strasse"), ("adı soyadı", "adi soyadi")],
)  # fmt: skip
def test_accents_are_a_second_try(names: Dictionary, with_accents: str, without: str) -> None:
    assert names.meaning(with_accents) == names.meaning(without)


def test_names_that_differ_by_accents_only_stay_apart(names: Dictionary) -> None:
    # 名 is a first name in Japanese, and no accent makes it 姓
    assert names.meaning("名").plain[0] == "/contact/first_name"
    assert names.meaning("姓").plain[0] == "/contact/last_name"


def test_order_decides_what_two_places_claim(names: Dictionary) -> None:
    # e-mail before company before name, as browsers do
    assert names.meaning("company email").plain[0] == "/contact/email"
    assert names.meaning("company name").plain[0] == "/contact/company"
    assert names.meaning("nome").plain[0] == "/contact/full_name"


@pytest.mark.parametrize(
    ("type_name", "place"),
    [("email", "/contact/email"), ("phone_number", "/contact/phone"), ("EMAIL", "/contact/email"),
     ("INPUT_PHONE_NUMBER", "/contact/phone"), ("file_url", "/form/files"),
     ("legal", "/consent/privacy"), ("short_text", None), ("", None)],
)  # fmt: skip
def test_types(names: Dictionary, type_name: str, place: str | None) -> None:
    assert names.of_type(type_name) == place


def test_every_name_of_the_schema_is_found_by_itself(lead: LeadSchema, names: Dictionary) -> None:
    for pointer, place in lead.places.items():
        for known in place.annotations.get("x-names", {}).values():
            for name in known:
                assert pointer in names.meaning(name).places, name


def test_no_name_of_any_language_is_a_plain_name_of_two_places(
    lead: LeadSchema, names: Dictionary
) -> None:
    for place in lead.places.values():
        for known in place.annotations.get("x-names", {}).values():
            for name in known:
                assert names.meaning(name).plain == (place.pointer,), name


def test_noise_is_told_by_name_and_start() -> None:
    noise = Noise({"csrf*": "token", "Exact": "rule"})
    assert noise.rule("csrf_token") == "token"
    assert noise.rule("CSRF") == "token"
    assert noise.rule("Exact") == "rule"
    assert noise.rule("my csrf") is None
    assert noise.rule("Exactly") is None


@given(st.text(max_size=300))
def test_no_label_makes_it_raise(lead: LeadSchema, label: str) -> None:
    names = Dictionary.of(lead)
    names.about((label, label))
    names.mentions(label, "/contact/email")
    assert normal(normal(label)) == normal(label)


def test_labels_that_are_stories_are_not_remembered(names: Dictionary) -> None:
    before = names._remembered.cache_info().currsize
    assert names.meaning("email" + " " * 1000) is NOTHING
    assert names._remembered.cache_info().currsize == before
