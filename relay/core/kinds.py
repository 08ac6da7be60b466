"""The kinds of sources and targets that were found: an integration with its schema and papers."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from relay.core.adapter import InboundAdapter
from relay.core.contract import Json, Source, Target
from relay.core.lead import LeadSchema
from relay.core.outbound import OutboundAdapter


@dataclass(frozen=True)
class SourceKind:
    """One source integration: its declaration, its adapter and its set-up guide (Markdown)."""

    name: str
    source: Source
    adapter: InboundAdapter
    guide: str
    folder: Path


@dataclass(frozen=True)
class TargetKind:
    """One target integration: its declaration, outgoing adapter and set-up guide (Markdown)."""

    name: str
    target: Target
    adapter: OutboundAdapter
    guide: str
    folder: Path


@dataclass(frozen=True)
class Catalog:
    """All kinds by name, and the canonical lead that they share."""

    sources: Mapping[str, SourceKind]
    targets: Mapping[str, TargetKind]
    lead: LeadSchema

    @property
    def lead_schema(self) -> Json:
        """The content of jsonschemas/lead.json."""
        return self.lead.schema
