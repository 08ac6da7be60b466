"""Letters about leads: their headers, their pages, and what servers' answers mean."""

import json
from collections.abc import Iterator
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.email.target import TARGET
from relay.config import load_config
from relay.core.checks import problems
from relay.core.contract import Duty, Json, Kind, Letter, Note, Outcome, Reply
from relay.net.client import Client
from tests.integrations.conversing import catalog
from tests.mail_server import MailServer

DUTY = Duty(
    id="0195571e-5a00-7000-8000-0000000000d1",
    event="created",
    lead_id="l",
    version=1,
    occurred_at=1772452798.0,
    now=1772452800.0,
)
SETTINGS: Json = {"host": "mail.test", "from": "leads@acme.test", "to": ["sales@acme.test"]}

EVIL = "Ada\r\nBcc: eve@evil.test\r\n\r\n<script>alert(1)</script>"


def lead(**contact: Any) -> Json:
    """A lead of this contact."""
    return {"v": 1, "contact": contact, "form": {"name": "Quote"}, "ids": {"id": "l1"}}


def letter_of(document: Json, **settings: Any) -> Letter:
    """The letter about a lead."""
    built = catalog().targets["email"].adapter.build(document, {})
    assert built.errors == []
    step = next(TARGET.deliver(built.payload, SETTINGS | settings, DUTY))
    assert isinstance(step, Letter)
    return step


def read(letter: Letter) -> EmailMessage:
    """A letter as a reader understands it."""
    found = message_from_bytes(letter.message, policy=default)
    assert isinstance(found, EmailMessage)
    for part in found.walk():
        assert part.defects == []
    return found


def page(message: EmailMessage) -> "Page":
    """The page of a letter."""
    part = message.get_body(("html",))
    assert part is not None
    found = Page()
    found.feed(part.get_content())
    found.close()
    return found


def text(message: EmailMessage) -> str:
    """The text of a letter."""
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


class Page(HTMLParser):
    """What a browser makes of a page: its tags, its addresses and its words."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the tag and where it leads to."""
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in {"href", "src"}]

    def handle_data(self, data: str) -> None:
        """Keep the words."""
        self.words += data


# --- headers -----------------------------------------------------------------------------------


def test_an_answer_goes_to_the_lead() -> None:
    message = read(letter_of(lead(full_name="Ada Łukasiewicz", email="ada@müller.example")))
    (address,) = message["Reply-To"].addresses
    assert address == Address("Ada Łukasiewicz", addr_spec="ada@xn--mller-kva.example")
    assert message["From"].addresses[0].addr_spec == "leads@acme.test"
    assert message["Message-ID"] == f"<{DUTY.id}@acme.test>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"] == "Mon, 02 Mar 2026 12:00:00 +0000"
    assert message["Subject"] == "New lead: Ada Łukasiewicz – Quote"


@pytest.mark.parametrize(
    "email", ["ada", "ada@localhost", "a@b.example, eve@evil.test", "ädä@b.example", EVIL, ""]
)
def test_an_address_that_is_none_is_not_answered_to(email: str) -> None:
    message = read(letter_of(lead(full_name="Ada", email=email)))
    assert "Reply-To" not in message
    assert email.split("\r", maxsplit=1)[0] in text(message)


def test_nothing_of_a_lead_becomes_a_header() -> None:
    document = lead(full_name=EVIL, email="ada@b.example", company=EVIL)
    for settings in ({}, {"subject": "[company] [name]"}):
        message = read(letter_of(document, **settings))
        assert "Bcc" not in message
        assert "eve@evil.test" in message["Subject"]
        assert [one.addr_spec for one in message["Reply-To"].addresses] == ["ada@b.example"]
        assert [one.addr_spec for one in message["To"].addresses] == ["sales@acme.test"]


WORDS = "=?utf-8?q?=0D=0ABcc:_eve@evil.test=0D=0A=0D=0AHello?="
"""An encoded word (RFC 2047) that ends the header, and the headers, of who decodes it."""


@pytest.mark.parametrize(
    "words", [WORDS, f"Ada{WORDS}", f"={WORDS}", WORDS.replace("=?", "=\u202e?")]
)
def test_what_looks_encoded_is_text(words: str) -> None:
    document = lead(full_name=words, email=f"{words}@b.example", company=words)
    for contact in (document["contact"], document["contact"] | {"email": "ada@b.example"}):
        letter = letter_of({**document, "contact": contact}, subject="[company] [name]")
        assert b"\nBcc" not in letter.message
        message = read(letter)
        assert "Bcc:_eve@evil.test" in message["Subject"]
        answered = message["Reply-To"].addresses if "Reply-To" in message else ()
        assert [one.addr_spec for one in answered] in ([], ["ada@b.example"])


@given(st.text(max_size=60) | st.from_regex(r'[äA"<>(),;:@\\. =?_]{0,40}', fullmatch=True))
def test_no_name_makes_another_address(name: str) -> None:
    document = lead(full_name=name.encode("utf-8", "replace").decode(), email="ada@b.example")
    letter = letter_of(document)
    assert letter.message.isascii()
    assert all(len(line) <= 998 for line in letter.message.split(b"\r\n"))
    message = read(letter)
    assert [one.addr_spec for one in message["Reply-To"].addresses] == ["ada@b.example"]
    assert message.keys().count("Subject") == 1


def test_a_long_domain_does_not_break_the_message_id() -> None:
    domain = f"{'a' * 60}.{'b' * 60}.test"
    letter = letter_of(lead(full_name="Ada"), **{"from": f"leads@{domain}"})
    assert f"<{DUTY.id}@{domain}>".encode() in letter.message


def test_the_subject_is_filled_from_the_lead() -> None:
    wish = {"subject": "[company]{Somebody}: [form_name]\n"}
    assert read(letter_of(lead(full_name="Ada"), **wish))["Subject"] == "Somebody: Quote"
    long = read(letter_of(lead(full_name="x" * 500)))["Subject"]
    assert len(long) == 150


def test_a_retry_writes_the_same_letter() -> None:
    assert letter_of(lead(full_name="Ada")).message == letter_of(lead(full_name="Ada")).message


# --- the page ----------------------------------------------------------------------------------


def test_a_page_says_what_was_said_and_does_nothing_else() -> None:
    document = lead(full_name="<img src=x onerror=alert(1)>", email='"><svg/onload=x>@b.example')
    document["form"]["message"] = "</div><a href='https://evil.test'>win</a>\n& more"
    document["form"]["fields"] = {"<b>bold</b>": "</style><script>x</script>"}
    document["contact"]["phone"] = {"raw": "javascript:x", "e164": "+1' onclick='x"}
    found = page(read(letter_of(document)))
    assert set(found.tags) == {
        *("html", "head", "meta", "title", "style", "body", "table", "tr", "td"),
        *("p", "h1", "h2", "div", "br"),
    }
    assert found.addresses == []
    for said in ("onerror=alert(1)>", "<a href='https://evil.test'>win</a>", "<b>bold</b>"):
        assert said in found.words


def test_a_page_leads_to_the_lead() -> None:
    document = lead(full_name="Ada", email="o'neil+1@b.example")
    document["contact"]["phone"] = {"raw": "1", "e164": "+31612345678", "extension": "9"}
    assert page(read(letter_of(document))).addresses == [
        "mailto:o%27neil%2B1@b.example",
        "tel:+31612345678",
    ]


def test_details_are_left_out_where_nobody_wants_them() -> None:
    document = lead(full_name="Ada") | {"device": {"ip": "192.0.2.7"}}
    full, bare = read(letter_of(document)), read(letter_of(document, details=False))
    for shown, hidden in ((text(full), text(bare)), (page(full).words, page(bare).words)):
        assert "192.0.2.7" in shown
        assert "192.0.2.7" not in hidden
        assert "Ada" in hidden


def test_what_a_page_has_no_room_for_stands_in_the_text() -> None:
    document = lead(full_name="Ada")
    document["form"]["message"] = "long " * 10_000 + "end"
    document["form"]["fields"] = {f"Question {at}": "x" * 1000 for at in range(400)}
    message = read(letter_of(document))
    assert "did not fit whole; the plain text of this letter has all." in page(message).words
    assert "long end" in text(message)
    assert "Question 399: xxx" in text(message)


# --- what servers answer -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "at", "said", "kind"),
    [
        (421, "greeting", "4.3.2 too busy", Kind.THROTTLED),
        (450, "greeting", "come later", Kind.THROTTLED),
        (554, "greeting", "no SMTP service here", Kind.RETRY),
        (454, "starttls", "TLS not available", Kind.THROTTLED),
        (530, "sender", "5.7.0 Authentication required", Kind.UNAUTHORIZED),
        (534, "auth", "5.7.9 Application-specific password required", Kind.UNAUTHORIZED),
        (535, "auth", "5.7.8 not accepted", Kind.UNAUTHORIZED),
        (504, "auth", "unknown mechanism", Kind.UNAUTHORIZED),
        (432, "auth", "4.7.12 A password transition is needed", Kind.UNAUTHORIZED),
        (454, "auth", "4.7.0 Temporary failure", Kind.THROTTLED),
        (454, "auth", "4.7.0 Too many login attempts", Kind.THROTTLED),
        (451, "sender", "try later", Kind.THROTTLED),
        (553, "sender", "not owned by user", Kind.UNAUTHORIZED),
        (552, "sender", "5.3.4 Message size exceeds fixed limit", Kind.REJECTED),
        (450, "recipients", "4.2.0 Greylisted", Kind.RETRY),
        (452, "recipients", "4.2.2 mailbox quota exceeded", Kind.RETRY),
        (550, "recipients", "5.1.1 unknown", Kind.GONE),
        (421, "recipients", "closing", Kind.THROTTLED),
        (451, "data", "4.3.0 local error", Kind.RETRY),
        (454, "message", "Throttling failure: Maximum sending rate exceeded.", Kind.THROTTLED),
        (550, "message", "5.4.5 Daily user sending limit exceeded", Kind.THROTTLED),
        (554, "message", "Message rejected: Email address is not verified.", Kind.UNAUTHORIZED),
        (550, "message", "5.7.60 client does not have permissions", Kind.UNAUTHORIZED),
        (554, "message", "5.7.1 looks like spam", Kind.REJECTED),
        (552, "message", "5.3.4 too large", Kind.REJECTED),
    ],
)
def test_what_a_refusal_means(code: int, at: str, said: str, kind: Kind) -> None:
    refused = {"sales@acme.test": [code, said]} if at == "recipients" else {}
    body = json.dumps({"said": said, "at": at, "refused": refused}).encode()
    outcome = _heard(Reply(status=code, body=body))[-1]
    assert isinstance(outcome, Outcome)
    assert outcome.kind is kind
    assert said in outcome.message


def test_one_who_is_refused_for_good_does_not_stop_the_letters_that_others_get() -> None:
    """Put off at first, and refused at last: the others have the letter, as had it been at once."""
    noted = {"open": ["two@acme.test"]}
    duty = Duty(**{name: getattr(DUTY, name) for name in Duty.__slots__} | {"noted": noted})
    refused = {"two@acme.test": [550, "5.1.1 unknown"]}
    body = json.dumps({"said": "5.1.1 unknown", "at": "recipients", "refused": refused}).encode()
    several = {"to": ["one@acme.test", "two@acme.test"]}
    outcome = _heard(Reply(status=550, body=body), duty, **several)[-1]
    assert isinstance(outcome, Outcome)
    assert (outcome.kind, outcome.remote_id) == (Kind.DELIVERED, f"<{DUTY.id}@acme.test>")
    assert "two@acme.test refused with 550" in outcome.message
    assert _heard(Reply(status=550, body=body), DUTY, **several)[-1].kind is Kind.GONE  # type: ignore[union-attr]


def _heard(reply: Reply, duty: Duty = DUTY, **settings: Any) -> list[Letter | Note | Outcome]:
    """The steps of a delivery that is answered by this reply, and its outcome."""
    conversation = TARGET.deliver({"$lead": lead()}, SETTINGS | settings, duty)  # type: ignore[arg-type]
    steps: list[Any] = [next(conversation)]
    try:
        while True:
            steps.append(conversation.send(reply))
    except StopIteration as ended:
        return [*steps, ended.value]


@pytest.mark.parametrize(
    "wrong",
    [
        {"to": []},
        {"to": ["sales@acme.test\nBcc: x@y.z"]},
        {"to": ["Sales <sales@acme.test>"]},
        {"to": ["a@b.example,c@d.test"]},
        {"from": "leads"},
        {"from_name": "Leads\r\nBcc: x@y.z"},
        {"host": "mail.test:587"},
        {"host": "smtp://mail.test"},
        {"port": 0},
        {"security": "ssl"},
        {"username": "u"},
        {"password": "p"},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: Json) -> None:
    assert problems(TARGET.settings, SETTINGS) == []
    assert problems(TARGET.settings, SETTINGS | wrong)


# --- by a real server --------------------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[MailServer]:
    made = MailServer()
    yield made
    made.close()


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    given = {"RELAY_MODE": "local", "RELAY_DATA_DIR": str(tmp_path)}
    made = Client(load_config({**given, "RELAY_TARGET_ALLOW": "127.0.0.0/8"}))
    yield made
    made.close()


def local(server: MailServer) -> Json:
    """The settings of the server on this machine."""
    several = {"to": ["one@acme.test", "two@acme.test"], "security": "none"}
    return SETTINGS | several | {"host": "127.0.0.1", "port": server.port}


def test_who_was_put_off_gets_the_letter_later_and_nobody_gets_it_twice(
    server: MailServer, client: Client
) -> None:
    server.says["rcpt TO:<two"] = "450 4.2.0 greylisted"
    payload = {"$lead": lead(full_name="Ada")}
    attempted = client.converse(TARGET.deliver(payload, local(server), DUTY))
    assert attempted.outcome.kind is Kind.RETRY
    assert attempted.outcome.message.startswith("taken for 1 of 2; two@acme.test refused with 450")
    server.says.clear()
    again = Duty(
        **{name: getattr(DUTY, name) for name in Duty.__slots__} | {"noted": attempted.noted}
    )
    second = client.converse(TARGET.deliver(payload, local(server), again))
    assert (second.outcome.kind, second.outcome.remote_id) == (
        Kind.DELIVERED,
        f"<{DUTY.id}@acme.test>",
    )
    first, last = server.sessions
    assert first.message == last.message
    assert "rcpt TO:<one@acme.test>" in first.commands
    assert [one for one in last.commands if one.startswith("rcpt")] == ["rcpt TO:<two@acme.test>"]


def test_a_check_asks_and_sends_nothing(server: MailServer, client: Client) -> None:
    assert client.converse(TARGET.check(local(server), DUTY)).outcome.kind is Kind.DELIVERED
    server.says["mail"] = "553 5.7.1 not owned by user"
    assert client.converse(TARGET.check(local(server), DUTY)).outcome.kind is Kind.UNAUTHORIZED
    assert [session.message for session in server.sessions] == [b"", b""]
    assert "DATA" not in str([session.commands for session in server.sessions])
