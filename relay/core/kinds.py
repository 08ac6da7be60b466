"""The kinds of sources and targets that were found: an integration with its schema and papers."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from relay.core.contract import Json, Source, Target


@dataclass(frozen=True)
class SourceKind:
    """One source integration: its declaration, its adapter and its set-up guide (Markdown)."""

    name: str
    source: Source
    adapter: "InboundAdapter"
    guide: str
    folder: Path


@dataclass(frozen=True)
class TargetKind:
    """One target integration: its declaration, its outgoing schema and its set-up guide."""

    name: str
    target: Target
    adapter: "OutboundAdapter"
    guide: str
    folder: Path


@dataclass(frozen=True)
class Catalog:
    """All kinds by name."""

    sources: Mapping[str, SourceKind]
    targets: Mapping[str, TargetKind]
    lead_schema: Json


from relay.core.adapter import InboundAdapter, OutboundAdapter  # noqa: E402 - to be placed on top
