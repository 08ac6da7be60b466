"""A Gravity Forms entry: its answers stand under the numbers of their fields, without any words.

What a number means is told by the others of its field: a name has the inputs 2, 3, 4, 6 and 8, an
address 1 to 6 (docs.gravityforms.com/entry-object), and a box of choices one for each choice.
"""

import re
from collections.abc import Iterator, Mapping

from integrations.gravity_forms.php_lists import read_list
from relay.core.contract import Json, Unreadable, are_links, read_json

_NUMBER = re.compile(r"([0-9]{1,7})(?:\.([0-9]{1,7}))?")
_CARD = re.compile(r"X{4,}[0-9]{2,4}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"\([0-9]{3}\) [0-9]{3}-[0-9]{4}|\+[0-9][0-9 ().-]{6,22}")
"""The format (###) ###-#### that Gravity Forms insists on, and the international one."""
_UPLOADS = ("/gravity_forms/", "gf-download=")
"""The plug-in's own folder, and its link for downloads."""
_POSTAL = re.compile(r"(?=.*[0-9])[0-9A-Z][0-9A-Z -]{2,9}")

_NAME = {
    "2": "salutation",
    "3": "first_name",
    "4": "middle name",
    "6": "last_name",
    "8": "name suffix",
}
_ADDRESS = {
    "1": "street",
    "2": "street2",
    "3": "city",
    "4": "state",
    "5": "postal_code",
    "6": "country",
}
_CONSENT = ("1", "2", "3")

Parts = Mapping[str, str]
"""The inputs of one field by their numbers, those that are empty too."""


def is_numbered(key: str) -> bool:
    """Whether a key is the number of a field or of one of its inputs."""
    return _NUMBER.fullmatch(key) is not None


def read_entry(entry: Mapping[str, Json]) -> dict[str, Json]:
    """The answers {id, ref?, label?, type?, value} as `fields`, and beside them what is none: a
    payment `card`, and the `revisions` of consent texts. What is empty is left out.
    """
    answers: list[Json] = []
    found: dict[str, Json] = {"fields": answers}
    for number, parts in _grouped(entry).items():
        if any(_matches(_CARD, value) for value in parts.values()):
            found.setdefault("card", {})[number] = parts
            continue
        answers += _answers(number, parts)
        if _is_consent(parts):
            found.setdefault("revisions", {})[f"{number}.3"] = parts["3"]
    return found


def _grouped(entry: Mapping[str, Json]) -> dict[str, dict[str, Json]]:
    """The inputs by the numbers of their fields; a field without inputs has the one input ""."""
    fields: dict[str, dict[str, Json]] = {}
    for key, value in entry.items():
        number, _, part = key.partition(".")
        fields.setdefault(number, {})[part] = value
    return fields


def _answers(number: str, parts: dict[str, Json]) -> Iterator[Json]:
    if _is_consent(parts):
        yield {"id": f"{number}.1", "ref": number, "label": parts["2"], "value": True}
    elif parts.keys() >= {"3", "6"} and parts.keys() <= _NAME.keys():
        yield from _named(number, parts, _NAME)
    elif _is_address(parts):
        yield from _named(number, parts, _ADDRESS)
    elif parts.keys() == {""}:
        yield from _answer({"id": number}, parts[""])
    elif len(parts) == 1:
        ((part, value),) = parts.items()
        yield from _answer({"id": f"{number}.{part}", "ref": number}, value)
    else:
        chosen = [value for value in parts.values() if value not in ("", None)]
        yield from _answer({"id": number}, chosen)


def _named(number: str, parts: Parts, names: Mapping[str, str]) -> Iterator[Json]:
    for part, value in parts.items():
        if value not in ("", None):
            yield {"id": f"{number}.{part}", "ref": names[part], "value": value}


def _answer(about: dict[str, Json], value: Json) -> Iterator[Json]:
    if value in ("", None, []):
        return
    value = _opened(value)
    type_ = _type(value)
    yield {**about, **({"type": type_} if type_ else {}), "value": value}


def _opened(value: Json) -> Json:
    """The list that a text holds: of several choices or files as JSON, of rows as PHP has it."""
    if not isinstance(value, str):
        return value
    if value.startswith("a:"):
        return read_list(value) or value
    if value.startswith("["):
        try:
            found = read_json(value)
        except Unreadable:
            return value
        return found if isinstance(found, list) and found else value
    return value


def _type(value: Json) -> str | None:
    """What an answer without words is by its looks."""
    if are_links(value, *_UPLOADS):
        return "file_url"
    if _matches(_EMAIL, value):
        return "email"
    return "phone" if _matches(_PHONE, value) else None


def _is_consent(parts: dict[str, Json]) -> bool:
    """A ticked box, its text, and the number of the text's revision."""
    if tuple(parts) != _CONSENT or not all(isinstance(value, str) for value in parts.values()):
        return False
    ticked, text, revision = parts.values()
    return ticked == "1" and not text.isdigit() and text != "" and revision.isdigit()


def _is_address(parts: dict[str, Json]) -> bool:
    """Six choices have the same numbers, so that city and postal code have to look like it."""
    if parts.keys() != _ADDRESS.keys():
        return False
    city = parts["3"]
    if not isinstance(city, str) or not city or any(map(str.isdigit, city)):
        return False
    return _matches(_POSTAL, parts["5"])


def _matches(pattern: re.Pattern[str], value: Json) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None
