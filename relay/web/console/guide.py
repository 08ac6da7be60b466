"""An integration's guide with this deployment's values where it has placeholders."""

import re

from relay.runtime import current
from relay.services.configured import ConfiguredSource

HOST = "https://relay.example.com"
KEY = "SOURCE-KEY"

_HEADER = re.compile(r"header: \{name: ([A-Za-z0-9-]+)")
_PLAIN = re.compile(r"[\w .-]+")


def general(text: str) -> str:
    """The guide before there is a source: with the address of this deployment."""
    return text.replace(HOST, current().config.public_url)


def filled(source: ConfiguredSource) -> str:
    """The guide with the source's address, key, name and secret header's name; no secrets."""
    text = general(source.kind.guide).replace(KEY, source.key)
    header = source.settings.get("header")
    example = _HEADER.search(text)
    if isinstance(header, dict) and header.get("name") and example:
        text = re.sub(rf"\b{re.escape(example[1])}\b", str(header["name"]), text)
    return _named(text, source)


def _named(text: str, source: ConfiguredSource) -> str:
    """With the source's name in what is to be written into a file or a command."""
    example = re.search(rf"- name: (\S+)\n\s+kind: {re.escape(source.kind.name)}\n", text)
    if example is None or not _PLAIN.fullmatch(source.name):
        return text
    text = text.replace(f"- name: {example[1]}\n", f"- name: {source.name}\n")
    word = f'"{source.name}"' if " " in source.name else source.name
    return text.replace(f"reconcile {example[1]}`", f"reconcile {word}`")
