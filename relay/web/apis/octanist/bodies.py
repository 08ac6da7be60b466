"""What the bodies of Octanist's calls may say; what is wrong with one, by field."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from relay.core.contract import Inbound, Json
from relay.core.money import to_minor
from relay.web.apis.calls import Refusal
from relay.web.apis.objects import Fields, read_object

TEXTS = (
    *("name", "email", "phone", "note", "website", "path"),
    *("gclid", "gbraid", "wbraid", "dclid", "fbc", "fbp", "ga4cid", "ga4sid", "li_fat_id"),
    *("msclkid", "ttclid", "twclid", "rdt_cid", "sccid", "epik", "sessionId"),
    *("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"),
)
CONSENTS = ("ad_storage", "ad_user_data", "ad_personalization", "analytics_storage")
ONE_OF = ("name", "email", "phone", "custom")

WAYS = ("id", "email", "phone")
"""By what a change finds its lead; the first one that is given decides."""

STATUSES = {"qualified": "qualified", "won": "won", "win": "won", "lost": "lost"}

_CURRENCY = re.compile(r"\s*([A-Za-z]{3}\s*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A change that was asked for: `way` and `who` find the lead, None leaves as it is."""

    way: str
    who: str
    status: str | None = None
    value: int | float | str | None = None
    currency: str | None = None
    note: str | None = None
    loss_reason: str | None = None
    also_qualified: bool = False


def read_lead(inbound: Inbound) -> Fields:
    """The fields of a new lead. Raises Refusal 400."""
    fields = read_object(inbound)
    errors = _no_texts(fields, TEXTS)
    for name in CONSENTS:
        if not isinstance(fields.get(name), bool | str | None):
            errors[name] = ["must be a boolean or a string"]
    _refuse(errors)
    if not any(is_given(fields.get(name)) for name in ONE_OF):
        raise Refusal(400, "At least one of name, email, phone or custom is required")
    return fields


def read_wish(inbound: Inbound) -> Wish:
    """A change of a lead. Raises Refusal 400."""
    fields = read_object(inbound)
    texts = (*WAYS, "status", "changedTo", "note", "lossReason", "currency")
    errors = _no_texts(fields, texts)
    value = fields.get("value")
    if is_given(value) and not _is_amount(value):
        errors["value"] = ["must be a number that is not negative"]
    if not _CURRENCY.fullmatch(str(fields.get("currency") or "")):
        errors.setdefault("currency", ["must be three letters, such as EUR"])
    _refuse(errors)
    way = next((name for name in WAYS if is_given(fields.get(name))), None)
    if way is None:
        raise Refusal(400, "One of id, email or phone is required")
    wish = Wish(
        way=way,
        who=fields[way].strip(),
        status=_status(fields),
        value=value if is_given(value) else None,
        currency=(_text(fields, "currency") or "").upper() or None,
        note=fields.get("note"),
        loss_reason=_text(fields, "lossReason"),
        also_qualified=fields.get("alsoQualified") in (True, "true"),
    )
    if (wish.status, wish.value, wish.note, wish.loss_reason) == (None, None, None, None):
        raise Refusal(400, "One of status, value, note or lossReason is required")
    return wish


def is_given(value: Json) -> bool:
    """Whether a field says something: null and blank text do not, false and 0 do."""
    return bool(value.strip()) if isinstance(value, str) else value is not None


def _status(fields: Fields) -> str | None:
    """The status asked for; the older `changedTo` counts where there is no `status`."""
    name = next((name for name in ("status", "changedTo") if is_given(fields.get(name))), None)
    if name is None:
        return None
    status = STATUSES.get(str(fields[name]).strip().lower())
    if status is None:
        _refuse({name: ["must be qualified, won or lost"]})
    return status


def _is_amount(value: Json) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return False
    minor = to_minor(value, None)
    return minor is not None and minor >= 0


def _text(fields: Fields, name: str) -> str | None:
    value = fields.get(name)
    return str(value).strip() if is_given(value) else None


def _no_texts(fields: Fields, names: Iterable[str]) -> dict[str, list[str]]:
    return {
        name: ["must be a string"] for name in names if not isinstance(fields.get(name), str | None)
    }


def _refuse(errors: dict[str, list[str]]) -> None:
    if errors:
        first, (said, *_) = next(iter(errors.items()))
        raise Refusal(400, f"Invalid field values: {first} {said}", errors=errors)
