"""An import goes on where it was left, whoever worked on it: no row is lost, none comes twice."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from relay.services import configure, intake, upload_job, uploads
from relay.services.ledger import ledger
from relay.services.retention import retain
from relay.services.sweep import sweep
from relay.store import tables
from tests.factories import Bell
from tests.services.filing_cabinet import Cabinet

COUNT = 250


class Killed(BaseException):
    """The process ends here, without another word."""


@pytest.fixture
def cabinet(make_runtime: Callable[..., Any]) -> Cabinet:
    return Cabinet(make_runtime(queue=Bell()))


@pytest.fixture
def started(cabinet: Cabinet) -> UUID:
    """An import of many rows that nobody works on yet."""
    lines = "".join(f"Person {number},p{number}@x.example\n" for number in range(COUNT))
    import_id = cabinet.upload(f"Name,E-Mail\n{lines}".encode())
    cabinet.start(import_id)
    return import_id


def assert_whole(cabinet: Cabinet, import_id: UUID) -> None:
    """Every row is one lead."""
    done = cabinet.run(import_id)
    assert (done["state"], done["stored"], done["repeated"]) == ("finished", COUNT, 0)
    emails = [row.email for row in cabinet.rows(tables.leads)]
    assert sorted(emails) == sorted(f"p{number}@x.example" for number in range(COUNT))
    assert len(cabinet.rows(tables.submissions)) == COUNT
    assert ledger(cabinet.rt).gaps == []


def end_at(monkeypatch: pytest.MonkeyPatch, call: int, *, after: bool) -> None:
    """End the process at this call of the writer, before or after what it writes is there."""
    keep, calls = intake.keep, iter(range(1, 10_000))

    def dying(*given: Any) -> Any:
        number = next(calls)
        if number == call and not after:
            raise Killed
        kept = keep(*given)
        if number == call:
            raise Killed
        return kept

    monkeypatch.setattr("relay.services.upload_job.time.monotonic", lambda: 0.0)  # no turn ends
    monkeypatch.setattr(intake, "keep", dying)
    monkeypatch.setattr(upload_job, "_give_back", lambda *_given: None)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("call", [1, 2, 3])
def test_a_worker_that_ends_loses_and_doubles_nothing(
    cabinet: Cabinet, started: UUID, monkeypatch: pytest.MonkeyPatch, call: int, after: bool
) -> None:
    end_at(monkeypatch, call, after=after)
    with pytest.raises(Killed):
        upload_job.work_on(cabinet.rt, started)
    monkeypatch.undo()
    upload_job.work_on(cabinet.rt, started)
    assert cabinet.row(started)["tries"] == 1, "its lease still stands"
    cabinet.rt.clock.advance(cabinet.rt.config.lease_seconds + 1)
    assert sweep(cabinet.rt).imports == (started,)
    assert f"import:{started}" in cabinet.bell.rung
    assert_whole(cabinet, started)


def test_a_late_worker_writes_nothing_more(cabinet: Cabinet, started: UUID) -> None:
    rt = cabinet.rt
    late = upload_job._claim(rt, started)
    assert late is not None
    rt.clock.advance(rt.config.lease_seconds + 1)
    upload_job.work_on(rt, started)
    with pytest.raises(upload_job._LeaseLost):
        upload_job._take_some(rt, late)
    assert_whole(cabinet, started)


def test_two_workers_at_a_time_share_nothing(cabinet: Cabinet, started: UUID) -> None:
    rt = cabinet.rt
    assert upload_job._claim(rt, started) is not None
    assert upload_job._claim(rt, started) is None


def test_a_turn_ends_so_that_others_have_theirs(
    cabinet: Cabinet, started: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = iter(range(10_000))
    monkeypatch.setattr("relay.services.upload_job.time.monotonic", lambda: next(moments) * 0.6)
    cabinet.bell.rung.clear()
    upload_job.work_on(cabinet.rt, started)
    row = cabinet.row(started)
    assert (row["state"], row["done"], row["leased_until"]) == ("running", 101, None)
    assert cabinet.bell.rung[-1] == f"import:{started}"
    monkeypatch.undo()
    assert_whole(cabinet, started)


def test_what_was_cancelled_stops_and_keeps_what_is_there(cabinet: Cabinet, started: UUID) -> None:
    rt = cabinet.rt
    work = upload_job._claim(rt, started)
    assert work is not None
    upload_job._take_some(rt, work)
    uploads.cancel(rt, started)
    with pytest.raises(upload_job._LeaseLost):
        upload_job._take_some(rt, work)
    row = cabinet.row(started)
    assert (row["state"], row["stored"], row["file"]) == ("cancelled", 100, None)
    assert len(cabinet.rows(tables.leads)) == 100
    upload_job.work_on(rt, started)
    assert cabinet.row(started)["state"] == "cancelled"


def test_a_row_that_cannot_be_stored_costs_no_other(
    cabinet: Cabinet, started: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = intake.keep

    def failing(rt: Any, connection: sa.Connection, arrivals: Any) -> Any:
        if any(b"p7@x" in one.body["body"] for one in arrivals):
            raise ZeroDivisionError
        return keep(rt, connection, arrivals)

    monkeypatch.setattr(intake, "keep", failing)
    done = cabinet.run(started)
    assert (done["state"], done["stored"], done["refused"]) == ("finished", COUNT - 1, 1)
    assert cabinet.refused() == [
        (9, ["Person 7", "p7@x.example"], "it could not be stored: ZeroDivisionError")
    ]


def test_a_row_that_ends_its_worker_each_time_is_refused(
    cabinet: Cabinet, started: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = intake.keep

    def dying(rt: Any, connection: sa.Connection, arrivals: Any) -> Any:
        if any(b"p130@x" in one.body["body"] for one in arrivals):
            raise Killed
        return keep(rt, connection, arrivals)

    give_back = upload_job._give_back
    monkeypatch.setattr(intake, "keep", dying)
    for _ in range(20):
        if cabinet.row(started)["state"] == "finished":
            break
        monkeypatch.setattr(upload_job, "_give_back", give_back)
        try:
            upload_job.work_on(cabinet.rt, started)
        except Killed:  # a killed process gives nothing back
            tries = {"tries": tables.imports.c.tries + 1}
            with cabinet.rt.database.write() as connection:
                connection.execute(sa.update(tables.imports).values(tries))
        cabinet.rt.clock.advance(cabinet.rt.config.lease_seconds + 1)
    done = cabinet.row(started)
    assert (done["state"], done["stored"], done["refused"]) == ("finished", COUNT - 1, 1)
    ((number, _, reason),) = cabinet.refused()
    assert (number, reason) == (132, "its worker ended 3 times while storing it")


def test_old_imports_and_their_refused_rows_are_removed(cabinet: Cabinet) -> None:
    cabinet.take(b"Name,E-Mail\nAda,x@free.example\n")
    cabinet.upload(b"Name\nnever begun\n")
    days = cabinet.rt.config.keep_bodies_days
    assert retain(cabinet.rt).imports == 0
    cabinet.rt.clock.advance((days + 1) * 86400)
    assert retain(cabinet.rt).imports == 2
    assert cabinet.rows(tables.imports) == cabinet.rows(tables.import_refusals) == []


def test_a_source_that_is_gone_ends_the_import_in_words(cabinet: Cabinet, started: UUID) -> None:
    configure.archive(cabinet.rt, cabinet.source(uploads.SOURCE), "test")
    done = cabinet.run(started)
    assert (done["state"], done["stored"]) == ("failed", 0)
    assert "source" in done["reason"]


def test_rows_of_a_paused_source_are_held_and_released_as_they_were_mapped(
    cabinet: Cabinet, started: UUID
) -> None:
    from relay.services import lanes, quarantine
    from relay.services.leads import store_batch

    source = cabinet.source(uploads.SOURCE)
    lanes.pause_source(cabinet.rt, source, "test")
    done = cabinet.run(started)
    assert (done["state"], done["held"]) == ("finished", COUNT)
    held = [row.id for row in cabinet.rows(tables.submissions)]
    lanes.resume_source(cabinet.rt, source, "test")
    quarantine.release(cabinet.rt, held, "test")
    while store_batch(cabinet.rt):
        pass
    assert {row.email for row in cabinet.rows(tables.leads)} == {
        f"p{number}@x.example" for number in range(COUNT)
    }
