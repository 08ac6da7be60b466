"""A demo project: every source integration's captures as leads in many states, nothing sent.

Its targets answer as the webhook's recorded conversations did, so that no request leaves the
machine while the demo is made; their addresses lead nowhere afterwards.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from relay.core.contract import Json, Reply, Request
from relay.core.fixtures import Fixture, fixtures_of
from relay.core.kinds import SourceKind
from relay.core.retry import SCHEDULE
from relay.core.verdict import judge
from relay.net.client import Client
from relay.queue import Queue
from relay.runtime import Runtime
from relay.services import configured, fetching, finding, samples
from relay.services.claim import Job, claim
from relay.services.configure import apply
from relay.services.configured import ConfiguredSource, ConfiguredTarget
from relay.services.lanes import pause_target
from relay.services.leads import store_batch
from relay.services.sending import attempt
from relay.services.settle import settle
from relay.services.settlement import Settlement

PROJECT = "demo"

TARGETS = {
    "crm": "creates",
    "sales": "rejected",
    "newsletter": "server_error",
    "old-crm": "bad_token",
}
"""The demo's targets, each with the recorded conversation whose replies it gives."""


class Demo(Exception):  # noqa: N818 - says what is in the way
    """The demo cannot be made; the text says why."""


def make_demo(rt: Runtime) -> int:
    """Make the demo project with its leads; returns how many submissions were sent.

    Made once: raises Demo where there is such a project already.
    """
    if _exists(rt):
        raise Demo(f"There is a project {PROJECT} already.")
    apply(rt, document(rt), actor=PROJECT)
    apart = replace(rt, client=_Recorded(rt), queue=_Silent(rt.config))
    try:
        sent = sum(_fill(apart, kind) for kind in rt.catalog.sources.values())
        _store(apart)
        for name in TARGETS:
            _bring(apart, name)
    finally:
        apart.client.close()
        apart.queue.close()
    rt.queue.wake_sweep()
    return sent


def document(rt: Runtime) -> Json:
    """The demo's configuration: a source of every kind, and a route from each to each target."""
    sources = [_source(kind) for kind in rt.catalog.sources.values()]
    targets = [
        {
            "name": name,
            "kind": "webhook",
            "settings": {"url": f"https://{name}.demo.invalid/leads", "token": "token-of-the-demo"},
        }
        for name in TARGETS
    ]
    routes = [
        {"from": source["name"], "to": target, "when": _when(target)}
        for source in sources
        for target in TARGETS
    ]
    return {
        "projects": [
            {
                "id": PROJECT,
                "name": "Demo",
                "sources": sources,
                "targets": targets,
                "routes": routes,
            }
        ]
    }


def _source(kind: SourceKind) -> Json:
    usual = fixtures_of(kind)[:1]
    return {
        "name": f"{kind.name}-form",
        "kind": kind.name,
        "settings": usual[0].expected.get("settings", {}) if usual else {},
        "region": "DE",
        "refuse": [{"reason": "neither e-mail nor phone", "when": _OUT_OF_REACH}],
    }


_OUT_OF_REACH: Json = {
    "not": {
        "required": ["contact"],
        "properties": {"contact": {"anyOf": [{"required": ["email"]}, {"required": ["phone"]}]}},
    }
}

_HAS_COMPANY: Json = {
    "required": ["contact"],
    "properties": {"contact": {"required": ["company"]}},
}


def _when(target: str) -> Json:
    """Sales wants companies alone, so that some leads are skipped there."""
    return _HAS_COMPANY if target == "sales" else {}


def _exists(rt: Runtime) -> bool:
    try:
        finding.find_project(rt, PROJECT)
    except finding.NotFound:
        return False
    return True


def _fill(rt: Runtime, kind: SourceKind) -> int:
    """Send a kind's captures to its source, and some of them in ways that go wrong."""
    captures = fixtures_of(kind)
    if not captures:
        return 0
    source = configured.source(rt, finding.find_source(rt, f"{PROJECT}/{kind.name}-form").id)
    assert source is not None  # noqa: S101 - it was made above
    fit = [one for one in captures if _fits(one, source)]
    usual, suspect = fit[0], fit[1:2]
    broken = replace(usual.inbound, body=usual.inbound.body[: len(usual.inbound.body) // 2])
    receipts = [
        *(samples.send(rt, source, one) for one in fit if one not in suspect),
        *(samples.send(rt, source, one, hold="honeypot") for one in suspect),
        samples.send(rt, source, usual),  # a repeat, where the sender's events have ids
    ]
    if not kind.source.imprint:  # a proof within the body would be broken with it
        receipts.append(samples.send(rt, source, replace(usual, inbound=broken)))
    return sum(len(receipt.ids) for receipt in receipts)


def _fits(capture: Fixture, source: ConfiguredSource) -> bool:
    """Whether the source's settings read this capture as the ones it was made with would."""
    return bool(capture.expected.get("settings", {}).keys() <= source.settings.keys())


def _store(rt: Runtime) -> None:
    """Make leads of what was sent, once its data is fetched where its sender says an id alone."""
    while store_batch(rt):
        for source_id in fetching.lying(rt):
            while errands := fetching.claim(rt, source_id, 1):
                fetching.carry_out(rt, errands[0])


def _bring(rt: Runtime, name: str) -> None:
    """Try every delivery of a target once; what then still waits is left to wait."""
    target = configured.target(rt, finding.find_target(rt, f"{PROJECT}/{name}").id)
    assert target is not None  # noqa: S101 - it was made above
    while jobs := claim(rt, target, 1).jobs:
        settlements = [_settlement(rt, target, job) for job in jobs]
        with rt.database.write() as connection:
            settle(connection, settlements)
    pause_target(rt, target.id, "the demo sends nothing", PROJECT)


def _settlement(rt: Runtime, target: ConfiguredTarget, job: Job) -> Settlement:
    started_at = rt.clock.now()
    attempted = attempt(rt, job)
    verdict = judge(
        attempted.outcome,
        attempt=job.attempts + 1,
        schedule=SCHEDULE,
        max_attempts=job.max_attempts,
        fallback_wait=target.kind.target.fallback_wait,
        jitter=0.0,
    )
    return Settlement(
        job=job,
        attempted=attempted,
        verdict=verdict,
        started_at=started_at,
        ended_at=rt.clock.now(),
    )


class _Recorded(Client):
    """Answers each request with what was recorded for its host; connects to nothing."""

    def __init__(self, rt: Runtime) -> None:
        super().__init__(rt.config)
        folder = rt.catalog.targets["webhook"].folder / "fixtures"
        self._replies = dict(_told_by_providers(rt)) | {
            f"https://{name}.demo.invalid/": _reply(
                (folder / f"{recorded}.json").read_text("utf-8")
            )
            for name, recorded in TARGETS.items()
        }

    def _send(self, request: Request) -> tuple[Reply, str | None]:
        host = next(start for start in self._replies if request.url.startswith(start))
        return self._replies[host], None


class _Silent(Queue):
    """Rings for nobody: the demo does its own work, and leaves what it does not finish."""

    def _wake(self, what: str, job: str, *arguments: str) -> bool:  # noqa: ARG002 - the queue's own
        return False


def _told_by_providers(rt: Runtime) -> Iterator[tuple[str, Reply]]:
    """What providers say who are asked for a submission's data, by address."""
    for kind in rt.catalog.sources.values():
        for capture in fixtures_of(kind):
            for turns in capture.expected.get("fetched", ()):
                for turn in turns or ():
                    yield turn["request"]["url"], _as_reply(turn["reply"])


def _reply(conversation: str) -> Reply:
    """The reply of a recorded conversation's first exchange."""
    return _as_reply(json.loads(conversation)["conversation"][0]["reply"])


def _as_reply(said: dict[str, Any]) -> Reply:
    return Reply(
        status=said["status"],
        headers={name.lower(): value for name, value in said.get("headers", {}).items()},
        body=said.get("body", "").encode(),
    )
