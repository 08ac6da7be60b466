"""Brevo's notes, which are HTML of a limited length."""

import html

import pytest

from integrations.brevo.contact import LONGEST_NOTE, MOST_NOTES, notes_of, plain

LEAD = {"v": 1, "contact": {"email": "ada@example.com"}}


def notes(message: str) -> list[str]:
    return notes_of({"$lead": {**LEAD, "form": {"message": message}}})


@pytest.mark.parametrize("message", ["<b>&", "word ", '"', "a\n\nb"])
def test_long_notes_become_several_and_lose_nothing(message: str) -> None:
    written = notes(message * 1500)
    assert len(written) > 1
    assert all(0 < len(note) <= LONGEST_NOTE for note in written)
    whole = "".join(html.unescape(note.replace("<br />", "\n")) for note in written)
    assert "".join((message * 1500).split()) in "".join(whole.split())


def test_far_too_long_ones_say_that_more_is_cut() -> None:
    written = notes("word " * 20_000)
    assert len(written) == MOST_NOTES
    assert all(len(note) <= LONGEST_NOTE for note in written)
    assert written[-1].endswith("(more is cut)")


def test_a_note_is_known_by_its_words() -> None:
    (note,) = notes("Tom & Ada\n<3")
    assert plain(f"<p>{note.replace('<br />', '</p><p>')}</p>") == plain(note)
    assert plain(note) != plain(notes("Tom & Ada <4")[0])
