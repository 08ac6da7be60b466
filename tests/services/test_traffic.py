"""Leads, deliveries and won value by traffic source and sub-source."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from relay.services import traffic as report
from relay.services.archiving import archive
from relay.services.traffic import Line, Traffic, as_rows, traffic
from relay.store import tables
from tests.conftest import SettableClock
from tests.factories import Incoming

DAY = datetime(2026, 3, 2, tzinfo=UTC)


def _of(acme: Incoming, since: datetime = DAY, days: int = 1) -> Traffic:
    return traffic(acme.rt, acme.project, since, since + timedelta(days=days))


def _say(acme: Incoming, source: Any, lead: str, **said: Any) -> Any:
    mapping = {
        "from": "/attribution/traffic_source_id",
        "sub": "/attribution/sub_id",
    }
    source = acme.change(source.id, mapping=mapping)
    test = said.pop("test", False)
    acme.say(source, lead=lead, name=lead, test=test, **said)
    acme.store()
    return next(one for one in acme.leads() if one.name == lead)


def _won(acme: Incoming, lead: Any, value: int | None, currency: str | None, how: str) -> None:
    values = {"status": how, "value_minor": value, "currency": currency}
    acme.set(tables.leads, tables.leads.c.id == lead.id, **values)


def _told(lines: list[Line]) -> list[tuple[str, int]]:
    return [(line.source_id, line.leads) for line in lines]


@pytest.fixture
def source(acme: Incoming) -> Any:
    """A form with a target."""
    made = acme.source()
    acme.route(made, acme.target())
    acme.route(made, acme.target("mail"))
    named = [{"id": "1000", "name": "Google Ads"}]
    own = tables.projects.c.id == acme.project
    labels = [{"id": "1", "name": "Verkauft Ä"}, {"id": "2", "name": "Lost"}]
    settings = {"traffic_sources": named, "conversion_labels": labels}
    acme.set(tables.projects, own, settings=settings)
    return made


def test_td_53_what_each_source_and_sub_source_brought(acme: Incoming, source: Any) -> None:
    first = _say(acme, source, "a", **{"from": "1000", "sub": "berlin"})
    second = _say(acme, source, "b", **{"from": "1000", "sub": "berlin"})
    third = _say(acme, source, "c", **{"from": "1000"})
    fourth = _say(acme, source, "d", **{"from": "unheard of", "sub": "007"})
    _say(acme, source, "e")
    _won(acme, first, 1050, "EUR", "won")
    _won(acme, second, 500, "EUR", "Rated")
    _won(acme, third, 700, "USD", "Verkauft Ä")
    _won(acme, fourth, 900, "EUR", "Lost")
    states = iter(("delivered", "failed", "ignored"))
    for row in acme.deliveries()[:3]:
        acme.settle(row.id, next(states))
    found = _of(acme)
    assert _told(found.lines) == [("1000", 3), ("", 1), ("unheard of", 1)]
    google = found.lines[0]
    assert google.name == "Google Ads"
    assert (google.won, google.value_minor) == (3, {"EUR": 1550, "USD": 700})
    assert google.deliveries == {"delivered": 1, "failed": 1, "ignored": 1, "waiting": 3}
    berlin, none = google.parts
    assert (berlin.sub_id, berlin.leads, berlin.value_minor) == ("berlin", 2, {"EUR": 1550})
    assert (none.sub_id, none.leads, none.value_minor) == ("", 1, {"USD": 700})
    assert found.lines[2].parts[0].sub_id == "007"
    assert (found.total.leads, found.total.won) == (5, 3)
    assert sum(found.total.deliveries.values()) == len(acme.deliveries()) == 10
    assert not found.cut


def test_only_what_was_won_has_a_value(acme: Incoming, source: Any) -> None:
    for number, how in enumerate(("open", "lost", "qualified", "pending")):
        lead = _say(acme, source, f"l{number}", **{"from": "1"})
        _won(acme, lead, 1000, "EUR", how)
    lead = _say(acme, source, "w", **{"from": "1"})
    _won(acme, lead, 250, None, "won")
    nothing = _say(acme, source, "n", **{"from": "1"})
    _won(acme, nothing, None, None, "won")
    [line] = _of(acme).lines
    assert (line.leads, line.won, line.value_minor) == (6, 2, {"": 250})


def test_the_time_span_has_its_first_moment_and_not_its_last(
    acme: Incoming, source: Any, clock: SettableClock
) -> None:
    for number, at in enumerate((DAY, DAY + timedelta(days=1), DAY - timedelta(seconds=1))):
        clock.set(at)
        _say(acme, source, f"l{number}", **{"from": str(number)})
    assert _told(_of(acme).lines) == [("0", 1)]
    assert _told(_of(acme, days=2).lines) == [("0", 1), ("1", 1)]


def test_tests_and_archived_leads_do_not_count(acme: Incoming, source: Any) -> None:
    _say(acme, source, "t", test=True)
    gone = _say(acme, source, "g")
    with acme.rt.database.write() as connection:
        [row] = archive(connection, [gone.id], acme.clock.now(), "by the test")
        assert row["lead_key"] == gone.lead_key
        assert archive(connection, [gone.id], acme.clock.now(), "once more") == []
    assert _of(acme).lines == []
    assert {row.state for row in acme.deliveries()} == {"skipped", "cancelled"}


def test_no_more_sub_sources_than_can_be_told_apart(
    acme: Incoming, source: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "MOST", 2)
    for number, sub in enumerate(("x", "y", "x", "z")):
        _say(acme, source, f"l{number}", **{"from": "1", "sub": sub})
    found = _of(acme)
    assert found.cut
    assert [(part.sub_id, part.leads) for part in found.lines[0].parts] == [("x", 2), ("y", 1)]
    assert (found.total.leads, found.total.deliveries["waiting"]) == (3, 6)


def test_a_row_for_each_currency_and_sums_that_come_out(acme: Incoming, source: Any) -> None:
    for number, currency in enumerate(("EUR", "JPY")):
        lead = _say(acme, source, f"l{number}", **{"from": "1000", "sub": "s"})
        _won(acme, lead, 1999, currency, "won")
    heading, *rows = as_rows(_of(acme))
    found = [dict(zip(heading, row, strict=True)) for row in rows]
    assert [(row["won_value"], row["currency"]) for row in found] == [
        ("19.99", "EUR"),
        ("1999", "JPY"),
    ]
    for name, total in (("leads", 2), ("won", 2), ("deliveries_waiting", 4)):
        assert sum(int(row[name]) for row in found) == total, name
    assert {(row["traffic_source_id"], row["name"], row["sub_id"]) for row in found} == {
        ("1000", "Google Ads", "s")
    }
