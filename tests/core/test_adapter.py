"""What a form sends comes to its place by mapping, annotation, type and name, in that order."""

import json
from typing import Any

import pytest

from relay.core.adapter import MOST_UNDERSTOOD
from relay.core.lead import LeadSchema
from relay.core.permission import ConsentDefault
from tests.core.conftest import Mapping


def answer(**members: Any) -> dict[str, Any]:
    return {"type": "text", **members}


@pytest.mark.parametrize(
    ("fields", "contact"),
    [
        # `nom` is the last name in French, `nombre` the first in Spanish
        ({"nom": "Curie", "prénom": "Marie"}, ("Marie", "Curie", "Marie Curie")),
        ({"nombre": "Ana", "apellidos": "García"}, ("Ana", "García", "Ana García")),
        # `nome` is the whole name, but the first one where a last one is asked too
        ({"nome": "Mario Rossi"}, ("Mario", "Rossi", "Mario Rossi")),
        ({"nome": "Mario", "cognome": "Rossi"}, ("Mario", "Rossi", "Mario Rossi")),
        ({"nome": "Maria", "sobrenome": "Silva"}, ("Maria", "Silva", "Maria Silva")),
        # a bare `name` is the last name beside a first name, in whatever order they come
        ({"name": "Ada Lovelace"}, ("Ada", "Lovelace", "Ada Lovelace")),
        ({"name": "Lovelace", "vorname": "Ada"}, ("Ada", "Lovelace", "Ada Lovelace")),
        ({"Vorname": "Ada", "Name": "Lovelace"}, ("Ada", "Lovelace", "Ada Lovelace")),
        ({"prenom": "Ada", "name": "Lovelace"}, ("Ada", "Lovelace", "Ada Lovelace")),
        (
            {"first_name": "Ada", "last_name": "Lovelace", "name": "Countess"},
            ("Ada", "Lovelace", "Countess"),
        ),
        ({"name": "Ada Lovelace", "last_name": "Lovelace"}, ("Ada", "Lovelace", "Ada Lovelace")),
        ({"ad soyad": "Ada Lovelace"}, ("Ada", "Lovelace", "Ada Lovelace")),
        ({"adınız": "Ada", "soyadınız": "Lovelace"}, ("Ada", "Lovelace", "Ada Lovelace")),
        ({"Имя": "Анна", "Фамилия": "Керн"}, ("Анна", "Керн", "Анна Керн")),
        ({"name": {"first": "Ada", "last": "Lovelace"}}, ("Ada", "Lovelace", "Ada Lovelace")),
        ({"input_1_3": "Ada", "input_1_6": "Lovelace"}, ("Ada", "Lovelace", "Ada Lovelace")),
        ({"1.3": "Ada", "1.6": "Lovelace"}, ("Ada", "Lovelace", "Ada Lovelace")),
        ({"form_fields[name]": "Ada Lovelace"}, ("Ada", "Lovelace", "Ada Lovelace")),
        ({"your-name": "Ada Lovelace"}, ("Ada", "Lovelace", "Ada Lovelace")),
        ({"name-1": "Ada Lovelace"}, ("Ada", "Lovelace", "Ada Lovelace")),
        ({"FNAME": "Ada", "LNAME": "Lovelace"}, ("Ada", "Lovelace", "Ada Lovelace")),
        (
            {"q3_name[first]": "Ada", "q3_name[last]": "Lovelace"},
            ("Ada", "Lovelace", "Ada Lovelace"),
        ),
    ],
)
def test_names_of_people_are_told_by_the_whole_form(
    form: Mapping, fields: Any, contact: tuple[str, str, str]
) -> None:
    found = form(fields).document["contact"]
    assert (found["first_name"], found["last_name"], found["full_name"]) == contact


@pytest.mark.parametrize(
    ("label", "place"),
    [
        ("company name", "/contact/company"),
        ("nome da empresa", "/contact/company"),
        ("Nom de l'entreprise", "/contact/company"),
        ("Where do you work?", "/contact/company"),
        ("company email", "/contact/email"),
        ("What's your e-mail address?", "/contact/email"),
        ("E-Mail-Adresse *", "/contact/email"),
        ("correo electronico", "/contact/email"),
        ("メールアドレス", "/contact/email"),
        ("ईमेल", "/contact/email"),
        ("utmSource", "/attribution/utm/source"),
        ("utm-source", "/attribution/utm/source"),
        ("gcl_id", "/attribution/click_ids/gclid"),
        ("ScCid", "/attribution/click_ids/sccid"),
        ("_fbc", "/attribution/click_ids/fbc"),
        ("yclid", "/attribution/click_ids/yclid"),
        ("land", "/contact/address/country"),
        ("landing page", "/attribution/landing_page"),
        ("morada", "/contact/address/street"),
        ("Straße", "/contact/address/street"),
        ("desktopmobile", "/device/kind"),
        ("referralsource", "/attribution/referrer"),
        ("your-message", "/form/message"),
        ("organization-title", "/contact/job_title"),
        ("address-level2", "/contact/address/city"),
        ("bday", "/contact/birthday"),
    ],
)
def test_labels_are_known_in_many_languages(
    form: Mapping, lead: LeadSchema, label: str, place: str
) -> None:
    document = form({label: "some@text.example"}).document
    steps = place.strip("/").split("/")
    for step in steps:
        document = document[step]
    assert document == "some@text.example"


@pytest.mark.parametrize(
    "label",
    ["user name", "username", "question 1", "Do you know our name?", "ref 2", "landing", "namely"],
)
def test_what_only_looks_like_a_name_is_kept_as_a_field(form: Mapping, label: str) -> None:
    assert form({label: "something"}).document == {
        "v": 1,
        "form": {"fields": {label: "something"}},
    }


def test_a_title_is_what_its_value_says(form: Mapping) -> None:
    assert form({"title": "Dr."}).document["contact"] == {"salutation": "Dr."}
    assert form({"title": "Herr Dr."}).document["contact"] == {"salutation": "Herr Dr."}
    assert form({"title": "Head of Sales"}).document["contact"] == {"job_title": "Head of Sales"}


def test_a_company_and_its_email_do_not_take_the_persons_place(form: Mapping) -> None:
    company = {"name": "Engines Ltd", "email": "info@engines.example"}
    document = form({"company": company, "email": "ada@engines.example"}).document
    assert document["contact"] == {"company": "Engines Ltd", "email": "ada@engines.example"}
    assert document["form"]["fields"] == {"company.email": "info@engines.example"}


def test_short_utm_names_count_only_beside_one_another(form: Mapping) -> None:
    both = form({"us": "google", "um": "cpc", "uc": "spring"}).document
    assert both["attribution"]["utm"] == {"source": "google", "medium": "cpc", "campaign": "spring"}
    assert form({"us": "we are many"}).document["form"]["fields"] == {"us": "we are many"}


def test_the_source_s_own_mapping_comes_first(form: Mapping) -> None:
    answers = [
        answer(id="a1", ref="r1", label="Email", value="one@x.example"),
        answer(id="a2", ref="r2", label="Work mail", value="two@x.example"),
        answer(id="a3", ref="r3", label="Boss", value="Ada"),
        answer(id="a4", ref="r4", label="Secret", value="4711"),
        answer(id="a5", ref="r5", label="  Favourite  Colour? ", value="red"),
    ]
    mapping = {
        "a1": "/keys/external/first mail",
        "r2": "/contact/email",
        "Boss": {"field": "Manager"},
        "a4": "drop",
        "favourite colour": "/tokens/colour",
    }
    mapped = form(answers, mapping=mapping)
    assert mapped.document == {
        "v": 1,
        "keys": {"external": {"first mail": "one@x.example"}},
        "contact": {"email": "two@x.example"},
        "form": {"fields": {"Manager": "Ada"}},
        "tokens": {"colour": "red"},
    }
    assert mapped.dropped == ["4711"]
    assert [(w["kind"], w["place"], w["rule"]) for w in mapped.warnings] == [
        ("noise", "/3", "mapping")
    ]
    assert "4711" not in json.dumps(mapped.warnings)


def test_no_guess_takes_a_place_from_the_source_s_own_mapping(form: Mapping) -> None:
    answers = [
        answer(id="a", type="email", value="guess@x.example"),
        answer(id="b", value="meant@x.example"),
    ]
    document = form(answers, mapping={"b": "/contact/email"}).document
    assert document["contact"] == {"email": "meant@x.example"}
    assert document["form"]["fields"] == {"a": "guess@x.example"}


def test_a_mapping_reaches_nested_values_by_path(form: Mapping) -> None:
    fields = {"person": {"mail~box": {"x/y": "ada@x.example"}}, "deep": {"er": "Ada"}}
    mapping = {"/person/mail~0box/x~1y": "/contact/email", "deep.er": "/contact/first_name"}
    contact = form(fields, mapping=mapping).document["contact"]
    assert contact == {
        "email": "ada@x.example",
        "first_name": "Ada",
        "full_name": "Ada",
    }


def test_all_that_is_dropped_is_told_even_inside_objects(form: Mapping) -> None:
    fields = {"card": {"number": 4111, "holders": ["Ada", {"second": "Charles"}]}}
    mapped = form(fields, mapping={"card.number": "drop", "/card/holders/0": "drop"})
    assert mapped.dropped == ["4111", "Ada"]
    assert mapped.document["form"]["fields"] == {"card.holders.1.second": "Charles"}
    mapped = form([{"id": "c", "value": [1, {"a": "Ada"}, True]}], mapping={"c": "drop"})
    assert mapped.dropped == ["1", "Ada", "true"]


@pytest.mark.parametrize("name", ["person", "/person"])
def test_what_is_dropped_is_dropped_with_all_that_is_in_it(form: Mapping, name: str) -> None:
    fields = {"person": {"email": "ada@x.example", "tel": {"home": "06"}}, "personal": "kept"}
    mapped = form(fields, mapping={name: "drop"})
    assert mapped.document == {"v": 1, "form": {"fields": {"personal": "kept"}}}
    assert mapped.dropped == ["ada@x.example", "06"]


@pytest.mark.parametrize("goal", ["/nowhere", "email", "/contact", 7, ["/contact/email"], {"x": 1}])
def test_a_mapping_that_leads_nowhere_costs_no_answer(form: Mapping, goal: Any) -> None:
    mapped = form({"E-mail": "ada@x.example"}, mapping={"E-mail": goal})
    assert mapped.document["contact"]["email"] == "ada@x.example"
    assert mapped.warnings[0]["kind"] == "mapping"


def test_types_come_before_names(form: Mapping) -> None:
    answers = [
        {"type": "email", "label": "Company", "value": "ada@x.example"},
        {"type": "phone_number", "label": "Your name", "value": "+31612345678"},
        {"type": "file_url", "label": "Phone", "value": "https://f.example/cv.pdf"},
        {"type": "legal", "label": "Message", "value": True},
    ]
    document = form(answers).document
    assert document["contact"]["email"] == "ada@x.example"
    assert document["contact"]["phone"]["e164"] == "+31612345678"
    assert document["form"]["files"] == [{"url": "https://f.example/cv.pdf", "label": "Phone"}]
    assert document["consent"]["privacy"]["state"] == "granted"


def test_an_email_asked_as_text_is_found_by_its_value_and_a_word_of_its_label(
    form: Mapping,
) -> None:
    answers = [
        answer(label="Which mail shall we use for this?", value="ada@x.example"),
        answer(label="How was it?", value="bob@x.example"),
    ]
    document = form(answers).document
    assert document["contact"] == {"email": "ada@x.example"}
    assert document["form"]["fields"] == {"How was it?": "bob@x.example"}


def test_agreement_asked_outright_is_consent_and_other_questions_are_not(form: Mapping) -> None:
    document = form(
        {
            "I agree to the privacy policy": "on",
            "Yes, send me the newsletter": False,
            "Do you agree that privacy matters?": "yes",
        }
    ).document
    assert document["consent"]["privacy"]["state"] == "granted"
    assert document["consent"]["marketing"]["state"] == "denied"
    assert document["form"]["fields"] == {"Do you agree that privacy matters?": "yes"}


def test_a_source_may_say_what_silence_means(form: Mapping) -> None:
    silent, said = {"email": "ada@x.example"}, {"newsletter": "no"}
    assert "consent" not in form(silent).document
    yes = ConsentDefault("granted", "contract")
    granted = form(silent, consent=yes).document["consent"]
    assert granted == {"marketing": {"state": "granted", "raw": None, "basis": "contract"}}
    denied = form(silent, consent=ConsentDefault("denied")).document["consent"]
    assert denied == {"marketing": {"state": "denied", "raw": None}}
    assert form(said, consent=yes).document["consent"]["marketing"] == {
        "state": "denied",
        "raw": "no",
        "text": "newsletter",
    }


def test_the_second_of_a_kind_is_kept_as_a_field(form: Mapping) -> None:
    document = form({"email": "ada@x.example", "E-mail address": "bob@x.example"}).document
    assert document["contact"] == {"email": "ada@x.example"}
    assert document["form"]["fields"] == {"E-mail address": "bob@x.example"}


def test_answers_of_one_label_are_numbered_and_equal_ones_are_one(form: Mapping) -> None:
    answers = [answer(label="Child", value=value) for value in ("Ada", "Bob", "Ada", 1, True, 1.5)]
    assert form(answers).document["form"]["fields"] == {
        "Child": "Ada",
        "Child (2)": "Bob",
        "Child (3)": 1,
        "Child (4)": True,
        "Child (5)": 1.5,
    }


def test_noise_is_listed_with_the_rule_that_names_it(form: Mapping) -> None:
    fields = {
        "csrfmiddlewaretoken": "a",
        "g-recaptcha-response-2": "b",
        "_WPNONCE": "c",
        "hutk": "d",
        "TEMPLATE": "e",
        "email": "",
    }
    mapped = form(fields, noise={"hut*": "tracker"})
    assert mapped.document == {"v": 1}
    assert {w["place"]: w["rule"] for w in mapped.warnings} == {
        "/csrfmiddlewaretoken": "forgery token",
        "/g-recaptcha-response-2": "captcha",
        "/_WPNONCE": "forgery token",
        "/hutk": "tracker",
        "/TEMPLATE": "form builder",
        "/email": "empty",
    }
    assert {w["kind"] for w in mapped.warnings} == {"noise"}


def test_what_is_for_nobody_s_eyes_is_kept_nowhere(form: Mapping) -> None:
    fields = {"Password": "hunter2!", "cvv": "737", "card_number": "4111111111111111"}
    mapped = form({"email": "ada@x.example", **fields})
    assert mapped.document == {"v": 1, "contact": {"email": "ada@x.example"}}
    assert sorted(mapped.dropped) == ["4111111111111111", "737", "hunter2!"]
    assert {w["rule"] for w in mapped.warnings} == {"password", "card"}


@pytest.mark.parametrize("password", ["ada", "email", "x.example"])
def test_a_password_that_an_answer_holds_too_eats_no_answer(form: Mapping, password: str) -> None:
    mapped = form({"email": "ada@x.example", "password": password})
    assert mapped.dropped == []


def test_many_passwords_are_all_dropped(form: Mapping) -> None:
    mapped = form([{"label": "Password", "value": f"secret {number}"} for number in range(60)])
    assert len(mapped.dropped) == 60


def test_false_and_zero_are_answers(form: Mapping) -> None:
    fields = form({"Pets?": False, "Children": 0, "Rating": 0.0}).document["form"]["fields"]
    assert fields == {"Pets?": False, "Children": 0, "Rating": 0.0}


def test_a_value_of_an_unexpected_shape_is_kept_with_a_warning(form: Mapping) -> None:
    mapped = form({"email": {"home": [1]}, "phone": ["+31612345678"], "company": [["x"]]})
    assert mapped.document["contact"]["phone"]["e164"] == "+31612345678"
    assert mapped.document["form"]["fields"] == {"company": [["x"]], "email.home": [1]}
    assert [(w["kind"], w["place"]) for w in mapped.warnings] == [("shape", "/company")]


@pytest.mark.parametrize(
    "fields",
    [
        [{"name": "Email", "value": "ada@x.example"}],
        [{"key": "question_1", "label": "Email", "value": ["ada@x.example"]}],
        [{"name": "email", "values": ["ada@x.example"]}],
        [{"column_id": "EMAIL", "column_name": "", "string_value": "ada@x.example"}],
        [{"question": "Your email", "answer": "ada@x.example"}],
        {"fields": {"email": {"id": "email", "title": "Mail", "value": "ada@x.example"}}},
        {"properties": {"email": {"value": "ada@x.example"}}},
        {"data": {"lead": {"email": "ada@x.example"}}},
        {"entry": [{"email": "ada@x.example"}]},
        {"form_fields[email]": "ada@x.example"},
        {"contact[email]": "ada@x.example"},
    ],
)
def test_answers_are_found_in_the_shapes_that_senders_use(form: Mapping, fields: Any) -> None:
    assert form(fields).document["contact"] == {"email": "ada@x.example"}


def test_a_record_with_a_value_is_no_answer(form: Mapping) -> None:
    document = form({"data": {"name": "Ada", "value": 100, "notes": "Hello"}}).document
    assert document["contact"] == {"full_name": "Ada"}
    assert document["form"] == {"message": "Hello", "fields": {"data.value": 100}}
    document = form([{"name": "Ada", "value": 100, "email": "ada@x.example"}]).document
    assert document["contact"] == {"full_name": "Ada", "email": "ada@x.example"}


def test_what_an_answer_says_beside_its_value_is_kept(form: Mapping) -> None:
    answers = [
        {"label": "Budget", "value": 5, "currency": "EUR", "flag": True, "raw_value": 5},
        {"label": "Size", "value": None, "values": ["L"]},
        {"label": "Odd", "value": 1, "type": {"kind": "x"}, "other": 1.0},
    ]
    assert form(answers).document["form"]["fields"] == {
        "Budget": 5,
        "Budget.currency": "EUR",
        "Budget.flag": True,
        "Size": ["L"],
        "Odd": 1,
        "Odd.type": {"kind": "x"},
        "Odd.other": 1.0,
    }


def test_what_comes_after_two_thousand_answers_is_kept_as_it_is(form: Mapping) -> None:
    document = {f"extra {number}": "x" for number in range(MOST_UNDERSTOOD)} | {
        "email": "late@example.com"
    }
    fields = form(document).document["form"]["fields"]
    assert fields["email"] == "late@example.com"
    assert len(fields) == MOST_UNDERSTOOD + 1
