"""Advertising platforms get whom they may have: judged when a lead is owed, and when it goes."""

from typing import Any
from uuid import UUID

import pytest

from relay.core.permission import NEVER_ASKED
from relay.core.stages import StatusChange
from relay.services import configured, missing
from relay.services.claim import Job, claim
from relay.services.replay import replay_one
from relay.services.status import change_status
from relay.store import tables
from tests.factories import Incoming

LAWFUL = {"consent_default": "granted", "legal_basis": "legitimate_interests"}
EVENTS = ("created", "status")


class Platform:
    """A project whose letters go to an advertising platform."""

    def __init__(self, acme: Incoming) -> None:
        self.acme = acme
        self.source: Any = acme.source()
        self.target = acme.target("ads", "platform")
        acme.route(self.source, self.target, on=EVENTS)

    def say(self, **says: Any) -> Any:
        self.acme.say(self.source, lead="one", name="Ada", **says)
        self.acme.store()
        return self.acme.leads()[-1]

    def decide(self, **options: Any) -> None:
        self.source = self.acme.change(self.source.id, options=options)

    def told(self) -> list[tuple[str, int, str, str | None]]:
        rows = self.acme.deliveries(self.target)
        return [(row.event, row.version, row.state, row.reason) for row in rows]

    def claim(self) -> list[Job]:
        target = configured.target(self.acme.rt, self.target)
        assert target is not None
        return claim(self.acme.rt, target, 10).jobs

    def last(self) -> UUID:
        last: UUID = self.acme.deliveries(self.target)[-1].id
        return last


@pytest.fixture
def ads(acme: Incoming) -> Platform:
    return Platform(acme)


@pytest.mark.parametrize(
    ("options", "says", "state", "reason"),
    [
        ({}, {"newsletter": "yes"}, "waiting", None),
        ({}, {"ad_user_data": "granted"}, "waiting", None),
        ({}, {"newsletter": "no"}, "skipped", "consent denied: marketing"),
        (LAWFUL, {"newsletter": "no"}, "skipped", "consent denied: marketing"),
        ({}, {}, "skipped", NEVER_ASKED),
        ({}, {"privacy": "yes"}, "skipped", NEVER_ASKED),
        ({"consent_default": "granted"}, {}, "skipped", NEVER_ASKED),
        (LAWFUL, {}, "waiting", None),
        (LAWFUL, {"newsletter": ""}, "waiting", None),
        ({"consent_default": "denied"}, {}, "skipped", "consent denied: the source's default"),
    ],
)
def test_a_lead_is_owed_by_its_consent(
    ads: Platform, options: Any, says: Any, state: str, reason: str | None
) -> None:
    ads.decide(**options)
    ads.say(**says)
    assert ads.told() == [("created", 1, state, reason)]
    assert ads.acme.balanced()


def test_the_default_is_recorded_with_its_basis(ads: Platform) -> None:
    ads.decide(**LAWFUL)
    ads.say()
    [version] = ads.acme.rows(tables.lead_versions)
    assert version.document["consent"] == {
        "marketing": {"state": "granted", "raw": None, "basis": "legitimate_interests"}
    }


def test_others_get_the_lead_all_the_same(ads: Platform) -> None:
    crm = ads.acme.target("crm")
    ads.acme.route(ads.source, crm)
    ads.say(newsletter="no")
    assert [row.state for row in ads.acme.deliveries(crm)] == ["waiting"]


@pytest.mark.parametrize("before", [{}, {"newsletter": "no"}])
def test_a_later_yes_sends_the_lead_as_new(ads: Platform, before: Any) -> None:
    ads.say(**before)
    ads.say(newsletter="yes")
    assert [told[:3] for told in ads.told()] == [
        ("created", 1, "skipped"),
        ("created", 2, "waiting"),
    ]
    [job] = ads.claim()
    assert (job.event, job.version) == ("created", 2)


def test_a_later_no_stops_what_still_waits(ads: Platform) -> None:
    ads.say(newsletter="yes")
    ads.say(newsletter="no")
    assert ads.claim() == []
    assert ads.told()[0] == ("created", 1, "skipped", "consent denied: marketing")
    assert ads.acme.balanced()


def test_silence_takes_nothing_back(ads: Platform) -> None:
    ads.decide(consent_default="denied")
    ads.say(newsletter="yes")
    ads.say(company="Acme")
    [job] = ads.claim()
    assert job.document["consent"]["marketing"]["raw"] == "yes"
    assert ads.acme.rows(tables.lead_versions)[-1].document["consent"] == job.document["consent"]


def test_a_replay_is_judged_anew_and_carries_the_consent_of_now(ads: Platform) -> None:
    ads.say()
    first = ads.last()
    assert replay_one(ads.acme.rt, first, "test") is not None
    assert ads.claim() == []
    assert ads.told()[-1] == ("created", 1, "skipped", NEVER_ASKED)
    ads.acme.set(tables.sources, tables.sources.c.id == ads.source.id, options=LAWFUL)
    replay_one(ads.acme.rt, first, "test")
    [job] = ads.claim()
    assert "consent" not in ads.acme.rows(tables.lead_versions)[0].document
    assert job.document["consent"] == {}


def test_a_replay_after_a_yes_carries_it(ads: Platform) -> None:
    ads.say()
    first = ads.last()
    ads.say(newsletter="yes")
    ads.acme.settle(ads.last(), "delivered")
    replay_one(ads.acme.rt, first, "test")
    [job] = ads.claim()
    assert (job.version, job.document["consent"]["marketing"]["state"]) == (1, "granted")


def test_what_is_missing_is_counted_by_consent_too(ads: Platform) -> None:
    ads.say()
    assert missing.count(ads.acme.rt, ads.target) == 0
    ads.decide(**LAWFUL)
    assert missing.count(ads.acme.rt, ads.target) == 1
    missing.bring(ads.acme.rt, ads.target, "test")
    assert [job.event for job in ads.claim()] == ["created"]


def _win(ads: Platform, lead: Any, stage: str = "won") -> None:
    change_status(ads.acme.rt, lead.id, StatusChange(stage=stage), actor="a test")


def test_a_status_is_told_by_consent_too(ads: Platform) -> None:
    lead = ads.say()
    _win(ads, lead)
    assert ads.told()[-1] == ("status", 2, "skipped", NEVER_ASKED)
    ads.decide(**LAWFUL)
    _win(ads, lead, "lost")
    assert ads.told()[-1] == ("status", 3, "waiting", None)
    _win(ads, lead)
    assert ads.told()[-1] == ("status", 4, "waiting", None)
    assert [job.label for job in ads.claim()] == ["lost"]


def test_a_status_that_waits_is_stopped_by_a_later_no(ads: Platform) -> None:
    lead = ads.say(newsletter="yes")
    [created] = ads.claim()
    ads.acme.settle(created.id, "delivered")
    _win(ads, lead)
    ads.say(newsletter="no")
    assert ads.claim() == []
    assert ("status", 2, "skipped", "consent denied: marketing") in ads.told()
