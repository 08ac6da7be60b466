"""Messages in Telegram: within its size, and text alone."""

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from integrations.telegram.target import HOST, TARGET
from relay.config import load_config
from relay.core.checks import problems
from relay.core.contract import Conversation, Duty, Json, Kind, Reply, Request, utf16_length
from relay.net.client import Client
from tests.integrations.conversing import told
from tests.peer import Answer, Peer

SETTINGS = {"token": "123456789:AAE1aBcDeFgHiJkLmNoPqRsTuVwXyZ01234", "chat_id": "-987654321"}
DUTY = Duty(id="d", event="created", lead_id="l", version=1, occurred_at=0, now=0)
OK = Reply(status=200, body=b'{"ok": true, "result": {"message_id": 7}}')


def sent(lead: Json, *replies: Reply, **settings: Any) -> tuple[list[Json], Any]:
    """The messages about a lead, and the outcome."""
    conversation = TARGET.deliver({"$lead": lead}, SETTINGS | settings, DUTY)
    requests, _, outcome = told(conversation, replies or [OK])
    return [json.loads(one.body) for one in requests if isinstance(one, Request)], outcome


def refused(status: int, said: str, **parameters: Any) -> Reply:
    """A refusal as Telegram writes it."""
    body = {"ok": False, "error_code": status, "description": said, "parameters": parameters}
    return Reply(status=status, body=json.dumps(body).encode())


class Plain(HTMLParser):
    """A text as Telegram shows it, and the tags that it had."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = ""
        self.tags: set[str] = set()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, _attrs: Any) -> None:
        """Keep the tag."""
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        """Keep the words."""
        self.text += data


@pytest.mark.parametrize("sign", ["x", "&", "😀", "<"])
def test_a_huge_lead_stays_within_the_size(sign: str) -> None:
    fields = {f"{sign * 100} {at}": sign * 1500 for at in range(60)}
    fields |= {f"Short {at}": sign for at in range(200)}
    (message,), outcome = sent(
        {"contact": {"full_name": sign * 400}, "form": {"message": sign * 9000, "fields": fields}}
    )
    assert utf16_length(message["text"]) <= 4096
    shown = Plain(message["text"])
    assert shown.tags == {"b", "i"}
    assert "did not fit whole" in shown.text
    assert "did not fit whole" in outcome.message


def test_tags_are_text() -> None:
    evil = '</b><a href="https://evil.test">x</a> &lt;b&gt; <script>'
    (message,), _ = sent({"contact": {"full_name": evil}, "form": {"fields": {evil: evil}}})
    shown = Plain(message["text"])
    assert shown.tags == {"b"}
    assert shown.text.count(evil) == 4


def test_a_group_that_has_moved_gets_the_message_at_its_new_id() -> None:
    moved = refused(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-1001)
    messages, outcome = sent({"contact": {}}, moved, OK)
    assert [message["chat_id"] for message in messages] == [-987654321, -1001]
    assert messages[0]["text"] == messages[1]["text"]
    assert (outcome.kind, outcome.remote_id) == (Kind.DELIVERED, "7")
    assert "-1001" in outcome.message
    _, outcome = sent({"contact": {}}, moved, moved)
    assert outcome.kind is Kind.REJECTED


@pytest.mark.parametrize(
    ("reply", "kind", "wait"),
    [
        (refused(429, "Too Many Requests", retry_after=35), Kind.THROTTLED, 35),
        (refused(429, "Too Many Requests"), Kind.THROTTLED, None),
        (refused(401, "Unauthorized"), Kind.UNAUTHORIZED, None),
        (refused(404, "Not Found"), Kind.UNAUTHORIZED, None),
        (refused(403, "Forbidden: bot was kicked from the group chat"), Kind.GONE, None),
        (refused(400, "Bad Request: chat not found"), Kind.GONE, None),
        (refused(400, "Bad Request: message thread not found"), Kind.GONE, None),
        (refused(400, "Bad Request: TOPIC_CLOSED"), Kind.GONE, None),
        (refused(400, "Bad Request: not enough rights to send text messages"), Kind.GONE, None),
        (refused(400, "Bad Request: can't parse entities"), Kind.REJECTED, None),
        (refused(500, "Internal Server Error"), Kind.RETRY, None),
        (Reply(status=200, body=b'{"ok": false}'), Kind.RETRY, None),
        (Reply(status=502, body=b"<html>"), Kind.RETRY, None),
    ],
)
def test_what_telegram_says_is_judged(reply: Reply, kind: Kind, wait: float) -> None:
    _, outcome = sent({"contact": {}}, reply)
    assert (outcome.kind, outcome.retry_after) == (kind, wait)
    checked = TARGET.check(SETTINGS, DUTY)
    assert told(checked, [reply])[2].kind is kind


def test_the_token_is_in_no_log(peer: Peer, tmp_path: Path) -> None:
    """It is part of the address, which is logged, and which errors repeat."""
    peer.default = Answer(404, refused(404, f"no bot{SETTINGS['token']} here").body)

    def led_to_peer() -> Conversation:
        conversation = TARGET.deliver({"$lead": {"contact": {}}}, SETTINGS, DUTY)
        request = next(conversation)
        assert isinstance(request, Request)
        reply = yield Request(
            method="POST", url=request.url.replace(HOST, peer.url), body=request.body
        )
        try:
            conversation.send(reply)
        except StopIteration as ended:
            return ended.value
        raise AssertionError("the conversation goes on")

    given = {"RELAY_MODE": "local", "RELAY_DATA_DIR": str(tmp_path)}
    client = Client(load_config({**given, "RELAY_TARGET_ALLOW": "127.0.0.0/8"}))
    attempted = client.converse(led_to_peer(), [SETTINGS["token"]])
    client.close()
    assert SETTINGS["token"] in peer.arrivals[0].path
    assert attempted.outcome.kind is Kind.UNAUTHORIZED
    assert attempted.outcome.message.startswith("answered 404: no bot")
    assert "AAE1" not in str(attempted)


@pytest.mark.parametrize(
    "wrong",
    [
        {"token": "123456789"},
        {"token": "123456789:AAE1aBcDeFgHiJkLmNoPqRsTuVwXyZ01234/../x"},
        {"chat_id": "acme"},
        {"chat_id": "-"},
        {"chat_id": "@acme\n"},
        {"message_thread_id": 0},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: Json) -> None:
    assert problems(TARGET.settings, SETTINGS) == []
    assert problems(TARGET.settings, SETTINGS | {"chat_id": "@acme_sales"}) == []
    assert problems(TARGET.settings, SETTINGS | wrong)
