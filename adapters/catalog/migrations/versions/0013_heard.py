"""When the source of a match was last heard. Of those that are there only the time of their last event is known."""

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
