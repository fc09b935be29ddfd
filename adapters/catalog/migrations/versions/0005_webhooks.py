"""The clients' webhooks, their secrets, the outbox of deliveries, and its positions in the log."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    _webhooks()
    _deliveries()
    _positions()


def _webhooks() -> None:
    op.create_table(
        "webhooks",
        sa.Column("webhook_id", sa.String, nullable=False),
        sa.Column(
            "client_id",
            sa.String,
            sa.ForeignKey("api_clients.client_id", name="fk_webhooks_client_id"),
            nullable=False,
        ),
        sa.Column("url", sa.String, nullable=False),
        sa.Column("types", sa.JSON, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("webhook_id", name="pk_webhooks"),
    )
    op.create_index("ix_webhooks_client_id", "webhooks", ["client_id"])
    op.create_table(
        "webhook_secrets",
        sa.Column("secret_id", sa.String, nullable=False),
        sa.Column(
            "webhook_id",
            sa.String,
            sa.ForeignKey("webhooks.webhook_id", name="fk_webhook_secrets_webhook_id"),
            nullable=False,
        ),
        sa.Column("secret", sa.String, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("until", MOMENT),
        sa.PrimaryKeyConstraint("secret_id", name="pk_webhook_secrets"),
    )
    op.create_index("ix_webhook_secrets_webhook_id", "webhook_secrets", ["webhook_id"])


def _deliveries() -> None:
    op.create_table(
        "webhook_deliveries",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("delivery_id", sa.String, nullable=False, unique=True),
        sa.Column(
            "webhook_id",
            sa.String,
            sa.ForeignKey("webhooks.webhook_id", name="fk_webhook_deliveries_webhook_id"),
            nullable=False,
        ),
        sa.Column("match_id", sa.String),
        sa.Column("seq", sa.BigInteger),
        sa.Column("type", sa.String, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("queued_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("attempted_at", MOMENT),
        sa.Column("delivered_at", MOMENT),
        sa.Column("last_status", sa.Integer),
        sa.Column("last_error", sa.String),
        sa.PrimaryKeyConstraint("number", name="pk_webhook_deliveries"),
    )
    lane = ["status", "webhook_id", "match_id", "number"]
    op.create_index("ix_webhook_deliveries_lane", "webhook_deliveries", lane)
    op.create_index("ix_webhook_deliveries_webhook", "webhook_deliveries", ["webhook_id", "number"])


def _positions() -> None:
    op.create_table(
        "webhook_cursors",
        sa.Column("topic", sa.String, nullable=False),
        sa.Column("partition", sa.Integer, nullable=False),
        sa.Column("origin", sa.String, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("topic", "partition", name="pk_webhook_cursors"),
    )
    op.create_table(
        "webhook_results",
        sa.Column("match_id", sa.String, nullable=False),
        sa.Column("told", sa.Text, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("match_id", name="pk_webhook_results"),
    )
