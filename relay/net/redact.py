"""Secrets taken out of what is logged: by their values, in every spelling they may travel in."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any

from relay.net.spellings import openings, patterns

HIDDEN = "[secret]"
"""What stands where a secret was."""

SIGNING_PREFIX = "whsec_"
"""What marks a signing secret; the rest alone is as good as the whole."""

LONG_PART = 16
"""Characters from which on a part of an address's path or query is no common word."""

_ADDRESS = re.compile(r"https?://[^/?#]*")

_CREDENTIALS = re.compile(
    r"authorization|cookie|api-?key|(^|[-_])(token|secret|password|key)$", re.IGNORECASE
)
"""Names of headers whose values are never logged, whatever they are."""

_HARMLESS = frozenset({"idempotency-key"})

_GRANTED = r"(?:access|refresh|id)_?token|client_?secret|(?:client_?)?assertion"
_NAMES = (
    rf"{_GRANTED}|(?:auth|session|csrf|bearer)_?token|token|api_?key|"
    r"secret|password|passwd|signature"
)
_QUERY = re.compile(rf"([?&;](?:{_NAMES}|key|sig|code)=)[^&#;\s]+", re.IGNORECASE)
_IN_JSON = re.compile(rf'("(?:{_NAMES})"\s*:\s*)"(?:[^"\\]|\\.)*("|$)', re.IGNORECASE)
_IN_FORM = re.compile(rf"((?:^|&)(?:{_NAMES})=)[^&\s]+", re.IGNORECASE)
_GRANTED_IN_JSON = re.compile(rf'("(?:{_GRANTED})"\s*:\s*)"(?:[^"\\]|\\.)*("|$)', re.IGNORECASE)
_GRANTED_IN_FORM = re.compile(rf"((?:^|&)(?:{_GRANTED})=)[^&\s]+", re.IGNORECASE)
_SIGNED = re.compile(r"(?<![\w-])(?=[\w-]*?eyJ[\w-]{8})[\w-]++\.eyJ[\w-]{8,}\.[\w-]*", re.ASCII)
"""A signed token (RFC 7515): whoever reads it may use it. A run of letters is looked at once."""

_CUT = re.compile(r"…|; cut to fit: ")
"""Where words were cut short, beside their end."""

MOST_CUTS = 20
"""Places at which half a secret is looked for."""


class Redactor:
    """Takes these secrets' values out of text; their order and number do not matter."""

    def __init__(self, secrets: Iterable[str]) -> None:
        known = frozenset(secrets)
        self._pattern = _pattern(known)
        self._openings = _openings(known)

    def text(self, text: str) -> str:
        """The text without the secrets, and without the first half of one that was cut short."""
        if self._pattern is None:
            return text
        whole = self._pattern.sub(HIDDEN, text)
        cuts = [cut.start() for cut in islice(_CUT.finditer(whole), MOST_CUTS)]
        for end in (len(whole), *reversed(cuts)):
            if (start := _half(whole, end, self._openings)) < end:
                whole = whole[:start] + HIDDEN + whole[end:]
        return whole

    def url(self, url: str) -> str:
        """The address without the secrets and without values of query fields that hold such."""
        text = self.text(_without_userinfo(url) if "@" in url else url)
        return _QUERY.sub(rf"\1{HIDDEN}", text) if "=" in text else text

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers without the secrets; those that carry credentials keep only their names."""
        return {
            name: HIDDEN if _is_credential(name) else self.url(value)
            for name, value in headers.items()
        }

    def request(self, text: str) -> str:
        """A request's body without the secrets and without what grants are asked for by."""
        text = _SIGNED.sub(HIDDEN, self.text(text))
        text = _GRANTED_IN_JSON.sub(rf'\1"{HIDDEN}"', text) if '"' in text else text
        return _GRANTED_IN_FORM.sub(rf"\1{HIDDEN}", text) if "=" in text else text

    def reply(self, text: str) -> str:
        """A reply's body without the secrets and without tokens that the target has just issued."""
        text = _SIGNED.sub(HIDDEN, self.text(text))
        text = _IN_JSON.sub(rf'\1"{HIDDEN}"', text) if '"' in text else text
        return _IN_FORM.sub(rf"\1{HIDDEN}", text) if "=" in text else text

    def tree(self, value: Any) -> Any:
        """A JSON value whose texts, and members' names, are without the secrets."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(name): self.tree(inner) for name, inner in value.items()}
        return [self.tree(inner) for inner in value] if isinstance(value, list) else value


def credentials(headers: Mapping[str, str]) -> set[str]:
    """The values of headers that carry credentials, whole and without their scheme, since a peer
    that echoes its request echoes them too."""
    values = {value for name, value in headers.items() if _is_credential(name)}
    return values | {value.partition(" ")[2] for value in values}


def signed_tokens(text: str) -> set[str]:
    """The signed tokens in a text: a peer that echoes its request may echo them in base64 too."""
    return set(_SIGNED.findall(text)) if "eyJ" in text else set()


@lru_cache(maxsize=1024)
def _is_credential(name: str) -> bool:
    return name.lower() not in _HARMLESS and _CREDENTIALS.search(name) is not None


def _without_userinfo(url: str) -> str:
    return re.sub(r"(?<=://)[^/?#\s@]*@", f"{HIDDEN}@", url)


@lru_cache(maxsize=1024)
def _pattern(secrets: frozenset[str]) -> re.Pattern[str] | None:
    parts = {part for secret in secrets for part in _parts(secret)}
    spellings = {spelling for secret in secrets | parts for spelling in patterns(secret)}
    if not spellings:
        return None
    longest_first = sorted(spellings, key=lambda text: (-len(text), text))
    return re.compile("|".join(longest_first))


@lru_cache(maxsize=1024)
def _openings(secrets: frozenset[str]) -> frozenset[tuple[str, int]]:
    parts = {part for secret in secrets for part in _parts(secret)}
    return frozenset(one for secret in secrets | parts for one in openings(secret))


def _half(text: str, end: int, known: frozenset[tuple[str, int]]) -> int:
    """Where the beginning of a secret begins that was cut off here; `end` where there is none."""
    found = end
    for spelling, least in known:
        at = text.find(spelling[:least], max(0, end - len(spelling)), found)
        while 0 <= at < found and not spelling.startswith(text[at:end]):
            at = text.find(spelling[:least], at + 1, found)
        found = at if 0 <= at < found else found
    return found


def _parts(secret: str) -> set[str]:
    """What is as good as the whole: a signing key by itself, the long parts of a secret address."""
    if not _ADDRESS.match(secret):
        return {secret.removeprefix(SIGNING_PREFIX)}
    path = _ADDRESS.sub("", secret)
    return {part for part in re.split(r"[/?&=#]", path) if len(part) >= LONG_PART}
