"""Who may be told to an advertising platform: what was said, else a default with its basis."""

from typing import Any

import pytest

from relay.core.permission import NEVER_ASKED, UNSET, ConsentDefault, has_agreed, is_said, refusal

NEEDED = ("ad_user_data", "ad_storage", "marketing")
LAWFUL = ConsentDefault("granted", "legitimate_interests")


def _flags(**said: Any) -> dict[str, Any]:
    raw = {"granted": "yes", "denied": "no", "unknown": "perhaps"}
    return {"consent": {name: {"state": state, "raw": raw[state]} for name, state in said.items()}}


@pytest.mark.parametrize("default", [UNSET, LAWFUL, ConsentDefault("denied")])
@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (_flags(marketing="granted"), None),
        (_flags(ad_user_data="granted", marketing="unknown"), None),
        (_flags(marketing="denied"), "consent denied: marketing"),
        (_flags(marketing="granted", ad_storage="denied"), "consent denied: ad_storage"),
        (
            _flags(ad_user_data="denied", marketing="denied"),
            "consent denied: ad_user_data, marketing",
        ),
        (_flags(marketing="unknown"), "consent not understood: marketing"),
    ],
)
def test_what_was_said_outweighs_every_default(
    document: Any, reason: str | None, default: ConsentDefault
) -> None:
    assert refusal(document, NEEDED, default) == reason


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({}, NEVER_ASKED),
        ({"consent_default": "unknown", "legal_basis": "consent"}, NEVER_ASKED),
        ({"consent_default": "granted"}, NEVER_ASKED),
        ({"consent_default": "granted", "legal_basis": "legitimate_interests"}, None),
        ({"consent_default": "granted", "legal_basis": "not_required"}, None),
        ({"consent_default": "denied"}, "consent denied: the source's default"),
        (
            {"consent_default": "denied", "legal_basis": "consent"},
            "consent denied: the source's default",
        ),
    ],
)
@pytest.mark.parametrize(
    "document",
    [
        {},
        _flags(privacy="granted", analytics_storage="denied"),
        {"consent": {"marketing": {"state": "granted", "raw": None, "basis": "contract"}}},
        {"consent": {"marketing": {"state": "denied", "raw": None}, "tcf": "CPxx"}},
    ],
)
def test_where_nothing_was_said_the_source_decides_as_it_is_now(
    document: Any, options: Any, reason: str | None
) -> None:
    assert refusal(document, NEEDED, ConsentDefault.of(options)) == reason


def test_what_needs_no_consent_is_not_asked_for_any() -> None:
    assert refusal(_flags(marketing="denied"), (), UNSET) is None


def test_a_no_is_said_too() -> None:
    assert is_said({"state": "denied", "raw": False})
    assert not is_said({"state": "granted", "raw": None})
    assert not is_said(None)


@pytest.mark.parametrize(
    ("flag", "answer"),
    [
        ({"state": "granted", "raw": "on"}, True),
        ({"state": "denied", "raw": False}, False),
        ({"state": "unknown", "raw": "perhaps"}, None),
        ({"state": "granted", "raw": None}, None),
        ({"state": "denied", "raw": None}, None),
        ({"state": "granted"}, None),
        (None, None),
        ("granted", None),
    ],
)
def test_only_a_person_has_agreed(flag: Any, answer: bool | None) -> None:
    assert has_agreed(flag) is answer
