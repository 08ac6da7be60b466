"""The members of payloads as people see them."""

from relay.catalog import load_catalog
from relay.core.outbound import origins
from relay.core.payload_members import members, takes_more
from relay.core.pointers import joined

SCHEMA = {
    "type": "object",
    "required": ["email"],
    "additionalProperties": False,
    "$defs": {"name": {"type": "string", "maxLength": 40}},
    "properties": {
        "email": {"type": "string", "title": "Mail", "format": "email", "lead": "/contact/email"},
        "person": {
            "type": "object",
            "required": ["last"],
            "properties": {
                "first_name": {
                    "$ref": "#/$defs/name",
                    "lead": ["/contact/first_name", "/tokens/a"],
                },
                "last": {"enum": ["a", "b"], "default": "a", "description": "Help."},
            },
        },
        "phones": {"prefixItems": [{"properties": {"value": {"lead": "/contact/phone/e164"}}}]},
        "count": {"type": "integer", "minimum": 1, "maximum": 9},
        "$lead": {"lead": ""},
    },
    "allOf": [{"properties": {"extra": {"type": "boolean"}}}],
}


def test_every_value_is_a_member_with_its_limits() -> None:
    found = {one.pointer: one for one in members(SCHEMA)}
    assert list(found) == [
        "/email",
        "/person/first_name",
        "/person/last",
        "/phones/0/value",
        "/count",
        "/extra",
    ]
    mail = found["/email"]
    assert (mail.title, mail.required, mail.sources) == ("Mail", True, ("/contact/email",))
    assert mail.limits == "text, an e-mail address"
    first = found["/person/first_name"]
    assert (first.title, first.group, first.required) == ("First name", "person", False)
    assert first.sources == ("/contact/first_name", "/tokens/a")
    assert first.limits == "text, at most 40 characters, longer ones are cut"
    last = found["/person/last"]
    assert (last.default, last.help, last.required) == ("a", "Help.", True)
    assert last.limits == "one of a, b"
    assert found["/count"].limits == "a whole number, at least 1, at most 9"
    assert not takes_more(SCHEMA)


def test_a_schema_that_refers_to_itself_ends() -> None:
    schema = {
        "$defs": {"node": {"properties": {"next": {"$ref": "#/$defs/node"}, "name": {}}}},
        "properties": {"tree": {"$ref": "#/$defs/node"}},
    }
    assert [one.pointer for one in members(schema)] == ["/tree/next", "/tree/name"]


def test_what_every_kind_fills_in_is_among_its_members() -> None:
    for name, kind in load_catalog().targets.items():
        schema = kind.adapter.schema
        filled = {joined(one.steps) for one in origins(schema)}
        seen = {one.pointer for one in members(schema)}
        assert {one for one in filled if not one.startswith("/$")} <= seen, name
