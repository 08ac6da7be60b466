"""The OpenAPI 3.1 description of every API, at /api/docs/openapi.json."""

import json
from importlib.resources import files
from typing import Any

from flask import Flask, Response

from relay import __version__
from relay.core.contract import Json
from relay.runtime import Runtime
from relay.services.elements import config_schema
from relay.web.apis.calls import answer
from relay.web.apis.own import OPERATIONS, reference

DIALECTS = ("leadtrackr", "octanist", "trackdrive")

ADDRESS = "/api/docs/openapi.json"

ABOUT = (
    "Leads come in by the calls of LeadTrackr, TrackDrive and Octanist, as their clients make them,"
    " and are looked at, configured and sent again by the relay's own."
)


def register(app: Flask, runtime: Runtime) -> None:
    """Answer the description; it holds no secret and is for everybody."""

    def tell() -> Response:
        response = answer(200, description(runtime.config.public_url))
        response.headers["Access-Control-Allow-Origin"] = "*"
        return response

    app.add_url_rule(ADDRESS, "openapi", tell)


def description(address: str) -> Json:
    """The whole description for a relay at this address."""
    parts = [_part(name) for name in DIALECTS]
    schemas: dict[str, Any] = {"Problem": reference.PROBLEM}
    schemas |= reference.components(config_schema())
    paths: dict[str, Any] = {}
    for part in parts:
        schemas |= part["components"]
        paths |= part["paths"]
    return {
        "openapi": "3.1.0",
        "info": {"title": "Lead relay", "version": __version__, "description": ABOUT},
        "servers": [{"url": address}],
        "paths": {**paths, **reference.paths(OPERATIONS)},
        "components": {"schemas": schemas, "securitySchemes": reference.SECURITY},
    }


def _part(name: str) -> Json:
    """What a dialect's calls are: {paths, components}."""
    text = files(__name__).joinpath(f"{name}.json").read_text(encoding="utf-8")
    return json.loads(text)
