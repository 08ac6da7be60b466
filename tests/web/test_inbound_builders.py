"""Form builders at the door: what they send is taken, and what is secret in it is not kept."""

from typing import Any

from relay.catalog import load_catalog
from relay.core.fixtures import Fixture, fixtures_of
from tests.web.doors import KEY, add_source, kept, refused

DOOR = f"/in/{KEY}"
WITH_ID = ("gravity_forms", "wpforms", "fluent_forms", "jotform", "webflow", "tally", "fillout")
WITHOUT = ("elementor", "contact_form_7", "unbounce")


def example(kind: str) -> Fixture:
    return fixtures_of(load_catalog().sources[kind])[0]


def post(client: Any, fixture: Fixture, body: bytes | None = None, door: str = DOOR) -> Any:
    return client.post(door, data=body or fixture.inbound.body, headers=fixture.inbound.headers)


def test_a_repeat_is_told_by_its_id_and_where_there_is_none_by_its_content(
    runtime: Any, client: Any
) -> None:
    for kind in (*WITH_ID, "paperform", "framer", *WITHOUT):
        key = f"key-of-the-source-{kind}"
        source = add_source(runtime, kind=kind, key=key)
        answers = [post(client, example(kind), door=f"/in/{key}") for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 200], kind
        first, second = [row for row in kept(runtime) if row.source_id == source]
        if kind in WITHOUT:
            assert first.event_key is second.event_key is None
            assert first.content_key == second.content_key is not None, kind
        else:
            assert (first.state, second.state) == ("received", "duplicate"), kind


def test_jotform_s_copy_of_the_own_address_is_masked_wherever_it_stands(
    runtime: Any, client: Any
) -> None:
    add_source(runtime, kind="jotform")
    fixture = example("jotform")
    body = fixture.inbound.body.replace(b"/in/SOURCE-KEY", DOOR.encode())
    assert DOOR.encode() in body
    assert post(client, fixture, body).status_code == 200
    (row,) = kept(runtime)
    assert KEY.encode() not in row.body
    assert KEY not in str(row.document)
    assert b"/in/***" in row.body
    assert row.document["contact"]["full_name"] == "Sam Example"


def test_a_password_of_a_visitor_is_masked(runtime: Any, client: Any) -> None:
    add_source(runtime, kind="elementor")
    assert post(client, example("elementor")).status_code == 200
    (row,) = kept(runtime)
    assert b"correct" not in row.body
    assert b"jane%40example.com" in row.body


def test_a_header_that_proves_the_sender_is_not_kept(runtime: Any, client: Any) -> None:
    settings = {"header": {"name": "X-Odd", "values": ["a secret of the feed"]}}
    add_source(runtime, kind="gravity_forms", settings=settings)
    fixture = example("gravity_forms")
    assert post(client, fixture).status_code == 401
    assert kept(runtime) == []
    assert refused(runtime)
    headers = {**fixture.inbound.headers, "X-Odd": "a secret of the feed"}
    assert client.post(DOOR, data=fixture.inbound.body, headers=headers).status_code == 200
    (row,) = kept(runtime)
    assert "a secret of the feed" not in str(row.headers)
