"""The books: the ledger, and what traffic sources bring."""

from dataclasses import asdict
from datetime import timedelta

from relay.core.contract import Json
from relay.services.ledger import Span, ledger
from relay.services.traffic import traffic
from relay.web.apis.own.answers import told
from relay.web.apis.own.operations import SINCE, UNTIL, Asked, Operation

A_MONTH = timedelta(days=30)
A_MOMENT = timedelta(microseconds=1)


def _ledger(asked: Asked) -> Json:
    span = Span(asked.query.get("since"), asked.query.get("until"), asked.project.id)
    return asdict(ledger(asked.rt, span))


def _traffic(asked: Asked) -> Json:
    """Of a span; of the last thirty days, up to this moment, where none is given."""
    until = asked.query.get("until") or asked.rt.clock.now() + A_MOMENT
    since = asked.query.get("since") or until - A_MONTH
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
        path="/reports/traffic",
        name="getTraffic",
        summary="Leads, deliveries and won value by traffic source and sub id",
        scope="read",
        act=_traffic,
        query=(SINCE, UNTIL),
        tag="Ledger",
    ),
)
