"""The addresses of scripts and styles: they change with the content, so caches may keep it."""

import hashlib
from datetime import timedelta
from functools import cache
from pathlib import Path

from flask import Blueprint, Flask, url_for

STATIC = Path(__file__).parents[2] / "static"


def set_up(app: Flask, console: Blueprint) -> None:
    """Give templates `asset(name)`, and let browsers keep what it names."""
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = timedelta(days=365)
    console.context_processor(lambda: {"asset": address_of})


def address_of(name: str) -> str:
    """The address of a file below relay/static."""
    return url_for("static", filename=name, v=_fingerprint(name))


@cache
def _fingerprint(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
