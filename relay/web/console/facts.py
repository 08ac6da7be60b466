"""A canonical lead as a person reads it: titles and values in groups, by the lead's schema."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from relay.core.contract import Json
from relay.core.money import to_major

HIDDEN = frozenset({"v", "ids", "keys", "verbatim", "event"})
"""Parts that say nothing to a person; the JSON beside the facts has them."""


@dataclass(frozen=True, slots=True)
class Group:
    """One part of a lead with its values by title."""

    title: str
    facts: list[tuple[str, str]]


def facts(document: Json, schema: Json) -> list[Group]:
    """The groups of a lead that hold something, in the schema's order."""
    if not isinstance(document, dict):
        return []
    document = {**document, "state": in_major(document.get("state"))}
    parts: Mapping[str, Any] = schema.get("properties", {})
    names = [name for name in (*parts, *(set(document) - set(parts))) if name not in HIDDEN]
    groups = [
        Group(_title(name, parts.get(name)), list(_flat(document.get(name), parts.get(name), "")))
        for name in names
    ]
    return [group for group in groups if group.facts]


def in_major(said: Json) -> Json:
    """What was said of a status; its value as people write it, with its currency."""
    if not isinstance(said, dict) or not isinstance(said.get("value_minor"), int):
        return said
    currency = str(said.get("currency") or "")
    worth = f"{to_major(said['value_minor'], currency)} {currency}".strip()
    rest = {name: part for name, part in said.items() if name not in {"value_minor", "currency"}}
    return {**rest, "value": worth}


def _flat(value: Json, schema: Any, title: str) -> Iterator[tuple[str, str]]:
    """Every value below with its title; one without a title of its own has that above before it."""
    if value is None or value == "":
        return
    spoken = _spoken(value)
    if spoken is not None:
        yield title, spoken
    elif isinstance(value, dict):
        inner = schema.get("properties", {}) if isinstance(schema, dict) else {}
        for name, member in value.items():
            part = _title(name, inner.get(name))
            above = title if inner and not _named(inner.get(name)) else ""
            yield from _flat(member, inner.get(name), f"{above} · {part}" if above else part)
    elif isinstance(value, list) and any(isinstance(member, (dict, list)) for member in value):
        for number, member in enumerate(value, start=1):
            yield from _flat(member, None, f"{title} {number}".strip())
    else:
        yield title or "Value", _text(value)


def _spoken(value: Json) -> str | None:
    """A phone number or a consent as one text; None for what is neither."""
    if not isinstance(value, dict) or "raw" not in value:
        return None
    if "state" in value and value["raw"] is None:
        basis = str(value.get("basis", "no legal basis")).replace("_", " ")
        return f"{value['state']} (never asked; by the source's default, {basis})"
    if "state" in value:
        return f"{value['state']} (said: {_text(value['raw'])})"
    return str(value.get("e164") or value["raw"])


def _text(value: Json) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(_text(member) for member in value)
    return str(value)


def _named(schema: Any) -> bool:
    return isinstance(schema, dict) and "title" in schema


def _title(name: str, schema: Any) -> str:
    if isinstance(schema, dict) and schema.get("title"):
        return str(schema["title"])
    return name.replace("_", " ").strip().capitalize() if name.islower() else name
