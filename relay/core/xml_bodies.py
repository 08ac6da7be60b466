"""XML bodies as JSON values, without ever opening a DTD: no entity can be declared or fetched."""

from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from relay.core.inbound import Unreadable


def read_xml(body: bytes, charset: str | None) -> Any:
    """What the root element holds. An element is an object, or its text where it has nothing else.

    Repeated elements become a list; attributes are `@name`, text beside elements is `#text`.
    Raises Unreadable where it is malformed or has a DOCTYPE.
    """
    reader = _Reader()
    try:
        parser = expat.ParserCreate(charset if charset in {"utf-8", "utf-16"} else None)
        parser.StartElementHandler = reader.start
        parser.EndElementHandler = reader.end
        parser.CharacterDataHandler = reader.text
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.buffer_text = True
        parser.Parse(body, True)  # noqa: FBT003 - expat takes no keywords
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise Unreadable(f"not XML: {error}") from error
    return reader.top.children[0][1]


def _refuse_doctype(*_doctype: object) -> None:
    raise Unreadable("not read: XML with a DOCTYPE")


@dataclass(slots=True)
class _Element:
    children: list[tuple[str, Any]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def value(self) -> Any:
        text = "".join(self.words).strip()
        if not self.children:
            return text
        value: dict[str, Any] = {}
        for name, child in [*self.children, *([("#text", text)] if text else [])]:
            value.setdefault(name, []).append(child)
        return {name: found[0] if len(found) == 1 else found for name, found in value.items()}


class _Reader:
    """Builds elements out of the parser's events, with a bound on their depth."""

    def __init__(self) -> None:
        self.top = _Element()
        self._open = [self.top]

    def start(self, _name: str, attributes: dict[str, str]) -> None:
        if len(self._open) > 64:
            raise Unreadable("not read: XML nested deeper than 64")
        named = [(f"@{name}", value) for name, value in attributes.items()]
        self._open.append(_Element(children=named))

    def end(self, name: str) -> None:
        element = self._open.pop()
        self._open[-1].children.append((name, element.value()))

    def text(self, words: str) -> None:
        self._open[-1].words.append(words)
