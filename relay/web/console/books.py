"""The ledger of any days, as a page: what was received and owed, and that nothing is missing."""

from flask import Blueprint, g, render_template, request

from relay.runtime import current
from relay.services import comparisons
from relay.services.ledger import Span, ledger
from relay.web.console.days import SPANS, asked_days, last_days, today
from relay.web.console.veil import veiled

pages = Blueprint("books", __name__, url_prefix="/ledger")

IN_FLIGHT = ("received", "waiting", "sending")
"""States of what is still on its way."""


@pages.get("/")
def index() -> str:
    """The two sums of the days that the address names, or of everything that ever was."""
    days, everything = asked_days(), "all" in request.args
    span = Span(project=g.project["id"])
    if not everything:
        span = Span(days.since, days.until, g.project["id"])
    return render_template(
        "console/books/index.html",
        found=ledger(current(), span),
        compared=[
            (row, comparisons.told(row, quoting=not veiled()))
            for row in comparisons.newest(current(), span)
        ],
        days=days,
        everything=everything,
        spans=[(number, last_days(number, today())) for number in (1, *SPANS)],
        in_flight=IN_FLIGHT,
    )
