"""What docs/adapters.md shows is what happens."""

import json
import re
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest

from relay.catalog import ROOT
from relay.core.adapter import InboundAdapter, Mapped, MappingRules
from relay.core.annotations import (
    annotation_problems,
    goal_problems,
    origin_annotation_problems,
    origin_problems,
)
from relay.core.conditions import check_condition, matches
from relay.core.contract import Parsed
from relay.core.lead import LeadSchema
from relay.core.outbound import OutboundAdapter

TEXT = (ROOT / "docs" / "adapters.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```json ([a-z-]+)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


class Reader:
    """Reads the blocks in their order, as a person does: each speaks of those before it."""

    def __init__(self, lead: LeadSchema) -> None:
        self.lead = lead
        self.seen: dict[str, Any] = {}
        self.mapped: list[Mapped] = []

    def read(self, kind: str, block: Any) -> None:
        steps: dict[str, Callable[[Any], None]] = {
            "adapter": self._adapter,
            "mapping": self._mapping,
            "document": lambda block: self._map([block]),
            "documents": self._map,
            "lead": self._lead,
            "warnings": self._warnings,
            "payload-adapter": self._payload_adapter,
            "payload-mapping": self._payload_mapping,
            "payload": self._payload,
            "condition": self._condition,
            "fulfils": lambda block: self._judge(block, wanted=True),
            "fails": lambda block: self._judge(block, wanted=False),
        }
        steps.get(kind, lambda block: self.seen.update({kind: block}))(block)

    def _adapter(self, block: Any) -> None:
        assert annotation_problems(block, self.lead) == []
        self.seen |= {"adapter": InboundAdapter(block, self.lead), "mapping": {}}

    def _mapping(self, block: Any) -> None:
        assert [goal_problems(goal, self.lead) for goal in block.values()] == [[]] * len(block)
        self.seen["mapping"] = block

    def _map(self, documents: list[Any]) -> None:
        rules = MappingRules(mapping=self.seen["mapping"], region="NL")
        self.mapped = [
            self.seen["adapter"].map(Parsed(document=document), rules) for document in documents
        ]
        self.seen["mapping"] = {}

    def _lead(self, block: Any) -> None:
        assert [mapped.document for mapped in self.mapped] == [block] * len(self.mapped)
        jsonschema.validate(block, self.lead.schema)

    def _warnings(self, block: Any) -> None:
        (mapped,) = self.mapped
        said = [
            {name: value for name, value in warning.items() if name != "message"}
            for warning in mapped.warnings
        ]
        assert said == block

    def _payload_adapter(self, block: Any) -> None:
        assert origin_annotation_problems(block, self.lead) == []
        self.seen |= {"target": OutboundAdapter(block), "over": {}}

    def _payload_mapping(self, block: Any) -> None:
        assert [origin_problems(wish, self.lead) for wish in block.values()] == [[]] * len(block)
        self.seen["over"] = block

    def _payload(self, block: Any) -> None:
        built = self.seen["target"].build(self.seen["from"], self.seen["over"])
        assert built.payload == block
        assert built.errors == []

    def _condition(self, block: Any) -> None:
        assert check_condition(block) == []
        self.seen["condition"] = block

    def _judge(self, lead: Any, *, wanted: bool) -> None:
        assert matches(self.seen["condition"], lead) is wanted


def test_what_the_paper_shows_is_what_happens() -> None:
    reader = Reader(LeadSchema.load(ROOT / "jsonschemas" / "lead.json"))
    for number, (kind, text) in enumerate(BLOCKS, start=1):
        try:
            reader.read(kind, json.loads(text))
        except (AssertionError, ValueError) as problem:
            pytest.fail(f"block {number} ({kind}):\n{text}\n{problem}")


def test_every_json_block_says_what_it_is() -> None:
    assert TEXT.count("```json") == len(BLOCKS) > 20


def test_every_reader_of_values_is_told() -> None:
    lead = json.loads((ROOT / "jsonschemas" / "lead.json").read_text(encoding="utf-8"))
    for kind in set(re.findall(r'"x-reads": "([a-z]+)"', json.dumps(lead))):
        assert f"`{kind}`" in TEXT
