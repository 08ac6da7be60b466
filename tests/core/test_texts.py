"""Values as the one text that a field takes."""

from typing import Any

import pytest

from relay.core.contract import joined_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("", ""),
        ("é; b", "é; b"),
        (3, "3"),
        (True, "true"),
        (["a", 2, False], "a;2;false"),
        ([], ""),
        ([{"name": "ü"}], '[{"name": "ü"}]'),
        ({"a": [1]}, '{"a": [1]}'),
    ],
)
def test_a_value_is_one_text(value: Any, text: str) -> None:
    assert joined_text(value) == text
