"""What every source promises, for each folder that is found."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relay.catalog import load_catalog
from relay.core.adapter import MappingRules
from relay.core.checks import problems, schema_problems
from relay.core.contract import (
    Fetching,
    Inbound,
    Json,
    Parsed,
    Reply,
    Signature,
    Unreadable,
    read_body,
)
from relay.core.fixtures import EXAMPLE, Fixture, fixtures_of
from relay.core.kinds import SourceKind
from relay.core.pointers import get, put
from relay.core.private import secret_places
from relay.core.verify import sign, verify
from tests.peer import Peer

KINDS = load_catalog().sources
CAPTURES = [
    pytest.param(kind, fixture, id=f"{name}-{fixture.name}")
    for name, kind in KINDS.items()
    for fixture in fixtures_of(kind)
]
NOW = 1772452387.0
"""When the captures were made, in Unix seconds."""

every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
every_capture = pytest.mark.parametrize(("kind", "fixture"), CAPTURES)


def settings_of(fixture: Fixture) -> Json:
    return fixture.expected.get("settings", {})


def came(kind: SourceKind, fixture: Fixture) -> list[Parsed]:
    return kind.source.parse(fixture.inbound, settings_of(fixture))


def read(kind: SourceKind, fixture: Fixture) -> list[Parsed]:
    """What a capture holds, with the data that had to be fetched."""
    found = came(kind, fixture)
    return [fetched(kind, fixture, number, parsed) for number, parsed in enumerate(found)]


def fetched(kind: SourceKind, fixture: Fixture, number: int, parsed: Parsed) -> Parsed:
    """The submission as its source reads what the provider said, by the recorded replies."""
    fetch = kind.source.fetch
    asking = fetch(parsed, settings_of(fixture), NOW) if fetch else None
    if asking is None:
        return parsed
    body = told(asking, fixture.expected["fetched"][number])
    inbound = Inbound(headers={"content-type": "application/json"}, body=json.dumps(body).encode())
    (again,) = kind.source.parse(inbound, settings_of(fixture))
    assert (again.event_id, again.lead_id) == (parsed.event_id, parsed.lead_id)
    assert fetch is not None
    assert fetch(again, settings_of(fixture), NOW) is None
    return again


def told(asking: Fetching, recorded: Json) -> Json:
    """What a conversation ends with that is answered as it was recorded."""
    turns = iter(recorded)
    request = next(asking)
    while True:
        turn = next(turns)
        assert (request.method, request.url) == (turn["request"]["method"], turn["request"]["url"])
        headers = {name.lower(): value for name, value in turn["reply"]["headers"].items()}
        body = turn["reply"]["body"].encode()
        try:
            request = asking.send(Reply(status=turn["reply"]["status"], headers=headers, body=body))
        except StopIteration as end:
            assert next(turns, None) is None
            return end.value


def described(kind: SourceKind, parsed: Parsed, region: str | None) -> Json:
    """A submission as `expected.json` writes it."""
    mapped = kind.adapter.map(parsed, MappingRules(region=region, noise=kind.source.noise))
    assert mapped.reasons == []
    warnings = [f"{warning['kind']} {warning['place']}" for warning in mapped.warnings]
    return {
        **({"test": True} if parsed.test else {}),
        **({"partial": True} if parsed.partial else {}),
        **({"warnings": warnings} if warnings else {}),
        "lead": mapped.document,
    }


# --- papers ---------------------------------------------------------------------------------


@every_kind
def test_its_settings_explain_themselves(kind: SourceKind) -> None:
    schema = kind.source.settings
    assert schema_problems(schema) == []
    assert schema["additionalProperties"] is False
    for place, part in properties(schema, ""):
        assert part.get("title"), f"{place} has no title"
        assert part.get("additionalProperties", False) is False, f"{place} takes anything"
        if re.search("secret|password|token|values", place) and "properties" not in part:
            assert part.get("secret") is True, f"{place} would be stored and shown in clear"


def properties(schema: Json, place: str) -> Iterator[tuple[str, Json]]:
    for name, part in schema.get("properties", {}).items():
        yield f"{place}/{name}", part
        yield from properties(part, f"{place}/{name}")


@every_kind
def test_its_guide_tells_the_address_and_every_setting(kind: SourceKind) -> None:
    assert "/in/SOURCE-KEY" in kind.guide
    for place, _ in properties(kind.source.settings, ""):
        assert place.rpartition("/")[2] in kind.guide, f"the guide does not tell of {place}"
    if kind.source.unverified:
        assert "Not verified" in kind.guide


@every_kind
@pytest.mark.skipif(
    not all(map(shutil.which, ("bash", "curl", "openssl"))), reason="needs bash, curl and openssl"
)
def test_the_request_in_its_guide_is_a_genuine_submission(kind: SourceKind, peer: Peer) -> None:
    (script,) = re.findall(r"```sh\n(.*?)```", kind.guide, re.DOTALL)
    script = script.replace("https://relay.example.com", peer.url)
    subprocess.run(["bash", "-euc", script], check=True, capture_output=True, timeout=20)
    (arrival,) = peer.arrivals
    sent = Inbound(method=arrival.method, headers=arrival.headers, body=arrival.body)
    secret = re.search("SECRET='(.*)'", script)
    given_settings = {"secrets": [secret[1]]} if secret else {}
    assert verify(kind.source, sent, given_settings, NOW) is None
    if secret:
        assert verify(kind.source, sent, {"secrets": ["another"]}, NOW) is not None
    (parsed,) = kind.source.parse(sent, given_settings)
    if kind.source.fetch and kind.source.fetch(parsed, given_settings, NOW):
        assert parsed.event_id
        return
    assert described(kind, parsed, None)["lead"]["contact"]["email"]


# --- captures -------------------------------------------------------------------------------


@every_kind
def test_its_captures_begin_with_an_example(kind: SourceKind) -> None:
    names = [fixture.name for fixture in fixtures_of(kind)]
    assert names[0] == EXAMPLE
    assert len(names) > 1


@every_capture
def test_a_capture_becomes_the_lead_beside_it(kind: SourceKind, fixture: Fixture) -> None:
    assert problems(kind.source.settings, settings_of(fixture)) == []
    region = fixture.expected.get("region")
    found = [described(kind, parsed, region) for parsed in read(kind, fixture)]
    assert found == fixture.expected["submissions"]


@every_capture
def test_a_capture_sent_twice_is_the_same_event_of_the_same_lead(
    kind: SourceKind, fixture: Fixture
) -> None:
    later = replace(fixture.inbound, received_at=NOW + 3600, address="192.0.2.77")
    again = kind.source.parse(later, settings_of(fixture))
    assert again == came(kind, fixture)
    ids = [parsed.event_id for parsed in again if parsed.event_id is not None]
    assert len(set(ids)) == len(ids)


# --- who has sent it ------------------------------------------------------------------------


def other_secrets(kind: SourceKind, of: Json) -> Json:
    changed = json.loads(json.dumps(of))
    for place in secret_places(kind.source.settings, changed):
        said = get(changed, place)
        other = f"not {said}" if isinstance(said, str) else [f"not {secret}" for secret in said]
        put(changed, place, other)
    return changed


def is_signed(kind: SourceKind, fixture: Fixture) -> bool:
    verdict: Any = kind.source.verify
    if callable(verdict):
        verdict = verdict(fixture.inbound, settings_of(fixture))
        if not isinstance(verdict, Signature):
            return False
        return bool(get(settings_of(fixture), "/" + verdict.secrets.replace(".", "/"), None))
    return bool(verdict)


PROVEN = [param for param in CAPTURES if settings_of(param.values[1])]
IMPRINTED = [param for param in PROVEN if param.values[0].source.imprint]
WITH_HEADERS = [param for param in PROVEN if not param.values[0].source.imprint]
SIGNED = [param for param in PROVEN if is_signed(*param.values)]


@every_capture
def test_a_capture_is_genuine_as_it_was_caught(kind: SourceKind, fixture: Fixture) -> None:
    assert verify(kind.source, fixture.inbound, settings_of(fixture), NOW) is None


@pytest.mark.parametrize(("kind", "fixture"), PROVEN)
def test_a_capture_signed_with_other_secrets_is_refused_until_it_is_signed_anew(
    kind: SourceKind, fixture: Fixture
) -> None:
    other = other_secrets(kind, settings_of(fixture))
    later = NOW + 86400
    assert verify(kind.source, fixture.inbound, other, NOW) is not None
    anew = sign(kind.source, fixture.inbound, other, later)
    if not kind.source.imprint:
        assert anew.body == fixture.inbound.body
    assert verify(kind.source, anew, other, later) is None
    assert verify(kind.source, anew, settings_of(fixture), later) is not None


@pytest.mark.parametrize(("kind", "fixture"), IMPRINTED)
def test_a_capture_without_the_proof_in_its_body_is_refused_and_the_proof_is_never_kept(
    kind: SourceKind, fixture: Fixture
) -> None:
    carried = {secret for parsed in read(kind, fixture) for secret in parsed.secrets}
    assert carried
    body = fixture.inbound.body
    for secret in carried:
        assert not any(secret in json.dumps(one.document) for one in read(kind, fixture))
        body = body.replace(json.dumps(secret)[1:-1].encode(), b"")
    bare = replace(fixture.inbound, body=body)
    assert verify(kind.source, bare, settings_of(fixture), NOW) is not None


@pytest.mark.parametrize(("kind", "fixture"), WITH_HEADERS)
def test_a_capture_without_one_of_its_proofs_is_refused(kind: SourceKind, fixture: Fixture) -> None:
    bare = replace(fixture.inbound, headers={"content-type": "application/json"})
    whole = sign(kind.source, bare, settings_of(fixture), NOW)
    proofs = whole.headers.keys() - bare.headers.keys()
    assert proofs
    for name in proofs:
        without = {key: value for key, value in whole.headers.items() if key != name}
        reason = verify(kind.source, replace(whole, headers=without), settings_of(fixture), NOW)
        assert reason is not None, name


@pytest.mark.parametrize(("kind", "fixture"), SIGNED)
def test_a_signed_capture_with_a_changed_byte_is_refused(
    kind: SourceKind, fixture: Fixture
) -> None:
    body = fixture.inbound.body
    for at in (*range(0, len(body), 97), len(body) - 1):
        changed = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
        forged = replace(fixture.inbound, body=changed)
        assert verify(kind.source, forged, settings_of(fixture), NOW) is not None
    longer = replace(fixture.inbound, body=body + b" ")
    assert verify(kind.source, longer, settings_of(fixture), NOW) is not None


def test_there_are_sources_that_sign() -> None:
    assert SIGNED


# --- whatever comes -------------------------------------------------------------------------

TYPES = st.sampled_from(
    (
        "",
        "application/json",
        "application/json; charset=utf-16",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=b",
        "multipart/form-data",
        "text/plain; charset=nonsense",
        "text/xml",
        "application/octet-stream",
    )
)
ODD = st.sampled_from((None, True, 0, -1.5, "", " ", "x", "\x00", "\ud800", (), ((),), ({},)))
JSON = st.recursive(
    ODD, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner)
)


def take(kind: SourceKind, inbound: Inbound, of: Json) -> None:
    """Read and map as the door does; a body is either unreadable, or a lead, or has reasons."""
    try:
        found = kind.source.parse(inbound, of)
    except Unreadable:
        return
    for parsed in found:
        mapped = kind.adapter.map(parsed, MappingRules(noise=kind.source.noise))
        assert (mapped.document is None) == bool(mapped.reasons)
        if kind.source.fetch:
            kind.source.fetch(parsed, of, NOW)
    verify(kind.source, inbound, of, NOW)


@every_kind
@settings(max_examples=60, deadline=None)
@given(body=st.binary(max_size=120), content_type=TYPES)
def test_random_bytes_are_unreadable_and_nothing_worse(
    kind: SourceKind, body: bytes, content_type: str
) -> None:
    take(kind, Inbound(body=body, headers={"content-type": content_type}), {})


@every_kind
@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_a_capture_with_a_damaged_body_does_not_make_it_raise(
    kind: SourceKind, data: st.DataObject
) -> None:
    fixture = data.draw(st.sampled_from(fixtures_of(kind)))
    body = fixture.inbound.body
    start = data.draw(st.integers(0, len(body)))
    end = data.draw(st.integers(start, min(len(body), start + 30)))
    damaged = body[:start] + data.draw(st.binary(max_size=10)) + body[end:]
    headers = {**fixture.inbound.headers, "content-type": data.draw(TYPES)}
    take(kind, replace(fixture.inbound, body=damaged, headers=headers), settings_of(fixture))


@every_kind
@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_a_value_of_any_shape_anywhere_does_not_make_it_raise(
    kind: SourceKind, data: st.DataObject
) -> None:
    with_body = [one for one in fixtures_of(kind) if is_readable(one)]
    fixture = data.draw(st.sampled_from(with_body))
    document = read_body(fixture.inbound)  # a form, too, for any sender may change to JSON
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(list(places(document, ()))))
        document = json.loads(json.dumps(with_value(document, place, data.draw(JSON))))
    headers = {**fixture.inbound.headers, "content-type": "application/json"}
    body = json.dumps(document).encode()
    take(kind, replace(fixture.inbound, body=body, headers=headers), settings_of(fixture))


def is_readable(fixture: Fixture) -> bool:
    """Whether its body is one that others may send too, and no token."""
    try:
        return bool(read_body(fixture.inbound))
    except Unreadable:
        return False


def places(value: Json, steps: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    yield steps
    members = value.items() if isinstance(value, dict) else []
    members = enumerate(value) if isinstance(value, list) else members
    for key, member in members:
        yield from places(member, (*steps, key))


def with_value(document: Json, steps: tuple[Any, ...], value: Json) -> Json:
    if not steps:
        return value
    document[steps[0]] = with_value(document[steps[0]], steps[1:], value)
    return document
