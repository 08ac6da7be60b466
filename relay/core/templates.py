"""Templates: `[token]{default}` becomes the token's value, or the default when it is blank."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from html import escape
from urllib.parse import quote

from relay.core import pointers
from relay.core.conversations import Json
from relay.core.dictionary import normal
from relay.core.lead import is_empty

_TOKEN = re.compile(r"\[(\w[\w.]*)\](?:\{([^{}]*)\})?")
LONGEST_PATH = 1000
"""Characters; what is further inside has no token of its own."""

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://\S*", re.IGNORECASE)
_JSON = re.compile(r'\s*(?:\{\s*["}]|\[\s*["{])')
_TAG = re.compile(r"<[a-zA-Z/!][^<>]*>")
_ESCAPED = re.compile(r"\\.")
_NOT_OF_NAMES = re.compile(r"[^0-9a-z_]+")


def render(template: str, tokens: Mapping[str, Json]) -> str:
    """The template with each token's value.

    A token without value and default becomes nothing. What was put in is never looked at again, so
    a value that looks like a token stays as it is. Token names know no capitals; a number in
    brackets is one only where a token has that name. In a template that is an address, JSON or
    HTML, values are written so that they end nothing there; any other is a text of the payload,
    which is encoded as a whole.
    """
    write = _writer(template)

    def value_of(match: re.Match[str]) -> str:
        name = match[1].lower()
        if name.isdecimal() and name not in tokens:
            return match[0]
        value = tokens.get(name)
        return (match[2] or "") if is_empty(value) else write(value, match)

    return _TOKEN.sub(value_of, template)


def named_in(template: str) -> list[str]:
    """The tokens that a template names, in small letters."""
    return [match[1].lower() for match in _TOKEN.finditer(template)]


def fill_template(template: str, lead: Json) -> str:
    """The template with what an outgoing lead says for its tokens."""
    return render(template, tokens_of(lead))


_Writer = Callable[[Json, re.Match[str]], str]


def _writer(template: str) -> _Writer:
    """How values are written in this template, by what it is without its tokens."""
    if _JSON.match(template) and template.rstrip()[-1] in "}]":
        return _in_json
    rest = _TOKEN.sub("", template)
    if _ADDRESS.fullmatch(rest.strip()):
        return lambda value, _match: quote(as_text(value), safe="", errors="replace")
    if _TAG.search(rest):
        return lambda value, _match: escape(as_text(value))
    return lambda value, _match: as_text(value)


def _in_json(value: Json, match: re.Match[str]) -> str:
    """Within a text of the template its characters, else the whole value as JSON."""
    before = _ESCAPED.sub("", match.string[: match.start()])
    if before.count('"') % 2:
        return json.dumps(as_text(value), ensure_ascii=False)[1:-1]
    return json.dumps(value, ensure_ascii=False)


def tokens_of(lead: Json) -> dict[str, Json]:
    """The tokens of a lead, by name in lower case.

    Every value has its dotted path (`contact.email`); those of the contact, the attribution and the
    device have their own name too (`email`, `gclid`, `utm_source`). Then come the custom tokens,
    with `_` for what no name has and dots into objects, then the form fields by their label with
    `_` for blanks. What comes first keeps its name.
    """
    tokens: dict[str, Json] = {}
    _flatten(lead, "", tokens)
    paths = dict(tokens)
    for name, path in _ALIASES:
        if path in paths:
            tokens.setdefault(name, paths[path])
    for part, prefix in _PARTS:
        for path, value in paths.items():
            if path.startswith(part) and "." not in (name := path[len(part) :]):
                tokens.setdefault(prefix + name, value)
    for name, value in _custom(_members(lead, "/tokens")):
        tokens.setdefault(name, value)
    for label, value in _members(lead, "/form/fields"):
        tokens.setdefault(normal(label).replace(" ", "_"), value)
    return tokens


def _custom(members: Iterable[tuple[str, Json]]) -> Iterator[tuple[str, Json]]:
    """Custom tokens by the names that templates know them by; the exact name before a likeness."""
    given = list(members)
    yield from ((name, value) for name, value in given if name == name.lower())
    for name, value in given:
        known = _NOT_OF_NAMES.sub("_", name.lower())
        yield name.lower(), value
        yield known, value
        within: dict[str, Json] = {}
        _flatten(value, known, within)
        yield from within.items()


def as_text(value: Json) -> str:
    """A value as people read it: lists with commas, objects and the rest as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return ", ".join(as_text(item) for item in value)
    return json.dumps(value, ensure_ascii=False)


_ALIASES = (
    ("phone", "contact.phone.e164"),
    ("phone", "contact.phone.raw"),
    ("caller_id", "contact.phone.e164"),
    ("caller_id", "contact.phone.raw"),
    ("name", "contact.full_name"),
    ("message", "form.message"),
    ("subject", "form.subject"),
    ("form_id", "form.id"),
    ("form_name", "form.name"),
    ("lead_id", "ids.id"),
    ("lead_number", "ids.number"),
    ("status", "state.stage"),
)
_PARTS = (
    ("contact.", ""),
    ("contact.address.", ""),
    ("attribution.utm.", "utm_"),
    ("attribution.click_ids.", ""),
    ("attribution.browser_ids.", ""),
    ("attribution.ads.", ""),
    ("attribution.", ""),
    ("device.", ""),
    ("keys.", ""),
)


def _members(lead: Json, pointer: str) -> Iterable[tuple[str, Json]]:
    part = pointers.get(lead, pointer)
    return part.items() if isinstance(part, dict) else ()


def _flatten(value: Json, path: str, found: dict[str, Json]) -> None:
    if not isinstance(value, dict) or len(path) > LONGEST_PATH:
        found.setdefault(path.lower(), value)
        return
    for key, member in value.items():
        _flatten(member, f"{path}.{key}" if path else key, found)
