"""Conditions as rows: what they match, and that they come back from their schema as they were."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relay.catalog import ROOT
from relay.core.condition_fields import field, fields
from relay.core.condition_rows import (
    OPERATORS,
    VALUELESS,
    ConditionRow,
    ConditionRows,
    RowError,
    row_schema,
    rows_of,
    schema_of,
)
from relay.core.condition_values import in_a_line
from relay.core.conditions import check_condition, matches
from relay.core.lead import LeadSchema

LEAD = {
    "v": 1,
    "contact": {
        "email": "Ada@Example.com",
        "company": "Engines (Ltd)",
        "phone": {"raw": "030 123", "e164": "+4930123", "region": "DE"},
        "address": {"city": "  "},
    },
    "form": {
        "fields": {
            "Rooms": 3,
            "Budget": "1250.50",
            "Roof": ["Flat", "Pitched"],
            "Pets": False,
            "Newsletter": "Ja",
            "Move in": "2026-03-15",
            "Remark": "",
            "Debt": "-20",
            "A/b~c": "slashed",
        }
    },
    "tokens": {"loan": 500, "car": {"make": "Volvo"}},
    "consent": {
        "marketing": {"state": "granted", "raw": "yes"},
        "privacy": {"state": "denied", "raw": "no"},
        "ad_user_data": {"state": "unknown", "raw": "perhaps"},
    },
    "state": {"value_minor": 199900, "currency": "EUR"},
    "times": {"submitted": "2026-03-15T12:00:00Z"},
}


@pytest.mark.parametrize(
    ("field_", "operator", "value", "wanted"),
    [
        ("/contact/email", "is", "ada@example.com", True),
        ("/contact/email", "is", "ada@example", False),
        ("/contact/email", "contains", "@EXAMPLE.", True),
        ("/contact/email", "contains", "@exampleX", False),
        ("/contact/email", "begins", "ada", True),
        ("/contact/email", "begins", "example", False),
        ("/contact/company", "is", "engines (ltd)", True),
        ("/contact/company", "one_of", "Acme, Engines (Ltd)", True),
        ("/contact/company", "one_of", "Acme, Engines", False),
        ("/contact/company", "none_of", "Acme, Beta", True),
        ("/contact/company", "lacks", "engines", False),
        ("/contact/company", "is_not", "Acme", True),
        ("/contact/job_title", "is_not", "Boss", True),
        ("/contact/job_title", "is", "Boss", False),
        ("/contact/job_title", "filled", "", False),
        ("/contact/job_title", "empty", "", True),
        ("/contact/address/city", "filled", "", False),
        ("/contact/phone/e164", "begins", "+49", True),
        ("/contact/phone/region", "one_of", "at, de, ch", True),
        ("/form/fields/Rooms", "is", "3", True),
        ("/form/fields/Rooms", "is", "3.0", True),
        ("/form/fields/Rooms", "above", "2.5", True),
        ("/form/fields/Rooms", "above", "3", False),
        ("/form/fields/Budget", "above", "1250", True),
        ("/form/fields/Budget", "above", "1250.5", False),
        ("/form/fields/Budget", "below", "1250.51", True),
        ("/form/fields/Debt", "below", "-19.5", True),
        ("/form/fields/Debt", "above", "-20", False),
        ("/form/fields/Roof", "is", "flat", True),
        ("/form/fields/Roof", "contains", "pitch", True),
        ("/form/fields/Roof", "is", "round", False),
        ("/form/fields/Roof", "above", "1", False),
        ("/form/fields/Pets", "false", "", True),
        ("/form/fields/Pets", "filled", "", True),
        ("/form/fields/Pets", "true", "", False),
        ("/form/fields/Newsletter", "true", "", True),
        ("/form/fields/Move in", "after", "2026-03-14", True),
        ("/form/fields/Move in", "after", "2026-03-15", False),
        ("/form/fields/Move in", "before", "2026-04-01", True),
        ("/form/fields/Remark", "empty", "", True),
        ("/form/fields/Nothing", "empty", "", True),
        ("/form/fields/A~1b~0c", "is", "slashed", True),
        ("/tokens/loan", "above", "499.99", True),
        ("/tokens/car/make", "is", "volvo", True),
        ("/tokens/loan/make", "is_not", "volvo", True),
        ("/tokens/loan/make", "is", "volvo", False),
        ("/consent/marketing", "true", "", True),
        ("/consent/privacy", "true", "", False),
        ("/consent/privacy", "false", "", True),
        ("/consent/ad_user_data", "untrue", "", True),
        ("/consent/ad_storage", "untrue", "", True),
        ("/consent/ad_storage", "false", "", False),
        ("/state/value_minor", "above", "1998.99", True),
        ("/state/value_minor", "above", "1999", False),
        ("/state/value_minor", "is", "1999.00", True),
        ("/state/value_minor", "below", "2000", True),
        ("/times/submitted", "after", "2026-03-14", True),
        ("/times/submitted", "before", "2026-03-15", False),
        ("/form/files", "empty", "", True),
    ],
)
def test_a_row_matches_what_it_says(
    lead: LeadSchema, field_: str, operator: str, value: str, wanted: bool
) -> None:
    made = row_schema(ConditionRow(field_, operator, value), lead)
    assert check_condition(made) == []
    assert matches(made, LEAD) is wanted


@pytest.mark.parametrize(
    ("currency", "minor", "wanted"),
    [("EUR", 10001, True), ("EUR", 10000, False), (None, 10001, True), ("JPY", 101, True),
     ("JPY", 100, False), ("KWD", 100001, True), ("KWD", 100000, False), ("CLF", 1000001, True)],
)  # fmt: skip
def test_money_is_compared_in_major_units_of_its_own_currency(
    lead: LeadSchema, currency: str | None, minor: int, wanted: bool
) -> None:
    made = row_schema(ConditionRow("/state/value_minor", "above", "100"), lead)
    state = {"value_minor": minor} | ({"currency": currency} if currency else {})
    assert matches(made, {"v": 1, "state": state}) is wanted


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (ConditionRow("", "is", "x"), "Choose a field"),
        (ConditionRow("/contact/nothing", "is", "x"), "Choose a field"),
        (ConditionRow("/form/fields/", "is", "x"), "Choose a field"),
        (ConditionRow("/verbatim/api", "is", "x"), "Choose a field"),
        (ConditionRow("/contact/email", "above", "3"), "cannot be asked that"),
        (ConditionRow("/contact/email", "is", " "), "Say with what"),
        (ConditionRow("/contact/email", "one_of", " , ,"), "List the values"),
        (ConditionRow("/tokens/a", "above", "many"), "Write a number"),
        (ConditionRow("/tokens/a", "above", "1e5"), "Write a number"),
        (ConditionRow("/times/submitted", "after", "31.3.2026"), "Write a day"),
        (ConditionRow("/times/submitted", "after", "2026-02-30"), "Write a day"),
        (ConditionRow("/times/submitted", "after", "20260230"), "Write a day"),
    ],
)
def test_a_row_that_means_nothing_is_named(lead: LeadSchema, row: ConditionRow, said: str) -> None:
    fine = ConditionRow("/contact/email", "filled")
    with pytest.raises(RowError, match=said) as caught:
        schema_of(ConditionRows((fine, row)), lead)
    assert caught.value.position == 1


def test_rows_are_combined_by_all_or_any(lead: LeadSchema) -> None:
    rows = (ConditionRow("/contact/company", "is", "Acme"), ConditionRow("/tokens/loan", "filled"))
    assert not matches(schema_of(ConditionRows(rows, "all"), lead), LEAD)
    assert matches(schema_of(ConditionRows(rows, "any"), lead), LEAD)
    assert schema_of(ConditionRows(), lead) == {}
    assert rows_of({}, lead) == rows_of(True, lead) == ConditionRows()  # noqa: FBT003 - a schema


SCHEMA = LeadSchema.load(ROOT / "jsonschemas" / "lead.json")

VALUES = {
    "above": st.decimals(-(10**6), 10**6, places=2).map(lambda one: f"{one.normalize():f}"),
    "after": st.dates().map(str),
    "one_of": st.lists(
        st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1),
        min_size=2,
        unique=True,
    ).map(in_a_line),
}
VALUES |= {"below": VALUES["above"], "before": VALUES["after"], "none_of": VALUES["one_of"]}
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1)
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1)


@st.composite
def condition_rows(draw: st.DrawFn) -> ConditionRows:
    known = [one.pointer for _, group in fields(SCHEMA) for one in group]
    own = NAMES.map(lambda name: "/form/fields/" + name.replace("~", "~0").replace("/", "~1"))
    made = []
    for pointer in draw(st.lists(st.sampled_from(known) | own, max_size=4)):
        about = field(SCHEMA, pointer)
        assert about is not None
        operator = draw(st.sampled_from(OPERATORS[about.sort]))
        if about.sort == "money" and operator in {"is", "is_not"}:
            value = draw(VALUES["above"])
        else:
            value = "" if operator in VALUELESS else draw(VALUES.get(operator, TEXTS))
        made.append(ConditionRow(pointer, operator, value))
    join = draw(st.sampled_from(("all", "any"))) if len(made) > 1 else "all"
    return ConditionRows(tuple(made), join)


@settings(max_examples=150, deadline=None)
@given(condition_rows())
def test_rows_come_back_from_their_schema(rows: ConditionRows) -> None:
    made = schema_of(rows, SCHEMA)
    assert check_condition(made) == []
    assert rows_of(made, SCHEMA) == rows


@settings(max_examples=150, deadline=None)
@given(VALUES["above"], st.decimals(-(10**6), 10**6, places=3), st.sampled_from(("+", "", " 0")))
def test_numbers_in_texts_are_compared_as_numbers(bound: str, number: Decimal, sign: str) -> None:
    said = f"{number:f}" if number < 0 else f"{sign}{number:f}"
    for operator, wanted in (
        ("above", number > Decimal(bound)),
        ("below", number < Decimal(bound)),
    ):
        made = row_schema(ConditionRow("/tokens/n", operator, bound), SCHEMA)
        for value in (said, float(number)):
            assert matches(made, {"v": 1, "tokens": {"n": value}}) is wanted, (said, bound)


@settings(max_examples=100, deadline=None)
@given(st.dates(date(1900, 1, 2), date(2999, 1, 1)), st.integers(-800, 800))
def test_days_in_texts_are_compared_as_days(day: date, distance: int) -> None:
    said = day + timedelta(days=distance)
    for operator, wanted in (("after", said > day), ("before", said < day)):
        made = row_schema(ConditionRow("/times/submitted", operator, str(day)), SCHEMA)
        assert matches(made, {"v": 1, "times": {"submitted": f"{said}T00:00:00Z"}}) is wanted


@pytest.mark.parametrize("text", ["", "12 rooms", "1,5", "1.2.3", "--5", "1e9", "٣", "-"])
def test_a_text_that_is_no_number_is_neither_above_nor_below(text: str) -> None:
    for operator in ("above", "below"):
        made = row_schema(ConditionRow("/tokens/n", operator, "0"), SCHEMA)
        assert not matches(made, {"v": 1, "tokens": {"n": text}})


@pytest.mark.parametrize(
    "condition",
    [
        False,
        {"required": ["contact"]},
        {"properties": {"contact": {"required": ["email"]}}, "required": ["contact"]},
        {"allOf": []},
        {"allOf": [{}]},
        {"allOf": [True, False]},
        {"anyOf": [{"required": ["contact"]}]},
        {"type": "object", "required": ["contact"], "properties": {"contact": {"title": "x"}}},
        {"type": "object", "required": ["contact"], "properties": {"contact": True}},
        {"not": {"not": {}}},
        {"not": 3},
        {"$defs": {}, "allOf": []},
        {"if": {}, "then": {}},
        {"type": "object", "required": ["tokens"], "properties": {"tokens": {
            "type": "object", "required": ["a"], "properties": {"a": {"anyOf": "x"}}}}},
        {"type": "object", "required": ["tokens"], "properties": {"tokens": {
            "type": "object", "required": ["a"], "properties": {"a": {"anyOf": [
                {"type": "number", "exclusiveMinimum": "x"}]}}}}},
        {"type": "object", "required": ["state"], "properties": {"state": {"anyOf": [1]}}},
    ],
)  # fmt: skip
def test_what_no_rows_make_is_not_read_as_rows(condition: Any) -> None:
    assert rows_of(condition, SCHEMA) is None


def test_a_condition_that_was_changed_by_hand_is_not_read_as_what_it_was() -> None:
    made = schema_of(ConditionRows((ConditionRow("/contact/email", "filled"),)), SCHEMA)
    assert rows_of(made, SCHEMA) is not None
    assert rows_of({**made, "description": "mine"}, SCHEMA) is None
    assert rows_of({**made, "type": ["object"]}, SCHEMA) is None


def test_every_field_can_be_asked_something_and_has_words() -> None:
    listed = [one for _, group in fields(SCHEMA) for one in group]
    assert len(listed) > 100
    assert len({one.pointer for one in listed}) == len(listed)
    assert {one.sort for one in listed} == set(OPERATORS)
    assert not [one for one in listed if not (one.title and one.group and one.words)]
    assert not [one for one in listed if one.pointer.startswith(("/ids", "/event", "/verbatim"))]
