"""How values look on the screen: times, sizes, bodies, JSON. Everything is escaped by Jinja."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from flask import Blueprint
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from relay.core.contract import Json
from relay.core.money import to_major
from relay.runtime import current
from relay.web.console import words
from relay.web.console.facts import in_major

SHOWN = 100_000
"""Characters of a body that a page shows."""

_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")


def set_up(console: Blueprint) -> None:
    """Make the filters below known to the console's templates."""
    views = (
        when,
        ago,
        pretty,
        bodytext,
        filesize,
        milliseconds,
        duration,
        headers,
        markdown,
        in_major,
        amounts,
    )
    for view in views:
        console.app_template_filter(view.__name__)(view)
    console.context_processor(lambda: {"words": words, "now": current().clock.now()})


def when(moment: datetime | None) -> str:
    """A moment in UTC, to the second; the page's script turns it into the viewer's zone."""
    return "" if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def ago(moment: datetime | None) -> str:
    """How far a moment is from now: "3 min ago", "in 2 h"."""
    if moment is None:
        return "never"
    seconds = (current().clock.now() - moment).total_seconds()
    amount = _amount(abs(seconds))
    if amount == "now":
        return "just now" if seconds >= 0 else "any moment"
    return f"{amount} ago" if seconds > 0 else f"in {amount}"


UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def _amount(seconds: float) -> str:
    for size, unit in UNITS:
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return "now"


def milliseconds(amount: int | None) -> str:
    """A duration in the unit that reads best."""
    if amount is None:
        return ""
    return f"{amount} ms" if amount < 1000 else f"{amount / 1000:.1f} s"


def duration(seconds: float) -> str:
    """A time that something took, with its two largest units: "4.2 s", "3 min 20 s", "2 d 5 h"."""
    if seconds < 60:
        return milliseconds(int(seconds * 1000))
    place = next(place for place, (size, _) in enumerate(UNITS) if seconds >= size)
    (size, unit), (finer, its_unit) = UNITS[place], UNITS[place + 1]
    rest = int(seconds) % size // finer
    return f"{int(seconds) // size} {unit}" + (f" {rest} {its_unit}" if rest else "")


def filesize(size: int | None) -> str:
    """A number of bytes."""
    if size is None:
        return ""
    if size < 1024:
        return f"{size} bytes"
    return f"{size / 1024:.1f} KiB" if size < 1024**2 else f"{size / 1024**2:.1f} MiB"


def pretty(value: Json) -> str:
    """A JSON value, indented, as far as it is shown.

    Written no further than that: a body of a few kilobytes that is nested deep enough has
    gigabytes of blanks.
    """
    pieces, length = [], 0
    for piece in json.JSONEncoder(ensure_ascii=False, indent=2).iterencode(value):
        pieces.append(piece)
        length += len(piece)
        if length >= SHOWN:
            break
    return "".join(pieces)[:SHOWN]


def bodytext(body: bytes | str | None, content_type: str = "") -> str:
    """A body as a person can read it: JSON indented, form fields one a line, else as it came."""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body or ""
    if "x-www-form-urlencoded" in content_type:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=None)
        return "\n".join(f"{name} = {value}" for name, value in pairs)[:SHOWN]
    try:
        return pretty(json.loads(text))
    except (ValueError, RecursionError):
        return text[:SHOWN]


def amounts(value_minor: Mapping[str, int]) -> list[str]:
    """Sums in minor units by currency, as people write them; "" stands for one nobody said."""
    return [
        f"{to_major(minor, currency):,.2f} {currency}".strip()
        for currency, minor in sorted(value_minor.items())
    ]


def headers(given: Mapping[str, Any] | list[Any] | None) -> list[tuple[str, str]]:
    """Headers as pairs, whether they were kept as an object or as a list of pairs."""
    pairs = given.items() if isinstance(given, Mapping) else given or []
    return [(str(name), str(value)) for name, value in pairs]


def markdown(text: str) -> Markup:
    """An integration's guide as HTML, its headings below the page's own; HTML in it is text."""
    tokens = _markdown.parse(text)
    for token in tokens:
        if token.type.startswith("heading"):
            token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"
        _unlink(token.children or [])
    html = _markdown.renderer.render(tokens, _markdown.options, {})
    return Markup(html)  # noqa: S704 - the renderer escapes everything it is given


def _unlink(parts: list[Token]) -> None:
    """Make plain text of links to other papers, which have no page here."""
    inside = False
    for part in parts:
        if part.type == "link_open":
            inside = not str(part.attrs.get("href", "")).startswith(("https://", "http://"))
        if inside and part.type in {"link_open", "link_close"}:
            part.tag, part.attrs = "span", {}
