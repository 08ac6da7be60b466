"""Tiles with letters that stand for kinds of sources and targets: nobody's logo."""

import zlib

from flask import Blueprint

TINTS = 8
"""Colours of tiles: .tint-0 and so on in console.css."""


def set_up(console: Blueprint) -> None:
    """Give the macro `kind_tile` of _parts.html its letters and its colour."""
    console.app_template_global("letters_of")(letters_of)
    console.app_template_global("tint_of")(tint_of)


def letters_of(label: str) -> str:
    """Two letters: those that two words begin with, else the first two of the one."""
    first, *more = [word for word in label.replace("-", " ").split() if word[0].isalnum()] or ["?"]
    return (first[0] + more[0][0]).upper() if more else first[:2].capitalize()


def tint_of(name: str) -> int:
    """The colour of a kind, the same in every process."""
    return zlib.crc32(name.encode()) % TINTS
