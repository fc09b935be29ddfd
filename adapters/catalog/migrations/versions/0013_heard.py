"""When the source of a match last sent something. Existing matches take the time of their last event."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("matches", sa.Column("heard_at", sa.DateTime(timezone=True)))
    op.execute("UPDATE matches SET heard_at = last_event_at")
