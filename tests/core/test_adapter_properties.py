"""Whatever a form sends, the engine answers; and nothing of it disappears."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
from hypothesis import given, settings
from hypothesis import strategies as st

from relay.catalog import ROOT
from relay.core.adapter import InboundAdapter, Mapped, MappingRules
from relay.core.clean import clean
from relay.core.contract import Parsed
from relay.core.lead import LeadSchema, is_empty
from relay.core.outbound import OutboundAdapter
from relay.core.pointers import get

LEAD = LeadSchema.load(ROOT / "jsonschemas" / "lead.json")
LEAD_IS_VALID = jsonschema_rs.validator_for(LEAD.schema)

ANSWERS = {"lead": {"answers": True}}
MARKED = {
    "properties": {
        "email": {"if": {"type": "string"}, "then": {"lead": "/contact/email"}},
        "name": {"lead": "/contact/full_name"},
        "phone": {"lead": "/contact/phone"},
        "consent": {"lead": "/consent/marketing"},
        "hidden": {"lead": "/attribution/extra"},
        "data": {"lead": {"answers": True}, "properties": {"id": {"lead": "/form/id"}}},
        "note": {"lead": {"field": "Note"}},
        "file": {"lead": "/form/files"},
        "flow": {"lead": "/attribution/channel_flow"},
        "fields": {"lead": "/form/fields"},
        "value": {"lead": "/state/value_minor"},
        "at": {"lead": "/times/submitted"},
        "certificate": {"lead": "/consent/certificates"},
    },
    "patternProperties": {"^utm_": {"lead": "/attribution/utm"}},
}
ADAPTERS = [InboundAdapter(schema, LEAD) for schema in (ANSWERS, MARKED, {})]

NAMES = st.sampled_from(
    """
    email e-mail name nom nombre vorname phone company message consent gclid utm_source page_url
    referrer ip id ref label title value values type key answer first last data fields hidden
    raw state note file flow at certificate form_id csrf_token submitted_at tcpa us um url
    field/with~slash 0 1 v form contact
    """.split()  # noqa: SIM905 - words read best as words
) | st.text(max_size=8)
TEXTS = st.text(max_size=30) | st.sampled_from(
    [
        "ada@example.com", "a@b", "+31 6 12345678", " 31612345678", "0612345678", "yes", "no",
        "2026-01-02T03:04:05Z", "\ud800", "a\x00b", "", " ", "https://x.example/?utm_source=a&gclid=G#b",
        "Ada Lovelace", "https://x.example/?utm_source=b&utm_medium=%00%ff", "[email]{x}", "true",
    ]
)  # fmt: skip
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
    | st.sampled_from([0, 1, 1.0, True, False, -0.0, 2**64, 10**400, 1e308, 1767323045])
)  # fmt: skip
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=30,
)
POINTERS = st.sampled_from([*LEAD.places, "", "/", "drop", "/form/fields/x/y", "/tokens/~1", "x"])
MAPPINGS = st.dictionaries(NAMES, POINTERS | JSON, max_size=4)


def leaves(value: Any) -> Iterator[Any]:
    """The values that hold no others, without those that say nothing."""
    if isinstance(value, dict):
        for member in value.values():
            yield from leaves(member)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item)
    elif not is_empty(value):
        yield value


def texts_of(mapped: Mapped) -> str:
    return json.dumps(mapped.document, ensure_ascii=False, sort_keys=True)


def places_of(value: Any, steps: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every leaf with its pointer in the document."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield from places_of(member, (*steps, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from places_of(item, (*steps, str(index)))
    else:
        pointer = "".join("/" + s.replace("~", "~0").replace("/", "~1") for s in steps)
        yield pointer, value


@settings(max_examples=60, deadline=None)
@given(document=JSON, mapping=MAPPINGS, region=st.sampled_from([None, "NL", "US", "xx"]))
def test_every_document_becomes_a_valid_lead(document: Any, mapping: Any, region: Any) -> None:
    for adapter in ADAPTERS:
        rules = MappingRules(mapping=mapping, region=region, noise={"x*": "mine"})
        mapped = adapter.map(Parsed(document=document), rules)
        assert mapped.reasons == []
        assert LEAD_IS_VALID.is_valid(mapped.document), [
            str(error) for error in LEAD_IS_VALID.iter_errors(mapped.document)
        ]
        json.dumps(mapped.document, allow_nan=False).encode()


@settings(max_examples=150, deadline=None)
@given(document=JSON)
def test_nothing_that_was_sent_disappears(document: Any) -> None:
    for adapter in ADAPTERS:
        mapped = adapter.map(Parsed(document=document), MappingRules(region="NL"))
        kept = list(leaves(mapped.document))
        noise = [w["place"] for w in mapped.warnings if w["kind"] == "noise" and w["rule"]]
        for pointer, value in places_of(clean(document)):
            if is_empty(value) or names_an_answer(document, pointer):
                continue
            if any((pointer + "/").startswith(place + "/") for place in noise):
                continue
            became_a_time = "times" in mapped.document and pointer.endswith(("submitted_at", "at"))
            assert became_a_time or is_kept(value, kept), (pointer, value, mapped)


def names_an_answer(document: Any, pointer: str) -> bool:
    """The id, type and names of an answer say which it is, and are no answers themselves."""
    around, _, name = pointer.rpartition("/")
    member = get(clean(document), around)
    says_value = isinstance(member, dict) and not {"value", "values", "answer"}.isdisjoint(member)
    return says_value and name in ("id", "ref", "label", "title", "name", "type", "key")


def is_kept(value: Any, kept: list[Any]) -> bool:
    if any(type(value) is type(other) and value == other for other in kept):
        return True
    texts = [text for text in kept if isinstance(text, str)]
    if isinstance(value, str):
        words = value.strip().removeprefix("mailto:")
        numbers = {str(number) for number in kept if type(number) is int}
        return words in numbers or any(words.lower() in text.lower() for text in texts)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    # a number may stand in a text, and a whole one be kept or written without its point
    if any(type(other) is int and other == value for other in kept):
        return True
    spelled = {str(value), str(int(value))} if value == int(value) else {str(value)}
    return any(text in other for text in spelled for other in texts)


TARGET = OutboundAdapter(
    {
        "type": "object",
        "required": ["email"],
        "properties": {
            "email": {"type": "string", "lead": ["/contact/email", "/contact/phone/e164"]},
            "name": {"lead": "/contact/full_name", "default": "unknown"},
            "emails": {"prefixItems": [{"properties": {"value": {"lead": "/contact/email"}}}]},
            "all": {"lead": ""},
            "number": {"type": "integer", "lead": "/state/value_minor"},
        },
    }
)
WISHES = (
    st.none() | POINTERS | st.lists(POINTERS, max_size=3) | JSON
    | st.fixed_dictionaries({"template": TEXTS | JSON})
    | st.fixed_dictionaries({"value": JSON})
)  # fmt: skip
PAYLOAD_PLACES = st.text(max_size=6) | st.sampled_from(
    [
        "",
        "/",
        "/email",
        "/emails",
        "/emails/0",
        "/emails/99999999999",
        "/a/0/b",
        "/a/1",
        "/a/x",
        "/-",
    ]
)


@settings(max_examples=60, deadline=None)
@given(document=JSON, mapping=st.dictionaries(PAYLOAD_PLACES, WISHES, max_size=5))
def test_every_lead_and_mapping_becomes_a_payload_or_errors(document: Any, mapping: Any) -> None:
    made = ADAPTERS[0].map(Parsed(document=document), MappingRules(region="NL")).document
    for lead in (made, clean(document)):
        built = TARGET.build(lead, clean(mapping))
        assert all(isinstance(error, str) for error in built.errors)
        json.dumps(built.payload)
        if not built.errors:
            assert isinstance(built.payload["email"], str)
