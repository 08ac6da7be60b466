"""Expressions that the two databases write differently."""

import json
import sqlite3
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from relay.core.containing import contains
from relay.core.contract import Json
from relay.store.types import Instant


class _Contains(FunctionElement[bool]):
    type = sa.Boolean()
    inherit_cache = True


class _Seconds(FunctionElement[float]):
    type = sa.Float()
    inherit_cache = True


class _Begin(FunctionElement[datetime]):
    type = Instant()
    inherit_cache = True
    day = False


class _BeginOfDay(_Begin):
    inherit_cache = True
    day = True


def begin_of_hour(moment: sa.ColumnElement[datetime]) -> sa.ColumnElement[datetime]:
    """The full hour that a moment lies in."""
    return _Begin(moment)


def begin_of_day(moment: sa.ColumnElement[datetime]) -> sa.ColumnElement[datetime]:
    """The midnight (UTC, as all connections are) before a moment."""
    return _BeginOfDay(moment)


def holds(document: sa.ColumnElement[Any], part: Json) -> sa.ColumnElement[bool]:
    """Whether a document that is kept as JSON text contains this value."""
    text = json.dumps(part, ensure_ascii=False)
    return _Contains(sa.type_coerce(document, sa.Text), sa.literal(text, sa.Text))


def seconds_between(
    earlier: sa.ColumnElement[datetime], later: sa.ColumnElement[datetime]
) -> sa.ColumnElement[float]:
    """The time from one moment to another, in seconds."""
    return _Seconds(earlier, later)


@compiles(_Contains, "postgresql")
def _contains_on_postgres(element: _Contains, compiler: SQLCompiler, **more: Any) -> str:
    document, part = (compiler.process(clause, **more) for clause in element.clauses)
    return f"(CAST({document} AS jsonb) @> CAST({part} AS jsonb))"


@compiles(_Contains, "sqlite")
def _contains_on_sqlite(element: _Contains, compiler: SQLCompiler, **more: Any) -> str:
    return f"contains_json({compiler.process(element.clauses, **more)})"


@compiles(_Seconds, "postgresql")
def _seconds_on_postgres(element: _Seconds, compiler: SQLCompiler, **more: Any) -> str:
    earlier, later = (compiler.process(clause, **more) for clause in element.clauses)
    return f"CAST(EXTRACT(epoch FROM {later} - {earlier}) AS double precision)"


@compiles(_Seconds, "sqlite")
def _seconds_on_sqlite(element: _Seconds, compiler: SQLCompiler, **more: Any) -> str:
    earlier, later = (compiler.process(clause, **more) for clause in element.clauses)
    return f"((julianday({later}) - julianday({earlier})) * 86400.0)"


@compiles(_Begin, "postgresql")
@compiles(_BeginOfDay, "postgresql")
def _begin_on_postgres(element: _Begin, compiler: SQLCompiler, **more: Any) -> str:
    part = "day" if element.day else "hour"
    return f"date_trunc('{part}', {compiler.process(element.clauses, **more)})"


@compiles(_Begin, "sqlite")
@compiles(_BeginOfDay, "sqlite")
def _begin_on_sqlite(element: _Begin, compiler: SQLCompiler, **more: Any) -> str:
    part = "%Y-%m-%d 00:00:00.000000" if element.day else "%Y-%m-%d %H:00:00.000000"
    return f"strftime('{part}', {compiler.process(element.clauses, **more)})"


def add_functions(connection: sqlite3.Connection) -> None:
    """Give a connection of SQLite the functions that it lacks."""
    connection.create_function("contains_json", 2, _contains_json, deterministic=True)


def _contains_json(document: str | None, part: str) -> bool:
    return document is not None and contains(json.loads(document), json.loads(part))
