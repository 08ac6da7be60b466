"""Manual Test: one real request to the relay's own door, its answer, and what became of it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote_plus, urlencode
from uuid import UUID

from flask import Blueprint, abort, current_app, g, render_template, request
from werkzeug.test import EnvironBuilder, run_wsgi_app

from relay.core.contract import Inbound, Json
from relay.core.fixtures import fixtures_of
from relay.core.ids import new_id
from relay.core.verify import sign
from relay.runtime import current
from relay.services import configured, inventory, samples, trace, watch
from relay.services.configured import ConfiguredSource
from relay.web.console import sample
from relay.web.console.project import identifier, needs

pages = Blueprint("trial", __name__, url_prefix="/submit/test")

MARK = "X-Relay-Trial"
"""The header by which the request is found again among what arrived."""

AGENT = "Manual test of the lead relay"

LONGEST = 4000
"""Characters of a field."""

NAMES = {
    "first_name": "First name",
    "last_name": "Last name",
    "email": "E-mail",
    "phone": "Phone",
    "message": "Message",
}
"""The fields of the form, as a website would label them."""

Person = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as it went to the door; `secret` is not to be shown."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    method: str = "POST"
    secret: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """What the door said, and the submission that came of it, if one did."""

    status: str
    headers: Mapping[str, str]
    body: bytes
    submission_id: UUID | None


@pages.get("/")
def index() -> str:
    """The form for the chosen source, or for the first."""
    return _page(_source(request.args.get("source")))


@pages.post("/")
@needs("operator")
def test() -> str:
    """Send the request, and show what was said."""
    source = _source(request.form.get("source")) or abort(404)
    given = {name: request.form.get(name, "").strip()[:LONGEST] for name in NAMES}
    person = {name: text for name, text in given.items() if text}
    sent = _request(source, person, _extra(request.form.get("extra", "")))
    return _page(source, sent=sent, answered=_send(source, sent))


@pages.get("/<uuid:submission_id>")
def chain(submission_id: UUID) -> str:
    """What became of a submission so far, which asks again by itself."""
    row = trace.submission(current(), submission_id)
    if row is None or row["project_id"] != g.project["id"]:
        abort(404)
    part = "HX-Request" in request.headers
    page = "console/trial/_chain.html" if part else "console/trial/chain.html"
    return render_template(page, **_chain(submission_id))


def _page(
    source: ConfiguredSource | None, sent: Sent | None = None, answered: Answered | None = None
) -> str:
    found = answered and answered.submission_id
    return render_template(
        "console/trial/index.html",
        source=source,
        sources=inventory.sources_of(current(), g.project["id"]),
        fields=NAMES if source is None or source.kind.name in WRITERS else {},
        given=request.form,
        sent=sent,
        shown=_shown(sent) if sent else "",
        answered=answered,
        **(_chain(found) if found else {}),
    )


def _chain(submission_id: UUID) -> dict[str, Any]:
    row = trace.submission(current(), submission_id) or abort(404)
    found = trace.lead_chain(current(), row["lead_id"]) if row["lead_id"] else None
    deliveries = found.deliveries if found else []
    moving = row["state"] == "received" or any(
        one["state"] in watch.UNFINISHED for one in deliveries
    )
    return {
        "row": row,
        "lead": found.lead if found else None,
        "deliveries": deliveries,
        "moving": moving,
    }


def _source(text: str | None) -> ConfiguredSource | None:
    """The project's source of this id, else its first."""
    ids = [row["id"] for row in inventory.sources_of(current(), g.project["id"])]
    wanted = identifier(text)
    if wanted is not None and wanted not in ids:
        abort(404)
    return configured.source(current(), wanted or ids[0]) if ids else None


def _extra(text: str) -> dict[str, str]:
    """Further fields, one "name=value" a line."""
    pairs = (line.partition("=") for line in text[:LONGEST].splitlines() if "=" in line)
    return {name.strip(): value.strip() for name, _, value in pairs if name.strip()}


# --- the requests ----------------------------------------------------------------------------


def _request(source: ConfiguredSource, person: Person, extra: Person) -> Sent:
    """The request that a sender of this source's kind would make."""
    write = WRITERS.get(source.kind.name)
    return write(source, person, extra) if write else _sample(source)


def _trackdrive(source: ConfiguredSource, person: Person, extra: Person) -> Sent:
    token = str(source.settings.get("token", ""))
    if not token:
        return _form(source, person, extra)
    name = f"{source.settings.get('owner', 'schedule')}_lead_token"
    own = {"phone": "caller_id"}
    fields = {own.get(field, field): text for field, text in person.items()}
    path = f"/api/v1/leads?{urlencode({name: token})}"
    return Sent(path, *_json({**fields, **extra}), secret=quote_plus(token))


def _leadtrackr(source: ConfiguredSource, person: Person, extra: Person) -> Sent:
    own = {"first_name": "firstName", "last_name": "lastName", "email": "email", "phone": "phone"}
    told = {
        "projectId": source.project_public_id,
        "userData": {own[field]: text for field, text in person.items() if field in own},
        "formData": {
            "formName": "Manual test",
            **({"formMessage": person["message"]} if "message" in person else {}),
            **extra,
        },
    }
    return Sent("/api/leads/createLead", *_json(told))


def _octanist(source: ConfiguredSource, person: Person, extra: Person) -> Sent:
    """By the API where a key is given, else by the source's own address, which needs none."""
    name = " ".join(person[part] for part in ("first_name", "last_name") if part in person)
    own = {"name": name, "note": person.get("message", "")}
    fields = own | {field: person[field] for field in ("email", "phone") if field in person}
    told: dict[str, Json] = {field: text for field, text in fields.items() if text}
    if extra:
        told["custom"] = dict(extra)
    headers, body = _json(told)
    key = request.form.get("key", "").strip()
    if not key.isprintable():  # a line break would end the header
        abort(400)
    path = "/api/leads" if key else f"/in/{source.key}"
    return Sent(path, {**headers, **({"X-API-Key": key} if key else {})}, body, secret=key)


def _form(source: ConfiguredSource, person: Person, extra: Person) -> Sent:
    """A website's form, signed as the source's settings ask."""
    headers, body = _json({**{NAMES[field]: text for field, text in person.items()}, **extra})
    now = current().clock.now().timestamp()
    came = Inbound(
        method="POST",
        url=sample.address_of(source),
        headers={name.lower(): value for name, value in headers.items()},
        body=body,
        received_at=now,
    )
    return _of(source, sign(source.kind.source, came, source.settings, now))


def _sample(source: ConfiguredSource) -> Sent:
    """The kind's usual submission, where a form cannot write one."""
    captures = fixtures_of(source.kind)
    if not captures:
        abort(404)
    return _of(source, samples.signed(current(), source, captures[0]))


def _of(source: ConfiguredSource, came: Inbound) -> Sent:
    path = came.url.removeprefix(current().config.public_url)
    proofs = source.kind.source.credentials
    secret = next(iter(proofs(source.settings).values()), "") if proofs else ""
    headers = {name.title(): value for name, value in came.headers.items()}
    return Sent(path, headers, came.body, came.method, secret)


def _json(told: Json) -> tuple[dict[str, str], bytes]:
    body = json.dumps(told, ensure_ascii=False, indent=2).encode("utf-8", "replace")
    return {"Content-Type": "application/json"}, body


WRITERS: Mapping[str, Callable[[ConfiguredSource, Person, Person], Sent]] = {
    "trackdrive": _trackdrive,
    "leadtrackr": _leadtrackr,
    "octanist": _octanist,
    "generic": _form,
    "instapage": _form,
}


# --- through the door ------------------------------------------------------------------------


def _send(source: ConfiguredSource, sent: Sent) -> Answered:
    """Call the application as its server does: the same door, with the person's own address."""
    mark, began = str(new_id()), current().clock.now() - timedelta(seconds=1)
    builder = EnvironBuilder(
        path=sent.path,
        base_url=current().config.public_url,
        method=sent.method,
        headers=[*sent.headers.items(), (MARK, mark), ("User-Agent", AGENT)],
        data=sent.body,
        environ_base={"REMOTE_ADDR": request.remote_addr or ""},
    )
    pieces, status, headers = run_wsgi_app(
        current_app.wsgi_app, builder.get_environ(), buffered=True
    )
    found = watch.marked(current(), source.project_id, began, MARK.lower(), mark)
    return Answered(status, dict(headers), b"".join(pieces), found)


def _shown(sent: Sent) -> str:
    """The request as text, without what nobody may read on a page."""
    lines = [f"{sent.method} {current().config.public_url}{sent.path}"]
    lines += [f"{name}: {value}" for name, value in sent.headers.items()]
    text = "\n".join([*lines, "", sent.body.decode("utf-8", "replace")])
    return text.replace(sent.secret, "***") if sent.secret else text
