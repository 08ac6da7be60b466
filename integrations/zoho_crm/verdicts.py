"""What Zoho CRM says of a record: its verdict stands in the body, whatever the status."""

from collections.abc import Mapping

from relay.core.contract import Duty, Json, Kind, Outcome, Reply, judge_status, judged, said_object

KINDS: Mapping[str, Kind] = {
    "INVALID_TOKEN": Kind.UNAUTHORIZED,
    "INVALID_OAUTHTOKEN": Kind.UNAUTHORIZED,
    "AUTHENTICATION_FAILURE": Kind.UNAUTHORIZED,
    "AUTHORIZATION_FAILED": Kind.UNAUTHORIZED,
    "OAUTH_SCOPE_MISMATCH": Kind.UNAUTHORIZED,
    "NO_PERMISSION": Kind.UNAUTHORIZED,
    "TOO_MANY_REQUESTS": Kind.THROTTLED,
    "LIMIT_EXCEEDED": Kind.THROTTLED,
    "INTERNAL_ERROR": Kind.RETRY,
    "INTERNAL_SERVER_ERROR": Kind.RETRY,
    "RECORD_LOCKED": Kind.RETRY,
}
"""By code (zoho.com/crm/developer/docs/api/v8/status-codes.html); others are permanent. What a
person has to allow first, a scope or a permission, pauses the target and costs no lead."""

VALUES = frozenset({"INVALID_DATA", "DUPLICATE_DATA"})
"""Codes that mean the value of one field."""

CREDITS_WAIT = 3600.0
"""Seconds: credits come back over 24 hours, a little at a time."""


def verdict_of(reply: Reply, duty: Duty) -> Outcome:
    """The outcome for the one record that a request was about."""
    record = record_of(reply)
    code, said = str(record.get("code") or ""), _words(record)
    details = record.get("details")
    made = details.get("id") if isinstance(details, dict) else None
    if reply.status < 300 and record.get("status") == "success" and made:
        return Outcome(kind=Kind.DELIVERED, remote_id=str(made), hold=_hold(reply))
    if code in KINDS:
        wait = CREDITS_WAIT if _hold(reply) else None
        return judged(KINDS[code], reply, duty, said, wait)
    if refused := judge_status(reply, duty, {404: Kind.REJECTED}, said):
        return refused
    return judged(Kind.REJECTED if code else Kind.RETRY, reply, duty, said or "no verdict")


def record_of(reply: Reply) -> Mapping[str, Json]:
    """What is said of the first record, or of the request as a whole."""
    said = said_object(reply)
    data = said.get("data")
    first = data[0] if isinstance(data, list) and data else said
    return first if isinstance(first, dict) else {}


def refused_field(reply: Reply) -> str | None:
    """The field whose value alone is what Zoho does not take, or what another record has and no
    second one may; "id" for a record that is not there (its place in the path is named then)."""
    record = record_of(reply)
    details = record.get("details")
    if record.get("code") not in VALUES or not isinstance(details, dict):
        return None
    return "id" if "resource_path_index" in details else str(details.get("api_name") or "") or None


def missing_field(reply: Reply) -> str | None:
    """The field that Zoho wants and that the record lacks."""
    record = record_of(reply)
    details = record.get("details")
    if record.get("code") != "MANDATORY_NOT_FOUND" or not isinstance(details, dict):
        return None
    return str(details.get("api_name") or "") or None


def _words(record: Mapping[str, Json]) -> str:
    details = record.get("details")
    place = details.get("api_name") if isinstance(details, dict) else None
    words = [record.get("code"), record.get("message"), f"({place})" if place else None]
    return " ".join(str(word) for word in words if word)


def _hold(reply: Reply) -> float | None:
    """A rest where no credits are left (the header comes when half of them are used)."""
    left = reply.headers.get("x-api-credits-remaining", "").strip()
    return CREDITS_WAIT if left.lstrip("-").isdigit() and int(left) <= 0 else None
