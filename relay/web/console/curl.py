"""A request that was sent, as a command for a terminal."""

import shlex
from typing import Any

from relay.core.contract import Json
from relay.web.console.show import headers

LEFT_OUT = frozenset({"content-length", "host", "user-agent", "accept", "accept-encoding"})
"""Headers that the command sends by itself, or of which the target asks nothing."""


def curl(request: Json) -> str:
    """The command that sends this request again, as it is kept: without its secrets."""
    given: dict[str, Any] = request if isinstance(request, dict) else {}
    parts = [f"curl -X {shlex.quote(str(given.get('method', 'GET')))} {_quoted(given.get('url'))}"]
    for name, value in headers(given.get("headers")):
        if name.lower() not in LEFT_OUT:
            parts.append(f"-H {_quoted(f'{name}: {value}')}")
    if body := given.get("body"):
        parts.append(f"--data-raw {_quoted(body)}")
    return " \\\n  ".join(parts)


def _quoted(value: object) -> str:
    return shlex.quote(str(value or ""))
