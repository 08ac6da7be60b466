"""Run by Alembic: works on the connection, and in the transaction, that `upgrade` opened."""

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context

from relay.store.tables import metadata


def _in_plain_types(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """How a new revision writes a column's type: it must not change with the code."""
    if kind == "type" and isinstance(item, sa.types.TypeDecorator):
        return f"sa.{item.impl!r}"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    render_item=_in_plain_types,
)
with context.begin_transaction():
    context.run_migrations()
