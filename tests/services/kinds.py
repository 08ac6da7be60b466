"""Kinds made for tests of the configuration: settings with secrets in every sort of place."""

import copy
from pathlib import Path
from typing import Any

from relay.catalog import ROOT
from relay.core.adapter import InboundAdapter
from relay.core.contract import Conversation, Duty, Json, Kind, Outcome, Settings, Source, Target
from relay.core.kinds import Catalog, SourceKind, TargetKind
from relay.core.lead import LeadSchema
from relay.core.outbound import OutboundAdapter

FORM_SETTINGS: Json = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "secrets": {"type": "array", "items": {"type": "string"}, "secret": True},
        "header": {"type": "string"},
    },
}

CRM_SETTINGS: Json = {
    "type": "object",
    "required": ["url"],
    "additionalProperties": False,
    "properties": {
        "url": {"type": "string", "pattern": "^https?://"},
        "secret": {"type": "string", "minLength": 8, "secret": True},
        "accounts": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "token"],
                "additionalProperties": False,
                "properties": {
                    "name": {"type": "string"},
                    "token": {"type": "string", "secret": True},
                },
            },
        },
    },
}


def _deliver(_payload: Json, _settings: Settings, _duty: Duty) -> Conversation:
    return Outcome(kind=Kind.DELIVERED)
    yield


def _check(_settings: Settings, _duty: Duty) -> Conversation:
    return Outcome(kind=Kind.DELIVERED)
    yield


def catalog() -> Catalog:
    """Sources of the kinds `form` and `other`, targets of the kinds `crm` and `news`."""
    lead = LeadSchema.load(ROOT / "jsonschemas" / "lead.json")
    return Catalog(
        {name: _source(name, lead) for name in ("form", "other")},
        {"crm": _target("crm", ("created", "updated")), "news": _target("news", ("created",))},
        lead,
    )


def document(**project: Any) -> Json:
    """One project with a source, a target and a route between them; members may be replaced."""
    return {"projects": [{"id": "acme", "name": "Acme", **copy.deepcopy(PARTS), **project}]}


PARTS: dict[str, Json] = {
    "sources": [
        {
            "name": "contact",
            "key": "form-key-of-contact",
            "kind": "form",
            "settings": {"secrets": ["${FORM_SECRET}"]},
            "mapping": {"Where do you work?": "/contact/company"},
        }
    ],
    "targets": [
        {
            "name": "crm",
            "kind": "crm",
            "settings": {"url": "https://crm.example/leads", "secret": "${CRM_SECRET}"},
            "limits": ["10/second"],
        }
    ],
    "routes": [{"from": "contact", "to": "crm"}],
}

ENVIRONMENT = {"FORM_SECRET": "a-form-secret-nobody-knows", "CRM_SECRET": "a-crm-secret-unheard-of"}
"""The variables that the document names."""


def _source(name: str, lead: LeadSchema) -> SourceKind:
    declared = Source(label=name, summary="", settings=FORM_SETTINGS, parse=lambda _i, _s: [])
    return SourceKind(name, declared, InboundAdapter({"type": "object"}, lead), "", Path())


def _target(name: str, events: tuple[str, ...]) -> TargetKind:
    declared = Target(
        label=name,
        summary="",
        settings=CRM_SETTINGS,
        deliver=_deliver,
        check=_check,
        repeat="key",
        events=events,
    )
    return TargetKind(name, declared, OutboundAdapter({"type": "object"}), "", Path())
