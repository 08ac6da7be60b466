"""Secrets taken out of what is logged: by their values, in every spelling they may travel in."""

import base64
import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote, quote_plus

HIDDEN = "[secret]"
"""What stands where a secret was."""

SHORTEST = 4
"""Characters below which a value is too common to be looked for in text."""

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
_SIGNED = re.compile(r"eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*")
"""A signed token (RFC 7515): whoever reads it may use it."""


class Redactor:
    """Takes these secrets' values out of text; their order and number do not matter."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._pattern = _pattern(frozenset(secrets))

    def text(self, text: str) -> str:
        """The text without the secrets."""
        return text if self._pattern is None else self._pattern.sub(HIDDEN, text)

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


@lru_cache(maxsize=1024)
def _is_credential(name: str) -> bool:
    return name.lower() not in _HARMLESS and _CREDENTIALS.search(name) is not None


def _without_userinfo(url: str) -> str:
    return re.sub(r"(?<=://)[^/?#\s@]*@", f"{HIDDEN}@", url)


@lru_cache(maxsize=1024)
def _pattern(secrets: frozenset[str]) -> re.Pattern[str] | None:
    parts = {part for secret in secrets for part in _parts(secret)}
    spellings = {spelling for secret in secrets | parts for spelling in _spellings(secret)}
    if not spellings:
        return None
    longest_first = sorted(spellings, key=lambda text: (-len(text), text))
    return re.compile("|".join(longest_first))


def _parts(secret: str) -> set[str]:
    """What is as good as the whole: a signing key by itself, the long parts of a secret address."""
    if not _ADDRESS.match(secret):
        return {secret.removeprefix(SIGNING_PREFIX)}
    path = _ADDRESS.sub("", secret)
    return {part for part in re.split(r"[/?&=#]", path) if len(part) >= LONG_PART}


def _spellings(secret: str) -> set[str]:
    """Patterns for a secret: as it is, in JSON, percent-encoded, within a Basic credential."""
    if len(secret) < SHORTEST:
        return set()
    in_json = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    in_json |= {text.replace("/", "\\/") for text in in_json}
    encoded = {quote(secret, safe=""), quote(secret), quote_plus(secret)}
    plain = {re.escape(text) for text in {secret} | in_json}
    return plain | {_either_case(text) for text in encoded} | _within_base64(secret)


def _either_case(encoded: str) -> str:
    """Percent-encoding writes its hexadecimal digits in upper or in lower case."""
    parts = re.split(r"(%[0-9A-F]{2})", encoded)
    return "".join(
        f"(?i:{part})" if position % 2 else re.escape(part) for position, part in enumerate(parts)
    )


def _within_base64(secret: str) -> set[str]:
    """What base64 makes of the secret after any text, for instance a user's name and a colon.

    Three bytes become four characters, so there are three ways; a character at an edge also holds
    bits of the neighbour and is taken as any.
    """
    data = secret.encode("utf-8", "replace")
    if len(data) < 6:
        return set()
    found = set()
    for before in range(3):
        whole = base64.b64encode(bytes(before) + data).decode().rstrip("=")
        inner = whole[(0, 2, 3)[before] : len(whole) - (0 if (before + len(data)) % 3 == 0 else 1)]
        edges = "" if before == 0 else "[A-Za-z0-9+/]"
        found.add(edges + re.escape(inner) + r"[A-Za-z0-9+/=]{0,3}")
    return found
