"""Whatever is posted to LeadTrackr's calls: the dialect's own answer, and nothing stored half."""

import json
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa

from relay.store import tables
from tests.web.apis.leadtrackr_calls import (
    CONNECTION,
    KEY,
    TOKEN,
    Calls,
    configure,
    lead,
    said,
)
from tests.web.wire import Wire

pytestmark = [
    pytest.mark.redis,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]

DOORS = [("createLead", None), ("createServerSideLead", KEY), (CONNECTION, TOKEN)]


@pytest.fixture
def calls(runtime: Any, client: Any) -> Calls:
    connection = {"id": "shop", "token": TOKEN}
    room = {"source": "1000000/minute", "address": "1000000/minute"}
    configure(runtime, source={"settings": {"connection": connection}, "limits": room})
    return Calls(runtime, client)


def with_text(text: str) -> bytes:
    """A lead whose first name is written so in JSON."""
    return json.dumps(lead()).replace('"John"', text).encode()


REFUSED = {
    "LT-20-nothing": b"",
    "LT-20-blanks": b" \r\n",
    "LT-20-text": b"hello",
    "LT-20-form": b"projectId=16&userData[email]=a@b.cc",
    "LT-20-xml": b"<projectId>16</projectId>",
    "LT-20-cut-off": json.dumps(lead()).encode()[:-1],
    "LT-20-comma": b'{"projectId": "16",}',
    "LT-20-single-quotes": b"{'projectId': '16'}",
    "LT-20-list": json.dumps([lead()]).encode(),
    "LT-20-string": json.dumps(json.dumps(lead())).encode(),
    "LT-20-number": b"16",
    "LT-20-null": b"null",
    "LT-20-true": b"true",
    "LT-20-two": json.dumps(lead()).encode() * 2,
    "LT-20-nan": with_text("NaN"),
    "LT-20-infinity": with_text("-Infinity"),
    "LT-20-raw-newline": with_text('"a\nb"'),
    "LT-20-raw-nul": with_text('"a\x00b"'),
    "LT-20-nuls": b"\x00" * 50,
    "LT-20-bad-escape": with_text('"\\ud8"'),
    "LT-20-deep-lists": with_text("[" * 10_000 + "]" * 10_000),
    "LT-20-deep-objects": with_text('{"a":' * 10_000 + "1" + "}" * 10_000),
    "LT-20-deep-unclosed": b'{"userData":' + b"[" * 100_000,
    "LT-20-just-too-deep": with_text("[" * 70 + "]" * 70),
    "LT-20-utf-7": b"+AHsAfQ-",
}


@pytest.mark.parametrize(("name", "key"), DOORS, ids=["page", "server", "custom"])
def test_lt_20_a_body_that_cannot_be_read_is_400_and_nothing_is_kept(
    calls: Calls, name: str, key: str | None
) -> None:
    for case, body in REFUSED.items():
        answer = calls.send("POST", name, body, key=key)
        assert answer.status_code == 400, case
        assert len(answer.get_json()["message"]) < 300, case
    assert calls.stored() == []
    assert rows(calls, tables.bodies) == []
    assert rows(calls, tables.leads) == []


TAKEN = {
    "LT-52-escaped-nul": with_text('"a\\u0000b"'),
    "LT-52-lone-surrogate": with_text('"a\\ud800b"'),
    "LT-52-pair": with_text('"\\ud83d\\ude00"'),
    "LT-52-latin-1": with_text('"J\xf6rg"').decode().encode("latin-1"),
    "LT-52-utf-16": json.dumps(lead()).encode("utf-16"),
    "LT-52-utf-32": json.dumps(lead()).encode("utf-32-le"),
    "LT-52-mark": b"\xef\xbb\xbf" + json.dumps(lead()).encode(),
    "LT-52-truncated-utf-8": with_text('"J\xf6"').replace(b"\xc3\xb6", b"\xc3"),
    "LT-23-large-number": with_text("9" * 400),
    "LT-23-large-exponent": with_text("1e999"),
    "LT-23-duplicates": with_text('"A", "firstName": "B"'),
    "LT-23-object": with_text('{"a": [1, {"b": null}]}'),
    "LT-23-deep-enough": with_text("[" * 50 + "]" * 50),
    "LT-27-many-fields": json.dumps(lead(formData={f"f{n}": n for n in range(5000)})).encode(),
    "LT-27-long": json.dumps(lead(formData={"x" * 20_000: "y" * 200_000})).encode(),
}


def test_lt_23_lt_27_lt_52_odd_values_cost_no_lead(calls: Calls) -> None:
    for case, body in TAKEN.items():
        answer = calls.create(body)
        assert answer.status_code == 201, (case, said(answer))
        assert calls.create_by_server(body).status_code == 201, case
        found = calls.get(answer.get_json()["leadId"])
        assert found["lastName"] == "Doe", case
    assert calls.find("limit=100")["total"] == 2 * len(TAKEN)


def test_lt_27_what_is_nested_as_deep_as_can_be_comes_back_as_it_was(calls: Calls) -> None:
    nested = json.loads("[" * 62 + "]" * 62)
    assert calls.get(calls.made(formData={"x": nested}))["formData"] == {"x": nested}
    assert calls.create(lead(formData={"x": [nested]})).status_code == 400


@pytest.mark.parametrize("member", ["projectId", "userData", "uniqueIdentifier"])
def test_a_member_that_is_there_twice_is_judged_as_the_list_that_it_is(
    calls: Calls, member: str
) -> None:
    body = json.dumps(lead(uniqueIdentifier="a")).encode()
    twice = (
        body[:-1] + b", " + json.dumps({member: lead(uniqueIdentifier="b")[member]}).encode()[1:]
    )
    assert said(calls.create(twice))[0] == 400
    assert calls.stored() == []


def test_lt_22_a_body_that_is_too_large_is_413(calls: Calls) -> None:
    limit = calls.runtime.config.body_limit
    body = json.dumps(lead(formData={"x": "y" * limit})).encode()
    for name, key in DOORS:
        status, message = said(calls.send("POST", name, body, key=key))
        assert (status, message[:30]) == (413, "The request body is too large:")
    assert calls.stored() == []


def test_random_changes_of_a_genuine_body_are_never_a_500(calls: Calls) -> None:
    """`check` judges every answer."""
    chance = Random(7)
    genuine = json.dumps(lead(formData={"uniqueEventId": "e", "n": [1, {"a": None}]})).encode()
    pieces = [b"", b"[", b"]", b"{", b"}", b'"', b",", b":", b"null", b"\\u0000", b"\xff", b"1e9"]
    for _ in range(150):
        start = chance.randrange(len(genuine))
        end = min(len(genuine), start + chance.randrange(12))
        body = genuine[:start] + chance.choice(pieces) + genuine[end:]
        answer = calls.create(body)
        assert answer.status_code in (200, 201, 400, 404), body
    assert set(calls.stored()) <= {"stored"}


VALUES = [None, True, 0, -1.5, "", "x", [], [[]], {}, {"a": {}}, "\x00", "\ud800", "9" * 5000]


def test_a_value_of_any_shape_in_any_place_is_never_a_500(calls: Calls) -> None:
    whole = lead(
        formData={"formName": "F", "formMessage": "M", "uniqueEventId": "e", "formFields": {}},
        deviceData={"ipAddress": "192.0.2.1", "userAgent": "UA"},
        channelFlow=[{"t": 1, "ch": {"s": "a", "m": "b"}}],
        lt_channelflow="x",
        uniqueIdentifier="u",
        unique_identifier="v",
        attributionData={"gclid": "g", "cid": "c", "consent": {"ad_storage": "granted"}},
    )
    places = [(name,) for name in whole]
    places += [
        (name, inner) for name in whole for inner in whole[name] if isinstance(whole[name], dict)
    ]
    for place in places:
        for value in VALUES:
            body = json.loads(json.dumps(whole))
            holder = body if len(place) == 1 else body[place[0]]
            holder[place[-1]] = value
            answer = calls.create(body)
            assert answer.status_code in (200, 201, 400, 404), (place, value)
    for number in calls.ids("limit=100"):
        assert calls.get(number)["id"] == number


def test_reading_calls_take_any_parameter(calls: Calls) -> None:
    calls.made()
    for name in (
        "limit",
        "page",
        "status",
        "formName",
        "email",
        "phone",
        "search",
        "sort",
        "leadId",
    ):
        for value in ("%00", "%ff", "%F0%9F%98%80", "%", "''", "a" * 3000, "[]", "%E2%80%AE", "-0"):
            for call in ("getLeads", "getLead"):
                answer = calls.send("GET", f"{call}?{name}={value}", key=KEY)
                assert answer.status_code in (200, 400, 404), (name, value)


# --- by a real server ------------------------------------------------------------------------


def test_the_real_server_answers_so_too(
    settings: dict[str, str], make_runtime: Any, tmp_path: Any
) -> None:
    configure(make_runtime())
    wire = Wire(settings, tmp_path / "gunicorn.log")
    try:
        status, told = post(wire, json.dumps(lead()).encode())
        assert (status, told["leadId"]) == (201, 1)
        for case in ("LT-20-nothing", "LT-20-deep-lists", "LT-20-raw-nul", "LT-20-utf-7"):
            status, told = post(wire, REFUSED[case])
            assert (status, set(told)) == (400, {"message"}), case
        status, told = post(wire, b'{"x": "' + b"y" * 3_000_000)
        assert (status, set(told)) == (413, {"message"})
        cut_off = b"POST /api/leads/createLead HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        with wire.connect() as connection:
            connection.sendall(cut_off + b"Content-Length: 500\r\n\r\n" + b'{"projectId": "16"')
            connection.shutdown(1)
            answer = connection.makefile("rb").read()
        assert b" 400 " in answer.partition(b"\r\n")[0]
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["message"]
    finally:
        wire.close()
    assert "Traceback" not in wire.output


def post(wire: Wire, body: bytes) -> tuple[int, Any]:
    head = (
        b"POST /api/leads/createLead HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    )
    with wire.connect() as connection:
        connection.sendall(head + body)
        answer = connection.makefile("rb").read()
    start, _, content = answer.partition(b"\r\n\r\n")
    assert b"Access-Control-Allow-Origin: *" in start
    return int(start.split()[1]), json.loads(content)


def rows(calls: Calls, table: sa.Table) -> list[Any]:
    with calls.runtime.database.read() as connection:
        return list(connection.execute(sa.select(table)))
