"""Names of people are split and joined, never overwritten."""

from typing import Any

import pytest

from relay.core.names import complete_names


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ({"full_name": "Ada Lovelace"}, {"first_name": "Ada", "last_name": "Lovelace"}),
        ({"full_name": "Ada  King Noel"}, {"first_name": "Ada  King", "last_name": "Noel"}),
        ({"full_name": "Madonna"}, {}),
        ({"full_name": "山田 太郎"}, {"first_name": "山田", "last_name": "太郎"}),
        ({"first_name": "Ada", "last_name": "Lovelace"}, {"full_name": "Ada Lovelace"}),
        ({"first_name": "Ada"}, {"full_name": "Ada"}),
        ({"last_name": "Lovelace"}, {"full_name": "Lovelace"}),
        ({"full_name": "Ada King", "first_name": "Ada"}, {"last_name": "King"}),
        ({"full_name": "Ada King", "last_name": "King"}, {"first_name": "Ada"}),
        ({"full_name": "Ada King", "first_name": "Byron"}, {}),
        ({"full_name": "Ada King", "last_name": "Byron"}, {}),
        ({"full_name": "Countess", "first_name": "Ada", "last_name": "King"}, {}),
        ({"email": "ada@x.example"}, {}),
    ],
)
def test_what_is_missing_is_filled_in(given: dict[str, Any], made: dict[str, Any]) -> None:
    contact = dict(given)
    complete_names(contact)
    assert contact == {**given, **made}
