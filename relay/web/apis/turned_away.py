"""Calls that bring no lead: kept where their source is known, so that support can find them."""

from collections.abc import Sequence

from relay.core.contract import Inbound
from relay.services import ingest
from relay.services.configured import ConfiguredSource
from relay.web.apis.calls import Call, Refusal
from relay.web.wire import inbound

_KINDS = {401: "key", 403: "forbidden"}


def turn_away(
    call: Call,
    source: ConfiguredSource,
    came: Inbound | None,
    refusal: Refusal,
    secrets: Sequence[str] = (),
) -> None:
    """Count the refused call and keep it, without its body where that could not be read.

    `secrets` are the credentials that it has.
    """
    call.rt.metrics.count("relay_turned_away", _KINDS.get(refusal.status, "invalid"))
    came = came or inbound(call.rt, call.environ, b"")
    ingest.turn_away(call.rt, source, came, refusal.status, refusal.message, secrets)
