"""The reference of the lead APIs for people: every parameter, and examples for this deployment.

What the pages say of the calls is what the OpenAPI description says; for those who have signed in,
the examples carry their own tokens.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any
from uuid import UUID

from flask import Flask, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from relay.core.contract import Json
from relay.runtime import current
from relay.services import configured, inventory, tokens
from relay.services.configured import ConfiguredSource
from relay.web.apis import openapi
from relay.web.console import examples, project
from relay.web.console.examples import Example
from relay.web.console.project import identifier, may

TRACKDRIVE = "/api/docs/1.0/leads_external/create.html"
OTHERS = {"leadtrackr": "LeadTrackr", "octanist": "Octanist"}
HELP = "/schedules/<uuid:source_id>/submit_leads_help"

SAMPLE = {"first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com"}
PHONE = "+18004506787"

METHODS = ("get", "post", "put", "patch")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a call; dots lead into objects, `where` is body, query or path."""

    name: str
    type: str
    meaning: str
    required: bool
    where: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One call with all that it takes and answers."""

    method: str
    path: str
    title: str
    text: str
    key: bool
    parameters: list[Parameter]
    answers: list[tuple[str, str]]


def set_up(app: Flask) -> None:
    """Put the pages at the addresses that they have elsewhere."""
    app.add_url_rule(TRACKDRIVE, "console.reference.trackdrive", trackdrive)
    app.add_url_rule("/api/docs/1.0/<kind>.html", "console.reference.other", other)
    app.add_url_rule(HELP, "console.reference.help", of_schedule)


def trackdrive() -> str:
    """TrackDrive's call, with the token of a schedule or an offer of one's own."""
    signed_in = _enter()
    sources = _sources("trackdrive") if signed_in else []
    source = _chosen(sources)
    name, token = "lead_token", "YOUR_TOKEN"
    if source is not None and may("editor"):
        name = f"{source.settings.get('owner', 'schedule')}_lead_token"
        token = str(source.settings.get("token") or token)
    url = f"{current().config.public_url}/api/v1/leads"
    told = {name: token, "caller_id": PHONE, **SAMPLE, "loan_amount": "500"}
    sourced = {**told, "traffic_source_id": "google_ads", "sub_id": "summer"}
    shown = examples.written(Example("POST", url, body=told))
    shown["Instapage"] = examples.instapage(url, name, token)
    shown["Webhook URL"] = examples.webhook_url(url, told)
    shown["Traffic source & sub id"] = examples.written(Example("POST", url, body=sourced))["curl"]
    return _page(
        "TrackDrive",
        shown,
        sources=sources,
        source=source,
        known=tokens.listed(current(), source.project_id) if source else [],
    )


def other(kind: str) -> str:
    """The calls of LeadTrackr or Octanist, with one's own project."""
    if kind not in OTHERS:
        abort(404)
    signed_in = _enter()
    address = current().config.public_url
    if kind == "octanist":
        told = {
            "name": "Ada Lovelace",
            "email": SAMPLE["email"],
            "phone": PHONE,
            "ad_storage": True,
        }
        call = Example("POST", f"{address}/api/leads", {"X-API-Key": "YOUR_API_KEY"}, told)
        return _page(OTHERS[kind], examples.written(call))
    told = {
        "projectId": _project_id() if signed_in else "YOUR_PROJECT_ID",
        "userData": {"firstName": "Ada", "lastName": "Lovelace", "email": SAMPLE["email"]},
        "formData": {"formName": "Contact form", "uniqueEventId": "evt_1"},
    }
    url = f"{address}/api/leads/createServerSideLead"
    return _page(
        OTHERS[kind], examples.written(Example("POST", url, {"X-API-Key": "YOUR_API_KEY"}, told))
    )


def of_schedule(source_id: UUID) -> ResponseReturnValue:
    """What to send for one schedule, at the address where its users look for it."""
    return redirect(url_for("console.reference.trackdrive", source=source_id))


def _enter() -> bool:
    """Whether somebody is signed in; their project is then the page's."""
    return bool(current_user.is_authenticated) and project.load(None)


def _project_id() -> str:
    return str(g.project["public_id"])


def _sources(kind: str) -> list[Json]:
    rows = inventory.sources_of(current(), g.project["id"])
    return [row for row in rows if row["kind"] == kind]


def _chosen(sources: list[Json]) -> ConfiguredSource | None:
    wanted = identifier(request.args.get("source"))
    ids = [row["id"] for row in sources]
    chosen = wanted if wanted in ids else min(ids, default=None)
    return configured.source(current(), chosen) if chosen else None


def _page(dialect: str, shown: Mapping[str, str], **more: Any) -> str:
    return render_template(
        "console/reference/index.html",
        dialect=dialect,
        examples=shown,
        operations=operations(dialect),
        openapi=openapi.ADDRESS,
        **{"sources": [], "source": None, "known": []} | more,
        **(project.surroundings() if current_user.is_authenticated else {"may": _nothing}),
    )


def _nothing(_role: str) -> bool:
    """What a person who has not signed in may do."""
    return False


@cache
def operations(dialect: str) -> list[Operation]:
    """The calls of one dialect, as the OpenAPI description tells them."""
    described = openapi.description("")
    schemas = described["components"]["schemas"]
    return [
        _operation(dialect, method, path, told, schemas)
        for path, methods in described["paths"].items()
        if not path.endswith(".json")
        for method, told in methods.items()
        if method in METHODS and dialect in told.get("tags", ())
    ]


def _operation(dialect: str, method: str, path: str, told: Json, schemas: Json) -> Operation:
    body = told.get("requestBody", {}).get("content", {}).get("application/json", {})
    around = [
        Parameter(
            one["name"],
            _type(one.get("schema", {})),
            one.get("description", ""),
            bool(one.get("required")),
            one["in"],
        )
        for one in told.get("parameters", ())
    ]
    within = [
        one if one.meaning else replace(one, meaning=_title(dialect, one.name.rpartition(".")[2]))
        for one in _members(_resolved(body.get("schema", {}), schemas), schemas, "")
    ]
    named = {one.name for one in within}
    return Operation(
        method=method.upper(),
        path=path,
        title=told.get("summary", ""),
        text=told.get("description", ""),
        key=bool(told.get("security")),
        parameters=[*(one for one in around if one.name not in named), *within],
        answers=[(status, one["description"]) for status, one in told["responses"].items()],
    )


def _members(schema: Json, schemas: Json, before: str) -> Iterator[Parameter]:
    """The members of an object, and those of the objects within."""
    required = schema.get("required", ())
    for name, found in schema.get("properties", {}).items():
        member = _resolved(found, schemas)
        meaning = member.get("description", "")
        yield Parameter(before + name, _type(member), meaning, name in required, "body")
        yield from _members(member, schemas, f"{before}{name}.")


def _resolved(schema: Json, schemas: Json) -> Json:
    """The schema with what it refers to, and all its parts as one."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    found = dict(schema)
    for part in schema.get("allOf", ()):
        one = _resolved(part, schemas)
        found["properties"] = found.get("properties", {}) | one.get("properties", {})
        found["required"] = [*found.get("required", ()), *one.get("required", ())]
    return found


def _type(schema: Json) -> str:
    """The types in words, the one that says nothing left out."""
    if "enum" in schema:
        return "one of " + ", ".join(str(value) for value in schema["enum"])
    given = schema.get("type", "anything")
    types = given if isinstance(given, list) else [given]
    return " or ".join(one for one in types if one != "null")


def _title(dialect: str, name: str) -> str:
    """What the lead calls the place to which the dialect's adapter brings this parameter."""
    catalog = current().catalog
    pointer = _pointer(catalog.sources[dialect.lower()].adapter.schema, name)
    place = catalog.lead.place(pointer) if pointer else None
    return place.title if place else ""


def _pointer(schema: Json, name: str) -> str | None:
    """Where the annotations of a schema bring a member of this name, at whatever depth."""
    if not isinstance(schema, dict):
        return None
    told = schema.get("properties", {}).get(name)
    if isinstance(told, dict) and isinstance(told.get("lead"), str):
        return str(told["lead"])
    inner = (*schema.get("properties", {}).values(), schema.get("then"))
    return next(filter(None, (_pointer(one, name) for one in inner)), None)
