"""What is advised fits what happened, and nothing is left without words."""

import pytest

from relay.core.advice import OF_ERROR, of_attempt
from relay.core.contract import Kind

ERRORS = {
    *("dns", "blocked", "refused", "unreachable", "reset"),
    *("timeout", "tls", "protocol", "invalid", "bug"),
}


def test_every_outcome_but_success_has_words() -> None:
    for kind in Kind:
        found = of_attempt(kind.value)
        assert (found is None) == (kind is Kind.DELIVERED), kind
        if found is not None:
            assert found.cause.endswith(".")
            assert found.todo.endswith(".")


def test_every_kind_of_failure_has_words() -> None:
    assert set(OF_ERROR) == ERRORS


@pytest.mark.parametrize(
    ("outcome", "status", "error", "step"),
    [
        ("rejected", 422, None, "mapping"),
        ("rejected", 400, None, "mapping"),
        ("rejected", 404, None, "settings"),
        ("rejected", 403, None, "settings"),
        ("retry", 503, None, "wait"),
        ("retry", 301, None, "settings"),
        ("retry", 418, None, "wait"),
        ("retry", None, "dns", "settings"),
        ("retry", 200, "reset", "wait"),
        ("throttled", 429, None, "limits"),
        ("unauthorized", 401, None, "settings"),
        ("gone", 410, None, "settings"),
    ],
)
def test_the_step_fits_what_happened(
    outcome: str, status: int | None, error: str | None, step: str
) -> None:
    found = of_attempt(outcome, status, error)
    assert found is not None
    assert found.step == step
