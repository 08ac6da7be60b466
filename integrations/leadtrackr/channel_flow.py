"""The channel flow that LeadTrackr's tags keep in a cookie: one entry per visit, oldest first."""

from urllib.parse import unquote

from relay.core.contract import Json, Unreadable, read_json

_NAMES = {
    "source": ("s", "source"),
    "medium": ("m", "medium"),
    "campaign": ("cm", "campaign"),
    "content": ("ct", "content"),
    "term": ("tm", "term"),
}
"""What a channel says, by its compact and its older name (LeadTrackr: Cookies)."""


def read_flow(value: Json) -> Json:
    """The visits as {t, source, medium, campaign, content, term, landing}, t in milliseconds.

    Takes a list, its JSON text, and that text URL-encoded. What cannot be read so is as it came.
    """
    entries = _decoded(value)
    if not isinstance(entries, list) or not any(map(_is_visit, entries)):
        return value
    return [_visit(entry) if _is_visit(entry) else entry for entry in entries]


def _decoded(value: Json) -> Json:
    if not isinstance(value, str):
        return value
    text = value.strip()
    if text.startswith("%"):
        text = unquote(text)
    try:
        return read_json(text)
    except Unreadable:
        return value


def _is_visit(entry: Json) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("ch", entry.get("channel")), dict)


def _visit(entry: dict[str, Json]) -> dict[str, Json]:
    channel: dict[str, Json] = entry.get("ch", entry.get("channel")) or {}
    said = {name: _first(channel, names) for name, names in _NAMES.items()}
    told = {"t": _first(entry, ("t", "timestamp")), **said, "landing": _first(entry, ("lp",))}
    return {name: member for name, member in told.items() if member not in (None, "")}


def _first(holder: dict[str, Json], names: tuple[str, ...]) -> Json:
    return next((holder[name] for name in names if name in holder), None)
