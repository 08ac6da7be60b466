"""Filing submissions: finding or making each one's lead and writing its next version."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.conditions import matches
from relay.core.contract import Json
from relay.core.directives import asks
from relay.core.ids import new_id, new_key
from relay.core.lead import merge
from relay.runtime import Runtime
from relay.services import directives, tokens, totals
from relay.services.arrival import own_lead_key
from relay.services.candidate import Candidate, FiledLead
from relay.services.lead_rows import Filing, write
from relay.services.numbering import number_new
from relay.services.owing import Change, owe
from relay.services.repeats import lock, mark_equal_content, match_lead, matching_rule
from relay.store.pairs import by_pairs
from relay.store.tables import lead_versions, leads, submissions


def file_all(
    rt: Runtime, connection: sa.Connection, candidates: Sequence[Candidate], now: datetime
) -> set[UUID]:
    """File every submission inside this transaction; returns the lanes to wake.

    `now` is the moment at which all of it counts as done.
    """
    for candidate in candidates:
        _refuse(candidate)
    lock(connection, candidates)
    directives.lock(connection, candidates)
    mark_equal_content(connection, candidates)
    filed: list[Filing] = []
    lanes: set[UUID] = set()
    for group in _in_turn([candidate for candidate in candidates if candidate.open]):
        more, woken = _file(rt, connection, group, now)
        filed += more
        lanes |= woken
    tokens.note(rt, connection, filed, now)
    # last of all, and so for the shortest time: others wait for these rows
    changed = [one for one in filed if one.changes]
    gone = [row for candidate in candidates for row in candidate.archived]
    totals.shift(
        connection, [*gone, *(one.before for one in changed)], [one.after for one in changed]
    )
    return lanes


def _in_turn(candidates: Sequence[Candidate]) -> Iterator[list[Candidate]]:
    """In groups that are filed together; whose source matches leads has to see those before it."""
    for group in directives.in_turn(candidates):
        yield [one for one in group if matching_rule(one.source) is None]
        for candidate in group:
            if matching_rule(candidate.source) is not None:
                yield [candidate]


def _refuse(candidate: Candidate) -> None:
    if candidate.open and not candidate.submission.released:
        for rule in candidate.source.refuse:
            if matches(rule["when"], candidate.submission.document):
                candidate.end("refused", rule["reason"])
                return


def _file(
    rt: Runtime, connection: sa.Connection, candidates: Sequence[Candidate], now: datetime
) -> tuple[list[Filing], set[UUID]]:
    """The leads of these and the lanes that have something to send now."""
    for candidate in candidates:
        match_lead(connection, candidate)
    candidates = directives.before(rt, connection, [one for one in candidates if one.open], now)
    if not candidates:
        return [], set()
    found = _leads_of(connection, candidates)
    for candidate in candidates:
        _take_up(found[candidate.submission.project_id, candidate.lead_key], candidate)
    filed = list(found.values())
    number_new(connection, filed)
    write(connection, filed, now)
    for candidate in candidates:
        _tell(found[candidate.submission.project_id, candidate.lead_key], candidate)
    changes = [
        change
        for lead in filed
        for change in (*lead.changes, *lead.echoes)
        if change.candidate.moved is None and change.candidate.forward
    ]
    return filed, owe(rt, connection, changes, now)


def _leads_of(
    connection: sa.Connection, candidates: Sequence[Candidate]
) -> dict[tuple[UUID, str], Filing]:
    """Their leads, locked in one order for all workers; new ones where there are none."""
    found = _known(connection, candidates)
    for candidate in candidates:
        key = (candidate.submission.project_id, candidate.lead_key)
        if key not in found:
            found[key] = Filing(
                id=new_id(),
                project_id=candidate.submission.project_id,
                source_id=candidate.source.id,
                lead_key=candidate.lead_key,
                created_at=candidate.submission.received_at,
                public_id=new_key("lead_", 20),
                moved=candidate.moved,
            )
    return dict(sorted(found.items()))


def _known(
    connection: sa.Connection, candidates: Sequence[Candidate]
) -> dict[tuple[UUID, str], Filing]:
    """Those that are there. Their contents are read once they are locked: what another has just
    written is seen."""
    keys = {
        (candidate.submission.project_id, candidate.lead_key)
        for candidate in candidates
        if not (candidate.fresh and candidate.lead_key == own_lead_key(candidate.submission.id))
    }
    if not keys:
        return {}
    columns = (leads.c.project_id, leads.c.lead_key)
    statement = by_pairs(connection, sa.select(leads).with_for_update(), columns, keys)
    rows = connection.execute(statement).mappings().all()
    contents = _contents(connection, [(row["id"], row["version"]) for row in rows])
    return {(row["project_id"], row["lead_key"]): _filing(row, contents[row["id"]]) for row in rows}


def _contents(connection: sa.Connection, versions: Sequence[tuple[UUID, int]]) -> dict[UUID, Any]:
    """By lead, the document of its newest version, and when its newest submission arrived."""
    if not versions:
        return {}
    columns = (lead_versions.c.lead_id, lead_versions.c.version)
    newest = sa.select(sa.func.max(submissions.c.received_at)).where(
        submissions.c.lead_id == lead_versions.c.lead_id
    )
    wanted = sa.select(
        lead_versions.c.lead_id,
        lead_versions.c.document,
        newest.scalar_subquery().label("newest"),
    )
    statement = by_pairs(connection, wanted, columns, versions)
    return {row.lead_id: row for row in connection.execute(statement)}


def _filing(row: sa.RowMapping, contents: Any) -> Filing:
    return Filing(
        id=row["id"],
        project_id=row["project_id"],
        source_id=row["source_id"],
        lead_key=row["lead_key"],
        created_at=row["created_at"],
        public_id=row["public_id"],
        number=row["number"],
        version=row["version"],
        document=contents.document,
        newest=contents.newest,
        test=row["test"],
        partial=row["partial"],
        new=False,
        before={**row, "document": contents.document},
    )


def _take_up(lead: Filing, candidate: Candidate) -> None:
    """Let the lead say what this submission says; an equal document makes no new version."""
    submission = candidate.submission
    document = _next_document(lead, submission)
    completes = lead.partial and not submission.partial
    proves = lead.test and not submission.test
    again = not lead.new and asks(submission.document, "restart_schedule")
    news = document != lead.document or completes or proves or again
    if news:
        lead.version += 1
        lead.document = document
        lead.partial = submission.partial and (lead.version == 1 or lead.partial)
        lead.test = submission.test and (lead.version == 1 or lead.test)
        lead.changes.append(_change(lead, candidate))
    elif candidate.source.id != lead.source_id:
        lead.echoes.append(_change(lead, candidate, echo=True))
    lead.newest = max(submission.received_at, lead.newest or submission.received_at)
    candidate.state = "stored"
    candidate.lead_id = lead.id
    candidate.lead_version = lead.version


def _tell(lead: Filing, candidate: Candidate) -> None:
    """Tell the submission what became of it."""
    mine = next((one for one in lead.changes if one.candidate is candidate), None)
    candidate.lead = FiledLead(
        id=lead.id,
        number=lead.number,
        public_id=lead.public_id,
        version=candidate.lead_version or lead.version,
        created=lead.new and mine is not None and mine.version == 1,
        document=mine.document if mine else lead.document,
        status=lead.status,
        created_at=lead.created_at,
    )


def _change(lead: Filing, candidate: Candidate, *, echo: bool = False) -> Change:
    return Change(
        candidate=candidate,
        lead_id=lead.id,
        version=lead.version,
        document=lead.document,
        test=lead.test,
        partial=lead.partial,
        known_before=not lead.new,
        echo=echo,
    )


def _next_document(lead: Filing, submission: Any) -> Json:
    if lead.version == 0:
        return submission.document
    if lead.partial and not submission.partial:  # all but what was said of the lead is superseded
        said = {name: lead.document[name] for name in ("state",) if name in lead.document}
        return merge(said, submission.document)
    if submission.partial and not lead.partial:
        return lead.document  # superseded before it came
    if lead.newest is not None and submission.received_at < lead.newest:
        return merge(submission.document, lead.document)  # it was held: what was said since stays
    return merge(lead.document, submission.document)
