"""Vendors' own API schemas, read from a folder beside the tree, and requests judged by them."""

import json
import os
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jsonschema
import pytest
import yaml
from openapi_core import OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from werkzeug.datastructures import Headers, ImmutableMultiDict

from relay.catalog import ROOT
from relay.core import pointers
from relay.core.contract import Json, Request

FOLDER = Path(os.environ.get("VENDOR_SCHEMAS") or ROOT.parent / "shared" / "contracts")
"""Where the schemas are; they are no part of the tree."""

ABSENT = os.environ.get("VENDOR_SCHEMAS") == "none"
"""Whether they are said to be nowhere, so that nobody waits for their tests."""

NEEDED = [
    pytest.mark.vendors,
    pytest.mark.skipif(
        not FOLDER.is_dir(),
        reason="the vendors' schemas are not beside this tree (VENDOR_SCHEMAS)",
    ),
]
"""The marks of a test that is of no use without the schemas."""


PEER = "http://vendor.test"

REPLACED = ("teams-workflow.prism.json", "hubspot.json", "hubspot-2026-03.json", "google-ads.json")
"""Older or narrower twins of others."""

ALIASES = (
    (r"www\.zohoapis\.[a-z.]+", "zohoapis.com"),
    (r"[a-z0-9]+\.api\.mailchimp\.com", "server.api.mailchimp.com"),
    (r"([^.]+)\.api\.crm[0-9]*\.dynamics\.com", r"\1.api.crm.dynamics.com"),
    (r"([^.]+)\.activehosted\.com", r"\1.api-us1.com"),
)
"""Hosts of one API that its schema names by another."""


JSON_BODY = "/content/application~1json/schema"

SALESFORCE_UPSERT = (
    "/paths/~1services~1data~1{version}~1sobjects~1Lead~1{externalIdField}~1{externalId}"
)

CORRECTIONS: Mapping[str, Mapping[str, Json]] = {
    "gohighlevel.json": {
        "/components/schemas/UpsertContactDto/properties/dateOfBirth": {"type": "string"},
    },
    "gohighlevel-v3.json": {
        "/components/schemas/UpsertContactDtoV3/properties/dateOfBirth": {"type": "string"},
    },
    "notion.json": {
        "/components/schemas/dataSourceIdParentRequest": {
            "type": "object",
            "required": ["type", "data_source_id"],
            "properties": {
                "type": {"const": "data_source_id"},
                "data_source_id": {"type": "string", "format": "uuid"},
            },
        },
        f"/paths/~1v1~1pages/post/requestBody{JSON_BODY}/properties/children": {
            "type": "array",
            "maxItems": 100,
            "items": {"type": "object", "required": ["type"]},
        },
    },
    "salesforce.yaml": {
        f"{SALESFORCE_UPSERT}/patch/requestBody{JSON_BODY}": {
            "type": "object",
            "minProperties": 1,
            "properties": {
                "LastName": {"type": "string", "minLength": 1, "maxLength": 80},
                "Company": {"type": "string", "minLength": 1, "maxLength": 255},
                "FirstName": {"type": "string", "maxLength": 40},
                "Email": {"type": "string", "maxLength": 80},
                "Phone": {"type": "string", "maxLength": 40},
                "Description": {"type": "string", "maxLength": 32000},
            },
        },
    },
}
"""Where a vendor's schema says otherwise than its own guide: Notion's upgrade guide 2025-09-03 puts
pages under a data source, and its reference makes blocks objects; Salesforce wants a last name and
a company of a new record alone, and an upsert may find an old one; GoHighLevel's date of birth is a
text by its description and example."""


@dataclass(frozen=True)
class Asked:
    """A request as openapi-core wants it."""

    method: str
    path: str
    parameters: RequestParameters
    content_type: str
    body: bytes | None
    host_url: str = PEER


class VendorSchema:
    """One vendor's schema, with what its operations take."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self._document = _document(path)
        self._servers = list(_servers(self._document))
        self._swagger = "swagger" in self._document
        if not self._swagger:
            here = {**self._document, "servers": [{"url": PEER}]}
            self._openapi = OpenAPI.from_dict(here)

    def path_of(self, url: str) -> str | None:
        """The operation's path that an address names, or None where it is another API's."""
        place = _known_as(url)
        for server in self._servers:
            if (match := server.match(place)) and any(
                re.fullmatch(pattern, place[match.end() :]) for pattern in self._patterns()
            ):
                return place[match.end() :]
        return None

    def knows(self, request: Request) -> bool:
        """Whether this is a request to one of its operations. The schemas are cut to what writes:
        a look-up, by GET or as a search, where only writing is kept is none of theirs."""
        path = self.path_of(request.url)
        if path is None:
            return False
        at = (
            operations
            for template, operations in self._document["paths"].items()
            if re.fullmatch(re.sub(r"\\\{[^/{}]*?\\\}", "[^/]+", re.escape(template)), path)
        )
        looks = request.method == "GET" or path.endswith("/search")
        return not looks or any(request.method.lower() in operations for operations in at)

    def problems(self, request: Request) -> list[str]:
        """What the vendor's schema finds wrong with a request to one of its operations."""
        path = self.path_of(request.url)
        assert path is not None
        if self._swagger:
            return list(self._swagger_problems(path, request))
        query = parse_qsl(urlsplit(request.url).query, keep_blank_values=True)
        headers = Headers(dict(request.headers))
        asked = Asked(
            method=request.method.lower(),
            path=path,
            parameters=RequestParameters(
                query=ImmutableMultiDict(query), header=headers, cookie=ImmutableMultiDict()
            ),
            content_type=headers.get("Content-Type", ""),
            body=request.body or None,
        )
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # of security schemes it cannot judge
                self._openapi.validate_request(asked)
        except OpenAPIError as error:
            return [_said(error)]
        return []

    def _patterns(self) -> Iterator[str]:
        for template in self._document["paths"]:
            yield re.sub(r"\\\{[^/{}]*?\\\}", "[^/]+", re.escape(template))

    def _swagger_problems(self, path: str, request: Request) -> Iterator[str]:
        """openapi-core does not judge Swagger 2.0: its bodies are JSON Schemas all the same."""
        for template, operations in self._document["paths"].items():
            pattern = re.sub(r"\\\{[^/{}]*?\\\}", "[^/]+", re.escape(template))
            if not re.fullmatch(pattern, path):
                continue
            operation = operations.get(request.method.lower())
            if operation is None:
                yield f"{request.method} is not an operation of {template}"
                return
            for parameter in operation.get("parameters", ()):
                if parameter.get("in") == "body":
                    schema = {
                        **parameter["schema"],
                        "definitions": self._document.get("definitions"),
                    }
                    yield from _body_problems(schema, request.body)


@cache
def schemas() -> tuple[VendorSchema, ...]:
    """All schemas of the folder that can judge a request."""
    found = sorted([*FOLDER.glob("*.json"), *FOLDER.glob("*.yaml")])
    named = [path for path in found if path.name not in REPLACED]
    return tuple(VendorSchema(path) for path in named if "paths" in _document(path))


def schema_for(request: Request) -> VendorSchema | None:
    """The schema whose API this request is to."""
    fitting = [schema for schema in schemas() if schema.knows(request)]
    if len(fitting) > 1:  # two versions of one API: the one that takes it, else the first
        return next((schema for schema in fitting if not schema.problems(request)), fitting[0])
    return fitting[0] if fitting else None


@cache
def _document(path: Path) -> Mapping[str, Json]:
    text = path.read_text(encoding="utf-8")
    read: Any = yaml.safe_load(text) if path.suffix == ".yaml" else json.loads(text)
    for pointer, part in CORRECTIONS.get(path.name, {}).items():
        assert pointers.put(read, pointer, part)
    return read  # type: ignore[no-any-return]  # a mapping in every one of them


def _servers(document: Mapping[str, Json]) -> Iterator[re.Pattern[str]]:
    swagger = f"https://{document.get('host')}{document.get('basePath', '')}"
    for server in document.get("servers") or [{"url": swagger}]:
        escaped = re.escape(server["url"].rstrip("/"))
        yield re.compile(re.sub(r"\\\{[^{}]*\\\}", "[^/]+", escaped))


def _known_as(url: str) -> str:
    parts = urlsplit(url)
    host = parts.hostname or ""
    for pattern, name in ALIASES:
        if re.fullmatch(pattern, host):
            host = re.sub(pattern, name, host)
    return f"{parts.scheme}://{host}{parts.path}"


def _body_problems(schema: Json, body: bytes) -> Iterator[str]:
    try:
        document = json.loads(body or b"null")
    except ValueError as error:
        yield f"the body is no JSON: {error}"
        return
    for error in jsonschema.Draft4Validator(schema).iter_errors(document):
        yield f"{error.json_path}: {error.message}"


def _said(error: BaseException) -> str:
    """The error with what is behind it, which holds the places."""
    words = [f"{type(error).__name__}: {error}"]
    behind = error.__cause__ or error.__context__
    places = getattr(behind, "schema_errors", None) or ()
    return "; ".join([*words, *(f"{one.json_path}: {one.message}" for one in places)])
