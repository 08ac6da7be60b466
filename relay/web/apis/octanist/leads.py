"""A lead as Octanist's API shows it: as it was sent where it was, else from the canonical one."""

import json
from collections.abc import Mapping
from typing import Any

from relay.core import pointers
from relay.core.contract import Json
from relay.core.money import to_major
from relay.core.readings import instant
from relay.web.apis.octanist.bodies import CONSENTS, is_given

OWN = "/verbatim/octanist"

PLACES = {
    "name": "/contact/full_name",
    "email": "/contact/email",
    "phone": "/contact/phone/raw",
    "website": "/attribution/website",
    "path": "/attribution/path",
    "gclid": "/attribution/click_ids/gclid",
    "gbraid": "/attribution/click_ids/gbraid",
    "wbraid": "/attribution/click_ids/wbraid",
    "dclid": "/attribution/click_ids/dclid",
    "ga4cid": "/attribution/ga/client_id",
    "ga4sid": "/attribution/ga/session_id",
    "fbc": "/attribution/click_ids/fbc",
    "fbp": "/attribution/browser_ids/fbp",
    "msclkid": "/attribution/click_ids/msclkid",
    "ttclid": "/attribution/click_ids/ttclid",
    "twclid": "/attribution/click_ids/twclid",
    "rdt_cid": "/attribution/click_ids/rdt_cid",
    "sccid": "/attribution/click_ids/sccid",
    "li_fat_id": "/attribution/click_ids/li_fat_id",
    "epik": "/attribution/click_ids/epik",
    "sessionId": "/keys/session_id",
    "utm_source": "/attribution/utm/source",
    "utm_medium": "/attribution/utm/medium",
    "utm_campaign": "/attribution/utm/campaign",
    "utm_term": "/attribution/utm/term",
    "utm_content": "/attribution/utm/content",
    "googleAdsCampaignId": "/attribution/ads/campaign_id",
    "googleAdsCampaignName": "/attribution/ads/campaign_name",
    "googleAdsAdGroupId": "/attribution/ads/adgroup_id",
    "googleAdsAdGroupName": "/attribution/ads/adgroup_name",
    "googleAdsAdId": "/attribution/ads/ad_id",
}
"""The fields whose values stand somewhere in the canonical lead."""

KEPT = ("labelId", "selectedConversionEventId", "expiresAt")
"""Fields that only a lead of the hosted service has."""

FIELDS = (
    *("id", "name", "email", "phone", "status", "value", "currency", "note", "custom"),
    *("lossReason", "conversionName", "source", *list(PLACES)[3:], *CONSENTS, *KEPT),
    *("createdAt", "updatedAt", "qualifiedAt"),
)
"""All fields of a lead, in the order in which they are shown."""


def render(row: Mapping[str, Any], currency: str | None) -> dict[str, Json]:
    """A row of the listing as Octanist's lead; `currency` counts where the lead has none."""
    document = row["document"]
    said = pointers.get(document, f"{OWN}/fields", {})
    state = document.get("state", {})
    own = state.get("currency") or currency
    shown: dict[str, Json] = {
        "id": row["public_id"],
        "status": row["status"],
        "value": None if row["value_minor"] is None else to_major(row["value_minor"], own),
        "currency": own,
        "note": state.get("note"),
        "custom": _custom(document),
        "lossReason": state.get("loss_reason"),
        "conversionName": state.get("conversion_name"),
        "source": pointers.get(document, f"{OWN}/lead/source") or row["source_kind"],
        "createdAt": instant(row["created_at"], "milliseconds"),
        "updatedAt": instant(row["updated_at"], "milliseconds"),
        "qualifiedAt": state.get("qualified_at"),
    }
    for name, place in PLACES.items():
        own_words = said.get(name)
        as_sent = isinstance(own_words, str) and is_given(own_words)
        shown[name] = own_words if as_sent else pointers.get(document, place)
    for name in CONSENTS:
        shown[name] = pointers.get(document, f"/consent/{name}/state") == "granted"
    for name in KEPT:
        shown[name] = pointers.get(document, f"{OWN}/lead/{name}")
    return {name: shown[name] for name in FIELDS}


def _custom(document: Json) -> str | None:
    """The custom text; where the lead came another way, the JSON text of its tokens and fields."""
    custom: str | None = pointers.get(document, f"{OWN}/custom")
    if custom is not None:
        return custom
    fields = {
        **pointers.get(document, "/tokens", {}),
        **pointers.get(document, "/form/fields", {}),
    }
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")) if fields else None
