"""Letters about leads, from the lane to a real mail server and back."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from tests.conftest import SettableClock
from tests.mail_server import MailServer
from tests.services.outgoing import Outgoing

PASSWORD = "a password that nobody else is to read"


@pytest.fixture
def server() -> Iterator[MailServer]:
    made = MailServer()
    yield made
    made.close()


def mailbox(out: Outgoing, server: MailServer, **settings: Any) -> UUID:
    """A target that sends letters by the server."""
    usual = {
        "host": "127.0.0.1",
        "port": server.port,
        "security": "none",
        "username": "leads",
        "from": "leads@acme.test",
        "to": ["one@acme.test", "two@acme.test"],
    }
    return out.target(kind="email", settings=usual | settings, secrets={"/password": PASSWORD})


def test_a_letter_is_on_record_without_its_password(out: Outgoing, server: MailServer) -> None:
    row = out.deliver(mailbox(out, server))
    assert row.state == "delivered"
    assert row.remote_id == f"<{row.id}@acme.test>"
    (session,) = server.sessions
    assert session.login == f"\0leads\0{PASSWORD}"
    assert b"Ada Lovelace" in session.message
    (attempt,) = out.attempts(row.id)
    assert (attempt.outcome, attempt.status, attempt.error) == ("delivered", 250, None)
    (exchange,) = attempt.exchanges
    assert exchange["request"]["method"] == "SMTP"
    assert "Ada Lovelace" in exchange["request"]["body"]
    assert PASSWORD not in str(attempt.exchanges)


def test_who_was_put_off_gets_the_letter_with_the_next_attempt(
    out: Outgoing, server: MailServer, clock: SettableClock
) -> None:
    server.says["rcpt TO:<two"] = "450 4.2.0 greylisted"
    target = mailbox(out, server)
    row = out.deliver(target)
    assert (row.state, row.noted) == ("waiting", {"open": ["two@acme.test"]})
    server.says.clear()
    clock.advance(600)
    out.forward(target)
    row = out.row(row.id)
    assert (row.state, row.attempts) == ("delivered", 2)
    first, last = server.sessions
    assert [one for one in last.commands if one.startswith("rcpt")] == ["rcpt TO:<two@acme.test>"]
    assert first.message.replace(b"12:00:00", b"12:10:00") == last.message


def test_a_password_that_is_refused_pauses_the_lane_and_loses_nothing(
    out: Outgoing, server: MailServer
) -> None:
    server.says["AUTH"] = f"535 5.7.8 {PASSWORD} is wrong"
    target = mailbox(out, server)
    row = out.deliver(target)
    assert (row.state, row.attempts) == ("waiting", 0)
    assert out.lane(target).pause == "unauthorized"
    assert PASSWORD not in str(out.attempts(row.id))
