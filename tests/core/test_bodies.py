"""Any body becomes one JSON-like value, or a reason that a person can read."""

import json
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.bodies import read_body, read_fields, read_files, read_strict_json
from relay.core.inbound import Inbound, Unreadable

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
MULTIPART = "multipart/form-data; boundary=xyz"


def read(body: bytes, content_type: str = "") -> Any:
    return read_body(inbound(body, content_type))


def inbound(body: bytes, content_type: str = "") -> Inbound:
    return Inbound(body=body, headers={"content-type": content_type} if content_type else {})


def part(disposition: str, content: bytes, *headers: str) -> bytes:
    lines = [f"Content-Disposition: form-data; {disposition}", *headers]
    return b"--xyz\r\n" + "\r\n".join(lines).encode() + b"\r\n\r\n" + content + b"\r\n"


# --- JSON ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content_type",
    [JSON, "application/json; charset=utf-8", "text/plain", "", "application/vnd.x+json", FORM],
)
def test_json_is_read_under_whatever_type_it_comes(content_type: str) -> None:
    assert read(b'{"name": "J\xc3\xb6rg", "n": [1, 2.5, null]}', content_type) == {
        "name": "Jörg",
        "n": [1, 2.5, None],
    }


@pytest.mark.parametrize("charset", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_json_in_another_unicode_encoding_is_read(charset: str) -> None:
    assert read('{"name": "Jörg"}'.encode(charset), JSON) == {"name": "Jörg"}


def test_json_that_is_not_utf8_is_read_as_windows_1252() -> None:
    assert read(b'{"name": "J\xf6rg \x80 \x81"}', JSON) == {"name": "Jörg € \x81"}


def test_a_declared_charset_is_believed() -> None:
    body = '{"name": "Имя"}'.encode("koi8-r")
    assert read(body, "application/json; charset=koi8-r") == {"name": "Имя"}


@pytest.mark.parametrize("charset", ["utf8mb4", "rot13", "zlib", "idna", "\x00", ""])
def test_a_senseless_charset_is_not(charset: str) -> None:
    assert read('{"name": "Jörg"}'.encode(), f"{JSON}; charset={charset}") == {"name": "Jörg"}


def test_utf8_under_a_latin1_label_is_utf8() -> None:
    assert read('{"name": "Jörg"}'.encode(), f"{JSON}; charset=iso-8859-1") == {"name": "Jörg"}


def test_a_key_written_twice_keeps_both_values() -> None:
    assert read(b'{"a": 1, "b": 2, "a": 3}', JSON) == {"a": [1, 3], "b": 2}


def test_numbers_that_no_float_or_column_holds_stay_text() -> None:
    long = "9" * 5000
    body = f'{{"a": NaN, "b": -Infinity, "c": 1e999, "d": {long}, "e": 15550000000}}'
    assert read(body.encode(), JSON) == {
        "a": "NaN",
        "b": "-Infinity",
        "c": "1e999",
        "d": long,
        "e": 15550000000,
    }


@pytest.mark.parametrize("depth", [65, 500, 100_000])
def test_deep_nesting_is_refused_and_never_a_crash(depth: int) -> None:
    with pytest.raises(Unreadable, match=r"nested|deep"):
        read(b"[" * depth + b"]" * depth, JSON)


def test_many_shallow_lists_are_fine() -> None:
    assert read(json.dumps([[1]] * 500).encode(), JSON) == [[1]] * 500


def test_broken_json_says_where_it_breaks() -> None:
    with pytest.raises(Unreadable, match="line 1 column 9"):
        read(b'{"a": 1 "b": 2}', JSON)


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_a_constant_that_is_no_json_is_text_or_refused_where_it_is_strict(constant: str) -> None:
    body = f'{{"a": {constant}}}'.encode()
    assert read(body, JSON) == {"a": constant}
    with pytest.raises(Unreadable, match=f"{constant} is no JSON"):
        read_strict_json(inbound(body, FORM))
    assert read_strict_json(inbound(b'{"a": 1}', FORM)) == {"a": 1}


@pytest.mark.parametrize("body", [b"", b" \r\n"])
def test_an_empty_body_says_so(body: bytes) -> None:
    with pytest.raises(Unreadable, match="empty"):
        read(body, JSON)


# --- forms -----------------------------------------------------------------------------------


def test_a_form_keeps_blanks_empty_values_and_labels_as_they_are() -> None:
    assert read(b"Full+Name=Jane+Sample&Phone.=&phone=+15550100&x%20[y]z=1", FORM) == {
        "Full Name": "Jane Sample",
        "Phone.": "",
        "phone": " 15550100",
        "x [y]z": "1",
    }


def test_repeated_keys_and_empty_brackets_are_lists() -> None:
    assert read(b"a=1&a=2&b[]=1&c%5B%5D=1&c%5B%5D=2", FORM) == {
        "a": ["1", "2"],
        "b": ["1"],
        "c": ["1", "2"],
    }


def test_php_brackets_nest() -> None:
    body = b"form[name]=Ann&fields[a][value]=x&fields[a][id]=a&rows[0][q]=1&rows[1][q]=2"
    assert read(body, FORM) == {
        "form": {"name": "Ann"},
        "fields": {"a": {"value": "x", "id": "a"}},
        "rows": [{"q": "1"}, {"q": "2"}],
    }


def test_gravity_keys_with_dots_and_gaps_stay_objects() -> None:
    assert read(b"i[1]=a&i[3]=b&1.3=c", FORM) == {"i": {"1": "a", "3": "b"}, "1.3": "c"}


def test_a_plain_value_beside_a_nested_one_is_kept() -> None:
    assert read(b"a=1&a[b]=2", FORM) == {"a": {"": "1", "b": "2"}}
    assert read(b"a[][n]=1&a[]=2", FORM) == {"a": {"": {"": ["2"], "n": "1"}}}


@pytest.mark.parametrize("name", [b"a[b", b"a]b[", b"[a]", b"a[b]c", b"a[b]]", b"a[[b]]"])
def test_malformed_brackets_stay_one_key(name: bytes) -> None:
    assert read(name + b"=1", FORM) == {name.decode(): "1"}


def test_brackets_without_end_do_not_nest_without_end() -> None:
    name = "a" + "[b]" * 5000
    assert read(f"{name}=1".encode(), FORM) == {name: "1"}


def test_windows_1252_in_one_value_does_not_spoil_the_others() -> None:
    assert read(b"a=J%F6rg&b=J%C3%B6rg", FORM) == {"a": "Jörg", "b": "Jörg"}


def test_a_form_without_a_type_is_known_by_its_look() -> None:
    assert read(b"name=Ann&email=ann%40example.com") == {"name": "Ann", "email": "ann@example.com"}


def test_a_form_whose_first_key_is_in_brackets_is_no_json() -> None:
    assert read(b"[a]=1&b=2", FORM) == {"[a]": "1", "b": "2"}


def test_json_declared_but_a_form_sent_is_read_by_its_look() -> None:
    assert read(b"name=Ann&x=1", JSON) == {"name": "Ann", "x": "1"}


def test_a_plain_text_form_has_one_field_a_line() -> None:
    assert read(b"Your name=Ann Lee\r\nNote=a = b & c\r\n", "text/plain") == {
        "Your name": "Ann Lee",
        "Note": "a = b & c",
    }


@pytest.mark.parametrize("content_type", ["text/plain", "application/pdf", ""])
def test_plain_words_are_no_submission(content_type: str) -> None:
    with pytest.raises(Unreadable, match="neither JSON, nor a form, nor XML"):
        read(b"Hello there", content_type)


# --- multipart -------------------------------------------------------------------------------


def test_text_parts_are_fields_and_uploads_are_noted_apart() -> None:
    body = (
        part('name="your-name"', "Jörg".encode())
        + part('name="pick[]"', b"a")
        + part('name="pick[]"', b"b")
        + part('name="note"', b"caf\xe9", "Content-Type: text/plain; charset=iso-8859-1")
        + part('name="your-name"; filename="C:\\cv\\r.pdf"', b"%PDF-1", "Content-Type: x/pdf")
        + b"--xyz--\r\n"
    )
    request = inbound(body, MULTIPART)
    assert read_body(request) == {"your-name": "Jörg", "pick": ["a", "b"], "note": "café"}
    assert read_files(request) == [
        {"field": "your-name", "name": "r.pdf", "type": "x/pdf", "size": 6}
    ]


def test_an_upload_named_only_in_the_extended_way_is_no_field() -> None:
    body = part("name=\"cv\"; filename*=UTF-8''r%C3%A9sum%C3%A9.pdf", b"%PDF") + b"--xyz--\r\n"
    assert read_body(inbound(body, MULTIPART)) == {}
    assert read_files(inbound(body, MULTIPART))[0]["name"] == "résumé.pdf"


def test_an_upload_without_a_name_is_no_field_either() -> None:
    body = part('name="cv"', b"%PDF", "Content-Type: application/pdf") + b"--xyz--\r\n"
    assert read_body(inbound(body, MULTIPART)) == {}
    assert read_files(inbound(body, MULTIPART))[0]["field"] == "cv"


def test_an_upload_that_the_door_dropped_keeps_its_size() -> None:
    body = part('name="cv"; filename="a.pdf"', b"", "Content-Length: 7000000") + b"--xyz--\r\n"
    assert read_files(inbound(body, MULTIPART))[0]["size"] == 7_000_000


def test_an_empty_file_input_is_an_empty_field() -> None:
    body = part('name="cv"; filename=""', b"") + b"--xyz--\r\n"
    assert read_body(inbound(body, MULTIPART)) == {"cv": ""}
    assert read_files(inbound(body, MULTIPART)) == []


@pytest.mark.parametrize("content_type", ["multipart/form-data", "", "text/plain"])
def test_a_lost_boundary_is_found_in_the_body(content_type: str) -> None:
    body = part('name="a"', b"1") + part('name="f"; filename="x.txt"', b"2") + b"--xyz--\r\n"
    assert read(body, content_type) == {"a": "1"}
    assert read_files(inbound(body, content_type))[0]["name"] == "x.txt"


def test_a_multipart_body_cut_off_says_so() -> None:
    with pytest.raises(Unreadable, match="ends before its last boundary"):
        read(part('name="a"', b"1") + part('name="b"', b"2"), MULTIPART)


# --- XML -------------------------------------------------------------------------------------


def test_xml_becomes_an_object() -> None:
    body = b'<?xml version="1.0"?><lead v="1"><n>Ann</n><t>a</t><t>b</t><c><d>x</d>y</c></lead>'
    expected = {"@v": "1", "n": "Ann", "t": ["a", "b"], "c": {"d": "x", "#text": "y"}}
    assert read(body, "text/xml") == expected
    assert read(body) == expected


def test_xml_with_entities_of_its_own_is_refused() -> None:
    body = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>'
    with pytest.raises(Unreadable, match="DOCTYPE"):
        read(body, "application/xml")


@pytest.mark.parametrize("body", [b"<a><b></a>", b"<", b"<a/>" * 2, b"<a>" * 200])
def test_broken_xml_says_so(body: bytes) -> None:
    with pytest.raises(Unreadable, match="XML"):
        read(body, "application/xml")


# --- anything --------------------------------------------------------------------------------

TYPES = st.one_of(
    st.sampled_from(
        ["", JSON, FORM, MULTIPART, "multipart/form-data", "text/plain", "text/xml", "image/png"]
    ),
    st.text(max_size=40),
    st.text(max_size=12).map(lambda name: f"application/json; charset={name}"),
    st.text(max_size=12).map(lambda name: f"multipart/form-data; boundary={name}"),
)
PIECES = (
    b"--xyz -- \r\n \r\n\r\n Content-Disposition:form-data ;name= ;filename*=utf-16''%00 { } [ ] "
    b'" : , 1 & = % %ff <a> </a> \xff\xfe \x00 \xef\xbb\xbf a \\ud800 \xe9'
)
WIRE = st.lists(st.sampled_from([b" ", *PIECES.split(b" ")]), max_size=30).map(b"".join)


@given(body=st.one_of(st.binary(max_size=300), WIRE), content_type=TYPES)
def test_any_bytes_are_read_or_called_unreadable(body: bytes, content_type: str) -> None:
    request = inbound(body, content_type)
    read_files(request)
    try:
        value = read_body(request)
    except Unreadable:
        return
    json.dumps(value, allow_nan=False)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"a=" + b" " * 100_000 + b"\nb", "text/plain"),
        (b"a=" + b" \n\t" * 30_000 + b"b", "text/plain"),
        (part("name=a; " + "filename*=" * 1500, b"") * 60 + b"--xyz--\r\n", MULTIPART),
    ],
)
def test_no_body_keeps_the_reader_busy(body: bytes, content_type: str) -> None:
    began = time.monotonic()
    read_files(inbound(body, content_type))
    with suppress(Unreadable):
        read(body, content_type)
    assert time.monotonic() - began < 8


@given(
    st.lists(
        st.tuples(
            st.text(alphabet="ab[]01=&+% é", max_size=8), st.text(alphabet="xy&=+% ü", max_size=4)
        ),
        min_size=1,
    )
)
def test_no_value_of_a_form_is_ever_lost(pairs: list[tuple[str, str]]) -> None:
    from urllib.parse import urlencode

    body = urlencode(pairs).encode()
    assert sorted(leaves(read(body, FORM))) == sorted(value for _, value in pairs)


def leaves(value: Any) -> list[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [leaf for inner in value for leaf in leaves(inner)]
    return [value]


@pytest.mark.parametrize("body", [b"[]", b"{}", b"null", b'[{"a": 1}]', b"3", b""])
def test_what_has_no_fields_is_refused(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read_fields(Inbound(body=body, headers={"content-type": "application/json"}))
    assert read_fields(Inbound(body=b"a=1&b=2", headers={})) == {"a": "1", "b": "2"}
