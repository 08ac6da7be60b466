"""The leads of an Octanist organisation, by its own list call (Octanist: Get leads)."""

from relay.core.contract import (
    Account,
    HostedLead,
    HostedPage,
    Json,
    Reply,
    Request,
    Unreadable,
    read_json,
)

HOST = "https://octanist.com"

PAGE = 100
"""The most that the vendor gives at once."""

CREATED = (
    *("name", "email", "phone", "custom", "note", "website", "path"),
    *("gclid", "gbraid", "wbraid", "dclid", "fbc", "fbp", "ga4cid", "ga4sid", "li_fat_id"),
    *("msclkid", "ttclid", "twclid", "rdt_cid", "sccid", "epik", "sessionId"),
    *("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"),
    *("googleAdsCampaignId", "googleAdsCampaignName", "googleAdsAdGroupId"),
    *("googleAdsAdGroupName", "googleAdsAdId"),
    *("ad_storage", "ad_user_data", "ad_personalization", "analytics_storage"),
)
"""The fields of a lead that its creation has too, or that a campaign's name comes from."""

CONSENTS = CREATED[-4:]

STAGES = {"win": "won"}
"""Words of the older API for what is called otherwise now."""


def ask(url: str, key: str, page: int) -> Request:
    """The request for one page, oldest leads first."""
    return Request(
        method="GET",
        url=f"{url}/api/leads?limit={PAGE}&page={page}&sort=createdAt:asc",
        headers={"X-API-KEY": key, "Accept": "application/json"},
    )


def read(reply: Reply) -> HostedPage:
    """The leads of a page; the older API gives the bare list."""
    document = read_json(reply.body.decode("utf-8", "replace"))
    found = document.get("data") if isinstance(document, dict) else document
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Unreadable("the answer holds no list of leads")
    pages = _object(_object(document if isinstance(document, dict) else {}, "meta"), "pagination")
    more = pages.get("hasMore", len(found) >= PAGE)
    total = pages.get("total")
    return HostedPage(
        leads=[_lead(one) for one in found],
        more=bool(found) and more is True,
        total=total if type(total) is int else None,
    )


def _lead(shown: dict[str, Json]) -> HostedLead:
    id_ = shown.get("id")
    if not isinstance(id_, str | int) or isinstance(id_, bool):
        raise Unreadable("a lead has no id")
    # a consent that was never given is false there, and means no more than that
    fields = {
        name: shown[name]
        for name in CREATED
        if shown.get(name) is not None and not (name in CONSENTS and shown[name] is False)
    }
    amount, created = shown.get("value"), shown.get("createdAt")
    return HostedLead(
        id=str(id_),
        fields=fields,
        shown=shown,
        created_at=created if isinstance(created, str) else None,
        public_id=str(id_) if str(id_).startswith("lead_") else None,
        state=_state(shown),
        amount=amount if isinstance(amount, int | float | str) else None,
    )


def _state(shown: dict[str, Json]) -> dict[str, Json]:
    stage = shown.get("status")
    state = {
        "stage": STAGES.get(stage, stage) if isinstance(stage, str) else None,
        "native": {"octanist": stage} if isinstance(stage, str) else None,
        "note": shown.get("note"),
        "currency": shown.get("currency"),
        "loss_reason": shown.get("lossReason"),
        "conversion_name": shown.get("conversionName"),
        "qualified_at": shown.get("qualifiedAt"),
    }
    return {name: value for name, value in state.items() if value is not None}


def _object(value: dict[str, Json], name: str) -> dict[str, Json]:
    inner = value.get(name)
    return inner if isinstance(inner, dict) else {}


ACCOUNT = Account(url=HOST, ask=ask, read=read)
