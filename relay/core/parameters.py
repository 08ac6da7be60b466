"""The parameters of a call whose sender may put them into the address, the body, or both."""

from dataclasses import dataclass
from typing import Any

from relay.core.bodies import read_body
from relay.core.forms import nest
from relay.core.inbound import Inbound, Unreadable

MOST_PAIRS = 20_000
"""Pairs of a form: nesting more of them would keep everybody else waiting for seconds."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """Parameters by name, nested ones as objects and lists."""

    query: dict[str, Any]
    body: dict[str, Any]

    @property
    def merged(self) -> dict[str, Any]:
        """Both together; what the address says of a name stands for all that the body says of it.

        So Rails merges them (actionpack: ActionDispatch::Http::Parameters).
        """
        return {**self.body, **self.query}


def read_parameters(inbound: Inbound) -> Parameters:
    """What the address and the body say. Raises Unreadable where the body is no object.

    Of a name that is repeated the last value counts; brackets make objects and lists.
    """
    if inbound.body[:1] not in b"{[" and inbound.body.count(b"&") > MOST_PAIRS:
        reason = f"has more than {MOST_PAIRS} parameters"
        raise Unreadable(f"the body {reason}", {"base": [reason]})
    query = nest(inbound.query, last_wins=True)
    if not inbound.body.strip():
        return Parameters(query, {})
    try:
        body = read_body(inbound, last_wins=True)
    except Unreadable as error:
        raise Unreadable(str(error), {"body": [str(error)]}) from error
    if body is not None and not isinstance(body, dict):
        reason = "must be an object with the parameters"
        raise Unreadable(f"the body {reason}", {"body": [reason]})
    return Parameters(query, body or {})
