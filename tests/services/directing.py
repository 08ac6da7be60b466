"""A project whose leads come by TrackDrive's parameters, on routes that obey and that carry."""

import json
import threading
from typing import Any
from uuid import UUID

from relay.catalog import load_catalog
from relay.core.contract import Inbound
from relay.core.kinds import Catalog
from relay.services import configured
from relay.services.claim import claim
from relay.services.configured import ConfiguredSource
from relay.services.directives import MAY
from relay.services.filed import Filed, FiledLead, file
from relay.store import tables
from tests.factories import Incoming, catalog

ADA = "+18004506787"
BEA = "+18004506788"


def phone_catalog() -> Catalog:
    """The kinds made for tests, and TrackDrive as it is."""
    made = catalog()
    kind = load_catalog().sources["trackdrive"]
    return Catalog({**made.sources, "trackdrive": kind}, made.targets, made.lead)


class Directing(Incoming):
    """A project with schedules; `says` sends the parameters of a lead."""

    def schedule(self, name: str = "callback", **settings: Any) -> ConfiguredSource:
        """A schedule that may do everything, unless `may` says what."""
        given = {"may": list(MAY), **settings}
        secrets = {"/token": f"token-of-{name}"}
        return self.source(name, kind="trackdrive", settings=given, secrets=secrets)

    def line(self, source: ConfiguredSource, name: str = "crm", **route: Any) -> UUID:
        """A target with a route to it that obeys directives, unless `directives` says otherwise."""
        target, directives = self.target(name), route.pop("directives", "obey")
        route_id = self.route(source, target, **route)
        options = {"settle": route.get("settle", 0), "directives": directives}
        self.set(tables.routes, tables.routes.c.id == route_id, options=options)
        self.reread(source.id)
        return target

    def says(self, source: ConfiguredSource, caller_id: str = ADA, **parameters: Any) -> Filed:
        """Send a lead and see what became of it."""
        return file(self.rt, source, told(caller_id, **parameters), door="trackdrive")

    def due(self, target: UUID) -> list[Any]:
        """Claim what the target gets now."""
        found = configured.target(self.rt, target)
        assert found is not None
        return claim(self.rt, found, 10).jobs

    def told(self, target: UUID | None = None) -> list[tuple[str, str]]:
        """Event and state of the deliveries, the oldest first."""
        return [(row.event, row.state) for row in self.deliveries(target)]

    def end_all(self, state: str) -> None:
        """Let all that waits have ended."""
        for row in self.deliveries():
            if row.state == "waiting":
                self.settle(row.id, state)


def told(caller_id: str, **parameters: Any) -> Inbound:
    """A call with these parameters as JSON."""
    return Inbound(
        headers={"content-type": "application/json"},
        body=json.dumps({"caller_id": caller_id, **parameters}).encode(),
        address="192.0.2.1",
        received_at=0.0,
    )


def lead_of(filed: Filed) -> FiledLead:
    """The lead that there has to be."""
    assert filed.lead is not None, (filed.state, filed.reasons)
    return filed.lead


def at_once(*calls: Any) -> None:
    """Make these calls at the same time; what one of them raises is raised."""
    start = threading.Barrier(len(calls))
    raised: list[BaseException] = []

    def run(call: Any) -> None:
        start.wait()
        try:
            call()
        except BaseException as error:  # noqa: BLE001 - raised again in the test's own thread
            raised.append(error)

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]
