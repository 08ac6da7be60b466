"""Reports: leads and deliveries by where they came from and went, and how long it took."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from relay.core.durations import STEPS, in_words, within
from relay.services.funnel import funnel
from relay.services.reports import Line, Span, report
from relay.store import tables
from tests.factories import Incoming

DAY = datetime(2026, 3, 2, tzinfo=UTC)

MAPPING = {
    "form": "/form/name",
    "campaign": "/attribution/utm/campaign",
}


def _span(acme: Incoming, **more: Any) -> Span:
    return Span(project=acme.project, since=DAY, until=DAY + timedelta(days=1), **more)


def _say(acme: Incoming, source: Any, lead: str, **said: Any) -> Any:
    test = said.pop("test", False)
    acme.say(source, lead=lead, name=lead, test=test, **said)
    acme.store()
    return next(one for one in acme.leads() if one.name == lead)


def _ended(acme: Incoming, lead: Any, state: str, seconds: float = 1, **columns: Any) -> None:
    column = tables.deliveries.c
    due = [row for row in acme.deliveries() if row.lead_id == lead.id and row.state == "waiting"]
    for row in due:
        at = row.created_at + timedelta(seconds=seconds)
        acme.set(tables.deliveries, column.id == row.id, state=state, settled_at=at, **columns)


def _told(lines: list[Line]) -> dict[tuple[str, ...], int]:
    return {line.names: line.leads for line in lines}


@pytest.fixture
def source(acme: Incoming) -> Any:
    """A form with a target."""
    made = acme.source(mapping=MAPPING)
    acme.route(made, acme.target())
    return made


def test_leads_by_form_and_campaign(acme: Incoming, source: Any) -> None:
    first = _say(acme, source, "a", form="Quote", campaign="spring")
    second = _say(acme, source, "b", form="Quote", campaign="summer")
    third = _say(acme, source, "c", form="Contact")
    _say(acme, source, "d", form="Contact", test=True)
    _ended(acme, first, "delivered", 3)
    _ended(acme, second, "failed")
    forms = report(acme.rt, _span(acme), "form")
    assert _told(forms.lines) == {("Quote",): 2, ("Contact",): 1}
    quote = forms.lines[0]
    assert (quote.deliveries["delivered"], quote.deliveries["failed"]) == (1, 1)
    assert (forms.total.leads, forms.total.deliveries.total(), forms.cut) == (3, 3, False)
    assert within(quote.took, 0.95) == 5
    campaigns = report(acme.rt, _span(acme), "campaign")
    assert _told(campaigns.lines) == {("spring",): 1, ("summer",): 1, ("",): 1}
    assert third.campaign is None


def test_of_many_forms_the_largest_are_told_apart_and_all_are_counted(
    acme: Incoming, source: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relay.services.reports.MOST", 2)
    for name, form in (("a", "Quote"), ("b", "Quote"), ("c", "Contact"), ("d", "Contact")):
        _ended(acme, _say(acme, source, name, form=form), "delivered", 3)
    _say(acme, source, "e")
    whole = report(acme.rt, _span(acme), "campaign")
    assert (_told(whole.lines), whole.cut) == ({("",): 5}, False)
    _ended(acme, _say(acme, source, "f", form="Rare"), "failed")
    _ended(acme, _say(acme, source, "g", form="Rarer"), "failed")
    forms = report(acme.rt, _span(acme), "form")
    assert _told(forms.lines) == {("Quote",): 2, ("Contact",): 2}
    assert (forms.total.leads, forms.cut) == (7, True)
    assert forms.total.deliveries == {"delivered": 4, "failed": 2, "waiting": 1}
    assert forms.total.took.total() == 4


def test_a_later_version_brings_its_campaign(acme: Incoming, source: Any) -> None:
    _say(acme, source, "a")
    acme.say(source, lead="a", campaign="late")
    acme.store()
    assert [lead.campaign for lead in acme.leads()] == ["late"]


def test_leads_by_source_and_of_one_source(acme: Incoming, source: Any) -> None:
    other = acme.source("other form")
    _say(acme, source, "a")
    _say(acme, other, "b")
    _say(acme, other, "c")
    sources = report(acme.rt, _span(acme), "source")
    assert _told(sources.lines) == {("other form",): 2, ("form",): 1}
    alone = report(acme.rt, _span(acme, source=source.id), "source")
    assert _told(alone.lines) == {("form",): 1}


def test_won_value_is_summed_by_currency(acme: Incoming, source: Any) -> None:
    for name, status, value, currency in (
        ("a", "won", 1000, "EUR"), ("b", "Won", 250, "EUR"), ("c", "won", 7, "USD"),
        ("d", "open", 99, "EUR"),
    ):  # fmt: skip
        lead = _say(acme, source, name, form="Quote")
        values = {"status": status, "value_minor": value, "currency": currency}
        acme.set(tables.leads, tables.leads.c.id == lead.id, **values)
    (line,) = report(acme.rt, _span(acme), "form").lines
    assert (line.leads, line.won, dict(line.value_minor)) == (4, 3, {"EUR": 1250, "USD": 7})


def test_deliveries_by_target_and_by_reason(acme: Incoming, source: Any) -> None:
    acme.route(source, acme.target("mail"))
    first = _say(acme, source, "a")
    second = _say(acme, source, "b")
    tried = {"last_outcome": "rejected", "last_status": 422}
    _ended(acme, first, "failed", **tried)
    _ended(acme, second, "skipped", reason="no consent for ads")
    _ended(acme, _say(acme, source, "c", test=True), "failed", **tried)
    targets = report(acme.rt, _span(acme), "target")
    assert [line.names for line in targets.lines] == [("crm",), ("mail",)]
    assert all(line.deliveries == {"failed": 1, "skipped": 1} for line in targets.lines)
    reasons = report(acme.rt, _span(acme), "reason")
    assert sorted((*line.names, line.deliveries.total()) for line in reasons.lines) == sorted(
        [
            (target, state, *rest, 1)
            for target in ("crm", "mail")
            for state, *rest in (
                ("failed", "rejected", "422", ""),
                ("skipped", "", "", "no consent for ads"),
            )
        ]
    )


def test_the_span_ends_before_its_end(acme: Incoming, source: Any) -> None:
    lead = _say(acme, source, "a", form="Quote")
    own = tables.leads.c.id == lead.id
    acme.set(tables.leads, own, created_at=DAY + timedelta(days=1))
    assert report(acme.rt, _span(acme), "form").lines == []
    acme.set(tables.leads, own, created_at=DAY)
    assert _told(report(acme.rt, _span(acme), "form").lines) == {("Quote",): 1}


def test_the_funnel_counts_people_and_not_deliveries(acme: Incoming, source: Any) -> None:
    acme.route(source, acme.target("mail"))
    lost = acme.source("without a route")
    _ended(acme, _say(acme, source, "a"), "delivered")
    _ended(acme, _say(acme, source, "b"), "skipped")
    won = _say(acme, source, "c")
    acme.set(tables.leads, tables.leads.c.id == won.id, status="won")
    _say(acme, lost, "d")
    found = funnel(acme.rt, _span(acme))
    assert (found.received, found.leads, found.owed, found.delivered, found.won) == (4, 4, 2, 1, 1)
    alone = funnel(acme.rt, _span(acme, source=lost.id))
    assert (alone.received, alone.leads, alone.owed) == (1, 1, 0)


def test_durations_are_told_by_the_step_that_holds_them() -> None:
    assert within({}, 0.5) is None
    assert within({0: 1}, 0.95) == 1
    assert within({0: 94, 4: 6}, 0.95) == 30
    assert within({0: 95, 4: 5}, 0.95) == 1
    assert within({len(STEPS): 10}, 0.5) is None
    assert [in_words(step) for step in (1, 30, 60, 3600, 604_800)] == [
        "1 s", "30 s", "1 min", "1 h", "7 d",
    ]  # fmt: skip
