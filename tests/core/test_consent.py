"""Consent has three states: only what says yes is granted, and only what says no is denied."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.consent import read_consent, says_agreement


@pytest.mark.parametrize(
    "raw",
    [True, 1, 1.0, "true", "TRUE", " Yes ", "on", "1", "granted", "ja", "oui", "sí", "да", "はい",
     "I agree to the terms", "Yes, please", "Ich stimme zu.", "J'accepte", "同意します",
     ["yes"], [True, "1"], "checked", "opt-in", "I agree. No spam, please", "Yes (non-binding)",
     "I agree to get letters and know that I can unsubscribe, now or later, not only here"],
)  # fmt: skip
def test_yes(raw: Any) -> None:
    assert read_consent(raw) == "granted"


@pytest.mark.parametrize(
    "raw",
    [False, 0, 0.0, "false", "No", "off", "0", "denied", "nein", "non", "нет", "いいえ", "opt-out",
     "I do not agree", "I don't agree to this", "No thanks", "No, thank you", "Nein, danke",
     "Ich stimme nicht zu", "Non accetto", "No acepto", "我不同意", ["no"], [False]],
)  # fmt: skip
def test_no(raw: Any) -> None:
    assert read_consent(raw) == "denied"


@pytest.mark.parametrize(
    "raw",
    [None, "", " ", "maybe", "yesterday", "North", "oui-dire", "2", 2, -1, float("nan"), [], {},
     ["yes", "no"], {"yes": True}, "privacy", "agreement.pdf", "siesta", [[]],
     "Yes/No", "yes or no?", "Yes, but not by phone", "Yes please, never", "Yes, unsubscribe me",
     "I agree not to be contacted", "I consent to nothing", "Yes, I want no letters",
     "I accept that I will not be written to", "Ja, aber keine Werbung", "Oui, mais pas par SMS"],
)  # fmt: skip
def test_neither(raw: Any) -> None:
    assert read_consent(raw) == "unknown"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    )
)
def test_nothing_makes_it_raise(raw: Any) -> None:
    assert read_consent(raw) in {"granted", "denied", "unknown"}


def test_hostile_words_are_read_in_time() -> None:
    began = time.process_time()
    for words in ("a'", "a ", "' ", "a", " ", "kein"):
        read_consent("yes " + words * 200_000 + "!")
    assert time.process_time() - began < 1


def test_a_tick_box_speaks_in_the_first_person() -> None:
    assert says_agreement("I agree to the privacy policy")
    assert says_agreement(" Acepto la política de privacidad")
    assert not says_agreement("Do you agree to the privacy policy?")
    assert not says_agreement("Iacceptance")
