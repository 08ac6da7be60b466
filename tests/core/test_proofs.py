"""A secret header proves who has sent something; so does a signature beside it."""

import pytest

from relay.core.checks import problems, schema_problems
from relay.core.contract import (
    SECRET_HEADER,
    HeaderProof,
    Inbound,
    Json,
    Parsed,
    Signature,
    Source,
    header_credentials,
    judge_header,
)
from relay.core.verify import sign, verify

HEADER = {"header": {"name": "X-Api-Key", "values": ["newer key", "schlüssel"]}}
RECIPE = Signature(header="X-Signature")
SECRETS = {"secrets": ["abc123"]}
NOW = 1772452387.0


def source(recipe: Signature | None) -> Source:
    return Source(
        label="Forms",
        summary="Forms.",
        settings={},
        parse=lambda _inbound, _settings: [Parsed(document={})],
        verify=HeaderProof(recipe),
        credentials=header_credentials,
    )


@pytest.mark.parametrize(
    ("headers", "genuine"),
    [
        ({"x-api-key": "newer key"}, True),
        ({"x-api-key": "schlüssel".encode().decode("latin-1")}, True),
        ({"x-api-key": "newer key "}, False),
        ({"x-api-key": ""}, False),
        ({"x-other": "newer key"}, False),
        ({"x-api-key": "new\u20acer"}, False),
        ({}, False),
    ],
)
def test_one_of_the_values_has_to_be_there(headers: dict[str, str], genuine: bool) -> None:
    reason = judge_header(Inbound(headers=headers), HEADER)
    assert reason == (None if genuine else "the header X-Api-Key is missing or wrong")


def test_without_the_setting_nothing_is_asked_for() -> None:
    assert judge_header(Inbound(), {}) is None
    assert header_credentials({}) == {}
    assert verify(source(RECIPE), Inbound(), {}, NOW) is None


@pytest.mark.parametrize("settings", [HEADER, SECRETS, {**HEADER, **SECRETS}])
def test_every_proof_that_is_set_has_to_be_there(settings: Json) -> None:
    signed = sign(source(RECIPE), Inbound(body=b"{}"), settings, NOW)
    assert len(signed.headers) == len(settings)
    assert verify(source(RECIPE), signed, settings, NOW) is None
    for name in signed.headers:
        rest = {key: value for key, value in signed.headers.items() if key != name}
        assert verify(source(RECIPE), Inbound(body=b"{}", headers=rest), settings, NOW)


def test_a_source_that_cannot_sign_has_the_header_alone() -> None:
    signed = sign(source(None), Inbound(), HEADER, NOW)
    assert signed.headers == {"x-api-key": "newer key"}
    assert verify(source(None), signed, HEADER, NOW) is None


@pytest.mark.parametrize(
    "header",
    [
        {"name": "X-Api-Key"},
        {"name": "X Api", "values": ["a"]},
        {"name": "X-Api\n", "values": ["a"]},
        {"name": "X-Api-Key", "values": []},
        {"name": "X-Api-Key", "values": [""]},
        {"name": "X-Api-Key", "values": ["a"], "more": 1},
    ],
)
def test_a_header_that_cannot_be_is_refused(header: Json) -> None:
    assert schema_problems(SECRET_HEADER) == []
    assert problems(SECRET_HEADER, HEADER["header"]) == []
    assert problems(SECRET_HEADER, header)
