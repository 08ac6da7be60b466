"""Years of finished work in the tables, written by the database itself."""

from typing import Any

import sqlalchemy as sa

from relay.runtime import Runtime
from relay.store.tables import counters, projects, routes, sources, targets

DAYS = 300
"""Over how many days before now the old rows are spread."""

_NUMBERED = "('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid"
_AT = f"now() - interval '{DAYS} days' + n * interval '{DAYS} days' / :count"
_DOCUMENT = """'{"v": 1,
 "contact": {"email": "old-' || n || '@example.com", "phone": "+4930123456", "name": "Old Example"},
 "form": {"fields": {"Message": "Hello"}}}'"""

_OWNERS = {"project": projects, "source": sources, "target": targets, "route": routes}

_TABLES: dict[str, dict[str, str]] = {
    "bodies": {
        "id": _NUMBERED, "project_id": ":project", "source_id": ":source", "received_at": _AT,
        "method": "'POST'", "query": "''", "headers": "'{}'",
        "body": f"convert_to({_DOCUMENT}, 'UTF8')",
        "sha256": "md5(n::text)", "size": "200", "address": "'127.0.0.1'", "parts": "1",
    },
    "submissions": {
        "id": _NUMBERED, "body_id": _NUMBERED, "project_id": ":project", "source_id": ":source",
        "position": "0", "received_at": _AT, "state": "'stored'", "event_key": "md5('e' || n)",
        "lead_key": "md5('l' || n)", "document": _DOCUMENT, "warnings": "'[]'", "reasons": "'[]'",
        "lead_id": _NUMBERED, "lead_version": "1", "owed": "1", "stored_at": _AT, "tries": "1",
    },
    "event_keys": {
        "source_id": ":source", "event_key": "md5('e' || n)", "submission_id": _NUMBERED,
    },
    "leads": {
        "id": _NUMBERED, "project_id": ":project", "source_id": ":source", "number": "n",
        "public_id": "'old' || n", "lead_key": "md5('l' || n)", "version": "1", "test": "false",
        "partial": "false", "email": "'old-' || n || '@example.com'", "phone": "'+4930123456'",
        "name": "'Old Example'", "status": "'new'", "created_at": _AT, "updated_at": _AT,
    },
    "lead_texts": {
        "project_id": ":project", "lead_id": _NUMBERED, "archived": "false",
        "text": "'old example' || chr(10) || 'old-' || n || '@example.com'",
    },
    "word_lists": {
        "project_id": ":project", "about_id": _NUMBERED, "of_lead": "true",
        "words": "'old example old_' || n || '_example_com example_com 4930123456 30123456'",
    },
    "lead_versions": {
        "lead_id": _NUMBERED, "version": "1", "submission_id": _NUMBERED, "document": _DOCUMENT,
        "warnings": "'[]'", "created_at": _AT,
    },
    "deliveries": {
        "id": _NUMBERED, "project_id": ":project", "lead_id": _NUMBERED, "version": "1",
        "target_id": ":target", "route_id": ":route", "source_id": ":source", "event": "'created'",
        "state": "CASE WHEN n % 50 = 1 THEN 'failed' ELSE 'delivered' END",
        "created_at": _AT, "due_at": _AT, "expires_at": _AT, "attempts": "1", "settled_at": _AT,
        "last_outcome": "CASE WHEN n % 50 = 1 THEN 'rejected' ELSE 'delivered' END",
        "last_status": "CASE WHEN n % 50 = 1 THEN 422 ELSE 200 END",
    },
    "attempts": {
        "id": _NUMBERED, "delivery_id": _NUMBERED, "number": "1", "started_at": _AT,
        "milliseconds": "12", "trigger": "'scheduled'",
        "outcome": "CASE WHEN n % 50 = 1 THEN 'rejected' ELSE 'delivered' END",
        "status": "CASE WHEN n % 50 = 1 THEN 422 ELSE 200 END",
        "exchanges": "'[]'",
    },
}  # fmt: skip


def fill(runtime: Runtime, count: int) -> None:
    """Write `count` leads, one in fifty undelivered, with all that is theirs; PostgreSQL only."""
    with runtime.database.write() as connection:
        ids = {
            name: connection.scalar(sa.select(table.c.id).limit(1))
            for name, table in _OWNERS.items()
        }
        connection.exec_driver_sql("SET LOCAL session_replication_role = 'replica'")  # no checks
        for name, columns in _TABLES.items():
            connection.execute(_insert(name, columns, ids), {"count": count})
        statement = sa.insert(counters).values(project_id=ids["project"], name="leads", value=count)
        connection.execute(statement)
    engine = runtime.database.engine.execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text("VACUUM ANALYZE"))


def _insert(name: str, columns: dict[str, str], ids: dict[str, Any]) -> sa.TextClause:
    values = ", ".join(columns.values())
    statement = sa.text(
        f"INSERT INTO {name} ({', '.join(columns)}) "
        f"SELECT {values} FROM generate_series(1, :count) AS n"
    )
    return statement.bindparams(
        sa.bindparam("count", type_=sa.Integer),
        *(
            sa.bindparam(key, value, type_=sa.Uuid)
            for key, value in ids.items()
            if f":{key}" in values
        ),
    )
