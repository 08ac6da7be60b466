"""Klaviyo: imports people as profiles, and subscribes who agreed where the settings want it.

Calls: Create or Update Profile, Bulk Subscribe Profiles (the vendor's OpenAPI, stable).
"""

from collections.abc import Iterator
from dataclasses import replace

from integrations.klaviyo.profile import profile_of, refused_attributes, subscription_of
from integrations.klaviyo.settings import REVISION, REVISION_ENDS, SETTINGS
from relay.core.contract import (
    Conversation,
    Duty,
    Json,
    Kind,
    Outcome,
    Reply,
    Request,
    Settings,
    Target,
    json_request,
    judge_status,
    keyed_by,
    said_object,
    said_objects,
    shorten,
)

LONGEST_MESSAGE = 300

API = "https://a.klaviyo.com/api"


def deliver(payload: Json, settings: Settings, duty: Duty) -> Conversation:
    """Import the profile; then subscribe it, where that is wanted and was agreed to.

    Attributes that Klaviyo refuses, such as a number of a region it does not know, are sent once
    more as properties.
    """
    body, cut = profile_of(payload)
    reply = yield _request("POST", "/profile-import", settings, body)
    refused = refused_attributes(_pointers(reply), body) if reply.status == 400 else {}
    if refused:
        body, cut = profile_of(payload, refused)
        reply = yield _request("POST", "/profile-import", settings, body)
    if failed := _judge(reply, duty):
        return failed
    made = said_object(reply).get("data")
    if not isinstance(made, dict) or not made.get("id"):
        return Outcome(kind=Kind.RETRY, message=f"answered {reply.status} without a profile's id")
    done = _done(str(made["id"]), sorted(refused), sorted(set(cut)))
    if job := subscription_of(payload, settings, duty):
        reply = yield _request("POST", "/profile-subscription-bulk-create-jobs", settings, job)
        if failed := _judge(reply, duty):
            words = f"the profile is saved, its subscription is not: {failed.message}"
            return replace(failed, message=words)
    return done


def check(settings: Settings, duty: Duty) -> Conversation:
    """Ask for one profile's id, as far as the key's scopes reach."""
    reply = yield _request("GET", "/profiles?page[size]=1&fields[profile]=id", settings)
    return _judge(reply, duty) or Outcome(kind=Kind.DELIVERED)


def _done(profile: str, refused: list[str], cut: list[str]) -> Outcome:
    told = [f"{', '.join(refused)} refused, kept as properties"] if refused else []
    told += [f"cut to fit into 100 kB: {', '.join(cut)}"] if cut else []
    return Outcome(
        kind=Kind.DELIVERED,
        message=shorten("; ".join(told), LONGEST_MESSAGE),
        remote_id=profile,
        remote_url=f"https://www.klaviyo.com/profile/{profile}",
    )


def _judge(reply: Reply, duty: Duty) -> Outcome | None:
    """A 403 is a key without the scope, a 404 a list that is not there (Rate limits, status codes,
    and errors)."""
    kinds = {403: Kind.UNAUTHORIZED, 404: Kind.REJECTED}
    return judge_status(reply, duty, kinds, "; ".join(_said(reply)))


def _said(reply: Reply) -> Iterator[str]:
    for one in said_objects(reply, "errors"):
        place = one.get("source")
        where = place.get("pointer") if isinstance(place, dict) else None
        words = str(one.get("detail") or one.get("title") or one.get("code") or "")
        yield f"{words} ({where})" if where else words


def _pointers(reply: Reply) -> list[str]:
    """The places that a refusal names; one error without a place makes it a refusal as a whole."""
    places = [one.get("source") for one in said_objects(reply, "errors")]
    return [str(place.get("pointer")) if isinstance(place, dict) else "" for place in places]


def _request(method: str, path: str, settings: Settings, body: Json = None) -> Request:
    headers = {
        "Authorization": f"Klaviyo-API-Key {settings['api_key']}",
        "revision": str(settings.get("revision", REVISION)),
        "Accept": "application/vnd.api+json",
    }
    if body is not None:
        headers["Content-Type"] = "application/vnd.api+json"
    return json_request(method, API + path, body, headers)


TARGET = Target(
    label="Klaviyo",
    summary="Imports people as profiles, and subscribes who agreed where you want it.",
    settings=SETTINGS,
    deliver=deliver,
    check=check,
    repeat="upsert",
    events=("created", "updated"),
    limits=("75/second", "750/minute"),
    rate_key=keyed_by("api_key"),
    api_version=REVISION,
    api_version_ends=REVISION_ENDS,
    evidence="official schema",
    unverified="No account was at hand: made from the vendor's API schema and documentation.",
)
