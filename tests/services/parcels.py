"""A kind of source whose sender says an id alone, and a project that takes it from a real peer."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

from relay.core.adapter import InboundAdapter
from relay.core.contract import (
    Fetching,
    Inbound,
    Json,
    Kind,
    Outcome,
    Parsed,
    Request,
    Settings,
    Source,
    judge_reply,
    read_json,
    said_object,
)
from relay.core.kinds import SourceKind
from relay.services import configured, fetching
from relay.services.configured import ConfiguredSource
from tests.factories import LETTER_SCHEMA, SETTINGS_SCHEMA, Bell, Incoming, catalog
from tests.peer import Answer, Peer

TOKEN = "the token of the parcel office"


def parse(inbound: Inbound, _settings: Settings) -> list[Parsed]:
    """Parcels as JSON, one or a list: {parcel, does?}; what was fetched holds `says` as well."""
    told = read_json(inbound.body.decode("utf-8", "replace"))
    return [
        Parsed(
            document=parcel,
            event_id=f"{parcel['parcel']} {parcel.get('does', 'came')}",
            lead_id=str(parcel["parcel"]),
            erases=parcel.get("does") == "erase",
        )
        for parcel in (told if isinstance(told, list) else [told])
    ]


def fetch(parsed: Parsed, settings: Settings, now: float) -> Fetching | None:
    """Ask the parcel office, unless the parcel says what is in it."""
    return None if "says" in parsed.document else _ask(parsed, settings, now)


def _ask(parsed: Parsed, settings: Settings, now: float) -> Fetching:
    headers = {"Authorization": f"Bearer {settings['token']}"}
    url = f"{settings['url']}/parcels/{parsed.document['parcel']}"
    reply = yield Request(method="GET", url=url, headers=headers)
    if (outcome := judge_reply(reply, now)) is not None:
        return outcome
    said = said_object(reply)
    if "says" not in said:
        return Outcome(kind=Kind.REJECTED, message="the parcel is empty")
    return parsed.document | said


def kind(name: str = "parcel", **declared: Any) -> SourceKind:
    """The kind; `declared` are more members of its Source."""
    given: dict[str, Any] = {
        "label": name,
        "summary": "",
        "settings": SETTINGS_SCHEMA,
        "parse": parse,
        "fetch": fetch,
        **declared,
    }
    schema: Json = {**LETTER_SCHEMA, "required": ["parcel", "says"]}
    schema["properties"] = {
        **LETTER_SCHEMA["properties"],
        "parcel": {"lead": "/keys/submission_id"},
        "does": {"lead": {"drop": "envelope"}},
    }
    return SourceKind(name, Source(**given), InboundAdapter(schema, catalog().lead), "", Path())


def contents(**says: Any) -> Answer:
    """What the parcel office answers."""
    return Answer(body=json.dumps({"says": says}).encode())


class Office(Incoming):
    """A project to which parcels come, and the peer that knows what is in them."""

    def __init__(self, make: Callable[..., Any], peer: Peer, **declared: Any) -> None:
        from relay import runtime as process

        made = kind(**declared)
        kinds = catalog()
        kinds = replace(kinds, sources={**kinds.sources, "parcel": made})
        rt = make(queue=Bell(), catalog=kinds)
        process.install(rt)
        super().__init__(rt)
        self.peer = peer
        self.box = self.target()
        self.door = self.office("parcels")
        self.route(self.door, self.box)

    def office(self, name: str, **columns: Any) -> ConfiguredSource:
        """A source of parcels."""
        secrets = {"/url": self.peer.url, "/token": TOKEN}
        return self.source(name, kind="parcel", secrets=secrets, **columns)

    def tell(self, parcel: Any, source: ConfiguredSource | None = None, **more: Any) -> UUID:
        """Let a parcel be told of, and the store step see to it."""
        told = {"parcel": parcel, **more}
        submission_id = self.post(source or self.door, told).ids[0]
        self.store()
        return submission_id

    def fetch(self, source: ConfiguredSource | None = None) -> int:
        """Fetch what is due, one after the other; returns how many were asked for."""
        count = 0
        while errands := fetching.claim(self.rt, (source or self.door).id, 10):
            for errand in errands:
                fetching.carry_out(self.rt, errand)
                count += 1
        self.store()
        return count

    def new_token(self, token: str = "another token") -> None:
        """Put other settings in place."""
        self.clock.advance(1)
        secrets = {"key": "k", "settings": {"/url": self.peer.url, "/token": token}, "options": {}}
        self.door = self.change(
            self.door.id, secrets=self.rt.box.seal(secrets), updated_at=self.clock.now()
        )
        configured.forget(self.rt)
