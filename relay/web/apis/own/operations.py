"""What a call of our own API is: declared once, for the router, the checks and the reference."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from relay.core.contract import Json
from relay.runtime import Runtime
from relay.services.browse import Cursor
from relay.services.configured import ConfiguredKey, ConfiguredProject
from relay.web.apis.calls import Call, Dialect, Refusal

PREFIX = "/api/relay/v1"

PAGE, LARGEST_PAGE = 50, 200
"""Rows of a page, and how many may be asked for."""


def _problem(refusal: Refusal) -> Json:
    """An error as RFC 9457 writes it."""
    said: dict[str, Json] = {
        "type": "about:blank",
        "title": refusal.code or TITLES.get(refusal.status, "Error"),
        "status": refusal.status,
        "detail": refusal.message,
    }
    if refusal.errors:
        said["errors"] = refusal.errors
    return said


TITLES = {
    400: "Bad request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    413: "Too large",
    422: "Not valid",
    429: "Too many requests",
    500: "Internal error",
    503: "Not now",
}

DIALECT = Dialect(name="relay", refusal=_problem, error_type="application/problem+json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter of the address: `schema` is a JSON Schema of its value."""

    name: str
    about: str
    schema: Json


@dataclass(slots=True)
class Asked:
    """One call whose key, parameters and body have been judged."""

    call: Call
    key: ConfiguredKey
    scope_project: ConfiguredProject | None
    query: Mapping[str, Any]
    body: Json = None

    @property
    def rt(self) -> Runtime:
        """The process's runtime."""
        return self.call.rt

    @property
    def project(self) -> ConfiguredProject:
        """The project that the call is about."""
        if self.scope_project is None:
            raise Refusal(400, "Name the project: this key is for all of them, ?project=ID")
        return self.scope_project

    @property
    def actor(self) -> str:
        """Who is doing this, for the audit."""
        return f"API key {self.key.name}"

    def id(self, name: str = "id") -> UUID:
        """An id out of the path. Raises Refusal 404 where it is none."""
        try:
            return UUID(self.call.args[name])
        except ValueError:
            raise Refusal(404, f"{self.call.args[name]!r} is no id") from None

    @property
    def cursor(self) -> Cursor:
        """Where the page begins."""
        return Cursor(self.query.get("after"), self.query.get("before"))

    @property
    def limit(self) -> int:
        """Rows that the page may have."""
        return int(self.query.get("limit", PAGE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One call: `act` gives the answer's document, or None for 204.

    `scope` is what the key has to allow; `anywhere` is true for calls that are about no project,
    which only a key for all projects may make. `largest` is how many bytes the body may have that
    is no document but a file.
    """

    method: str
    path: str
    name: str
    summary: str
    scope: str
    act: Callable[[Asked], Json]
    query: Sequence[Parameter] = ()
    body: Json = None
    status: int = 200
    anywhere: bool = False
    largest: int = 0
    tag: str = ""


UUID_TEXT: Json = {"type": "string", "format": "uuid"}
TIME_TEXT: Json = {"type": "string", "format": "date-time"}

LIMIT = Parameter(
    name="limit",
    about=f"Rows of the page, {PAGE} where left out.",
    schema={"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE},
)
PAGING = (
    LIMIT,
    Parameter(name="after", about="Older than this id.", schema=UUID_TEXT),
    Parameter(name="before", about="Newer than this id.", schema=UUID_TEXT),
)
"""Pages go by key, newest first: ask for `older` of one answer as `after` of the next."""

PROJECT = Parameter(
    name="project",
    about="The project's id; needed with a key that is for all projects.",
    schema={"type": "string"},
)

SOURCE = Parameter(name="source", about="Of this source.", schema=UUID_TEXT)
SINCE = Parameter(name="since", about="From this time on.", schema=TIME_TEXT)
UNTIL = Parameter(name="until", about="Before this time.", schema=TIME_TEXT)
TEXT = Parameter(
    name="text",
    about="A name, e-mail, phone number in any spelling, company or id.",
    schema={"type": "string"},
)
