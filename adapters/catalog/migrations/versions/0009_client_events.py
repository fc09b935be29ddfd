"""The number of events that live feeds sent to clients, by day."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("client_usage", sa.Column("events", sa.BigInteger, nullable=False, server_default="0"))
