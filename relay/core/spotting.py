"""Finding a person's e-mail and phone in whatever was kept, however they are spelled there.

An address is known in any case; a number by its digits, whatever stands between them, with or
without its country's code. Both also escaped, percent-encoded, or within a token of base64 that
holds JSON (signed webhooks).
"""

import base64
import binascii
import re
from collections.abc import Collection, Iterator
from functools import cached_property

import phonenumbers

from relay.core.contacts import Contact
from relay.core.contract import Json
from relay.core.emails import mail_address
from relay.core.masking import plain_form, without

_SEPARATOR = rb"(?:[ ().\-/]|\xc2\xa0|\xe2\x80[\x90-\x95\xaf])"
_NO_DIGITS = bytes(byte for byte in range(256) if not 48 <= byte <= 57)
_WORD = re.compile(rb"[a-z0-9]+")
_TOKEN = re.compile(rb"eyJ[A-Za-z0-9_\-+/]{20,}={0,2}")
"""What begins so is base64 of `{"`."""

_BREAK = re.compile(rb"[\x00-\x20]|\\+[nrtbf]|\\+u00[01][0-9A-Fa-f]|%(?:25)*[01][0-9A-Fa-f]")
"""What stands for a control character, which in the plain form may look like a letter."""

_OTHER_COUNTRY = re.compile(
    rb"(?:00)?([0-9]{1,3})" + _SEPARATOR + rb"{1,3}(?:0" + _SEPARATOR + rb"?)?$"
)

Span = tuple[int, int]


class Spotter:
    """Knows the contacts of one person wherever they stand."""

    def __init__(self, contacts: Collection[Contact]) -> None:
        self.contacts = frozenset(contacts)
        self._addresses = [one for contact in contacts for one in _addresses(contact)]
        self._numbers = [_Number(one.value) for one in contacts if one.kind == "phone"]

    def holds(self, text: str | bytes | None, region: str | None = None, kind: str = "") -> bool:
        """Whether one of the contacts stands in this text.

        `region` is whose national numbers are meant where a number has no country's code (None:
        anybody's); `kind` the text's content type.
        """
        data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        return data is not None and next(self._spans(data, region, kind), None) is not None

    def masked(self, data: bytes, region: str | None = None, kind: str = "") -> bytes:
        """The bytes with `***` in place of each of the contacts."""
        spans = sorted(self._spans(data, region, kind))
        return without(data, spans, in_json="json" in kind.lower()) if spans else data

    def masked_json(self, value: Json, region: str | None = None) -> Json:
        """The value with `***` in place of each of the contacts, in names of members too."""
        if isinstance(value, str):
            data = value.encode("utf-8", "surrogatepass")
            return self.masked(data, region).decode("utf-8", "surrogatepass")
        if isinstance(value, list):
            return [self.masked_json(member, region) for member in value]
        if isinstance(value, dict):
            return {
                self.masked_json(name, region): self.masked_json(member, region)
                for name, member in value.items()
            }
        if isinstance(value, int) and not isinstance(value, bool):
            return "***" if self.holds(str(value), region) else value
        return value

    def _spans(self, data: bytes, region: str | None, kind: str) -> Iterator[Span]:
        form = "urlencoded" in kind.lower()
        if self._may_hold(data):
            text = _Text(data, form=form)
            for address in self._addresses:
                yield from _address_spans(text, address)
            for number in self._numbers:
                yield from number.spans(text, region)
        for token in _TOKEN.finditer(data):
            if self.holds(_decoded(token[0]), region):
                yield token.span()

    def _may_hold(self, data: bytes) -> bool:
        """A quick no for nearly everything."""
        lower = data.lower()
        for address in self._addresses:
            if all(run in lower for run in _WORD.findall(address)):
                return True
        if not self._numbers:
            return False
        if b"%" in data or b"\\u" in data or b"&#" in data:  # digits that stand for other signs
            return True
        digits = data.translate(None, _NO_DIGITS)
        return any(number.digits in digits for number in self._numbers)


class _Text:
    """Bytes with their plain form, in which all spellings of a character are the same."""

    def __init__(self, data: bytes, *, form: bool) -> None:
        self.data = data
        self.form = form
        self.plain, self.starts = plain_form(data)

    @cached_property
    def lower(self) -> bytes:
        return self.plain.lower()

    def spelled(self, at: int) -> bytes:
        """How the sign at this place of the plain form is written."""
        return (
            self.data[self.starts[at] : self.starts[at + 1]] if 0 <= at < len(self.plain) else b""
        )

    def raw(self, first: int, last: int) -> Span:
        """Where a stretch of the plain form stands in the bytes."""
        return self.starts[first], self.starts[last]


def _addresses(contact: Contact) -> Iterator[bytes]:
    """An address in its plain form, and as letters bear it where its domain is not ASCII."""
    if contact.kind == "email":
        for written in {contact.value, (mail_address(contact.value) or contact.value).lower()}:
            yield plain_form(written.encode())[0].lower()


def _address_spans(text: _Text, address: bytes) -> Iterator[Span]:
    at = text.lower.find(address)
    while at >= 0:
        end = at + len(address)
        if not _goes_on_before(text, at) and not _goes_on_after(text, end):
            yield text.raw(at, end)
        at = text.lower.find(address, at + 1)


def _goes_on_before(text: _Text, at: int) -> bool:
    """Whether a longer address ends here."""
    spelled = text.spelled(at - 1)
    if not spelled or _BREAK.fullmatch(spelled):
        return False
    if spelled == b"+":
        return not text.form
    sign = text.plain[at - 1 : at]
    return sign.isalnum() or sign in b"._-" or sign[0] >= 0x80


def _goes_on_after(text: _Text, end: int) -> bool:
    spelled = text.spelled(end)
    if not spelled or _BREAK.fullmatch(spelled):
        return False
    sign = text.plain[end : end + 1]
    within = text.plain[end + 1 : end + 2].isalnum() and not _BREAK.fullmatch(text.spelled(end + 1))
    return sign.isalnum() or sign[0] >= 0x80 or (sign in b".-" and within)


class _Number:
    """One number with the ways in which it is dialled."""

    def __init__(self, e164: str) -> None:
        number = phonenumbers.parse(e164, None)
        country = number.country_code or 0
        self._code = str(country).encode()
        self.digits = phonenumbers.national_significant_number(number).encode()
        self._regions = phonenumbers.region_codes_for_country_code(country)
        between = _SEPARATOR + rb"{0,3}"
        written = between.join(self.digits[at : at + 1] for at in range(len(self.digits)))
        trunk = rb"(?:\(?0\)?" + between + rb")?"
        code = rb"(?P<code>(?:00)?" + self._code + between + trunk + rb")"
        self._pattern = re.compile(
            rb"(?<![0-9])(?:" + code + rb"|" + trunk + rb")" + written + rb"(?![0-9])"
        )

    def spans(self, text: _Text, region: str | None) -> Iterator[Span]:
        """Where it stands; without its country's code only where its country may be meant."""
        for found in self._pattern.finditer(text.plain):
            national = found["code"] is None
            foreign = region is not None and region not in self._regions
            if not (national and (foreign or _is_elsewhere(text, found.start()))):
                yield text.raw(*found.span())


def _is_elsewhere(text: _Text, start: int) -> bool:
    """Whether another country's code stands before a national number."""
    before = text.plain[max(0, start - 12) : start]
    found = _OTHER_COUNTRY.search(before)
    if found is None:
        return False
    at = start - len(before) + found.start()
    return found[0].startswith(b"00") or text.spelled(at - 1) in _PLUS


_PLUS = (b"+", b"%2B", b"%2b", b"\\u002b", b"\\u002B")


def _decoded(token: bytes) -> bytes:
    body = token.rstrip(b"=").replace(b"-", b"+").replace(b"_", b"/")
    try:
        return base64.b64decode(body + b"=" * (-len(body) % 4))
    except binascii.Error:
        return b""
