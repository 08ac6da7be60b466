"""Meta lead ads: a signed notice of each lead's id, whose answers are fetched from the Graph API.

Sources: developers.facebook.com/docs/graph-api/webhooks/getting-started and
developers.facebook.com/docs/marketing-api/guides/lead-ads/retrieving.
"""

import json
import re
from collections.abc import Iterator

from integrations.meta_lead_ads.graph import VERSION, lead_of, leads_of
from relay.core.contract import (
    END,
    Challenge,
    Fetching,
    Inbound,
    Json,
    Kind,
    Listed,
    ListedPage,
    Listing,
    Outcome,
    Paging,
    Parsed,
    Settings,
    Signature,
    Source,
    is_one_of,
    moment,
    objects_of,
    read_body,
)

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "secrets": {
            "type": "array",
            "title": "App secrets",
            "description": "App settings → Basic → App secret: Meta signs its notices with it."
            " Without one, the address alone is the proof.",
            "items": {"type": "string", "minLength": 1},
            "maxItems": 5,
            "secret": True,
        },
        "verify_token": {
            "type": "string",
            "title": "Verify token",
            "description": "What you type in beside the callback URL; any text of your own.",
            "minLength": 1,
            "secret": True,
        },
        "access_token": {
            "type": "string",
            "title": "Access token",
            "description": "Of the page, or of a system user to whom it is assigned, with the"
            " permission leads_retrieval. Leads are read with it.",
            "minLength": 10,
            "secret": True,
        },
        "form_ids": {
            "type": "array",
            "title": "Ids of the instant forms",
            "description": "Whose leads are compared with what arrived, so that none is missing.",
            "items": {"type": "string", "pattern": f"^[0-9]{{1,20}}{END}"},
            "maxItems": 50,
        },
        "api_version": {
            "type": "string",
            "title": "Version of the Graph API",
            "pattern": f"^v[0-9]{{1,3}}\\.0{END}",
            "default": VERSION,
        },
    },
}

TEST = re.compile(r"<?test lead: dummy data for ")
"""How the answers begin that Meta's testing tool makes up."""


def parse(inbound: Inbound, _settings: Settings) -> list[Parsed]:
    """The leads of a notice by their ids, or the one lead that was fetched or listed."""
    body = read_body(inbound)
    if isinstance(body, dict) and isinstance(body.get("lead"), dict):
        return [_lead(body["lead"], body.get("notice"))]
    return [_notice(value) for value in _changes(body)]


def _changes(body: Json) -> Iterator[Json]:
    """What a notice says of each lead; a change may lack its value."""
    for entry in objects_of(body.get("entry") if isinstance(body, dict) else None):
        for change in objects_of(entry.get("changes")):
            if change.get("field") == "leadgen":
                yield change.get("value")


def _notice(value: Json) -> Parsed:
    named = _id(value.get("leadgen_id")) if isinstance(value, dict) else None
    return Parsed(document={"notice": value}, event_id=named, lead_id=named)


def _lead(lead: dict[str, Json], notice: Json) -> Parsed:
    """A lead with its answers; a notice knows the page, which a list does not."""
    told = notice if isinstance(notice, dict) else {}
    named = _id(lead.get("id")) or _id(told.get("leadgen_id"))
    document: dict[str, Json] = {"lead": {**_known(told), **lead}}
    if isinstance(lead.get("field_data"), list):
        document["lead"]["field_data"] = [_answer(field) for field in lead["field_data"]]
    if named is not None:
        document["meta_lead_id"] = named
    if "custom_disclaimer_responses" in lead:
        document["lead"] |= {"custom_disclaimer_responses": _ticked(lead)}
    test = any(TEST.match(value) for value in _said(lead))
    return Parsed(document=document, event_id=named, lead_id=named, test=test)


def _known(notice: dict[str, Json]) -> dict[str, Json]:
    """What a notice says beside the id, in the names of a lead (an ad was once an ad group)."""
    ad = notice.get("ad_id") or notice.get("adgroup_id")
    known = {"page_id": notice.get("page_id"), "form_id": notice.get("form_id"), "ad_id": ad}
    return {name: value for name, value in known.items() if value not in (None, "", 0, "0")}


def _answer(field: Json) -> Json:
    """Every answer comes as a list; but one value is what was asked for."""
    values = field.get("values") if isinstance(field, dict) else None
    if not isinstance(values, list) or len(values) != 1 or "value" in field:
        return field
    return {**{name: field[name] for name in field if name != "values"}, "value": values[0]}


def _ticked(lead: dict[str, Json]) -> Json:
    """Own consents of a form as answers: what is ticked is "1", what is not an empty text."""
    said = lead.get("custom_disclaimer_responses")
    boxes = [one for one in objects_of(said) if isinstance(one.get("checkbox_key"), str)]
    if not isinstance(said, list) or len(boxes) < len(said):
        return said
    ticked = (True, 1, "1", "true")
    return [{"key": one["checkbox_key"], "value": one.get("is_checked") in ticked} for one in boxes]


def _said(lead: dict[str, Json]) -> Iterator[str]:
    for field in objects_of(lead.get("field_data")):
        values = field.get("values")
        yield from (v for v in (values if isinstance(values, list) else []) if isinstance(v, str))


# --- asking Meta -----------------------------------------------------------------------------


def fetch(parsed: Parsed, settings: Settings, now: float) -> Fetching | None:
    """The lead of a notice, None where the answers are there or nothing names a lead."""
    if parsed.event_id is None or "lead" in parsed.document:
        return None
    return _fetch(parsed.event_id, parsed.document["notice"], settings, now)


def _fetch(leadgen_id: str, notice: Json, settings: Settings, now: float) -> Fetching:
    if not settings.get("access_token"):
        return Outcome(kind=Kind.UNAUTHORIZED, message="the source has no access token")
    lead = yield from lead_of(leadgen_id, settings, now)
    if isinstance(lead, Outcome):
        return lead
    if "field_data" not in lead:
        return Outcome(kind=Kind.REJECTED, message="Meta answered without the lead's answers")
    return {"notice": notice, "lead": lead}


def page(settings: Settings, since: float, cursor: str | None, now: float) -> Paging:
    """One page of the leads of one form; the cursor says which form, and where in its list."""
    number, _, after = (cursor or "0 ").partition(" ")
    forms = settings["form_ids"]
    said = yield from leads_of(forms[int(number)], settings, since, after or None, now)
    if isinstance(said, Outcome):
        return said
    listed = [
        Listed(body=json.dumps({"lead": lead}, ensure_ascii=False).encode(), at=_at(lead))
        for lead in objects_of(said.get("data"))
    ]
    following = _next(said.get("paging"), int(number), len(forms))
    return ListedPage(submissions=listed, cursor=following)


def _next(paging: Json, number: int, forms: int) -> str | None:
    """The cursor behind a page: the form's next page, or the next form's first one."""
    told = paging if isinstance(paging, dict) else {}
    cursors = told.get("cursors")
    after = cursors.get("after") if isinstance(cursors, dict) else None
    if told.get("next") and isinstance(after, str):
        return f"{number} {after}"
    return f"{number + 1} " if number + 1 < forms else None


def _at(lead: dict[str, Json]) -> float | None:
    try:
        return moment(lead.get("created_time")).timestamp()
    except ValueError:
        return None


def challenge(inbound: Inbound, settings: Settings) -> Challenge | None:
    """Meta's check of the address: its challenge back, if it knows the verify token."""
    asked = dict(inbound.query)
    if asked.get("hub.mode") != "subscribe" or "hub.challenge" not in asked:
        return None
    wanted, given = settings.get("verify_token"), asked.get("hub.verify_token", "")
    if wanted and not is_one_of(given, [wanted]):
        return Challenge(body="the verify token is another one\n", status=403)
    return Challenge(body=asked["hub.challenge"])


def _id(value: Json) -> str | None:
    """An id as text; ids are written as texts or as numbers."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value).strip() or None


SOURCE = Source(
    label="Meta Lead Ads",
    summary="Takes the leads of Facebook and Instagram instant forms as they come in.",
    settings=SETTINGS,
    parse=parse,
    verify=[Signature(header="X-Hub-Signature-256", prefix="sha256=")],
    challenge=challenge,
    fetch=fetch,
    limits=("10/second",),
    listing=Listing(
        ready=lambda settings: bool(settings.get("access_token") and settings.get("form_ids")),
        page=page,
    ),
    retries=True,
    unverified="No app was at hand: made from Meta's documentation and from programs that receive"
    " these notices.",
)
