"""The envelope around every answer of Octanist's API: success or error, and what identifies it."""

from relay.core.clock import Clock
from relay.core.contract import Json
from relay.core.ids import new_key
from relay.core.readings import instant
from relay.web.apis.calls import Refusal

CODES = {
    400: "VALIDATION_ERROR",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    409: "CONFLICT",
    413: "PAYLOAD_TOO_LARGE",
    429: "RATE_LIMITED",
    503: "SERVICE_UNAVAILABLE",
}
"""The word for a status; those of 405, 413, 429 and 503 are ours."""


class Envelope:
    """Wraps what is answered."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def success(self, data: Json, **meta: Json) -> Json:
        """The answer to a call that did what was asked."""
        return {"success": True, "data": data, "meta": {**self._meta(), **meta}}

    def refusal(self, refusal: Refusal) -> Json:
        """The answer to a call that was refused; `details` only where fields were wrong."""
        code = refusal.code or CODES.get(refusal.status, "INTERNAL_ERROR")
        error: dict[str, Json] = {"code": code, "message": refusal.message}
        if refusal.errors:
            error["details"] = refusal.errors
        return {"success": False, "error": error, "meta": self._meta()}

    def _meta(self) -> dict[str, Json]:
        now = instant(self._clock.now(), "milliseconds")
        return {"requestId": new_key("req_", 12), "timestamp": now}
