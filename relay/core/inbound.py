"""One request as it came in, and the word for a body that nobody can read."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """One request as it came: `headers` with lower-case names, `body` as raw bytes."""

    method: str = "POST"
    url: str = ""
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    address: str = ""
    received_at: float = 0.0
    """Unix seconds."""


class Unreadable(Exception):  # noqa: N818 - says what the body is, as the quarantine shows it
    """The body cannot be read as this source's format; the text says what is wrong and where.

    `errors` say it by field name, for callers who are answered so.
    """

    def __init__(self, message: str, errors: Mapping[str, list[str]] | None = None) -> None:
        super().__init__(message)
        self.errors = dict(errors or {})
