"""A source that is quiet for longer than its rhythm explains is a problem until something comes."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from relay.core.ids import new_id
from relay.core.problem_words import particulars
from relay.services import configured, lanes
from relay.store import tables
from tests.conftest import NOON
from tests.factories import Incoming, catalog
from tests.services.watched import arrive, titles, whole

MONDAY = NOON.replace(hour=0)
GONE = ["form has gone silent"]


def office(until: datetime, weeks: int = 5) -> list[datetime]:
    """Every quarter of an hour from nine to five, Monday to Friday."""
    days = (until.date() - timedelta(days=back) for back in range(weeks * 7 + 1))
    times = [
        datetime(day.year, day.month, day.day, hour, minute, tzinfo=until.tzinfo)
        for day in sorted(days)
        if day.weekday() < 5
        for hour in range(9, 17)
        for minute in (0, 15, 30, 45)
    ]
    return [at for at in times if at <= until]


@pytest.fixture
def acme(runtime: Any) -> Incoming:
    made = catalog()
    sources = {**runtime.catalog.sources, **made.sources}
    return Incoming(replace(runtime, catalog=replace(runtime.catalog, sources=sources)))


@pytest.fixture
def form(acme: Incoming) -> Any:
    """A form that people fill in at work; the newest came on Friday at a quarter to five."""
    source = acme.source()
    arrive(acme.rt, acme.project, source.id, *office(MONDAY - timedelta(days=2)))
    return source


def at(acme: Incoming, **since_monday: float) -> list[str]:
    """The open problems at this time after Monday's first hour."""
    acme.clock.set(MONDAY + timedelta(**since_monday) - timedelta(seconds=10))
    return titles(acme.rt)


def silence(acme: Incoming) -> Any:
    """The one silence that there is."""
    query = sa.select(tables.problems.c.id).where(tables.problems.c.sort == "silence")
    with acme.rt.database.read() as connection:
        problem = connection.execute(query).scalar_one()
    return whole(acme.rt, problem).row


def test_nights_and_weekends_are_no_silence(acme: Incoming, form: Any) -> None:
    assert at(acme, hours=-30) == []
    assert at(acme, hours=8) == []
    assert at(acme, hours=11) == []


def test_a_silent_morning_is(acme: Incoming, form: Any) -> None:
    assert at(acme, hours=12) == []
    assert at(acme, hours=13) == GONE
    row = silence(acme)
    assert row["opened_at"] == MONDAY - timedelta(days=2, hours=7, minutes=15)
    [usual, cause] = particulars(row)
    assert usual == (
        "Usually about 17 arrive between Friday 16:45 and Monday 13:00 UTC, by what came in 4 "
        "weeks; none has since 27 February, 16:45 UTC."
    )
    assert cause.startswith("Often the webhook was removed")


def test_it_is_over_when_something_comes(acme: Incoming, form: Any) -> None:
    assert at(acme, hours=14) == GONE
    arrive(acme.rt, acme.project, form.id, acme.clock.now())
    assert at(acme, hours=14.1) == []
    assert titles(acme.rt, "resolved") == GONE


@pytest.mark.parametrize(
    ("sensitivity", "hour"), [("off", None), ("low", 16), ("normal", 13), ("high", 12)]
)
def test_a_source_says_how_sensitive_it_is(
    acme: Incoming, form: Any, sensitivity: str, hour: int | None
) -> None:
    acme.change(form.id, options={"silence": sensitivity})
    found = {step: at(acme, hours=step) for step in (11, 12, 13, 15, 16, 18)}
    assert next((step for step, open_ in found.items() if open_), None) == hour


def test_what_is_paused_or_out_of_use_is_not_silent(acme: Incoming, form: Any) -> None:
    assert at(acme, hours=14) == GONE
    lanes.pause_source(acme.rt, form.id, "ada")
    assert at(acme, hours=14.1) == []
    lanes.resume_source(acme.rt, form.id, "ada")
    assert at(acme, hours=14.2) == GONE
    acme.change(form.id, archived_at=acme.clock.now())
    assert at(acme, hours=14.3) == []


def test_a_young_source_has_no_rhythm_yet(acme: Incoming) -> None:
    source = acme.source()
    times = [one for one in office(MONDAY - timedelta(days=2)) if one > MONDAY - timedelta(days=11)]
    arrive(acme.rt, acme.project, source.id, *times)
    assert at(acme, hours=16) == []


def test_a_long_silence_stays_one(acme: Incoming, form: Any) -> None:
    """What it was learned from does not wear away while nothing comes."""
    assert at(acme, hours=14) == GONE
    assert at(acme, days=70) == GONE
    [usual, _] = particulars(silence(acme))
    assert "arrive within 72 days" in usual


def test_what_was_turned_away_since_is_a_likely_cause(acme: Incoming, form: Any) -> None:
    row = {"source_id": form.id, "status": 401, "headers": {}, "body": b"", "size": 0}
    said = {"reason": "the signature does not match", "address": ""}
    with acme.rt.database.write() as connection:
        for hour in (9, 10, 11):
            when = MONDAY + timedelta(hours=hour)
            made = {"id": new_id(), "at": when, **row, **said}
            connection.execute(sa.insert(tables.turned_away).values(**made))
    configured.forget(acme.rt)
    assert at(acme, hours=14) == GONE
    [_, cause] = particulars(silence(acme))
    assert cause == "Since then 3 were turned away at its door: the signature does not match."


def test_rhythms_are_learned_now_and_then(acme: Incoming, form: Any) -> None:
    at(acme, hours=10)
    with acme.rt.database.read() as connection:
        row = connection.execute(sa.select(tables.rhythms)).one()
    assert (row.weeks, row.arrivals) == (4, 640)
    assert row.hours[9] == 4
    assert row.hours[8] == 0
    at(acme, hours=20)
    with acme.rt.database.read() as connection:
        assert connection.execute(sa.select(tables.rhythms.c.learned_at)).scalar() == row.learned_at
