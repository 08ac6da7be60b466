"""Every page of the console, found in its router: a page that is added is tested without a list.

What a page's address names has to be there: `furnish` makes a relay in which everything has
happened, and FILLED says which of it an address is about.
"""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from relay.core.contacts import Contact
from relay.core.ids import new_id
from relay.services import bulk, configure, lanes, person_job, person_requests, views
from relay.services.bulk import Wish
from relay.services.bulk_job import work_on
from relay.services.filtering import Filter
from relay.services.looking import look
from relay.services.views import Editor
from relay.store import tables
from tests.peer import Answer
from tests.web.console.house import EMAIL as OWNER
from tests.web.console.house import House

NAME, EMAIL, PHONE = "Zerlina Quappenstein", "z.quappe@very-private.example", "+4930555777999"
WORDS = "my cellar is full of sentinel water"
PERSONAL = ("zerlina", "quappe", "very-private", "555777999", "sentinel water")
"""What could tell who the leads of the furnished house are, in lower case."""

ELSEWHERE = ("console.nowhere", "console.sign_on.")
"""Endpoints that are no pages of this house: it has no provider to sign in by."""

DOCUMENTS = ("/leads/import_type", "/api/docs/1.0/", "/schedules/")
"""Where pages of the console begin that have the addresses which other systems gave them."""

Fill = Callable[[House], object]


def _newest(table: sa.Table, **where: Any) -> Fill:
    return lambda house: house.ids(table, **where)[-1]


def _acme(house: House) -> Any:
    return house.row(tables.projects, public_id="acme").id


FILLED: dict[str, Fill] = {
    "project": lambda _house: "acme",
    "token": lambda _house: "made-up",
    "lead_id": _newest(tables.leads),
    "delivery_id": _newest(tables.deliveries),
    "submission_id": _newest(tables.submissions, state="quarantined"),
    "source_id": lambda house: house.row(tables.sources, name="Website").id,
    "target_id": lambda house: house.row(tables.targets, name="Sales CRM").id,
    "route_id": lambda house: house.row(tables.routes, project_id=_acme(house)).id,
    "import_id": _newest(tables.imports),
    "run_id": _newest(tables.bulk_runs),
    "problem_id": lambda house: house.ids(tables.problems, openings=1, project_id=_acme(house))[0],
    "recipient_id": _newest(tables.recipients),
    "user_id": _newest(tables.users),
    "view_id": _newest(tables.views),
    "project_id": _acme,
    "request_id": _newest(tables.person_requests),
    "ending": lambda _house: "yaml",
}
"""What stands for each name in an address."""

KINDS = {
    "console.project.sources.new": "generic",
    "console.project.targets.new": "webhook",
    "console.project.notices.new": "slack",
    "console.project.submit.guide": "instapage",
    "console.reference.other": "octanist",
}
"""What stands for the kind, which is another in each address."""

QUERIES = (
    "deliveries/?state=failed",
    "deliveries/?q=nothing",
    "deliveries/?figures=1",
    "quarantine/?shelf=turned-away",
    "problems/?shelf=muted",
    "bulk/new?state=failed&q=Zerlina",
    "bulk/catch-up?span=24h",
    "quarantine/?shelf=held",
)
"""Pages that are others by their query."""


@dataclass(frozen=True)
class Address:
    """One page: where it is, and the endpoint that shows it."""

    endpoint: str
    path: str


def every_page(house: House) -> Iterator[Address]:
    """All that the console answers to GET; an address with an unknown name fails the test."""
    addresses = house.app.url_map.bind("localhost")
    for rule in house.app.url_map.iter_rules():
        ours = rule.rule.startswith(("/console", *DOCUMENTS))
        if not ours or "GET" not in (rule.methods or ()) or rule.endpoint.startswith(ELSEWHERE):
            continue
        values = {name: _filled(house, rule.endpoint, name) for name in rule.arguments}
        yield Address(rule.endpoint, addresses.build(rule.endpoint, values, method="GET"))
    for query in QUERIES:
        yield Address(f"console.project?{query}", f"/console/p/acme/{query}")


def _filled(house: House, endpoint: str, name: str) -> object:
    if name == "kind" and endpoint in KINDS:
        return KINDS[endpoint]
    assert name in FILLED, f"tell every_page.py what stands for <{name}> of {endpoint}"
    return FILLED[name](house)


def furnish(house: House, times: int = 2) -> None:
    """Let everything happen that pages can show, so many times."""
    crm = house.row(tables.targets, name="Sales CRM").id
    for number in range(times):
        said = f'{{"id": {number}, "mail": "{EMAIL}"}}'.encode()
        house.peer.script(Answer(200, said), Answer(422, said), Answer(500, said))
        for outcome in ("delivered", "failed", "to be retried"):
            words = {"Message": f"{WORDS} {number} {outcome}", "Link": "https://e.example/x" * 9}
            house.lead(name=NAME, email=f"{number}{EMAIL}", phone=PHONE, **words)
        house.submit(body="{" + f"{NAME} {EMAIL} {number}")
        picture = {"data": f"GIF89a {EMAIL}", "content_type": "image/gif"}
        house.app.test_client().post("/in/website-key-1", **picture)
        _upload(house, f"name;e-mail\n{NAME};{number}{EMAIL}\n")
    lanes.pause_target(house.rt, crm, "the credential is not accepted", "test")
    house.submit(name=NAME, email=EMAIL, phone=PHONE, Message=f"{WORDS}, and waits")
    house.work()
    _act_on_all(house)
    _tell_somebody(house)
    look(house.rt)
    _ask_about_somebody(house)
    _view(house)


def _view(house: House) -> None:
    acme = house.row(tables.projects, public_id="acme").id
    owner = Editor(house.row(tables.users, email=OWNER).id, OWNER)
    for name, query in (("Failed ones", "state=failed"), ("Slow ones", "slower=5")):
        views.save(house.rt, acme, "deliveries", name, query, shared=True, by=owner)


def _act_on_all(house: House) -> None:
    """Two bulk runs: one that is over, and one that has not begun and was asked by a name."""
    acme = house.row(tables.projects, public_id="acme").id
    for words in ("", NAME):
        wanted = Filter(project=acme, states=("failed",), text=words)
        parts = {"filter": wanted, "newest": new_id(), "counted": 3}
        run_id = bulk.ask(house.rt, Wish(project=acme, action="retry", **parts), "test")
        if not words:
            begun = sa.update(tables.bulk_runs).where(tables.bulk_runs.c.id == run_id)
            with house.rt.database.write() as connection:
                connection.execute(begun.values(starts_at=house.rt.clock.now()))
            work_on(house.rt, run_id)


def _ask_about_somebody(house: House) -> None:
    """Let a person be looked for, and their file be made."""
    contacts = [Contact("phone", PHONE), Contact("email", f"0{EMAIL}")]
    made = person_requests.ask(house.rt, _acme(house), contacts, "Case 1", "test")
    for ask in (None, person_requests.ask_file):
        if ask:
            ask(house.rt, person_requests.one(house.rt, _acme(house), made) or {}, "test")
        while made in person_job.lying(house.rt):
            person_job.work_on(house.rt, made)


def _tell_somebody(house: House) -> None:
    """Let somebody be told of problems, once."""
    if not house.ids(tables.recipients):
        settings = {"url": f"{house.peer.url}/notices"}
        document = {"name": "On call", "kind": "webhook", "settings": settings}
        configure.save_recipient(house.rt, _acme(house), document, "test")


def _upload(house: House, text: str) -> None:
    visitor = house.visitor()
    form = visitor.get("/console/p/acme/submit/file/").form("/submit/file/")
    file = (io.BytesIO(text.encode()), f"{NAME}.csv")
    visitor.client.post(form.action, data=dict(form.values) | {"file": file})
