"""Is a request genuine? Signature recipes as data, judged over the raw bytes in constant time."""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice

from relay.core.contract import Inbound, Json, Settings, Signature, Source

_TOKEN = re.compile(r"\{(raw|timestamp|method|url|header:[A-Za-z0-9-]+)\}")


_MOST = 8
"""Parts of one header that are looked at; each signature costs a hash of the whole body."""


def verify(source: Source, inbound: Inbound, settings: Settings, now: float) -> str | None:
    """None where the request is genuine, else the reason in a few words.

    A recipe whose secrets nobody configured asks for nothing: the address alone is then the proof.
    Where several recipes are configured one of them is enough. `now` is in Unix seconds.
    """
    recipes = _recipes(source, inbound, settings)
    if isinstance(recipes, str):
        return recipes
    reasons = [_judge(recipe, inbound, settings, now) for recipe in recipes]
    return reasons[0] if reasons and None not in reasons else None


def sign(source: Source, inbound: Inbound, settings: Settings, now: float) -> Inbound:
    """The request with the headers that make it genuine at this time, as its sender makes them."""
    inbound = source.imprint(inbound, settings) if source.imprint else inbound
    given = source.credentials(settings) if source.credentials else {}
    inbound = _with_headers(inbound, given)
    recipes = _recipes(source, inbound, settings)
    if isinstance(recipes, str) or not recipes:
        return inbound
    return _signed(recipes[0], inbound, settings, now)


def _recipes(source: Source, inbound: Inbound, settings: Settings) -> list[Signature] | str:
    """The recipes that are configured, or the reason of an odd scheme's own code."""
    if not callable(source.verify):
        return [recipe for recipe in source.verify if _setting(settings, recipe.secrets)]
    verdict = source.verify(inbound, settings)
    if verdict is None or isinstance(verdict, str):
        return verdict or []
    return [verdict] if _setting(settings, verdict.secrets) else []


def _judge(recipe: Signature, inbound: Inbound, settings: Settings, now: float) -> str | None:
    keys = list(_keys(_setting(settings, recipe.secrets)))
    if not keys:
        return "the signing secret is empty"
    header = inbound.headers.get(recipe.header.lower())
    if header is None:
        return f"the header {recipe.header} is missing"
    found = list(_candidates(recipe, header, inbound))
    if not found:
        return f"the header {recipe.header} does not look like a signature"
    for given, timestamp in found:
        text = _signed_text(recipe, inbound, timestamp)
        if any([_equal(given, _sign(recipe, key, text)) for key in keys]):  # noqa: C419 - every key is tried, in the same time
            return _stale(recipe, timestamp, now)
    return "the signature does not match"


def _setting(settings: Settings, path: str) -> Json:
    value: Json = settings
    for key in path.split("."):
        value = value.get(key) if hasattr(value, "get") else None
    return value


def _keys(secrets: Json) -> Iterator[bytes]:
    """The HMAC keys: each secret as it is, and a Standard Webhooks one also decoded."""
    for secret in [secrets] if isinstance(secrets, str) else secrets:
        if not isinstance(secret, str) or not secret.strip():
            continue
        yield secret.encode()
        if secret.startswith("whsec_"):
            try:
                yield base64.b64decode(secret.removeprefix("whsec_"), validate=True)
            except binascii.Error:
                continue


def _candidates(
    recipe: Signature, header: str, inbound: Inbound
) -> Iterator[tuple[str, str | None]]:
    """The signatures in the header, each with the timestamp that it was made with."""
    timestamp = inbound.headers.get((recipe.timestamp_header or "").lower())
    if recipe.pattern is None:
        if header.startswith(recipe.prefix):
            yield _spelling(recipe, header.removeprefix(recipe.prefix)), timestamp
        return
    found = [match.groupdict() for match in islice(re.finditer(recipe.pattern, header), _MOST)]
    times = [groups["timestamp"] for groups in found if groups.get("timestamp")]
    for groups in found:
        if given := groups.get("signature"):
            own = groups.get("timestamp") or (times[0] if times else timestamp)
            yield _spelling(recipe, given.removeprefix(recipe.prefix)), own


def _spelling(recipe: Signature, given: str) -> str:
    given = given.strip()
    return given.lower() if recipe.encoding == "hex" else given


def _signed_text(recipe: Signature, inbound: Inbound, timestamp: str | None) -> bytes:
    """The template filled in; a value is never read as a template again."""
    values = {
        "raw": inbound.body,
        "timestamp": (timestamp or "").encode(),
        "method": inbound.method.encode(),
        "url": inbound.url.encode(),
    }
    pieces = _TOKEN.split(recipe.signed)
    for number in range(1, len(pieces), 2):
        token = pieces[number]
        header = inbound.headers.get(token.removeprefix("header:").lower(), "")
        values.setdefault(token, header.encode("utf-8", "surrogatepass"))
    return b"".join(
        values[piece] if number % 2 else piece.encode() for number, piece in enumerate(pieces)
    )


def _sign(recipe: Signature, key: bytes, text: bytes) -> str:
    digest = hmac.new(key, text, getattr(hashlib, recipe.algorithm)).digest()
    return digest.hex() if recipe.encoding == "hex" else base64.b64encode(digest).decode()


def _signed(recipe: Signature, inbound: Inbound, settings: Settings, now: float) -> Inbound:
    timestamp = str(int(now * 1000 if recipe.timestamp_unit == "ms" else now))
    if recipe.timestamp_header:
        inbound = _with_headers(inbound, {recipe.timestamp_header: timestamp})
    key = next(_keys(_setting(settings, recipe.secrets)), b"")
    signature = recipe.prefix + _sign(recipe, key, _signed_text(recipe, inbound, timestamp))
    written = recipe.written.replace("{timestamp}", timestamp).replace("{signature}", signature)
    return _with_headers(inbound, {recipe.header: written})


def _with_headers(inbound: Inbound, headers: Mapping[str, str]) -> Inbound:
    added = {name.lower(): value for name, value in headers.items()}
    return replace(inbound, headers={**inbound.headers, **added})


def _equal(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode())


def _stale(recipe: Signature, timestamp: str | None, now: float) -> str | None:
    """Only a genuine signature gets here; an old one is a replay."""
    if recipe.tolerance is None or not _signs_time(recipe):
        return None
    if not re.fullmatch(r"\d{1,16}", timestamp or "", re.ASCII):
        return "the signature's time is missing"
    made = int(timestamp or "") / (1000 if recipe.timestamp_unit == "ms" else 1)
    away = abs(now - made)
    if away <= recipe.tolerance:
        return None
    return f"the signature's time is {away:.0f} s away from ours, {recipe.tolerance} s are allowed"


def _signs_time(recipe: Signature) -> bool:
    named = f"header:{recipe.timestamp_header}".lower()
    return "{timestamp}" in recipe.signed or f"{{{named}}}" in recipe.signed.lower()
