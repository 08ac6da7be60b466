"""Processes of the relay are killed under load, on both databases."""

import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.kill.proof import (
    configure,
    load,
    prove,
    sending,
    settled,
)
from tests.peer import Answer, Peer
from tests.stack import Stack

pytestmark = [pytest.mark.kill, pytest.mark.timeout(240)]

LEADS = 160


def test_a_killed_web_process_loses_no_accepted_submission(
    stack: Stack, runtime: Any, peer: Peer
) -> None:
    configure(runtime, {"crm": {"settings": {"url": peer.url}}})
    stack.start()
    sender = load(stack, "web", LEADS)
    for _ in range(3):
        time.sleep(1)
        stack.web.restart()
    sender.join()
    assert len(sender.accepted) == LEADS
    settled(runtime)
    outcome = prove(runtime, sender.accepted, peer.arrivals, in_flight=0)
    assert outcome.ledger.submissions["stored"] == LEADS


def test_a_worker_killed_while_it_sends_loses_nothing_and_repeats_only_what_was_under_way(
    stack: Stack, runtime: Any, peer: Peer
) -> None:
    configure(runtime, {"crm": {"settings": {"url": peer.url}}})
    peer.default = Answer(delay=0.3)
    stack.start()
    sender = load(stack, "worker", LEADS)
    under_way = 0
    for _ in range(2):
        time.sleep(1.2)
        stack.workers[0].kill(signal.SIGKILL)
        under_way += sending(runtime)
        stack.workers[0].start()
    sender.join()
    assert under_way > 0, "the worker was not sending when it was killed"
    settled(runtime)
    outcome = prove(runtime, sender.accepted, peer.arrivals, in_flight=under_way)
    assert outcome.ledger.deliveries["delivered"] == LEADS


def test_a_killed_clock_only_delays(stack: Stack, runtime: Any, peer: Peer) -> None:
    configure(runtime, {"crm": {"settings": {"url": peer.url}}})
    stack.start()
    sender = load(stack, "clock", 80)
    time.sleep(0.5)
    stack.clock.kill()
    sender.join()
    stack.clock.start()
    settled(runtime)
    prove(runtime, sender.accepted, peer.arrivals, in_flight=0)


def test_everything_killed_at_once_goes_on_where_it_was(
    stack: Stack, runtime: Any, peer: Peer
) -> None:
    configure(runtime, {"crm": {"settings": {"url": peer.url}}})
    peer.default = Answer(delay=0.1)
    stack.start()
    sender = load(stack, "all", LEADS)
    time.sleep(2)
    for process in (stack.web, stack.clock, *stack.workers):
        process.kill()
    under_way = sending(runtime)
    for process in (stack.web, stack.clock, *stack.workers):
        process.start()
    sender.join()
    settled(runtime)
    prove(runtime, sender.accepted, peer.arrivals, in_flight=under_way)


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_two_clocks_and_three_workers_send_nothing_twice(
    quick: dict[str, str], runtime: Any, peer: Peer, tmp_path: Path
) -> None:
    configure(runtime, {"crm": {"settings": {"url": peer.url}}})
    stack = Stack(quick, tmp_path, workers=3)
    twin = Stack(quick, tmp_path / "twin", workers=0)
    (tmp_path / "twin").mkdir()
    try:
        stack.start()
        twin.clock.start()
        sender = load(stack, "many", LEADS)
        sender.join()
        settled(runtime)
    finally:
        twin.clock.kill()
        stack.stop()
    outcome = prove(runtime, sender.accepted, peer.arrivals, in_flight=0)
    assert outcome.repeated == 0


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_recovery_at_the_default_settings_takes_less_than_a_minute(
    settings: dict[str, str], make_runtime: Callable[..., Any], peer: Peer, tmp_path: Path
) -> None:
    from relay.core.clock import SystemClock

    runtime = make_runtime(clock=SystemClock())
    configure(runtime, {"crm": {"settings": {"url": peer.url}}})
    peer.default = Answer(delay=0.3)
    stack = Stack(settings, tmp_path)
    try:
        stack.start()
        sender = load(stack, "default", 80)
        time.sleep(1.5)
        stack.workers[0].kill()
        under_way = sending(runtime)
        assert under_way > 0
        stack.workers[0].start()
        sender.join()
        assert settled(runtime, 60) < 60
    finally:
        stack.stop()
    prove(runtime, sender.accepted, peer.arrivals, in_flight=under_way)
