"""The description of the APIs and the APIs themselves agree."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from relay.app import create_app
from relay.runtime import Runtime
from relay.services import configure
from relay.web.apis.openapi import ADDRESS, description

KEY = "a-key-for-the-description-0001"
DOCUMENT = {
    "projects": [
        {
            "id": "acme",
            "api_keys": [{"name": "all", "key": KEY, "scopes": ["read", "write", "manage"]}],
            "sources": [
                {"name": "form", "kind": "generic"},
                {
                    "name": "calls",
                    "kind": "trackdrive",
                    "settings": {"owner": "offer", "token": "YOUR_TOKEN"},
                },
            ],
            "conversion_labels": [{"id": "won-1", "name": "Won"}],
        }
    ]
}
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
UNTOLD = {"HEAD", "OPTIONS"}


pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def app(runtime: Runtime) -> Iterator[Flask]:
    configure.apply(runtime, DOCUMENT)
    return create_app(runtime)


def _told(rule: str) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule)


def test_every_call_is_described_and_nothing_else(app: Flask) -> None:
    described = {
        (path, method.upper())
        for path, item in description("https://relay.test")["paths"].items()
        for method in item
    }
    client = app.test_client()
    answered = set()
    for rule in app.url_map.iter_rules():
        path = _told(rule.rule)
        if not path.startswith("/api/") or path.startswith("/api/docs/") or path.endswith("/"):
            continue
        allowed = client.options(re.sub(r"\{\w+\}", "x", path)).headers.get("Allow", "")
        answered |= {(path, method) for method in allowed.split(", ")} - {(path, m) for m in UNTOLD}
    assert answered == described


def test_references_lead_somewhere(database_url: str) -> None:
    whole = description("https://relay.test")
    for reference in re.findall(r'"#(/[^"]+)"', str(whole).replace("'", '"')):
        found: Any = whole
        for step in reference.split("/")[1:]:
            found = found[step]


def test_every_operation_has_a_name_of_its_own(database_url: str) -> None:
    names = [
        operation["operationId"]
        for item in description("https://relay.test")["paths"].values()
        for operation in item.values()
    ]
    assert len(names) == len(set(names))


OPERATIONS = [
    pytest.param(path, method, id=f"{method}-{path}")
    for path, item in description("https://relay.test")["paths"].items()
    for method in item
]


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_answers_are_as_described(path: str, method: str, app: Flask) -> None:
    schema = schemathesis.openapi.from_wsgi(ADDRESS, app)
    operation = schema[path][method]

    @settings(
        max_examples=8,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        if case.query:
            case.query.pop("project", None)  # the key has one
        case.call_and_validate(headers={"X-API-Key": KEY}, checks=CHECKS)

    ask()
