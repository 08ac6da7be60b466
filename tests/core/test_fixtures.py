"""Captures are read byte for byte, and a broken one is named."""

from pathlib import Path
from typing import Any

import pytest

from relay.core.fixtures import fixtures_of
from relay.core.kinds import SourceKind

EXPECTED = '{"title": "Two answers", "region": "DE", "submissions": []}'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "fixtures").mkdir()
    return tmp_path


def read(folder: Path) -> Any:
    nothing: Any = None
    return fixtures_of(SourceKind("shop", nothing, nothing, "", folder))


def test_a_capture_is_its_head_and_the_very_bytes_after_it(folder: Path) -> None:
    raw = (
        b"POST /in/SOURCE-KEY?utm_source=ads&empty= HTTP/1.1\r\n"
        b"Host: relay.example.com\r\nContent-Length: 3\r\nConnection: close\r\n"
        b"Content-Type: text/plain\r\nX-Name: J\xf6rg: x\r\n\r\n"
        b"\r\n\r\na\xff\x00\n"
    )
    (folder / "fixtures" / "odd_bytes.http").write_bytes(raw)
    (fixture,) = read(folder)
    assert fixture.name == "odd_bytes"
    assert fixture.title == "odd bytes"
    assert fixture.expected == {}
    assert fixture.inbound.method == "POST"
    assert fixture.inbound.body == b"\r\n\r\na\xff\x00\n"
    assert fixture.inbound.query == (("utm_source", "ads"), ("empty", ""))
    assert fixture.inbound.headers == {"content-type": "text/plain", "x-name": "Jörg: x"}


def test_a_head_may_have_plain_line_ends(folder: Path) -> None:
    (folder / "fixtures" / "a.http").write_bytes(b"POST / HTTP/1.1\nX-A: 1\n\nbody\n\n")
    (fixture,) = read(folder)
    assert fixture.inbound.headers == {"x-a": "1"}
    assert fixture.inbound.body == b"body\n\n"


def test_the_example_comes_first_and_has_the_title_that_is_written_beside_it(folder: Path) -> None:
    for name in ("a", "example", "z"):
        (folder / "fixtures" / f"{name}.http").write_bytes(b"POST / HTTP/1.1\r\n\r\n")
    (folder / "fixtures" / "example.expected.json").write_text(EXPECTED)
    found = read(folder)
    assert [fixture.name for fixture in found] == ["example", "a", "z"]
    assert found[0].title == "Two answers"
    assert found[0].expected["region"] == "DE"


@pytest.mark.parametrize(
    ("raw", "expected", "reason"),
    [
        (b"POST / HTTP/1.1\r\nX: 1", "{}", "no empty line"),
        (b"{}\n\n", "{}", "request line"),
        (b"POST / HTTP/1.1\r\nno header\r\n\r\n", "{}", "headers"),
        (b"POST / HTTP/1.1\r\n\r\n", "{", "Expecting"),
    ],
)
def test_a_broken_capture_is_named(folder: Path, raw: bytes, expected: str, reason: str) -> None:
    (folder / "fixtures" / "broken.http").write_bytes(raw)
    (folder / "fixtures" / "broken.expected.json").write_text(expected)
    with pytest.raises(ValueError, match=f"broken.http: .*{reason}"):
        read(folder)


def test_a_source_without_captures_has_none(tmp_path: Path) -> None:
    assert read(tmp_path) == []
