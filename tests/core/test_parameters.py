"""What address and body say together."""

from typing import Any
from urllib.parse import parse_qsl

import pytest

from relay.core.contract import Inbound, Unreadable, read_parameters

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


def merged(query: str = "", body: bytes = b"", content_type: str = "") -> Any:
    headers = {"content-type": content_type} if content_type else {}
    pairs = tuple(parse_qsl(query, keep_blank_values=True))
    return read_parameters(Inbound(query=pairs, body=body, headers=headers)).merged


@pytest.mark.parametrize(
    ("query", "body", "content_type", "found"),
    [
        pytest.param("", b"a=1&b=x+y", FORM, {"a": "1", "b": "x y"}, id="TD-4"),
        pytest.param("", b'{"a": 1, "b": {"c": true}}', JSON, {"a": 1, "b": {"c": True}},
                     id="TD-5"),
        pytest.param("a=1&b=2", b"", "", {"a": "1", "b": "2"}, id="TD-6"),
        pytest.param("a=1", b"", JSON, {"a": "1"}, id="TD-6 with a type"),
        pytest.param("", b"a=1", "", {"a": "1"}, id="TD-7 form without a type"),
        pytest.param("", b'{"a": 1}', "", {"a": 1}, id="TD-7 JSON without a type"),
        pytest.param("", b'--b\r\nContent-Disposition: form-data; name="data[a]"\r\n\r\n1\r\n'
                     b"--b--\r\n", "multipart/form-data; boundary=b", {"data": {"a": "1"}},
                     id="TD-8"),
        pytest.param("", b"a=1", f"{FORM}; charset=UTF-8", {"a": "1"}, id="TD-9 form"),
        pytest.param("", b'{"a": 1}', f"{JSON};charset=utf-8", {"a": 1}, id="TD-9 JSON"),
        pytest.param("a=1", b"b=2", FORM, {"a": "1", "b": "2"}, id="TD-10 form"),
        pytest.param("a=1", b'{"b": 2}', JSON, {"a": "1", "b": 2}, id="TD-10 JSON"),
        pytest.param("a=q", b"a=b", FORM, {"a": "q"}, id="TD-11"),
        pytest.param("data[x]=q", b'{"data": {"y": 1}}', JSON, {"data": {"x": "q"}},
                     id="TD-11 shallow"),
        pytest.param("", b"data%5Ba%5D=5&data[b][c]=6", FORM,
                     {"data": {"a": "5", "b": {"c": "6"}}}, id="TD-13 brackets"),
        pytest.param("", b"data[x][]=1&data[x][]=2", FORM, {"data": {"x": ["1", "2"]}},
                     id="TD-13 list"),
        pytest.param("", b"a=1&a=2", FORM, {"a": "2"}, id="TD-13 last in the body"),
        pytest.param("a=1&a=2", b"", "", {"a": "2"}, id="TD-13 last in the address"),
        pytest.param("", b"a[b]=1&a[b]=2", FORM, {"a": {"b": "2"}}, id="TD-13 last within"),
        pytest.param("", b"a=1&a[]=2&a=3", FORM, {"a": ["1", "2", "3"]}, id="TD-13 a list stays"),
        pytest.param("", b"a=1&a[b]=2", FORM, {"a": {"": "1", "b": "2"}}, id="TD-13 both shapes"),
        pytest.param("a=1", b"null", JSON, {"a": "1"}, id="TD-7 null"),
        pytest.param("a=1", b" \r\n", FORM, {"a": "1"}, id="TD-7 blank body"),
    ],
)  # fmt: skip
def test_parameters(query: str, body: bytes, content_type: str, found: Any) -> None:
    assert merged(query, body, content_type) == found


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(b'{"a": ', "not JSON", id="TD-62"),
        pytest.param(b'[{"a": 1}]', "must be an object", id="TD-63"),
        pytest.param(b'"text"', "must be an object", id="TD-63 text"),
        pytest.param(b"[]", "must be an object", id="TD-63 empty list"),
    ],
)
def test_a_body_that_is_no_object(body: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as caught:
        merged(body=body, content_type=JSON)
    assert reason in str(caught.value)
    assert reason in caught.value.errors["body"][0]
