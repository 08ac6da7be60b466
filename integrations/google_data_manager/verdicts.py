"""What Google says of an event, at once and half an hour later.

The reasons are those of `ErrorReason` and `ProcessingErrorReason` in the discovery document
datamanager.v1.json.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from relay.core.contract import (
    Duty,
    Json,
    Kind,
    Outcome,
    Reply,
    judge_google,
    objects_of,
    said_object,
)

PREFIXES = ("PROCESSING_ERROR_REASON_", "PROCESSING_ERROR_")

HOUR = 3600.0

CLICK_WAIT = 6 * HOUR
"""Seconds after which Google knows a click (the figure of the Google Ads API)."""

DONE = frozenset({"DUPLICATE_TRANSACTION_ID", "DUPLICATE_GCLID"})
"""Google has this conversion already."""

LATER: Mapping[str, float] = {
    "TOO_RECENT_CLICK": CLICK_WAIT,
    "TOO_RECENT_CALL": CLICK_WAIT,
    "DESTINATION_TOO_RECENTLY_CREATED": CLICK_WAIT,
    "INTERNAL_ERROR": HOUR,
}
"""What passes, and after how many seconds the event is sent once more."""

NOT_OF_AN_AD = frozenset(
    {
        "CLICK_NOT_FOUND",
        "INVALID_CLICK",
        "INVALID_OPERATING_ACCOUNT_FOR_CLICK",
        "OPERATING_ACCOUNT_MISMATCH_FOR_AD_IDENTIFIER",
        "MATCH_ID_NOT_FOUND",
        "USER_ID_NOT_FOUND",
        "USER_ID_NOT_FOUND_FOR_GCLID",
        "USER_ID_NOT_FOUND_FOR_DCLID",
        "USER_ID_NOT_FOUND_FOR_MATCH_ID",
        "USER_ID_NOT_FOUND_FOR_IMPRESSION_ID",
        "ORIGINAL_CONVERSIONS_NOT_FOUND",
    }
)
"""The lead did not come from an ad of this account: there is nothing to count."""

OF_THE_ACCOUNT = frozenset(
    {
        "DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED",
        "DESTINATION_ACCOUNT_NOT_ENABLED_ENHANCED_CONVERSIONS_FOR_LEADS",
        "DESTINATION_ACCOUNT_DATA_POLICY_PROHIBITS_ENHANCED_CONVERSIONS",
        "TERMS_AND_CONDITIONS_NOT_SIGNED",
        "INVALID_CONVERSION_ACTION_ID",
        "INVALID_CONVERSION_ACTION_TYPE",
        "INVALID_DESTINATION",
        "NO_PERMISSION",
        "PERMISSION_DENIED",
    }
)
"""A person has to put this right at Google, and the leads wait."""

ASKED_AFTER = 1800.0
"""Seconds until Google knows what became of a request (devguides/diagnostics)."""

LONGEST_PAUSE = 4 * HOUR


def judge_ingested(reply: Reply, duty: Duty) -> Outcome | None:
    """What a refused request means; None where it was taken."""
    kinds = dict.fromkeys(OF_THE_ACCOUNT, Kind.UNAUTHORIZED)
    return judge_google(reply, duty, {**kinds, "INTERNAL_ERROR": Kind.RETRY})


def judge_processed(reply: Reply, request: str, asked: int) -> Outcome:
    """What became of a taken request of one event, which was asked about `asked` times before."""
    listed = said_object(reply).get("requestStatusPerDestination")
    status = next((one for one in objects_of(listed)), {})
    reasons = [_plain(reason) for reason in _reasons(status, "errorInfo", "errorCounts")]
    warned = ", ".join(_reasons(status, "warningInfo", "warningCounts"))
    match status.get("requestStatus"):
        case "SUCCESS":
            message = f"taken with warnings: {warned}" if warned else ""
            return Outcome(kind=Kind.DELIVERED, message=message, remote_id=request)
        case "FAILED" | "PARTIAL_SUCCESS":
            return replace(_judged(reasons), remote_id=request)
    pause = min(ASKED_AFTER * 2.0 ** min(asked, 8), LONGEST_PAUSE)
    return Outcome(
        kind=Kind.ACCEPTED,
        message="taken; Google is still at work on it",
        retry_after=pause,
        remote_id=request,
    )


def _judged(reasons: Sequence[str]) -> Outcome:
    said = ", ".join(reasons) or "no reason given"
    if DONE.intersection(reasons):
        return Outcome(kind=Kind.DELIVERED, message=f"Google has it already: {said}")
    if waits := [LATER[reason] for reason in reasons if reason in LATER]:
        message = f"not yet: {said}"
        return Outcome(kind=Kind.RETRY, message=message, retry_after=max(waits))
    if NOT_OF_AN_AD.intersection(reasons):
        return Outcome(kind=Kind.IGNORED, message=f"not of an ad of this account: {said}")
    if OF_THE_ACCOUNT.intersection(reasons):
        message = f"the Google Ads account has to be put right: {said}"
        return Outcome(kind=Kind.UNAUTHORIZED, message=message)
    return Outcome(kind=Kind.REJECTED, message=f"Google does not count it: {said}")


def _reasons(status: Json, info: str, counts: str) -> list[str]:
    told = status.get(info)
    listed = told.get(counts) if isinstance(told, dict) else None
    return [str(one["reason"]) for one in objects_of(listed) if one.get("reason")]


def _plain(reason: str) -> str:
    for prefix in PREFIXES:
        reason = reason.removeprefix(prefix)
    return reason
