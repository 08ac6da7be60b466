"""Wire captures of a source integration: requests as their senders write them, byte for byte.

A capture is `fixtures/<name>.http`: request line, headers, an empty line, and the body's own bytes
to the end of the file. What is to become of it stands beside it in `<name>.expected.json`:
{"title", "settings"?, "region"?, "submissions": [{"lead", "warnings"?, "test"?, "partial"?}]}, with
the settings that it was signed with, and each warning as its kind and place.
"""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl

from relay.core.contract import Inbound, Json
from relay.core.kinds import SourceKind

EXAMPLE = "example"
"""The capture that shows a source's usual submission; each source has it."""

_HEAD = re.compile(rb"(?s)(.*?)\r?\n\r?\n")
_CONNECTION = frozenset({"connection", "content-length", "host", "transfer-encoding"})


@dataclass(frozen=True, slots=True)
class Fixture:
    """One capture; `inbound` lacks the headers that are the connection's."""

    name: str
    title: str
    inbound: Inbound
    expected: Json = field(default_factory=dict)


def fixtures_of(kind: SourceKind) -> list[Fixture]:
    """All captures of a source kind, its usual submission first.

    Raises ValueError, naming the file, where one cannot be read.
    """
    paths = (kind.folder / "fixtures").glob("*.http")
    return [_read(path) for path in sorted(paths, key=lambda path: (path.stem != EXAMPLE, path))]


def _read(path: Path) -> Fixture:
    expected = path.with_suffix(".expected.json")
    try:
        said = json.loads(expected.read_text(encoding="utf-8")) if expected.exists() else {}
        title = said.get("title", path.stem.replace("_", " "))
        return Fixture(path.stem, title, _request(path.read_bytes()), said)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _request(raw: bytes) -> Inbound:
    head = _HEAD.match(raw)
    if head is None:
        raise ValueError("has no empty line behind its headers")
    first, *lines = head[1].decode("latin-1").splitlines()
    parts = first.split(" ")
    if len(parts) != 3 or not all(":" in line for line in lines):
        raise ValueError("does not begin with a request line and headers")
    headers = {name.strip().lower(): value.strip() for name, _, value in _split(lines)}
    return Inbound(
        method=parts[0],
        url=parts[1],
        query=tuple(parse_qsl(parts[1].partition("?")[2], keep_blank_values=True)),
        headers={name: value for name, value in headers.items() if name not in _CONNECTION},
        body=raw[head.end() :],
    )


def _split(lines: list[str]) -> list[tuple[str, str, str]]:
    return [line.partition(":") for line in lines]
