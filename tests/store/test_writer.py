"""Committing together: one flush for many, and nobody pays for his neighbour."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from relay.store.database import Database
from relay.store.insert import insert_new
from relay.store.writer import Busy, GroupCommit, is_away

notes = sa.Table(
    "test_notes",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
)

Note = dict[str, Any]


class Fallible(Database):
    """A database that goes away when told so; `lose` forgets answers after the commit."""

    away = False
    lose = 0

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        if self.away:
            raise sa.exc.OperationalError("BEGIN", {}, Exception("connection refused"))
        with super().write() as connection:
            yield connection
        if self.lose:
            self.lose -= 1
            raise sa.exc.OperationalError("COMMIT", {}, Exception("connection closed"))


@pytest.fixture
def database(database_url: str) -> Iterator[Fallible]:
    made = Fallible(database_url)
    with made.write() as connection:
        notes.create(connection)
    yield made
    made.close()


@pytest.fixture
def writer(database: Fallible) -> Iterator[Callable[..., GroupCommit[Note, int]]]:
    made: list[GroupCommit[Note, int]] = []

    def make(commit: Any = None, **options: Any) -> GroupCommit[Note, int]:
        made.append(GroupCommit(database, commit or _keep, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


def _keep(connection: sa.Connection, batch: list[Note]) -> list[int]:
    insert_new(connection, notes, batch)
    return [note["id"] for note in batch]


def _kept(database: Database) -> list[int]:
    with database.read() as connection:
        return list(connection.execute(sa.select(notes.c.id).order_by(notes.c.id)).scalars())


def _note(number: int, text: str | None = "said") -> Note:
    return {"id": number, "text": text}


class Gate:
    """A commit function that notes its batches and lets the first one wait until it is opened."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.entered = threading.Event()
        self.opened = threading.Event()

    def __call__(self, connection: sa.Connection, batch: list[Note]) -> list[int]:
        self.batches.append([note["id"] for note in batch])
        self.entered.set()
        assert self.opened.wait(10)
        return _keep(connection, batch)


def test_what_comes_meanwhile_is_committed_together(database: Fallible, writer: Any) -> None:
    gate = Gate()
    one = writer(gate, limit=8)
    with ThreadPoolExecutor(21) as pool:
        first = pool.submit(one.submit, _note(0))
        assert gate.entered.wait(10)
        others = [one.post(_note(number)) for number in range(1, 20)]
        gate.opened.set()
        assert first.result(10) == 0
        assert [future.result(10) for future in others] == list(range(1, 20))
    assert [len(batch) for batch in gate.batches] == [1, 8, 8, 3]
    assert _kept(database) == list(range(20))


def test_submit_returns_only_when_others_can_see_the_row(database: Fallible, writer: Any) -> None:
    one = writer()
    for number in range(5):
        one.submit(_note(number))
        assert _kept(database)[-1] == number


def test_a_bad_row_costs_itself_alone(database: Fallible, writer: Any) -> None:
    gate = Gate()
    one = writer(gate)
    one.post(_note(0))
    assert gate.entered.wait(10)
    futures = [one.post(_note(number, None if number == 3 else "said")) for number in range(1, 6)]
    gate.opened.set()
    with pytest.raises(sa.exc.IntegrityError):
        futures[2].result(10)
    assert [futures[at].result(10) for at in (0, 1, 3, 4)] == [1, 2, 4, 5]
    assert _kept(database) == [0, 1, 2, 4, 5]
    together, alone = gate.batches[1:3], gate.batches[3:]
    assert together == [[1, 2, 3, 4, 5]] * 2, "a failed batch is tried once more"
    assert alone == [[1], [2], [3], [4], [5]]


def test_an_answer_lost_on_the_way_does_not_double_the_rows(
    database: Fallible, writer: Any
) -> None:
    database.lose = 2
    assert writer().submit(_note(1)) == 1
    assert _kept(database) == [1]
    assert database.lose == 0


def test_waiting_for_a_database_that_is_away_is_bounded(database: Fallible, writer: Any) -> None:
    one = writer(wait=0.4)
    database.away = True
    began = time.monotonic()
    with pytest.raises(Busy):
        one.submit(_note(1))
    assert 0.3 < time.monotonic() - began < 3
    database.away = False
    assert one.submit(_note(2)) == 2
    assert _kept(database) == [2], "what was given up is not written later"


def test_a_database_that_comes_back_in_time_is_waited_for(database: Fallible, writer: Any) -> None:
    one = writer(wait=10)
    database.away = True
    future = one.post(_note(1))
    time.sleep(0.3)
    database.away = False
    assert future.result(10) == 1


def test_what_waits_behind_a_stuck_batch_gives_up_too(database: Fallible, writer: Any) -> None:
    gate = Gate()
    one = writer(gate, wait=0.3)
    stuck = one.post(_note(1))
    assert gate.entered.wait(10)
    with pytest.raises(Busy):
        one.submit(_note(2))
    gate.opened.set()
    assert stuck.result(10) == 1
    assert one.submit(_note(3)) == 3
    assert _kept(database) == [1, 3], "what was answered with Busy before it began is not written"


def test_a_slow_commit_may_be_written_after_busy_and_once_with_its_repeat(
    database: Fallible, writer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relay.store.writer.BEGUN_WAIT", 0.1)
    gate = Gate()
    one = writer(gate, wait=0.3)
    with pytest.raises(Busy):
        one.submit(_note(1))
    assert _kept(database) == []
    gate.opened.set()
    assert one.submit(_note(1)) == 1
    assert _kept(database) == [1]
    assert gate.batches == [[1], [1]], "the first one had begun"


def test_close_writes_what_was_accepted(database: Fallible, writer: Any) -> None:
    one = writer(limit=4)
    futures = [one.post(_note(number)) for number in range(30)]
    one.close()
    assert [future.result(0) for future in futures] == list(range(30))
    assert len(_kept(database)) == 30


def test_a_batch_is_sorted_by_its_key(database: Fallible, writer: Any) -> None:
    gate = Gate()
    one = writer(gate, key=lambda note: f"{note['id']:03}")
    one.post(_note(99))
    assert gate.entered.wait(10)
    futures = [one.post(_note(number)) for number in (7, 2, 40, 11)]
    gate.opened.set()
    assert [future.result(10) for future in futures] == [7, 2, 40, 11], "each gets its own answer"
    assert gate.batches[1] == [2, 7, 11, 40]


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_two_processes_with_the_same_rows_do_not_deadlock(database: Fallible, writer: Any) -> None:
    """The same rows in opposite orders: unsorted, one of the two is shot by PostgreSQL."""
    both = threading.Barrier(2)
    batches: list[list[int]] = []

    def touching(gate: Gate) -> Callable[[sa.Connection, list[Note]], list[int]]:
        def touch(connection: sa.Connection, batch: list[Note]) -> list[int]:
            if not gate.batches:
                return gate(connection, batch)
            batches.append([note["id"] for note in batch])
            both.wait(10)
            for note in batch:
                mine = notes.c.id == note["id"]
                connection.execute(sa.update(notes).where(mine).values(text="touched"))
                time.sleep(0.02)
            return batches[-1]

        return touch

    with database.write() as connection:
        _keep(connection, [_note(1), _note(2)])
    futures = []
    gates = [Gate(), Gate()]
    for gate, order in zip(gates, ((1, 2), (2, 1)), strict=True):
        one = writer(touching(gate), key=lambda note: str(note["id"]))
        one.post(_note(3))
        assert gate.entered.wait(10)
        futures += [one.post(_note(number)) for number in order]
    for gate in gates:
        gate.opened.set()
    assert sorted(future.result(10) for future in futures) == [1, 1, 2, 2]
    assert batches == [[1, 2], [1, 2]], "neither was tried twice"


def test_the_answer_does_not_wait_for_what_comes_after(writer: Any) -> None:
    done = threading.Event()
    told: list[list[int]] = []

    def after(results: list[int]) -> None:
        assert done.wait(10)
        told.append(results)

    one = writer(after=after)
    assert one.submit(_note(1)) == 1
    assert told == []
    done.set()
    one.close()
    assert told == [[1]]


def test_a_mistake_in_a_callback_does_not_end_the_writer(
    writer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def after(_results: list[int]) -> None:
        raise LookupError("a mistake")

    one = writer(after=after)
    assert [one.submit(_note(number)) for number in (1, 2)] == [1, 2]
    one.close()
    assert "a mistake" in caplog.text


def test_what_counts_as_away() -> None:
    class RefusalError(Exception):
        def __init__(self, sqlstate: str | None) -> None:
            self.sqlstate = sqlstate

    def raised(kind: type[sa.exc.DBAPIError], state: str | None) -> Exception:
        return kind("SELECT", {}, RefusalError(state))

    assert is_away(raised(sa.exc.OperationalError, None)), "no connection"
    assert is_away(raised(sa.exc.OperationalError, "57P03")), "starting up"
    assert is_away(raised(sa.exc.OperationalError, "53300")), "too many connections"
    assert is_away(sa.exc.TimeoutError("the pool is exhausted"))
    assert not is_away(raised(sa.exc.IntegrityError, "23505"))
    assert not is_away(raised(sa.exc.OperationalError, "40P01")), "a deadlock"
    assert not is_away(ValueError())
