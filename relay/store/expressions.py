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


class _Contains(FunctionElement[bool]):
    type = sa.Boolean()
    inherit_cache = True


class _Seconds(FunctionElement[float]):
    type = sa.Float()
    inherit_cache = True


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


def add_functions(connection: sqlite3.Connection) -> None:
    """Give a connection of SQLite the functions that it lacks."""
    connection.create_function("contains_json", 2, _contains_json, deterministic=True)


def _contains_json(document: str | None, part: str) -> bool:
    return document is not None and contains(json.loads(document), json.loads(part))
