"""Whatever a lead holds, every target makes valid requests of it, and none of it is lost."""

import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import parse_qsl

import pytest

from relay.core.contract import Json, Kind, Letter, Request
from relay.core.pointers import get
from tests.integrations.conversing import (
    MOST_STEPS,
    NAMES,
    catalog,
    duty_of,
    replies_of,
    told,
    usual,
)
from tests.integrations.lengths import LENGTHS
from tests.integrations.many_leads import least, many, stretched, whole
from tests.integrations.snapshots import LEADS, place, sent
from tests.integrations.vendor_schemas import FOLDER, schema_for

every_target = pytest.mark.parametrize("name", NAMES)

NEEDED = re.compile(r"is a required property|^it needs ")
"""What a vendor cannot do without, as people are told."""

READABLE = 400
"""Characters of a value that a note has room for, whatever its own limit."""


@every_target
@pytest.mark.parametrize("lead", LEADS)
def test_what_is_sent_is_as_it_was(name: str, lead: str) -> None:
    """Any change shows here; `python -m tests.integrations.snapshots` writes what is new."""
    assert sent(name, LEADS[lead]()) == json.loads(place(name, lead).read_text("utf-8"))


@every_target
def test_two_hundred_leads_make_valid_requests(name: str) -> None:
    kind, recorded = catalog().targets[name], usual(name)
    replies = replies_of(recorded)
    for lead in [*many(), whole(), least()]:
        built = kind.adapter.build(lead, recorded["mapping"])
        lacks = [error for error in built.errors if NEEDED.search(error)]
        assert built.errors == lacks
        if lacks:
            continue  # said before anything is sent
        conversation = kind.target.deliver(
            built.payload, recorded["settings"], duty_of(recorded["duty"])
        )
        requests, _, outcome = told(conversation, [*replies, *replies[-1:] * MOST_STEPS])
        assert outcome.kind is Kind.DELIVERED or outcome.message
        for request in requests:
            _is_valid(request)
        if built.cut and outcome.kind is Kind.DELIVERED and not kind.target.consent:
            _says_whole(built.payload["$cut"], requests)


@every_target
def test_no_value_is_longer_than_its_place(name: str) -> None:
    """Whatever the vendor's own schema says of lengths: most say nothing."""
    limits = LENGTHS.get(name, {})
    built = (
        catalog().targets[name].adapter.build(stretched(whole(), 110_000), usual(name)["mapping"])
    )
    said = {at: value for at in limits if (value := get(built.payload, at)) is not None}
    assert {at: len(value) for at, value in said.items()} == {at: limits[at] for at in said}
    assert bool(said) is bool(limits)


@every_target
def test_the_rest_of_a_lead_can_be_left_out(name: str) -> None:
    """A mapping of `/$lead` to null says that what has no field shall not be sent at all."""
    kind, recorded = catalog().targets[name], usual(name)
    built = kind.adapter.build(whole(), {**recorded["mapping"], "/$lead": None})
    conversation = kind.target.deliver(
        built.payload, recorded["settings"], duty_of(recorded["duty"])
    )
    replies = replies_of(recorded)
    assert told(conversation, [*replies, *replies[-1:] * MOST_STEPS])[2].kind


def _is_valid(request: Request | Letter) -> None:
    if isinstance(request, Letter):
        assert request.message.isascii() or b"\r\n\r\n" in request.message
        return
    assert request.url.isascii()
    assert not any(sign in value for value in request.headers.values() for sign in "\r\n\0")
    if "json" in request.headers.get("Content-Type", ""):
        json.loads(request.body)
    if FOLDER.is_dir() and (schema := schema_for(request)):
        assert schema.problems(request) == []


def _says_whole(cut: dict[str, str], requests: list[Any]) -> None:
    """What was cut somewhere stands whole elsewhere, be it as HTML."""
    said = "\n".join(text for request in requests for text in _texts_of(request))
    said += unescape(said)
    for pointer, text in cut.items():
        assert len(text) > READABLE or text in said, pointer


def _texts_of(request: Request) -> Iterator[str]:
    if "json" in request.headers.get("Content-Type", ""):
        yield from _texts(json.loads(request.body))
    else:
        yield from (value for _, value in parse_qsl(request.body.decode()))


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for inner in (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    ):
        yield from _texts(inner)
