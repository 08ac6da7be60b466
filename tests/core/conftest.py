"""What the tests of the rules share: the canonical schema, and an adapter that takes anything."""

from collections.abc import Callable
from typing import Any

import pytest

from relay.catalog import ROOT
from relay.core.adapter import InboundAdapter, Mapped, MappingRules
from relay.core.contract import Parsed
from relay.core.lead import LeadSchema

Mapping = Callable[..., Mapped]


@pytest.fixture(scope="session")
def lead() -> LeadSchema:
    return LeadSchema.load(ROOT / "jsonschemas" / "lead.json")


@pytest.fixture(scope="session")
def any_form(lead: LeadSchema) -> InboundAdapter:
    """An adapter that says of every document: these are answers."""
    return InboundAdapter({"lead": {"answers": True}}, lead)


@pytest.fixture(scope="session")
def form(any_form: InboundAdapter) -> Mapping:
    """Maps the fields of a form; `mapping`, `region` and `noise` are the source's own."""

    def map_form(fields: Any, **rules: Any) -> Mapped:
        return any_form.map(Parsed(document=fields), MappingRules(**rules))

    return map_form
