"""`${NAME}` in a configuration document stands for a variable of the environment."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from relay.core.contract import Json
from relay.core.pointers import joined

_REFERENCE = re.compile(r"\$(\$?)\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True)
class Expanded:
    """A document with its references resolved.

    `names` are the places whose whole text was one reference; `missing` the places whose variable
    is not set, which still read `${NAME}`. Places are JSON Pointers.
    """

    document: Json
    names: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)


def expand(document: Json, environment: Mapping[str, str]) -> Expanded:
    """Replace `${NAME}` in every text by the variable's value; `$${NAME}` means the text itself."""
    expanded = Expanded(None)
    resolved = _expand(document, environment, (), expanded)
    return Expanded(resolved, expanded.names, expanded.missing)


def escape(document: Json) -> Json:
    """Write a document so that `expand` gives it back whatever its texts hold."""
    if isinstance(document, dict):
        return {name: escape(value) for name, value in document.items()}
    if isinstance(document, list):
        return [escape(value) for value in document]
    if isinstance(document, str):
        return _REFERENCE.sub(lambda found: f"${found.group(0)}", document)
    return document


def _expand(
    value: Json, environment: Mapping[str, str], at: tuple[str | int, ...], noted: Expanded
) -> Json:
    if isinstance(value, dict):
        return {
            name: _expand(item, environment, (*at, name), noted) for name, item in value.items()
        }
    if isinstance(value, list):
        return [_expand(item, environment, (*at, n), noted) for n, item in enumerate(value)]
    return _text(value, environment, joined(at), noted) if isinstance(value, str) else value


def _text(text: str, environment: Mapping[str, str], at: str, noted: Expanded) -> str:
    def replace(found: re.Match[str]) -> str:
        escaped, name = found.groups()
        if escaped:
            return found.group(0)[1:]
        if name not in environment:
            noted.missing[at] = name
            return found.group(0)
        return environment[name]

    whole = _REFERENCE.fullmatch(text)
    if whole and not whole.group(1):
        noted.names[at] = whole.group(2)
    return _REFERENCE.sub(replace, text)
