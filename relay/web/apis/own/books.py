"""The books: the ledger, and what leads came of and went to."""

from dataclasses import asdict
from datetime import datetime, timedelta

from relay.core.contract import Json
from relay.services import reports
from relay.services.funnel import funnel
from relay.services.ledger import Span, ledger
from relay.services.traffic import traffic
from relay.web.apis.own.answers import told
from relay.web.apis.own.operations import SINCE, UNTIL, Asked, Operation, Parameter

A_MONTH = timedelta(days=30)
A_MOMENT = timedelta(microseconds=1)


def _ledger(asked: Asked) -> Json:
    span = Span(asked.query.get("since"), asked.query.get("until"), asked.project.id)
    return asdict(ledger(asked.rt, span))


def _span(asked: Asked) -> tuple[datetime, datetime]:
    """The span that is asked for, or the last thirty days up to this moment."""
    until = asked.query.get("until") or asked.rt.clock.now() + A_MOMENT
    return asked.query.get("since") or until - A_MONTH, until


def _report(asked: Asked) -> Json:
    since, until = _span(asked)
    span = reports.Span(project=asked.project.id, since=since, until=until)
    report = reports.report(asked.rt, span, asked.query.get("by", reports.DIMENSIONS[0]))
    passed = funnel(asked.rt, span)
    return {
        "since": told(since),
        "until": told(until),
        "by": report.dimension,
        "lines": [line.to_json() for line in report.lines],
        "total": report.total.to_json(),
        "cut": report.cut,
        "funnel": {
            "received": passed.received,
            "leads": passed.leads,
            "owed": passed.owed,
            "delivered": passed.delivered,
            "won": passed.won,
        },
    }


def _traffic(asked: Asked) -> Json:
    """Of a span; of the last thirty days, up to this moment, where none is given."""
    since, until = _span(asked)
    report = traffic(asked.rt, asked.project.id, since, until)
    return {
        "since": told(since),
        "until": told(until),
        "traffic_sources": [line.to_json() for line in report.lines],
        "total": report.total.to_json(),
        "cut": report.cut,
    }


OPERATIONS = (
    Operation(
        method="GET",
        path="/ledger",
        name="getLedger",
        summary="What was received and what is owed against what became of it",
        scope="read",
        act=_ledger,
        query=(SINCE, UNTIL),
        tag="Ledger",
    ),
    Operation(
        method="GET",
        path="/reports/leads",
        name="getReport",
        summary="Leads and deliveries by source, form, campaign, target or reason, and the funnel",
        scope="read",
        act=_report,
        query=(
            SINCE,
            UNTIL,
            Parameter(
                name="by",
                about="What lines are told apart by; source.",
                schema={"enum": list(reports.DIMENSIONS)},
            ),
        ),
        tag="Ledger",
    ),
    Operation(
        method="GET",
        path="/reports/traffic",
        name="getTraffic",
        summary="Leads, deliveries and won value by traffic source and sub id",
        scope="read",
        act=_traffic,
        query=(SINCE, UNTIL),
        tag="Ledger",
    ),
)
