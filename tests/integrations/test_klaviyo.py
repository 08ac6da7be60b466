"""What Klaviyo takes of a lead that is larger or odder than others."""

import json

import pytest

from integrations.klaviyo.profile import LARGEST, profile_of
from relay.core.contract import Json
from tests.integrations.conversing import catalog


def sent(form: Json) -> tuple[Json, list[str]]:
    """The attributes of a lead with such a form, and the names of what was cut."""
    lead = {"v": 1, "contact": {"email": "ada@example.com"}, "form": form}
    built = catalog().targets["klaviyo"].adapter.build(lead, {})
    assert built.errors == []
    body, cut = profile_of(built.payload)
    assert len(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()) <= LARGEST
    return body["data"]["attributes"], cut


@pytest.mark.parametrize("letter", ["a", "ä", "😀", '"'])
def test_a_long_text_is_cut_and_nothing_else(letter: str) -> None:
    attributes, cut = sent({"message": letter * 150_000, "fields": {"Rooms": 3}})
    assert cut == ["Form message"]
    assert attributes["properties"]["Form message"].startswith(letter * 20_000)
    assert attributes["properties"]["Rooms"] == 3


def test_of_too_many_answers_some_are_left_out() -> None:
    attributes, cut = sent({"fields": {f"Question {at}": "word " * 30 for at in range(2000)}})
    left = 2000 - len(attributes["properties"])
    assert 0 < left < 1500
    assert len(set(cut)) == left


def test_no_form_sets_what_klaviyo_means_by_a_name() -> None:
    attributes, _ = sent({"fields": {"$consent": "email", " $$source": 1, "$": "x"}})
    assert attributes["properties"] == {"consent": "email", "source": 1, "Field": "x"}
