"""Delimited files as people have them: any encoding, any delimiter, quoted line breaks."""

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterator

from charset_normalizer import from_bytes

from relay.core.sheets import Unfit

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}

ENCODINGS = (
    "utf-8",
    "utf-16",
    "windows-1252",
    "windows-1250",
    "windows-1251",
    "windows-1253",
    "windows-1254",
    "iso-8859-15",
    "mac-roman",
    "shift_jis",
    "gb18030",
    "big5",
    "euc_kr",
)
"""What a person may choose from, where the encoding was not found out."""

SAMPLE = 64 * 1024
"""Bytes or characters by which encoding and delimiter are told."""

LONGEST_RECORD = 2000
"""Lines of one row, above which a quotation mark is taken as never closed."""

_BREAK = re.compile(r"\r\n|\n|\r")
_EASTERN = re.compile(r"(?<=[^\W\d_])[³¹¿£¯¼¾](?=[^\W\d_])|(?<!\w)[£¯](?=[a-zà-ÿ])")
"""What no Western word holds: Polish and its neighbours, read as windows-1252."""

_STATED = re.compile(r"sep=([,;\t|])(?:\r\n|\n|\r)", re.IGNORECASE)


def encoding_of(raw: bytes) -> str:
    """The encoding of a file, by its mark, its zeros, its validity or its looks."""
    for mark, name in ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16")):
        if raw.startswith(mark):
            return name
    if raw.startswith(codecs.BOM_UTF16_BE):
        return "utf-16"
    zeros = _zeros(raw[:SAMPLE])
    if zeros:
        return zeros
    return "utf-8" if _is_mostly_utf8(raw) else _by_looks(raw)


def decode(raw: bytes, encoding: str) -> str:
    """The text of a file. Raises Unfit where it is not in this encoding at all."""
    try:
        text = raw.decode("utf-8-sig" if encoding == "utf-8" else encoding, "replace")
    except LookupError as error:
        raise Unfit(f"There is no encoding {encoding}.") from error
    if "\0" in text[:SAMPLE]:
        raise Unfit("This is no text, or in another encoding.")
    return text.removeprefix("\ufeff")


def delimiter_of(text: str) -> str:
    """What stands between the cells: what makes the most rows equally wide."""
    stated = _STATED.match(text)
    if stated:
        return stated[1]
    return max(DELIMITERS, key=lambda delimiter: _score(text[:SAMPLE], delimiter))


def records(text: str, delimiter: str, at: int | None = None) -> Iterator[tuple[list[str], int]]:
    """The rows from a position in the text on, each with the position of the next.

    Without a position, a line that only names the delimiter is left out. Raises Unfit.
    """
    stated = _STATED.match(text)
    lines = _Lines(text, at if at is not None else stated.end() if stated else 0)
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        begin = lines.at
        lines.taken = 0
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise Unfit(_unclosed(text, begin)) from error
        open_end = lines.taken > 1 and lines.at >= len(text)
        if lines.taken > LONGEST_RECORD or (open_end and text.count('"', begin) % 2):
            raise Unfit(_unclosed(text, begin))
        yield cells, lines.at


class _Lines:
    """The lines of a text from a position on; knows how far it was read."""

    def __init__(self, text: str, at: int) -> None:
        self._text = text
        self.at = at
        self.taken = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if self.at >= len(self._text):
            raise StopIteration
        begin, found = self.at, _BREAK.search(self._text, self.at)
        self.at = found.end() if found else len(self._text)
        self.taken += 1
        return self._text[begin : self.at]


def _unclosed(text: str, begin: int) -> str:
    line = len(_BREAK.findall(text, 0, begin)) + 1
    return f"From line {line} on, a quotation mark is never closed, or a cell is far too long."


def _zeros(sample: bytes) -> str | None:
    """UTF-16 without a mark: in most languages every other byte is zero."""
    half = len(sample) // 2
    if half and sample[1::2].count(0) > half * 0.4 and not sample[::2].count(0):
        return "utf-16-le"
    if half and sample[::2].count(0) > half * 0.4 and not sample[1::2].count(0):
        return "utf-16-be"
    return None


def _is_mostly_utf8(raw: bytes) -> bool:
    """Valid UTF-8, but for a few bytes that somebody pasted in."""
    text = raw.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    return broken == 0 or broken * 20 < sum(not character.isascii() for character in text)


def _by_looks(raw: bytes) -> str:
    """The best guess; of those that look alike, the one that most programs write."""
    names = [name for name in ENCODINGS if not name.startswith("utf")]
    telling = b"\n".join(line for line in raw.splitlines() if not line.isascii())[:SAMPLE]
    found = from_bytes(telling, cp_isolation=names, language_threshold=0.0)
    usual = [one for one in found if one.encoding == "cp1252"]
    best = found.best()
    alike = best is not None and best.encoding in {"cp1250", "cp1252"}
    if best is None or alike or (usual and usual[0].chaos <= best.chaos + 0.02):
        eastern = _EASTERN.search(telling.decode("cp1252", "replace"))
        return "windows-1250" if eastern else "windows-1252"
    known = {codecs.lookup(name).name: name for name in ENCODINGS}
    return known.get(codecs.lookup(best.encoding).name, "windows-1252")


def _score(sample: str, delimiter: str) -> tuple[float, int]:
    """How equally wide the rows are that it makes, and how wide; a last row may be cut off."""
    widths = []
    try:
        for cells, _ in records(sample, delimiter):
            widths.append(len(cells))
    except Unfit:
        pass  # the sample ends within a quoted cell, or this is not the delimiter
    widths = [width for width in widths if width]
    if not widths:
        return 0.0, 0
    width, often = Counter(widths).most_common(1)[0]
    return (often / len(widths) if width > 1 else 0.0), width
