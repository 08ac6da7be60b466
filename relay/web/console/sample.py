"""What a source's page gives to copy: its address, and a command that sends a sample to it."""

import shlex

from relay.core.contract import Inbound
from relay.core.fixtures import fixtures_of
from relay.core.masking import MASK, SHORTEST, mask
from relay.runtime import current
from relay.services import samples
from relay.services.configured import ConfiguredSource

CLIENTS = frozenset({"accept", "accept-encoding", "user-agent"})
"""Headers that say who sends, which here is curl."""

PLACEHOLDER = "PUT-YOUR-SECRET-HERE"
"""Stands for a secret that is itself sent, as a header or within the body: pages show none."""


def address_of(source: ConfiguredSource) -> str:
    """The address to paste into the form builder."""
    return f"{current().config.public_url}/in/{source.key}"


def curl_of(source: ConfiguredSource) -> str:
    """A command that sends the kind's usual submission, signed by this source's own secret.

    Empty where the kind has no sample that a command line can hold.
    """
    captures = fixtures_of(source.kind)
    if not captures:
        return ""
    signed = samples.signed(current(), source, captures[0])
    body = _text(_without_secrets(source, captures[0].inbound, signed))
    if body is None:
        return ""
    headers = _headers(source, captures[0].inbound, signed)
    lines = [
        f"curl -X {signed.method} {shlex.quote(signed.url)}",
        *(f"-H {shlex.quote(f'{name}: {value}')}" for name, value in headers.items()),
        f"--data-binary {shlex.quote(body)}",
    ]
    return " \\\n  ".join(lines)


def _headers(source: ConfiguredSource, captured: Inbound, signed: Inbound) -> dict[str, str]:
    """The capture's headers, with a signature of today's in place of its own."""
    declared = source.kind.source
    recipes = () if callable(declared.verify) else declared.verify
    proofs = {
        name.lower() for one in recipes for name in (one.header, one.timestamp_header) if name
    }
    secret = declared.credentials(source.settings) if declared.credentials else {}
    hidden = {name.lower() for name in secret}
    shown = {}
    for name, value in signed.headers.items():
        stale = name in proofs and captured.headers.get(name) == value
        if name not in CLIENTS and not stale:
            shown[name.title()] = PLACEHOLDER if name in hidden else value
    return shown


def _without_secrets(source: ConfiguredSource, captured: Inbound, signed: Inbound) -> bytes:
    """The body as it was signed, with a place for the secret that it carries."""
    if signed.body == captured.body or any(len(one) < SHORTEST for one in source.secrets):
        return captured.body
    kind = signed.headers.get("content-type", "")
    return mask(signed.body, kind, source.secrets).replace(MASK, PLACEHOLDER.encode())


def _text(body: bytes) -> str | None:
    """The body as a command line can hold it, or None."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text
