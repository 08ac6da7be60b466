"""Contact Form 7: tags, special mail tags, and uploads in every form that the plug-in knows."""

import json
from typing import Any

import pytest

from relay.catalog import load_catalog
from relay.core.adapter import MappingRules
from relay.core.contract import Inbound, Json, Unreadable

KIND = load_catalog().sources["contact_form_7"]
PLAN = "https://www.example.com/wp-content/uploads/cf7/plan.pdf"


def lead(fields: Json, type_: str = "application/json; charset=UTF-8") -> Any:
    body = fields if isinstance(fields, bytes) else json.dumps(fields).encode()
    (parsed,) = KIND.source.parse(Inbound(body=body, headers={"content-type": type_}), {})
    assert parsed.event_id is None
    found = KIND.adapter.map(parsed, MappingRules(noise=KIND.source.noise))
    assert found.reasons == []
    return found.document


@pytest.mark.parametrize(
    ("value", "files"),
    [
        (PLAN, [{"label": "plan", "url": PLAN}]),
        (
            [PLAN, PLAN + "2"],
            [{"label": "plan", "url": PLAN}, {"label": "plan", "url": PLAN + "2"}],
        ),
        (
            {"filename": "a.txt", "content": "SGVsbG8="},
            [{"label": "plan", "name": "a.txt", "size": 5}],
        ),
        ([{"filename": "a", "content": ""}], [{"label": "plan", "name": "a", "size": 0}]),
    ],
)
def test_uploads_are_noted_without_their_content(value: Json, files: Json) -> None:
    document = lead({"your-email": "ada@example.com", "plan": value})
    assert document["form"] == {"files": files}
    assert "SGVsbG8" not in json.dumps(document)


@pytest.mark.parametrize(
    "value",
    [
        "https://www.example.com/about",
        "see /wp-content/uploads/a.pdf",
        ["Sales", PLAN],
        {"filename": "a", "content": "b", "more": 1},
        {"filename": 1, "content": "b"},
        [],
    ],
)
def test_what_is_no_upload_stays_an_answer(value: Json) -> None:
    assert "files" not in lead({"plan": value}).get("form", {})


def test_uploads_of_a_multipart_body_are_noted_too() -> None:
    body = (
        b'--b\r\nContent-Disposition: form-data; name="your-email"\r\n\r\nada@example.com\r\n'
        b'--b\r\nContent-Disposition: form-data; name="plan"; filename="a.pdf"\r\n'
        b"Content-Type: application/pdf\r\n\r\n%PDF\r\n--b--\r\n"
    )
    document = lead(body, "multipart/form-data; boundary=b")
    assert document["contact"]["email"] == "ada@example.com"
    assert document["form"]["files"] == [
        {"label": "plan", "name": "a.pdf", "type": "application/pdf", "size": 4}
    ]


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"[1]", b"7", b"some words"])
def test_a_body_without_fields_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        KIND.source.parse(Inbound(body=body, headers={"content-type": "text/plain"}), {})
