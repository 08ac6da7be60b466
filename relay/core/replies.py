"""Requests as most vendors want them, and what their replies say by themselves."""

import base64
import json
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from relay.core.bodies import read_json
from relay.core.conversations import Duty, Json, Kind, Outcome, Reply, Request
from relay.core.cutting import shorten
from relay.core.inbound import Unreadable
from relay.core.retry import parse_retry_after

LONGEST_PATIENCE = 3600.0
"""Seconds that a target may ask for: it must not be able to park its leads for ever."""

PERMANENT = frozenset({400, 405, 406, 411, 413, 414, 415, 422, 431, 501})
"""Statuses that mean this request will never be taken; others may pass."""

LONGEST_SAID = 300
"""Characters of a vendor's words that an outcome's message keeps."""


def json_request(
    method: str,
    url: str,
    body: Json = None,
    headers: Mapping[str, str] | None = None,
    *,
    timeout: float | None = None,
    largest: int | None = None,
) -> Request:
    """A request with a JSON body, in UTF-8 and without needless blanks; None is no body."""
    if body is None:
        return Request(
            method=method, url=url, headers=headers or {}, timeout=timeout, largest=largest
        )
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    typed = {"Content-Type": "application/json", **(headers or {})}
    raw = text.encode()
    return Request(
        method=method, url=url, headers=typed, body=raw, timeout=timeout, largest=largest
    )


def form_request(method: str, url: str, fields: Mapping[str, Json]) -> Request:
    """A request with a form's body (application/x-www-form-urlencoded)."""
    typed = {"Content-Type": "application/x-www-form-urlencoded"}
    body = urlencode(fields, doseq=True, errors="replace").encode()
    return Request(method=method, url=url, headers=typed, body=body)


def basic_authorization(username: str, password: str = "") -> dict[str, str]:
    """The header of Basic authentication (RFC 7617)."""
    pair = f"{username}:{password}".encode()
    return {"Authorization": "Basic " + base64.b64encode(pair).decode()}


def said_object(reply: Reply) -> dict[str, Json]:
    """The JSON object that a reply's body is, an empty one where it is something else."""
    said = said_json(reply)
    return said if isinstance(said, dict) else {}


def said_objects(reply: Reply, name: str) -> list[dict[str, Json]]:
    """The objects of the list that is this member of a reply's object."""
    return objects_of(said_object(reply).get(name))


def objects_of(value: Json) -> list[dict[str, Json]]:
    """The objects of a list; none where the value is no list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def said_json(reply: Reply) -> Json:
    """The JSON value that a reply's body is, None where it is none."""
    try:
        return read_json(reply.body.decode("utf-8", "replace"))
    except Unreadable:
        return None


def left_out(names: Sequence[str], product: str) -> str:
    """The words of an outcome whose record is without these fields; "" where it has all."""
    return f"without {', '.join(names)}, which {product} does not take" if names else ""


def judge_status(
    reply: Reply, duty: Duty, kinds: Mapping[int, Kind] | None = None, said: str = ""
) -> Outcome | None:
    """What a reply's status alone says, by the meaning that HTTP gives it; None for 2xx.

    `kinds` are the statuses to which a product gives a meaning of its own, `said` its words.
    """
    return None if 200 <= reply.status < 300 else _refused(reply, duty.now, kinds, said)


def judge_reply(
    reply: Reply, now: float, kinds: Mapping[int, Kind] | None = None, said: str = ""
) -> Outcome | None:
    """The same for whoever asks for data, of which half an answer is none; `now` is in Unix
    seconds."""
    if not 200 <= reply.status < 300:
        return _refused(reply, now, kinds, said)
    if reply.cut:
        return Outcome(kind=Kind.RETRY, message="the answer broke off, or is longer than expected")
    return None


def _refused(reply: Reply, now: float, kinds: Mapping[int, Kind] | None, said: str) -> Outcome:
    if 300 <= reply.status < 400 and reply.status not in (kinds or {}):
        where = reply.headers.get("location", "elsewhere")
        message = f"answered {reply.status} and points to {where}; not followed"
        return Outcome(kind=Kind.RETRY, message=message)
    return _judged((kinds or {}).get(reply.status) or _kind_of(reply.status), reply, now, said)


def judged(
    kind: Kind, reply: Reply, duty: Duty, said: str = "", wait: float | None = None
) -> Outcome:
    """The outcome of a refused request: its status, the vendor's words, and the wait asked for.

    `wait` is in seconds, for vendors who say it elsewhere than in `Retry-After`.
    """
    return _judged(kind, reply, duty.now, said, wait)


def _judged(kind: Kind, reply: Reply, now: float, said: str, wait: float | None = None) -> Outcome:
    message = f"answered {reply.status}" + (f": {shorten(said, LONGEST_SAID)}" if said else "")
    if kind not in {Kind.RETRY, Kind.THROTTLED}:
        return Outcome(kind=kind, message=message)
    asked = parse_retry_after(reply.headers.get("retry-after"), now) if wait is None else wait
    patience = None if asked is None else min(max(asked, 0.0), LONGEST_PATIENCE)
    return Outcome(kind=kind, message=message, retry_after=patience)


def _kind_of(status: int) -> Kind:
    if status == 401:
        return Kind.UNAUTHORIZED
    if status == 429:
        return Kind.THROTTLED
    return Kind.REJECTED if status in PERMANENT else Kind.RETRY
