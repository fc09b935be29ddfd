"""Clients of the API, their keys, and who did what to them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "api_clients",
        sa.Column("client_id", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False, unique=True),
        sa.Column("plan", sa.String, nullable=False),
        sa.Column("matches", sa.JSON),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("client_id", name="pk_api_clients"),
    )
    op.create_table(
        "api_keys",
        sa.Column("key_id", sa.String, nullable=False),
        sa.Column(
            "client_id",
            sa.String,
            sa.ForeignKey("api_clients.client_id", name="fk_api_keys_client_id"),
            nullable=False,
        ),
        sa.Column("secret_hash", sa.String, nullable=False),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT),
        sa.Column("revoked_at", MOMENT),
        sa.PrimaryKeyConstraint("key_id", name="pk_api_keys"),
    )
    op.create_table(
        "audit",
        sa.Column("entry_id", sa.String, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("who", sa.String, nullable=False),
        sa.Column("act", sa.String, nullable=False),
        sa.Column("client_id", sa.String),
        sa.Column("key_id", sa.String),
        sa.PrimaryKeyConstraint("entry_id", name="pk_audit"),
    )
    op.create_index("ix_audit_at", "audit", ["at"])
