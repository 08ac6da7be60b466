"""Filters as JSON: there and back, and what may tell of a person left out."""

import json
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, get_type_hints
from uuid import UUID

import pytest

from relay.core.ids import new_id
from relay.services.filtering import Filter
from relay.services.filters import PLAIN, UNTOLD, NoFilter, from_json, impersonal, to_json

SAMPLES: dict[str, Any] = {
    "text": "ada@example.com",
    "said": "nobody at all",
    "states": ("failed", "expired"),
    "leads": (new_id(), new_id()),
    "since": datetime(2026, 3, 1, 12, 30, tzinfo=UTC),
    "holding": {"contact": {"email": "ada@example.com"}, "tags": ["a"]},
    "least": 3,
    "slower": 2.5,
    "as_sent": True,
}


@pytest.mark.parametrize("name", [one.name for one in fields(Filter)])
def test_each_member_comes_back_as_it_was(name: str) -> None:
    """Also those that are added one day: a type that JSON cannot hold is seen here."""
    hint = get_type_hints(Filter)[name]
    value = SAMPLES.get(name)
    if value is None:
        made = {"UUID": new_id(), "Sequence": ("x",), "int": 7, "datetime": SAMPLES["since"]}
        value = next(one for kind, one in made.items() if kind in str(hint))
    wanted = Filter(**{name: value})
    told = json.loads(json.dumps(to_json(wanted)))
    assert list(told) == [name]
    assert from_json(told) == wanted


def test_what_does_not_restrict_is_left_out() -> None:
    assert to_json(Filter()) == {}
    assert to_json(Filter(states=[], leads=[])) == {}
    assert from_json({}) == Filter()


@pytest.mark.parametrize(
    "given",
    [
        {"nonsense": 1},
        {"lead": "x"},
        {"lead": 7},
        {"states": "failed"},
        {"states": [7]},
        {"leads": ["x"]},
        {"since": "yesterday"},
        {"since": 7},
        {"least": "3"},
        {"least": True},
        {"text": ["a"]},
        {"as_sent": 1},
    ],
    ids=str,
)
def test_what_is_no_filter_is_refused(given: Any) -> None:
    with pytest.raises(NoFilter):
        from_json(given)


def test_what_somebody_searched_for_is_not_told() -> None:
    wanted = Filter(project=UUID(int=1), text="Ada", holding={"a": 1}, states=("failed",))
    assert impersonal(to_json(wanted)) == {
        "project": str(UUID(int=1)),
        "text": UNTOLD,
        "holding": UNTOLD,
        "states": ["failed"],
    }
    assert PLAIN.isdisjoint({"text", "holding"})
