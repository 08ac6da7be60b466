"""The lead as a page: readable in light and dark, on a phone, and in programs that know no CSS."""

from collections.abc import Iterator
from email.headerregistry import Address
from html import escape
from itertools import groupby
from urllib.parse import quote

from relay.core.contract import Card, Line, fit_card

ROOM = 250_000
LONGEST = 20_000
"""Characters of all values, and of one; the text beside the page has them whole."""

MESSAGE = "/form/message"

_FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;"

_STYLE = """
:root { color-scheme: light dark; supported-color-schemes: light dark; }
@media (max-width: 480px) {
  .frame { padding: 0 !important; }
  .sheet { border-radius: 0 !important; border-width: 0 !important; padding: 20px 18px !important; }
  .label, .value { display: block !important; width: auto !important; }
  .label { padding-bottom: 0 !important; border-bottom-width: 0 !important; }
  .value { padding-top: 2px !important; }
}
@media (prefers-color-scheme: dark) {
  .frame, body { background: #12161c !important; }
  .sheet { background: #1b212a !important; border-color: #2d3642 !important; }
  .title, .value { color: #e8ecf2 !important; }
  .quiet, .label, .section { color: #a3afbe !important; }
  .label, .value { border-color: #2d3642 !important; }
  .note { background: #232b36 !important; border-color: #6ea8ff !important; }
  .note { color: #e8ecf2 !important; }
  .button { background: #6ea8ff !important; color: #0d1520 !important; }
}
"""


def page_of(shown: Card, details: Card, came: str, reply_to: Address | None) -> str:
    """The whole HTML document; every value is escaped, nothing is fetched from elsewhere."""
    fitted = fit_card(shown, room=ROOM, longest=LONGEST, size=_size)
    small = fit_card(details, room=ROOM, longest=LONGEST, size=_size)
    cut = fitted.cut or small.cut
    return "".join(
        (
            _head(shown.title),
            _title(shown.title, came),
            _buttons(fitted.lines, reply_to),
            *(_message(line) for line in fitted.lines if line.pointer == MESSAGE),
            *_sections([line for line in fitted.lines if line.pointer != MESSAGE], small=False),
            *_sections(list(small.lines), small=True),
            _quiet(f"{cut}; the plain text of this letter has all.") if cut else "",
            "</td></tr></table></td></tr></table></body></html>\n",
        )
    )


def _head(title: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        '<meta name="supported-color-schemes" content="light dark">'
        '<meta name="format-detection" content="telephone=no,date=no,address=no,email=no">'
        f"<title>{_escaped(title)}</title><style>{_STYLE}</style></head>"
        f'<body style="margin:0;padding:0;background:#eef0f4;{_FONT}">'
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0">'
        '<tr><td class="frame" align="center" style="padding:24px 12px;background:#eef0f4">'
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"'
        ' style="max-width:620px">'
        '<tr><td class="sheet" align="left" style="padding:28px 32px;background:#ffffff;'
        f'border:1px solid #e0e5ec;border-radius:10px;font-size:15px;{_FONT}">'
    )


def _title(title: str, came: str) -> str:
    return (
        f'<p class="quiet" style="margin:0;color:#5b6675;font-size:13px">New lead, {came}</p>'
        '<h1 class="title" dir="auto" style="margin:4px 0 0;color:#1c2430;font-size:22px;'
        f'line-height:1.3;overflow-wrap:anywhere">{_escaped(title)}</h1>'
    )


def _buttons(lines: tuple[Line, ...], reply_to: Address | None) -> str:
    """Write and call, where it is known whereto."""
    found = []
    if reply_to:
        found.append(_button(f"mailto:{quote(reply_to.addr_spec, safe='@')}", "Write an e-mail"))
    if number := _number(lines):
        found.append(_button(f"tel:{number}", f"Call {number}"))
    return f'<p style="margin:16px 0 0">{"".join(found)}</p>' if found else ""


def _number(lines: tuple[Line, ...]) -> str | None:
    """The phone number in its international form, without an extension."""
    said = next((line.text for line in lines if line.pointer == "/contact/phone"), "")
    number = said.split(" ")[0]
    return number if number.startswith("+") and number[1:].isdecimal() else None


def _button(address: str, words: str) -> str:
    return (
        f'<a class="button" href="{escape(address)}" style="display:inline-block;'
        "margin:0 8px 8px 0;padding:9px 16px;border-radius:6px;background:#1f5fbf;"
        f'color:#ffffff;font-size:14px;font-weight:600;text-decoration:none">{_escaped(words)}</a>'
    )


def _message(line: Line) -> str:
    return (
        '<div class="note" dir="auto" style="margin:16px 0 0;padding:12px 16px;background:#f3f6fb;'
        "border-left:3px solid #1f5fbf;border-radius:4px;color:#1c2430;line-height:1.5;"
        f'overflow-wrap:anywhere">{_escaped(line.text)}</div>'
    )


def _sections(lines: list[Line], *, small: bool) -> Iterator[str]:
    size = 12 if small else 15
    for section, rows in groupby(lines, key=lambda line: line.section):
        yield (
            '<h2 class="section" style="margin:24px 0 4px;color:#5b6675;font-size:12px;'
            f'letter-spacing:.06em;text-transform:uppercase">{_escaped(section)}</h2>'
            '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"'
            f' style="table-layout:fixed;border-collapse:collapse;font-size:{size}px;{_FONT}">'
        )
        yield from (_row(line, small=small) for line in rows)
        yield "</table>"


def _row(line: Line, *, small: bool) -> str:
    room = "4px" if small else "7px"
    common = "vertical-align:top;border-bottom:1px solid #e6eaf0;line-height:1.45;"
    return (
        f'<tr><td class="label" dir="auto" width="34%" style="padding:{room} 12px {room} 0;'
        f'color:#5b6675;overflow-wrap:anywhere;{common}">{_escaped(line.label)}</td>'
        f'<td class="value" dir="auto" style="padding:{room} 0;color:#1c2430;'
        f'overflow-wrap:anywhere;{common}">{_escaped(line.text)}</td></tr>'
    )


def _quiet(words: str) -> str:
    return (
        '<p class="quiet" style="margin:20px 0 0;color:#5b6675;font-size:12px">'
        f"{_escaped(words)}</p>"
    )


def _size(line: Line) -> int:
    return len(_escaped(line.text)) + len(_escaped(line.label))


def _escaped(text: str) -> str:
    """Text that begins and ends nothing; its line ends stay."""
    return escape(text).replace("\r\n", "\n").replace("\r", "\n").replace("\n", "<br>")
