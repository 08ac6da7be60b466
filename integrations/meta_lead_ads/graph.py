"""Meta's Graph API as lead ads need it: one lead by its id, and the leads of a form.

Sources: developers.facebook.com/docs/marketing-api/guides/lead-ads/retrieving, the fields of `Lead`
in facebook-python-business-sdk, and developers.facebook.com/docs/graph-api/guides/error-handling.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote, urlencode

from relay.core.contract import (
    Fetching,
    Json,
    Kind,
    Outcome,
    Reply,
    Request,
    Settings,
    judge_reply,
    said_object,
)

HOST = "https://graph.facebook.com"

VERSION = "v26.0"

FIELDS = (
    "id",
    "created_time",
    "form_id",
    "field_data",
    "custom_disclaimer_responses",
    "is_organic",
    "platform",
)
"""What a token that may read leads is told."""

AD_FIELDS = ("ad_id", "ad_name", "adset_id", "adset_name", "campaign_id", "campaign_name")
"""What a token is told that may read ads too."""

PAGE = 100
"""Leads of one page of a list."""

LARGEST = 4 * 1024 * 1024
"""Bytes of one page."""

_ACCESS = frozenset({10, 102, 190, 463, 467})
_PERMISSIONS = range(200, 300)
_PATIENCE = frozenset({4, 17, 32, 341, 368, 613}) | frozenset(range(80000, 80015))
_NOT_THERE = 33
"""A subcode: there is none of this id, or not for this token, or not yet."""


def lead_of(leadgen_id: str, settings: Settings, now: float) -> Fetching:
    """One lead."""
    said = yield from _ask(quote(leadgen_id, safe=""), {}, settings, now)
    return said


def leads_of(
    form_id: str, settings: Settings, since: float, after: str | None, now: float
) -> Fetching:
    """One page of a form's leads, as its reply has it: {data, paging}."""
    newer = [{"field": "time_created", "operator": "GREATER_THAN", "value": int(since)}]
    query = {"limit": str(PAGE), "filtering": json.dumps(newer)}
    if after is not None:
        query["after"] = after
    said = yield from _ask(f"{quote(form_id, safe='')}/leads", query, settings, now)
    return said


def _ask(path: str, query: Mapping[str, str], settings: Settings, now: float) -> Fetching:
    """Read something; the ad's names are left out where the token may not read ads.

    The token goes in a header: addresses are written into logs on their way.
    """
    base = f"{HOST}/{settings.get('api_version', VERSION)}/{path}"
    headers = {"Authorization": f"Bearer {settings['access_token']}"}
    refused: Outcome | None = None
    for fields in ((*FIELDS, *AD_FIELDS), FIELDS):
        url = f"{base}?{urlencode({'fields': ','.join(fields), **query})}"
        reply = yield Request(method="GET", url=url, headers=headers, largest=LARGEST)
        refused = judge(reply, now)
        if refused is None:
            return said_object(reply)
        if not _asks_for_less(reply):
            break
    return refused


def judge(reply: Reply, now: float) -> Outcome | None:
    """What a reply says by its status and by its error's code; None where it brings data."""
    error = _error(reply)
    words = str(error.get("message") or "")
    if 200 <= reply.status < 300 and not error:
        return judge_reply(reply, now)
    kind = _kind_of(error)
    if kind is None:
        return judge_reply(reply, now, {404: Kind.RETRY}, words)
    said = f"code {error.get('code')}: {words}"
    return judge_reply(replace(reply, status=_AS[kind]), now, {}, said)


_AS = {Kind.UNAUTHORIZED: 401, Kind.THROTTLED: 429, Kind.RETRY: 500, Kind.REJECTED: 400}


def _kind_of(error: Mapping[str, Json]) -> Kind | None:
    """What an error's code means, one that is not known that it may pass; None without error."""
    code = error.get("code")
    if code in _ACCESS or code in _PERMISSIONS:
        return Kind.UNAUTHORIZED
    if code in _PATIENCE:
        return Kind.THROTTLED
    if code == 100 and error.get("error_subcode") != _NOT_THERE:
        return Kind.RETRY if error.get("is_transient") is True else Kind.REJECTED
    return Kind.RETRY if error else None


def _asks_for_less(reply: Reply) -> bool:
    """Whether the fields of the ad may be what was refused."""
    error = _error(reply)
    code = error.get("code")
    about_fields = code == 100 and error.get("error_subcode") != _NOT_THERE
    return about_fields or code == 10 or code in _PERMISSIONS


def _error(reply: Reply) -> dict[str, Json]:
    error = said_object(reply).get("error")
    return error if isinstance(error, dict) else {}
