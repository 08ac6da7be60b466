"""A project with very many leads, as different from each other as people are."""

import json
import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

import psycopg
import sqlalchemy as sa

from relay.core.word_lists import of_lead
from relay.runtime import Runtime
from relay.services.searching import text_of
from relay.store.tables import (
    counters,
    lead_texts,
    lead_totals,
    lead_versions,
    leads,
    projects,
    sources,
    word_lists,
)

FLAGS = ("has_gclid", "has_cid", "has_fbp", "has_fbc")
SHARES = (0.3, 0.8, 0.4, 0.0005)
"""How many of all leads have each; one of them is rare."""

RARE = "Zephyrine"
"""A first name that one lead in a thousand has."""

_BATCH = 5000
_PARTS = [
    "an",
    "ber",
    "co",
    "da",
    "el",
    "fer",
    "go",
    "ha",
    "in",
    "jo",
    "ka",
    "lu",
    "mi",
    "no",
    "or",
    "pe",
    "qui",
    "ro",
    "sa",
    "ti",
    "ul",
    "va",
    "wen",
    "xi",
    "yo",
    "zu",
]
_FORMS = [None, "Contact Form", "Quote", "Call me back", *(f"Landing {n}" for n in range(200))]
_STATUSES = ("open",) * 70 + ("qualified",) * 15 + ("won",) * 8 + ("lost",) * 6 + ("pending",)


def fill(runtime: Runtime, count: int) -> None:
    """Write so many leads into the first project, over three years up to now."""
    with runtime.database.write() as connection:
        project = connection.scalar(sa.select(projects.c.id).limit(1))
        source = connection.scalar(sa.select(sources.c.id).limit(1))
        if not runtime.database.is_sqlite:
            connection.exec_driver_sql("SET LOCAL session_replication_role = 'replica'")
            connection.exec_driver_sql("SET LOCAL maintenance_work_mem = '512MB'")
        indexes = _take_indexes_away(connection)
        totals: Counter[tuple[Any, ...]] = Counter()
        people = _people(project, source, count)
        while batch := list(islice(people, _BATCH)):
            _write(connection, batch)
            totals.update(tuple(row[name] for name in ("status", *FLAGS)) for row in batch)
        connection.execute(
            sa.insert(lead_totals), [_total(project, *one) for one in totals.items()]
        )
        for definition in indexes:
            connection.exec_driver_sql(definition)
        connection.execute(
            sa.insert(counters).values(project_id=project, name="leads", value=count)
        )
    _tidy(runtime)


def _people(project: Any, source: Any, count: int) -> Iterator[dict[str, Any]]:
    chance = random.Random(7)
    begin = datetime.now(UTC) - timedelta(days=1095)
    step = timedelta(days=1095) / count
    for number in range(1, count + 1):
        first = _word(chance) if number % 1000 else RARE
        last = _word(chance)
        national = f"0{chance.randrange(10**8, 10**9)}"
        has = {name: chance.random() < share for name, share in zip(FLAGS, SHARES, strict=True)}
        at = begin + step * number
        yield {
            "id": UUID(int=(int(at.timestamp() * 1000) << 80) | (7 << 76) | (2 << 62) | number),
            "project_id": project,
            "source_id": source,
            "number": number,
            "public_id": f"lead_{number:020}",
            "lead_key": f"old:{number}",
            "version": 1,
            "test": False,
            "partial": False,
            "name": f"{first} {last}",
            "first_name": first,
            "last_name": last if number % 10 else None,
            "email": f"{first}.{last}{number}@example.com".lower(),
            "phone": "+49" + national[1:],
            "phone_raw": national if number % 2 else "+49" + national[1:],
            "company": f"{_word(chance)} GmbH" if number % 4 == 0 else None,
            "form_name": chance.choice(_FORMS[:4] if number % 5 else _FORMS),
            "unique_identifier": f"crm-{number}" if number % 3 == 0 else None,
            "status": chance.choice(_STATUSES),
            "value_minor": chance.randrange(10**6) if number % 10 == 0 else None,
            "created_at": at,
            "updated_at": at,
            **has,
        }


def _word(chance: random.Random) -> str:
    return "".join(chance.choices(_PARTS, k=3)).capitalize()


def _write(connection: sa.Connection, batch: list[dict[str, Any]]) -> None:
    _insert(connection, leads, batch)
    versions = [
        {
            "lead_id": row["id"],
            "version": 1,
            "document": _document(row),
            "warnings": [],
            "created_at": row["created_at"],
        }
        for row in batch
    ]
    _insert(connection, lead_versions, versions)
    texts = [
        {
            "project_id": row["project_id"],
            "lead_id": row["id"],
            "archived": False,
            "text": text_of(row),
        }
        for row in batch
    ]
    _insert(connection, lead_texts, texts)
    words = [
        {
            "project_id": row["project_id"],
            "about_id": row["id"],
            "of_lead": True,
            "words": of_lead(_document(row)),
        }
        for row in batch
    ]
    _insert(connection, word_lists, words)


def _insert(connection: sa.Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    """PostgreSQL takes a copy five times as fast as inserts."""
    if connection.dialect.name == "sqlite":
        connection.execute(sa.insert(table), rows)
        return
    columns = ", ".join(rows[0])
    cursor: psycopg.Cursor[Any] = connection.connection.cursor()  # type: ignore[assignment] # psycopg's
    with cursor.copy(f"COPY {table.name} ({columns}) FROM STDIN".encode()) as copy:
        for row in rows:
            copy.write_row([_as_stored(value) for value in row.values()])


def _as_stored(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict | list) else value


def _take_indexes_away(connection: sa.Connection) -> list[str]:
    """Drop the plain indexes, which are made faster afterwards; returns their definitions."""
    if connection.dialect.name == "sqlite":
        return []
    found = connection.exec_driver_sql(
        "SELECT indexname, indexdef FROM pg_indexes "
        "WHERE tablename IN ('leads', 'lead_texts', 'word_lists') AND indexname LIKE 'ix\\_%%'"
    ).all()
    for row in found:
        connection.exec_driver_sql(f"DROP INDEX {row.indexname}")
    return [row.indexdef for row in found]


def _document(row: dict[str, Any]) -> dict[str, Any]:
    contact = {name: row[name] for name in ("first_name", "last_name", "email", "company")}
    return {
        "v": 1,
        "contact": {**contact, "phone": {"raw": row["phone_raw"], "e164": row["phone"]}},
        "form": {"name": row["form_name"], "fields": {"Message": "I would like to know more"}},
    }


def _total(project: Any, of: tuple[Any, ...], count: int) -> dict[str, Any]:
    columns = zip(("status", *FLAGS), of, strict=True)
    return {"project_id": project, **dict(columns), "count": count}


def _tidy(runtime: Runtime) -> None:
    engine = runtime.database.engine.execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text("ANALYZE" if runtime.database.is_sqlite else "VACUUM ANALYZE"))
