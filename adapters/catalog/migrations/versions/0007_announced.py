"""Data of announcements: the maps of a match, and external ids of teams."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    op.add_column("matches", sa.Column("announced_maps", sa.JSON))
    op.add_column("teams", sa.Column("external_ids", sa.JSON))
