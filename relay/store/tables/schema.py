"""What the tables have in common: names of constraints, and columns that many of them have."""

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def one_of(column: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    """A check that the column holds one of these words."""
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)


def only(name: str, *columns: str | sa.TextClause, where: str, unique: bool = False) -> sa.Index:
    """An index over the few rows that `where` names, so that it stays small as the table grows."""
    condition = sa.text(where)
    return sa.Index(
        name, *columns, unique=unique, postgresql_where=condition, sqlite_where=condition
    )


def own_id() -> sa.Column[object]:
    """The primary key that a row has of its own."""
    return sa.Column("id", sa.Uuid, primary_key=True)


def of_project() -> sa.Column[object]:
    """The column that says whose the row is."""
    return sa.Column("project_id", sa.Uuid, sa.ForeignKey("projects.id"), nullable=False)


def names(column: str, *, primary_key: bool = False, nullable: bool = False) -> sa.Column[object]:
    """A column that names a project, source, target or route in a table through which leads flow.

    It has no foreign key: what is configured is archived and never deleted, and every insert would
    lock the same few rows of it, whoever else inserts.
    """
    return sa.Column(column, sa.Uuid, primary_key=primary_key, nullable=nullable)


def state_is(table: sa.FromClause, *states: str) -> sa.ColumnElement[bool]:
    """A condition on `state` written out, since a bound value hides the small indexes."""
    listed: list[sa.ColumnElement[str]] = [sa.literal_column(f"'{state}'") for state in states]
    state: sa.ColumnElement[str] = table.c.state
    return state == listed[0] if len(listed) == 1 else state.in_(listed)
