"""The words that leads are found by, and what a searcher's text asks for."""

import time

import pytest

from relay.core import word_lists


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("+49 30 123456", "+49 30 123456"),
        ("+49 30 123456", "0049 30 123456"),
        ("+49 30 123456", "+49 (0) 30 - 123 456"),
        ("+49 30 123456", "(030) 123/456"),
        ("+49 30 123456", "4930123456"),
        ("+49 30 123456", "030123"),
        ("030 / 123 456", "030123456"),
        ("030 / 123 456", "+49 30 123456"),
        ("0049(0)30 123456", "030 123456"),
        ("+39 06 1234567", "06 1234567"),
        ("4930123456", "030 123 456"),
    ],
)
def test_a_number_is_found_in_any_spelling(written: str, asked: str) -> None:
    told = word_lists.of_lead({"contact": {"phone": {"raw": written}}}).split()
    assert any(word.startswith(digits) for digits in word_lists.phones(asked) for word in told)


@pytest.mark.parametrize("text", ["", "1234", "ada", "030 ada", "-", "2026", "()"])
def test_what_is_no_number_asks_for_none(text: str) -> None:
    assert word_lists.phones(text) == []


def test_other_numbers_are_not_found() -> None:
    told = word_lists.of_lead({"contact": {"phone": {"raw": "+49 30 123456"}}}).split()
    for asked in ("030 123457", "+43 1 123456", "123457"):
        assert not any(
            word.startswith(digits) for digits in word_lists.phones(asked) for word in told
        ), asked


def test_a_lead_s_answers_and_ids_are_words_without_case_or_accents() -> None:
    told = word_lists.of_lead(
        {
            "contact": {"full_name": "Ada Müller", "email": "Ada.M@Example.com"},
            "keys": {"submission_id": "f47ac10b-58cc-4372"},
            "form": {"name": "Roof & Wall", "fields": {"Never the label": ["Flat-roof", 30, True]}},
            "attribution": {"utm": {"campaign": "Spring_Sale"}},
            "device": {"ip": "192.0.2.1"},
        }
    ).split()
    wanted = {"ada", "muller", "ada_m_example_com", "example_com", "f47ac10b_58cc_4372", "roof"}
    assert wanted | {"wall", "flat_roof", "30", "spring_sale"} <= set(told)
    assert not {"never", "label", "192_0_2_1", "true"} & set(told)
    assert len(told) == len(set(told))


def test_what_is_asked_for_is_spelt_like_what_is_kept() -> None:
    assert word_lists.asked("ADA.m@example.com, Müller  (flat-roof)") == [
        "ada_m_example_com", "muller", "flat_roof",
    ]  # fmt: skip
    assert word_lists.asked(" %'\\ ") == []


def test_a_long_lead_is_cut_and_never_fails() -> None:
    fields = {f"n{number}": f"word{number} " * 500 for number in range(1000)}
    told = word_lists.of_lead({"form": {"fields": fields | {"x": "y" * 10**6}}}).split()
    assert len(told) == word_lists.MOST_WORDS
    assert max(map(len, told)) <= word_lists.LONGEST_WORD


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ('{"who": {"name": "Ada Müller"}, "n": 7}', "application/json"),
        ('{"who": "Ada M\\u00fcller"}', "text/plain"),
        ("who=Ada+M%C3%BCller&n=7", "application/x-www-form-urlencoded"),
        ("who: Ada Müller {", "application/json"),
    ],
)
def test_the_words_of_a_body_are_its_values(body: str, kind: str) -> None:
    told = word_lists.of_body(body.encode(), kind).split()
    assert {"ada", "muller"} <= set(told)


def test_bodies_that_nobody_can_read_still_have_words() -> None:
    assert "ada" in word_lists.of_body(b"\xff\xfe ada " + b"[" * 50_000).split()


def test_what_was_said_is_known_by_all_its_pieces_or_its_number() -> None:
    said = '{"name": "Ada M\\u00fcller", "tel": "(030) 123-456"}'
    assert word_lists.says(said, "muller ADA")
    assert word_lists.says(said, "030123456")
    assert not word_lists.says(said, "ada berta")
    assert not word_lists.says(said, "030123457")


def test_a_body_that_is_made_to_take_long_takes_not_long(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[str] = []
    monkeypatch.setattr(word_lists, "phones", lambda text: looked_at.append(text) or [])
    alike = ('"' + "1" * (7 + at % 9) + " " * at + '"' for at in range(2000))
    word_lists.of_body(f"[{','.join(alike)}]".encode())
    assert len(looked_at) <= word_lists.MOST_WORDS
    begun = time.process_time()
    for _ in range(8):
        assert word_lists.of_body(b"(" * 65536) == ""
    assert time.process_time() - begun < 5  # a quadratic search took twenty
