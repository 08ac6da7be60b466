"""The kinds of sources and targets that were found: an integration with its schema and papers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import UUID

from relay.core.adapter import InboundAdapter
from relay.core.contract import Json, Settings, Source, Target
from relay.core.lead import LeadSchema
from relay.core.outbound import OutboundAdapter
from relay.core.secrets import hash_key


@dataclass(frozen=True)
class SourceKind:
    """One source integration: its declaration, its adapter and its set-up guide (Markdown)."""

    name: str
    source: Source
    adapter: InboundAdapter
    guide: str
    folder: Path

    def token_hashes(self, settings: Settings) -> list[str]:
        """What calls of a lead API find a source of these settings by, each hashed as stored."""
        tokens = self.source.tokens(settings) if self.source.tokens else ()
        return [hash_key(f"{self.name}:{token}") for token in tokens]


@dataclass(frozen=True)
class TargetKind:
    """One target integration: its declaration, outgoing adapter and set-up guide (Markdown)."""

    name: str
    target: Target
    adapter: OutboundAdapter
    guide: str
    folder: Path

    def rate_key(self, settings: Settings, target_id: UUID) -> str:
        """What a target's limits are counted by: the vendor's account, which may be a secret."""
        account = self.target.rate_key(settings)
        return f"target:{target_id}" if account is None else f"{self.name}:{hash_key(account)[:32]}"

    def version_ends(self, settings: Settings) -> date | None:
        """When the vendor takes its version away, where a target of these settings uses it."""
        version, ends = self.target.api_version, self.target.api_version_ends
        chosen = [
            settings.get(name, version)
            for name, part in self.target.settings.get("properties", {}).items()
            if part.get("default") == version
        ]
        if ends is None or any(one != version for one in chosen):
            return None
        return date.fromisoformat(ends)

    def grant_key(self, settings: Settings, secrets: Iterable[str]) -> str | None:
        """What a grant is kept by: the account, and by which credentials it is asked for, so that
        new ones are used at once. None where no grant is needed."""
        account = self.target.grant.account(settings) if self.target.grant else None
        if account is None:
            return None
        return f"{self.name}:{hash_key(chr(0).join((account, *sorted(secrets))))}"


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
