"""Leads of many kinds: all that a lead can hold, the least that one holds, and two hundred more."""

import random
from typing import Any

from relay.core.contract import Json
from tests.integrations.conversing import catalog

IDS: Json = {
    "id": "0195571e-5a00-7000-8000-0000000000a1",
    "number": 42,
    "public_id": "lead_4f9k2m",
    "version": 1,
}
EVENT: Json = {"type": "created", "label": "", "at": "2026-03-02T11:59:58Z"}
CONSENTED: Json = {
    name: {
        "state": "granted",
        "raw": "yes",
        "text": f"I agree ({name})",
        "at": "2026-03-02T11:59:00Z",
    }
    for name in (
        "marketing",
        "ad_user_data",
        "ad_personalization",
        "ad_storage",
        "analytics_storage",
    )
}

FIRST = (
    None,
    "Ada",
    "Łukasz",
    "李",
    "𝒜𝒹𝒶",
    "👩‍👩‍👧‍👦",
    "محمد",
    "דנה",
    "x" * 300,
    "O'Brien & <b>Sons</b>",
)
LAST = (
    None,
    "King",
    "Wolfeschlegelsteinhausenbergerdorff" * 9,
    "佐藤",
    "الفارسي",
    "𠜎𠜱",
    "=1+1",
    "Ng",
)
PHONES: tuple[Json, ...] = (
    None,
    {"raw": "020 7946 0018", "e164": "+442079460018", "region": "GB"},
    {"raw": "(202) 555-0142", "e164": "+12025550142", "region": "US"},
    {"raw": "030 901820", "e164": "+4930901820", "region": "DE"},
    {"raw": "+91 98765 43210", "e164": "+919876543210", "region": "IN", "extension": "7"},
    {"raw": "call me after five"},
)
EMAILS = (
    None,
    "ada@example.com",
    "Ada.King+Quote@Gmail.com",
    "josé@bücher.example",
    f"{'a' * 60}@{'b' * 60}.{'c' * 60}.example",
)
COMPANIES = (None, "Example & Sons", "株式会社", "C" * 300, "شركة")
MESSAGES = (
    None,
    "Please call.",
    "<script>alert(1)</script> <!channel> @everyone *bold* _x_ [a](b) =HYPERLINK(1)",
    "مرحبا، أريد عرض سعر",
    "🙂" * 2500,
    "line one\r\nline two\n\n\tthree",
    "w" * 40_000,
)
FIELDS: tuple[Json, ...] = (
    {},
    {"How many?": 12, "Newsletter": False, "Colours": ["red", "blue"], "": "nameless"},
    {"q" * 300: "v" * 300, "Ключ": "значение", "nested": {"a": [1, {"b": None}]}},
    {f"Question {number}": f"Answer {number}" for number in range(120)},
)
CONSENTS: tuple[Json, ...] = (
    None,
    {},
    CONSENTED,
    {"marketing": {"state": "denied", "raw": "no"}},
    {"marketing": {"state": "unknown", "raw": None}},
    {"marketing": {"state": "granted", "raw": None}},
)
ATTRIBUTIONS: tuple[Json, ...] = (
    None,
    {},
    {"utm": {"source": "search", "campaign": "u" * 300}, "page_url": "https://example.com/?a=b#c"},
    {
        "click_ids": {"gclid": "Cj0KCQ", "fbclid": "IwAR0", "ttclid": "E.C.P", "li_fat_id": "5c1b"},
        "browser_ids": {"fbp": "fb.1.1700000000000.1", "ttp": "t1", "hubspot_utk": "h" * 32},
        "ga": {"client_id": "1234.5678", "session_id": "1700000000"},
        "referrer": "https://" + "r" * 3000 + ".example/",
    },
)


def whole() -> Json:
    """A lead with every place filled that it has."""
    return _outgoing(_filled(catalog().lead_schema, "") | {"v": 1})


def least() -> Json:
    """A lead of which nothing is known but an address."""
    return _outgoing({"v": 1, "contact": {"email": "ada@example.com"}})


def stretched(value: Json, most: int) -> Any:
    """The same with every text made as long as this."""
    if isinstance(value, dict):
        return {name: stretched(part, most) for name, part in value.items()}
    if isinstance(value, list):
        return [stretched(part, most) for part in value]
    return (value + " " + "y" * most)[:most] if isinstance(value, str) and value else value


def many() -> list[Json]:
    """Two hundred leads, the same in every run."""
    chance = random.Random(4)
    return [_one(chance) for _ in range(200)]


def _one(chance: random.Random) -> Json:
    first, last = chance.choice(FIRST), chance.choice(LAST)
    names = [name for name in (first, last) if name]
    contact = {
        "first_name": first,
        "last_name": last,
        "full_name": " ".join(names) if chance.random() < 0.8 else None,
        "email": chance.choice(EMAILS),
        "phone": chance.choice(PHONES),
        "company": chance.choice(COMPANIES),
        "website": chance.choice((None, "https://example.com", "not an address")),
        "address": chance.choice(
            (None, {"city": "São Paulo", "postal_code": "01310", "country": "BR"})
        ),
    }
    parts = {
        "contact": _some(contact),
        "form": _some(
            {"name": "Quote", "message": chance.choice(MESSAGES), "fields": chance.choice(FIELDS)}
        ),
        "consent": chance.choice(CONSENTS),
        "attribution": chance.choice(ATTRIBUTIONS),
        "device": chance.choice(
            (None, {"ip": "2001:db8::1", "user_agent": "Mozilla/5.0 " + "x" * 600})
        ),
        "state": chance.choice(
            (None, {"stage": "new"}, {"stage": "won", "value_minor": 99, "currency": "JPY"})
        ),
    }
    return _outgoing({"v": 1, **_some(parts)})


def _some(parts: dict[str, Json]) -> dict[str, Json]:
    return {name: part for name, part in parts.items() if part is not None}


def _outgoing(document: Json) -> Json:
    return {**document, "ids": IDS, "event": EVENT}


def _filled(schema: Json, name: str) -> Any:
    """A value for a place of the canonical schema, by how it is read."""
    if name in _BY_NAME:
        return _BY_NAME[name]
    if "$ref" in schema:
        return _filled(_definition(schema["$ref"]), name)
    if (value := _BY_READING.get(schema.get("x-reads", ""))) is not None:
        return value
    properties = schema.get("properties", {})
    if schema.get("type") == "object" or properties:
        inner = {
            key: _filled(part, key) for key, part in properties.items() if key not in _LEFT_OUT
        }
        return inner if properties else {f"{name} key": f"{name} value"}
    if "enum" in schema:
        return schema["enum"][0]
    return {"string": f"{name} text", "integer": 7, "number": 7, "boolean": True, "array": []}.get(
        schema.get("type", ""), f"{name} value"
    )


_LEFT_OUT = ("v", "ids", "event", "verbatim", "times")

_BY_NAME: dict[str, Json] = {
    **dict.fromkeys(
        ("page_url", "referrer", "landing_page", "conversion_page", "url", "website"),
        "https://example.com/quote?utm_source=search",
    ),
    "birthday": "1990-12-10",
    "country": "GB",
    "currency": "EUR",
    "fbc": "fb.1.1700000000000.IwAR0",
    "fbp": "fb.1.1700000000000.1098115397",
    "gender": "female",
    "ip": "192.0.2.7",
    "client_id": "1234567890.1700000000",
    "session_id": "1700000000",
    "stage": "qualified",
    "user_agent": "Mozilla/5.0",
    "value_minor": 125050,
}

_BY_READING: dict[str, Json] = {
    "email": "ada@example.com",
    "phone": {"raw": "020 7946 0018", "e164": "+442079460018", "region": "GB", "extension": "12"},
    "consent": CONSENTED["marketing"],
    "instant": "2026-03-02T11:59:58Z",
    "files": [
        {"name": "plan.pdf", "type": "application/pdf", "url": "https://files.test/plan.pdf"}
    ],
}


def _definition(reference: str) -> Json:
    return catalog().lead_schema["$defs"][reference.rpartition("/")[2]]
