"""A relay with two projects, people who may sign in, and leads that have gone out or not."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from relay.runtime import Runtime
from relay.services import configure, users
from relay.services.forward import forward
from relay.services.leads import store_batch
from relay.services.senders import Senders
from relay.store import tables
from tests.peer import Peer
from tests.servers import until
from tests.web.console.pages import Form, Page

EMAIL, PASSWORD = "ada@example.com", "correct horse battery"

SIGNING = "whsec_c2VjcmV0LW9mLXRoZS1zYWxlcy1jcm0tMDEyMzQ1"
TOKEN = "token-that-nobody-may-read"
WEBHOOK_SECRET = "typeform-secret-that-nobody-may-read"

SECRETS = (SIGNING, TOKEN, WEBHOOK_SECRET)


class Visitor:
    """A browser without scripts: follows links and sends the forms that it is shown."""

    def __init__(self, app: Flask) -> None:
        self.client: FlaskClient = app.test_client()

    def get(self, address: str, status: int = 200, **headers: str) -> Page:
        """The page at this address."""
        answer = self.client.get(address, headers=headers)
        page = Page(answer.text)
        assert answer.status_code == status, (address, answer.status_code, page.text[:500])
        return page

    def send(
        self, form: Form, at: str = "", status: int = 200, button: str = "", **values: Any
    ) -> Page:
        """Fill the form in, press its button, and see where that leads.

        A list ticks several boxes of one name; None leaves a field out. `__` stands for a dot.
        """
        given = {name.replace("__", "."): value for name, value in values.items()}
        data = [(name, value) for name, value in form.values if name not in given]
        for name, value in given.items():
            listed = value if isinstance(value, list) else [] if value is None else [value]
            data += [(name, one) for one in listed]
        for pressed in form.buttons:
            if pressed.get("value") == button and "name" in pressed:
                data.append((pressed["name"], button))
        body: dict[str, list[str]] = {}
        for name, value in data:
            body.setdefault(name, []).append(value)
        answer = self.client.post(form.action or at, data=body, follow_redirects=True)
        page = Page(answer.text)
        assert answer.status_code == status, (form.action, answer.status_code, page.text[:900])
        return page

    def sign_in(self, email: str = EMAIL, password: str = PASSWORD) -> Page:
        """Come in by the door."""
        page = self.get("/console/sign-in")
        return self.send(page.form("sign-in"), email=email, password=password)


class House:
    """The relay of these tests: Acme with a Typeform, a website, a CRM and a partner; and Beta."""

    def __init__(self, rt: Runtime, app: Flask, peer: Peer) -> None:
        self.rt, self.app, self.peer = rt, app, peer
        configure.apply(rt, self._document())
        users.create_user(rt, EMAIL, PASSWORD)

    def _document(self) -> Any:
        acme = {
            "id": "acme",
            "name": "Acme Heating",
            "sources": [
                {
                    "name": "Quote form",
                    "kind": "typeform",
                    "key": "quote-form-key",
                    "settings": {"secrets": [WEBHOOK_SECRET]},
                },
                {"name": "Website", "kind": "generic", "key": "website-key-1"},
            ],
            "targets": [
                {
                    "name": "Sales CRM",
                    "kind": "webhook",
                    "settings": {"url": f"{self.peer.url}/crm", "secret": SIGNING},
                    "retry": {"schedule": []},
                },
                {
                    "name": "Partner",
                    "kind": "webhook",
                    "settings": {"url": f"{self.peer.url}/partner", "token": TOKEN},
                },
            ],
            "routes": [{"from": "Website", "to": "Sales CRM"}],
        }
        beta = {
            "id": "beta",
            "name": "Beta Solar",
            "sources": [{"name": "Beta form", "kind": "generic", "key": "beta-form-key"}],
            "targets": [
                {"name": "Beta CRM", "kind": "webhook", "settings": {"url": f"{self.peer.url}/b"}}
            ],
            "routes": [{"from": "Beta form", "to": "Beta CRM"}],
        }
        return {"projects": [acme, beta]}

    def visitor(self, email: str = EMAIL, role: str = "owner", project: str = "") -> Visitor:
        """Somebody who has signed in, with a role in all projects or in this one."""
        if email != EMAIL:
            self.person(email, role, project)
        made = Visitor(self.app)
        made.sign_in(email)
        return made

    def person(self, email: str, role: str = "owner", project: str = "") -> users.User:
        """Somebody who may sign in, with a role in all projects or in this one."""
        if not project:
            return users.create_user(self.rt, email, PASSWORD, role)
        own = {self.row(tables.projects, public_id=project).id: role}
        return users.create_user(self.rt, email, PASSWORD, None, own)

    def submit(self, key: str = "website-key-1", body: Any = None, **fields: Any) -> str:
        """A form is sent to a source; returns the submission's id."""
        sent = body if body is not None else json.dumps(fields)
        answer = self.app.test_client().post(
            f"/in/{key}", data=sent, content_type="application/json"
        )
        assert answer.status_code == 200, answer.text
        return str(answer.headers["X-Submission-Id"])

    def work(self) -> None:
        """Store and send all that is due."""
        while store_batch(self.rt):
            pass
        with _senders(self.rt) as senders:
            for target in self.ids(tables.targets):
                forward(self.rt, str(target), senders)
                until(lambda: not self._sending(), "everything is sent")

    def lead(self, **fields: Any) -> UUID:
        """A lead that has come by the website and gone where it should."""
        self.submit(**fields)
        self.work()
        return self.ids(tables.leads)[-1]

    def ids(self, table: sa.Table, **where: Any) -> list[UUID]:
        """The ids in a table, oldest first, of the rows with these values."""
        wanted = [table.c[name] == value for name, value in where.items()]
        with self.rt.database.read() as connection:
            query = sa.select(table.c.id).where(*wanted).order_by(table.c.id)
            return list(connection.execute(query).scalars())

    def row(self, table: sa.Table, **where: Any) -> Any:
        """The one row with these values."""
        wanted = [table.c[name] == value for name, value in where.items()]
        with self.rt.database.read() as connection:
            return connection.execute(sa.select(table).where(*wanted)).one()

    def _sending(self) -> bool:
        with self.rt.database.read() as connection:
            query = sa.select(tables.deliveries.c.id).where(tables.deliveries.c.state == "sending")
            return connection.execute(query).first() is not None


@contextmanager
def _senders(rt: Runtime) -> Iterator[Senders]:
    made = Senders(rt)
    yield made
    made.drain(5)
    made.close()


def submission_links(page: Page) -> list[str]:
    """The addresses of single submissions on a shelf's page."""
    return [one for one, _ in page.links if re.search(r"/quarantine/[0-9a-f-]{36}$", one)]
