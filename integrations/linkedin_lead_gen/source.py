"""LinkedIn lead gen forms: a signed notice of each response, which is fetched by its id.

Sources: learn.microsoft.com/linkedin/shared/api-guide/webhook-validation and
learn.microsoft.com/linkedin/marketing/lead-sync/leadsync.
"""

import hashlib
import hmac
import json
import re
from urllib.parse import quote

from integrations.linkedin_lead_gen.answers import joined
from relay.core.contract import (
    END,
    Challenge,
    Fetching,
    Inbound,
    Json,
    Kind,
    Outcome,
    Parsed,
    Reply,
    Request,
    Settings,
    Signature,
    Source,
    Unreadable,
    judge_reply,
    read_body,
    said_object,
)

API = "https://api.linkedin.com/rest"

VERSION = "202607"

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "secrets": {
            "type": "array",
            "title": "Client secrets",
            "description": "Of the app, under Auth: LinkedIn signs its notices with it, and checks"
            " the address by it.",
            "items": {"type": "string", "minLength": 1},
            "maxItems": 5,
            "secret": True,
        },
        "access_token": {
            "type": "string",
            "title": "Access token",
            "description": "Of a member with a role in the ad account and its page, with the"
            " permission r_marketing_leadgen_automation. Responses are read with it.",
            "minLength": 10,
            "secret": True,
        },
        "api_version": {
            "type": "string",
            "title": "Version of the API",
            "description": "A month, YYYYMM. LinkedIn serves each for about a year.",
            "pattern": f"^20[0-9]{{2}}(0[1-9]|1[0-2]){END}",
            "default": VERSION,
        },
    },
}

FIELDS = (
    "id,submittedAt,testLead,leadType,owner,associatedEntity,leadMetadata,versionedLeadGenFormUrn,"
    "formResponse,form:(hiddenFields,creationLocale,name,id,content)"
)
"""What is asked for of a response: its form comes along, which knows the questions."""

DELETED = "DELETED"

_CODE = re.compile(r"[A-Za-z0-9_.~-]{1,200}")

LARGEST = 1024 * 1024
"""Bytes of one response with its form."""


def parse(inbound: Inbound, settings: Settings) -> list[Parsed]:
    """The response of a notice by its id, or with its answers once it was fetched.

    Raises Unreadable where somebody wants a lead erased and there is no secret to know them by.
    """
    body = read_body(inbound)
    if not isinstance(body, dict):
        return [Parsed(document=body)]
    notice, response = body.get("notice", body), body.get("response")
    urn = notice.get("leadGenFormResponse") if isinstance(notice, dict) else None
    if not isinstance(urn, str) or not urn.strip():
        return [Parsed(document=body)]
    action = str(notice.get("leadAction", "CREATED"))
    if action == DELETED and not settings.get("secrets"):
        raise Unreadable("it asks to erase a lead, and without a client secret anybody could ask")
    told: dict[str, Json] = {"notice": notice}
    if isinstance(response, dict):
        told["response"] = joined(response)
    return [
        Parsed(
            document=told,
            event_id=f"{urn} {action}",
            lead_id=urn,
            test=isinstance(response, dict) and response.get("testLead") is True,
            erases=action == DELETED,
        )
    ]


def fetch(parsed: Parsed, settings: Settings, now: float) -> Fetching | None:
    """The response of a notice, None where it is there or nothing names one."""
    if parsed.lead_id is None or parsed.erases or "response" in parsed.document:
        return None
    return _fetch(parsed.lead_id, parsed.document["notice"], settings, now)


def _fetch(urn: str, notice: Json, settings: Settings, now: float) -> Fetching:
    if not settings.get("access_token"):
        return Outcome(kind=Kind.UNAUTHORIZED, message="the source has no access token")
    id_ = urn.rpartition(":")[2].rstrip(")")
    reply = yield Request(
        method="GET",
        url=f"{API}/leadFormResponses/{quote(id_, safe='')}?fields={FIELDS}",
        headers={
            "Authorization": f"Bearer {settings['access_token']}",
            "LinkedIn-Version": settings.get("api_version", VERSION),
            "X-Restli-Protocol-Version": "2.0.0",
        },
        largest=LARGEST,
    )
    if refused := judge(reply, now):
        return refused
    response = said_object(reply)
    if not isinstance(response.get("formResponse"), dict):
        return Outcome(kind=Kind.REJECTED, message="LinkedIn answered without the form's answers")
    return {"notice": notice, "response": response}


def judge(reply: Reply, now: float) -> Outcome | None:
    """What a reply says by its status; a response that is not there may be there later."""
    words = str(said_object(reply).get("message") or "")
    if reply.status == 426:
        words = words or "this version of the API has ended; set a newer api_version"
    kinds = {403: Kind.UNAUTHORIZED, 404: Kind.RETRY, 426: Kind.UNAUTHORIZED}
    return judge_reply(reply, now, kinds, words)


def challenge(inbound: Inbound, settings: Settings) -> Challenge | None:
    """LinkedIn's check of the address, when it is set up and every two hours from then on.

    Only a code that is one is answered: a digest of "hmacsha256=" and a body would sign that body.
    """
    code, keys = dict(inbound.query).get("challengeCode", ""), settings.get("secrets")
    if not _CODE.fullmatch(code) or not keys:
        return None
    digest = hmac.new(_bytes(keys[0]), _bytes(code), hashlib.sha256).hexdigest()
    answer = json.dumps({"challengeCode": code, "challengeResponse": digest})
    return Challenge(body=answer, content_type="application/json")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


SOURCE = Source(
    label="LinkedIn Lead Gen Forms",
    summary="Takes the responses of LinkedIn lead gen forms, and erases those that are deleted.",
    settings=SETTINGS,
    parse=parse,
    verify=[Signature(header="X-LI-Signature", signed="hmacsha256={raw}")],
    challenge=challenge,
    fetch=fetch,
    limits=("5/second",),
    unverified="No approved app was at hand: made from LinkedIn's documentation and from programs"
    " that receive these notices.",
)
