"""Every place in which a person may stand, in the order in which they are looked through.

A table that is not looked through is named with the reason why it need not be.
"""

from collections.abc import Callable, Mapping
from uuid import UUID

import sqlalchemy as sa

from relay.core.contract import Json
from relay.runtime import Runtime
from relay.services import person_arrivals, person_leads, person_uploads
from relay.services.person_look import Found, Look, Seen, as_text
from relay.services.person_mentions import NAMED_IN
from relay.store.tables import blocked_contacts

Stage = Callable[[Runtime, sa.Connection, Look, Json], Seen]

LINES = 500
"""Rows of one look where nothing of a person belongs."""


def _blocked(_rt: Runtime, connection: sa.Connection, look: Look, _after: Json) -> Seen:
    numbers = [one.value for one in look.contacts if one.kind == "phone"]
    of = blocked_contacts.c
    query = sa.select(of.phone).where(of.project_id == look.project_id, of.phone.in_(numbers))
    there = connection.execute(query).first() is not None
    return Seen([Found("blocked", look.project_id, "own")] if there else [])


def _named_in(what: str) -> Stage:
    """Where nothing of a person belongs; what stands there all the same is found."""
    table, columns = NAMED_IN[what]

    def see(_rt: Runtime, connection: sa.Connection, look: Look, after: Json) -> Seen:
        query = sa.select(table.c.id, *(as_text(table.c[name]) for name in columns)).where(
            table.c.project_id == look.project_id
        )
        if after is not None:
            query = query.where(table.c.id > UUID(after))
        rows = connection.execute(query.order_by(table.c.id).limit(LINES)).all()
        finds = [Found(what, row[0], "mention") for row in rows if look.holds(None, *row[1:])]
        following = str(rows[-1][0]) if len(rows) == LINES else None
        return Seen(finds, after=following, share=0.5 if following else 1.0)

    return see


STAGES: Mapping[str, tuple[Stage, float]] = {
    "leads": (lambda _rt, connection, look, after: person_leads.see(connection, look, after), 0.48),
    "submissions": (person_arrivals.see, 0.48),
    "turned away": (
        lambda _rt, connection, look, after: person_arrivals.see_turned_away(
            connection, look, after
        ),
        0.01,
    ),
    "files": (
        lambda _rt, connection, look, after: person_uploads.see(connection, look, after),
        0.01,
    ),
    "refused rows": (
        lambda _rt, connection, look, after: person_uploads.see_refused(connection, look, after),
        0.01,
    ),
    "blocked": (_blocked, 0.0),
    "bulk runs": (_named_in("bulk run"), 0.0),
    "views": (_named_in("view"), 0.0),
    "audit": (_named_in("audit"), 0.01),
}
"""Each stage with its part of the whole."""

LOOKED_THROUGH = frozenset(
    {
        "attempts",
        "audit",
        "blocked_contacts",
        "bodies",
        "bulk_runs",
        "deliveries",
        "fetches",
        "import_refusals",
        "imports",
        "lead_versions",
        "leads",
        "status_changes",
        "submissions",
        "turned_away",
        "views",
    }
)
"""Tables in which a person may stand."""

NOT_LOOKED_THROUGH: Mapping[str, str] = {
    "api_keys": "configuration",
    "counters": "numbers",
    "erased_contacts": "keyed hashes",
    "event_keys": "hashes of providers' ids",
    "grants": "sealed access tokens",
    "lanes": "the state of targets",
    "lead_texts": "goes with its lead, and is made anew with it",
    "lead_totals": "numbers",
    "ledger_days": "numbers",
    "looks": "times",
    "memberships": "people who sign in",
    "notices": "tell of problems, which hold nothing personal",
    "person_files": "sealed, and goes with its request",
    "person_finds": "ids",
    "person_requests": "sealed, and goes when it has ended",
    "problem_minutes": "numbers",
    "problem_turns": "who of those that sign in did what",
    "problems": "causes and ids",
    "processes": "machines",
    "projects": "configuration",
    "rate_keys": "hashes of vendors' accounts",
    "receipt_lines": "written without the person's contacts",
    "recipients": "configuration",
    "reconciliations": "providers' cursors and counts",
    "recovery_codes": "people who sign in",
    "rhythms": "numbers",
    "routes": "configuration",
    "setup_links": "hashes",
    "source_tokens": "hashes",
    "sources": "configuration",
    "targets": "configuration",
    "token_names": "names of fields",
    "user_links": "people who sign in",
    "users": "people who sign in",
    "walks": "how far a sweep is",
    "word_lists": "go with their leads and submissions, and are made anew with them",
}
