"""Any form: every shape that forms come in, and every way to prove who sent one."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.catalog import load_catalog
from relay.core.adapter import MappingRules
from relay.core.checks import problems
from relay.core.contract import Inbound, Json, Parsed, Unreadable
from relay.core.verify import sign, verify

KIND = load_catalog().sources["generic"]
NOW = 1772452387.0


def parse(body: bytes | Json, type_: str = "", settings: Json = None, **more: Any) -> list[Parsed]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    inbound = Inbound(body=raw, headers={"content-type": type_}, **more)
    return KIND.source.parse(inbound, settings or {})


def lead(body: bytes | Json, type_: str = "", mapping: Json = None, **more: Any) -> Any:
    (parsed,) = parse(body, type_, **more)
    found = KIND.adapter.map(parsed, MappingRules(mapping=mapping or {}))
    assert found.reasons == []
    return found.document


# --- shapes ---------------------------------------------------------------------------------

FORM = "application/x-www-form-urlencoded"
ADA = {"first_name": "Ada", "last_name": "Example", "email": "ada@example.com"}
NAMED = [{"name": key, "value": value} for key, value in ADA.items()]


@pytest.mark.parametrize(
    ("body", "type_"),
    [
        (ADA, "application/json"),
        (ADA, "application/vnd.api+json; charset=utf-8"),
        (ADA, "text/plain;charset=UTF-8"),
        (ADA, FORM),
        (ADA, ""),
        ({"data": {"attributes": ADA}}, ""),
        ({"lead": {"contact": ADA}}, ""),
        ({key: [value] for key, value in ADA.items()}, ""),
        (NAMED, ""),
        ({"fields": NAMED}, ""),
        ({"fields": [{"label": key, "value": [value]} for key, value in ADA.items()]}, ""),
        ({"data.json": json.dumps({key: [value] for key, value in ADA.items()})}, ""),
        ({"rawRequest": json.dumps(ADA)}, ""),
        ({"a": json.dumps({"b": json.dumps(NAMED)})}, ""),
        (json.dumps(ADA), ""),
        (b"first_name=Ada&last_name=Example&email=ada%40example.com", FORM),
        (b"first_name=Ada&last_name=Example&email=ada@example.com", ""),
        ((b"form_fields[first_name]=Ada&form_fields[last_name]=Example&form_fields[email]="
         b"ada%40example.com"), FORM),
        (b"c%5Bfirst_name%5D=Ada&c%5Blast_name%5D=Example&c%5Bemail%5D=ada%40example.com", FORM),
        ((b"fields[0][name]=email&fields[0][value]=ada%40example.com&fields[1][name]=first_name"
         b"&fields[1][value]=Ada&fields[2][name]=last_name&fields[2][value]=Example"), FORM),
        ((b"payload=%7B%22first_name%22%3A%22Ada%22%2C%22last_name%22%3A%22Example%22%2C%22email"
         b"%22%3A%22ada%40example.com%22%7D"), FORM),
        ((b"<lead><first_name>Ada</first_name><last_name>Example</last_name>"
         b"<email>ada@example.com</email></lead>"), "text/xml"),
    ],
)  # fmt: skip
def test_one_person_in_every_shape(body: Any, type_: str) -> None:
    contact = {**ADA, "full_name": "Ada Example"}
    assert lead(body, type_) == {"v": 1, "contact": contact}


@pytest.mark.parametrize(
    ("body", "interests"),
    [
        (b"interests=a&interests=b", ["a", "b"]),
        (b"interests[]=a&interests[]=b", ["a", "b"]),
        (b"interests%5B0%5D=a&interests%5B1%5D=b", ["a", "b"]),
        (b"interests[]=a", ["a"]),
        (b"interests=a", "a"),
    ],
)
def test_repeated_names_are_lists(body: bytes, interests: Json) -> None:
    assert lead(body, FORM)["form"]["fields"] == {"interests": interests}


def test_text_that_only_begins_like_json_stays_text() -> None:
    said = {"message": "[1] is a footnote", "b": "[1]", "c": "{}", "d": '["x"]', "e": "{not json}"}
    document = lead({"email": "ada@example.com", **said})
    assert document["form"]["message"] == "[1] is a footnote"
    assert document["form"]["fields"] == {key: said[key] for key in "bcde"}


def test_windows_1252_is_read_where_it_is_not_utf_8() -> None:
    assert lead(b"name=J\xf6rg&message=sch%F6n", FORM)["form"]["message"] == "schön"
    assert lead('{"name": "Jörg"}'.encode("cp1252"))["contact"]["full_name"] == "Jörg"
    assert lead("name=Jörg".encode(), FORM)["contact"]["full_name"] == "Jörg"


@pytest.mark.parametrize(
    "body", [b"phone=+49+30+23125001", b"phone= 493023125001", b"phone=%2B49 30 23125001"]
)
def test_a_phone_that_lost_its_plus_is_an_international_one(body: bytes) -> None:
    assert lead(body, FORM)["contact"]["phone"]["e164"] == "+493023125001"


def test_uploads_are_noted_and_never_become_fields() -> None:
    body = (
        b'--b\r\nContent-Disposition: form-data; name="email"\r\n\r\nada@example.com\r\n'
        b'--b\r\nContent-Disposition: form-data; name="email"; filename="evil.txt"\r\n'
        b"Content-Type: text/plain\r\n\r\nevil@example.com\r\n--b--\r\n"
    )
    document = lead(body, "multipart/form-data; boundary=b")
    assert document["contact"] == {"email": "ada@example.com"}
    assert document["form"] == {
        "files": [{"label": "email", "name": "evil.txt", "type": "text/plain", "size": 16}]
    }


def test_a_form_of_nothing_but_an_upload_is_a_submission() -> None:
    body = (
        b'--b\r\nContent-Disposition: form-data; name="cv"; filename="cv.pdf"\r\n'
        b"Content-Type: application/pdf\r\n\r\n%PDF\r\n--b--\r\n"
    )
    assert lead(body, "multipart/form-data; boundary=b")["form"]["files"][0]["name"] == "cv.pdf"


def test_parameters_of_the_address_are_answers_after_those_of_the_body() -> None:
    query = (("utm_source", "ads"), ("email", "other@example.com"), ("tag", "a"), ("tag", "b"))
    document = lead({"email": "ada@example.com"}, query=query)
    assert document["attribution"]["utm"] == {"source": "ads"}
    assert document["contact"]["email"] == "ada@example.com"
    assert document["form"]["fields"] == {"email": "other@example.com", "tag": ["a", "b"]}


def test_a_mapping_goes_by_name_or_path() -> None:
    body = {"data": {"x": "Example Ltd", "y": "secret"}}
    for name in ("data.x", "/fields/data/x"):
        document = lead(body, mapping={name: "/contact/company", "data.y": "drop"})
        assert document == {"v": 1, "contact": {"company": "Example Ltd"}}


@pytest.mark.parametrize("body", [b"", b" \n", b"{}", b"[]", b"7", b"null", b'"x"', b"true", b"hi"])
def test_a_body_without_fields_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        parse(body)


LEAVES = st.integers(-9999, 9999) | st.text("abcxyz äß,.", min_size=1).filter(str.strip)
NAMES = st.text("abcdefgh ijk_-", min_size=1, max_size=8).filter(str.strip)
SHAPES = st.dictionaries(
    NAMES,
    st.recursive(
        LEAVES,
        lambda inner: st.dictionaries(NAMES, inner, min_size=1) | st.lists(inner, min_size=1),
        max_leaves=6,
    ),
    min_size=1,
)


@given(body=SHAPES)
def test_nothing_that_a_form_says_disappears(body: Json) -> None:
    (parsed,) = parse(body)
    found = KIND.adapter.map(parsed, MappingRules())
    kept = json.dumps([found.document, found.warnings], ensure_ascii=False)
    dropped = {warning["place"] for warning in found.warnings if warning["kind"] == "noise"}
    for place, value in leaves(parsed.document, ""):
        said = str(value).strip() if isinstance(value, str) else json.dumps(value)
        assert said in kept or any(place.startswith(one) for one in dropped), place


def leaves(value: Json, place: str) -> Any:
    if isinstance(value, dict):
        for key, member in value.items():
            yield from leaves(member, f"{place}/{key}")
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from leaves(member, f"{place}/{index}")
    else:
        yield place, value


# --- ids and batches ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "body", "event_id"),
    [
        ("id", {"id": "a1"}, "a1"),
        ("id", {"id": 0}, "0"),
        ("data.id", {"data": {"id": 7}}, "7"),
        ("data.id", {"data.id": "flat", "data": {"id": "deep"}}, "flat"),
        ("data.id", {"data": '{"id": "in text"}'}, "in text"),
        ("id", {"x": 1}, None),
        ("id", {"id": ""}, None),
        ("id", {"id": True}, None),
        ("id", {"id": {"id": 1}}, None),
        ("id", [{"id": 1}], None),
        ("a.b.c", {"a": {"b": 1}}, None),
    ],
)
def test_an_id_is_found_by_its_path(path: str, body: Json, event_id: str | None) -> None:
    (parsed,) = parse(body, settings={"submission_id": path})
    assert parsed.event_id == event_id
    assert parse(body)[0].event_id is None


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("leads", {"leads": [{"email": "a@example.com"}, {"email": "b@example.com"}]}),
        (
            "data.items",
            {"data": {"items": [{"email": "a@example.com"}, {"email": "b@example.com"}]}},
        ),
        (".", [{"email": "a@example.com"}, {"email": "b@example.com"}]),
    ],
)
def test_a_batch_is_a_submission_for_each_entry(path: str, body: Json) -> None:
    found = parse(body, settings={"batch": path})
    assert [one.document["fields"]["email"] for one in found] == ["a@example.com", "b@example.com"]
    assert len(parse(body)) == 1


@pytest.mark.parametrize("body", [{"leads": []}, {"leads": {"email": "x"}}, {"other": 1}])
def test_without_the_list_of_its_batch_a_body_is_one_submission(body: Json) -> None:
    (parsed,) = parse(body, settings={"batch": "leads"})
    assert parsed.document == {"fields": body}


def test_a_batch_has_an_end() -> None:
    assert len(parse([{"a": 1}] * 1000, settings={"batch": "."})) == 1000
    with pytest.raises(Unreadable, match="1001"):
        parse([{"a": 1}] * 1001, settings={"batch": "."})


# --- who has sent it ------------------------------------------------------------------------

BODY = b'{"email": "ada@example.com"}'
HEADER = {"header": {"name": "X-Api-Key", "values": ["new key", "old key"]}}
BASIC = {"basic": {"username": "relay", "passwords": ["new:word", "old word"]}}
BOTH = {**HEADER, **BASIC}


def basic(pair: str) -> str:
    return "Basic " + base64.b64encode(pair.encode()).decode()


@pytest.mark.parametrize(
    ("settings", "headers", "genuine"),
    [
        ({}, {}, True),
        (HEADER, {"x-api-key": "new key"}, True),
        (HEADER, {"x-api-key": "old key"}, True),
        (HEADER, {"x-api-key": "new ke"}, False),
        (HEADER, {"x-api-key": "NEW KEY"}, False),
        (HEADER, {"x-api-key": ""}, False),
        (HEADER, {"x-other": "new key"}, False),
        (BASIC, {"authorization": basic("relay:new:word")}, True),
        (BASIC, {"authorization": basic("relay:old word").replace("Basic", "basic")}, True),
        (BASIC, {"authorization": basic("relay:new")}, False),
        (BASIC, {"authorization": basic("other:old word")}, False),
        (BASIC, {"authorization": basic("relay:")}, False),
        (BASIC, {"authorization": "Basic ###"}, False),
        (BASIC, {"authorization": "Basic"}, False),
        (BASIC, {"authorization": "Bearer old word"}, False),
        (BASIC, {}, False),
        (BOTH, {"x-api-key": "new key"}, False),
        (BOTH, {"authorization": basic("relay:old word")}, False),
        (BOTH, {"x-api-key": "new key", "authorization": basic("relay:old word")}, True),
    ],
)
def test_every_proof_that_is_asked_for_has_to_be_there(
    settings: Json, headers: Any, genuine: bool
) -> None:
    assert problems(KIND.source.settings, settings) == []
    reason = verify(KIND.source, Inbound(body=BODY, headers=headers), settings, NOW)
    assert (reason is None) == genuine


def test_a_secret_beyond_ascii_is_compared_as_the_wire_has_it() -> None:
    settings = {"header": {"name": "x-key", "values": ["schlüssel"]}}
    wire = "schlüssel".encode().decode("latin-1")
    for given_, genuine in ((wire, True), ("schlussel", False), ("схлюссел", False)):
        inbound = Inbound(body=BODY, headers={"x-key": given_})
        assert (verify(KIND.source, inbound, settings, NOW) is None) == genuine


def digest(key: str, signed: bytes, algorithm: str = "sha256") -> bytes:
    return hmac.new(key.encode(), signed, getattr(hashlib, algorithm)).digest()


STAMP = str(int(NOW)).encode()
RECIPES = [
    pytest.param({}, digest("s", BODY).hex(), {}, id="plain"),
    pytest.param(
        {"written": "sha256={signature}"}, "sha256=" + digest("s", BODY).hex(), {}, id="prefix"
    ),
    pytest.param(
        {"encoding": "base64", "algorithm": "sha512"},
        base64.b64encode(digest("s", BODY, "sha512")).decode(),
        {},
        id="base64",
    ),
    pytest.param({"algorithm": "sha1"}, digest("s", BODY, "sha1").hex().upper(), {}, id="upper"),
    pytest.param(
        {"written": "t={timestamp},v1={signature}", "signed": "{timestamp}.{raw}"},
        f"t={STAMP.decode()},v1=00,v1={digest('s', STAMP + b'.' + BODY).hex()},v0=x",
        {},
        id="with its time",
    ),
    pytest.param(
        {"written": "{timestamp}.{signature}", "signed": "{timestamp}.{raw}"},
        f"{STAMP.decode()}.{digest('s', STAMP + b'.' + BODY).hex()}",
        {},
        id="with its time in one",
    ),
    pytest.param(
        {"written": "{signature};at={timestamp}", "signed": "{timestamp}.{raw}"},
        f"{digest('s', STAMP + b'.' + BODY).hex()}; at={STAMP.decode()}",
        {},
        id="its time behind",
    ),
    pytest.param(
        {
            "written": "v0={signature}",
            "signed": "v0:{timestamp}:{raw}",
            "timestamp_header": "X-Time",
            "timestamp_unit": "ms",
            "tolerance": 60,
        },
        "v0=" + digest("s", b"v0:" + STAMP + b"000:" + BODY).hex(),
        {"x-time": STAMP.decode() + "000"},
        id="time in a header",
    ),
    pytest.param(
        {"signed": "{method} {header:X-Id} {raw}"},
        digest("s", b"POST 7 " + BODY).hex(),
        {"x-id": "7"},
        id="parts of the request",
    ),
]


@pytest.mark.parametrize(("recipe", "written", "headers"), RECIPES)
def test_a_recipe_given_as_settings(recipe: Json, written: str, headers: Any) -> None:
    settings = {"hmac": {"header": "X-Signature", "secrets": ["newer", "s"], **recipe}}
    assert problems(KIND.source.settings, settings) == []
    inbound = Inbound(body=BODY, headers={"x-signature": written, **headers})
    assert verify(KIND.source, inbound, settings, NOW) is None
    for wrong in (
        Inbound(body=BODY + b" ", headers=inbound.headers),
        Inbound(body=BODY, headers={**inbound.headers, "x-signature": written[::-1]}),
        Inbound(body=BODY, headers=headers),
    ):
        assert verify(KIND.source, wrong, settings, NOW) is not None
    late = verify(KIND.source, inbound, settings, NOW + 301)
    assert (late is not None) == ("{timestamp}" in recipe.get("signed", ""))
    anew = sign(KIND.source, inbound, settings, NOW + 301)
    assert verify(KIND.source, anew, settings, NOW + 301) is None


def test_a_recipe_without_secrets_opens_nothing() -> None:
    for secrets in ([], [""], None):
        settings = {"hmac": {"header": "X-Signature", "secrets": secrets}}
        inbound = Inbound(body=BODY, headers={"x-signature": digest("", BODY).hex()})
        assert verify(KIND.source, inbound, settings, NOW) is not None


@pytest.mark.parametrize(
    "settings",
    [
        {"hmac": {"header": "X-Signature"}},
        {"hmac": {"header": "X-Signature", "secrets": []}},
        {"hmac": {"header": "X Signature", "secrets": ["s"]}},
        {"hmac": {"header": "X", "secrets": ["s"], "written": "sha256="}},
        {"hmac": {"header": "X", "secrets": ["s"], "written": "{timestamp}{signature}"}},
        {"hmac": {"header": "X", "secrets": ["s"], "written": "{signature}{signature}"}},
        {"hmac": {"header": "X", "secrets": ["s"], "written": "{signature} {other}"}},
        {"hmac": {"header": "X", "secrets": ["s"], "signed": "{timestamp}"}},
        {"header": {"name": "X-Key", "values": []}},
        {"header": {"name": "X-Key"}},
        {"basic": {"username": "a:b", "passwords": ["x"]}},
        {"submission_id": ""},
        {"unknown": 1},
    ],
)
def test_settings_that_cannot_work_are_refused(settings: Json) -> None:
    assert problems(KIND.source.settings, settings)
