"""People: roles in single projects, one-use links, a second step, single sign-on, the audit log."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

INSTANT = sa.DateTime(timezone=True)
ROLES = "role IN ('owner', 'editor', 'operator', 'viewer')"

READ_BY = {
    "newest": (),
    "actor": ("actor",),
    "action": ("action",),
    "subject": ("subject",),
    "project": ("project_id",),
    "project_actor": ("project_id", "actor"),
    "project_action": ("project_id", "action"),
}
"""What the audit log is read by, before the time."""


def upgrade() -> None:
    """Make the columns, the tables and the indexes."""
    _widen_users()
    _make_tables()
    with op.batch_alter_table("api_keys") as keys:
        keys.add_column(sa.Column("expires_on", sa.Date))
    op.drop_index("ix_audit_at", "audit")
    for name, columns in READ_BY.items():
        op.create_index(f"ix_audit_{name}", "audit", [*columns, "at", "id"])


def _widen_users() -> None:
    with op.batch_alter_table("users") as users:
        users.alter_column("password_hash", existing_type=sa.Text, nullable=True)
        users.alter_column("role", existing_type=sa.Text, nullable=True)
        for name in ("invited_by", "issuer", "subject", "totp_secret"):
            users.add_column(sa.Column(name, sa.Text))
        for name in ("disabled_at", "totp_since"):
            users.add_column(sa.Column(name, INSTANT))
        users.add_column(sa.Column("totp_step", sa.BigInteger))
        users.create_unique_constraint("uq_users_issuer_subject", ["issuer", "subject"])


def _make_tables() -> None:
    op.create_table(
        "memberships",
        sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id"), primary_key=True),
        sa.Column("project_id", sa.Uuid, sa.ForeignKey("projects.id"), primary_key=True),
        sa.Column("role", sa.Text, nullable=False),
        sa.CheckConstraint(ROLES, name="role"),
    )
    op.create_index("ix_memberships_project_id", "memberships", ["project_id"])
    op.create_table(
        "recovery_codes",
        sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id"), primary_key=True),
        sa.Column("hash", sa.Text, primary_key=True),
        sa.Column("used_at", INSTANT),
    )
    op.create_table(
        "user_links",
        sa.Column("hash", sa.Text, primary_key=True),
        sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT),
        sa.CheckConstraint("purpose IN ('invitation', 'reset')", name="purpose"),
    )
    op.create_index("ix_user_links_user_id", "user_links", ["user_id"])
