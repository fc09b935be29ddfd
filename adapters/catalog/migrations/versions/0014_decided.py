"""The event that decided a match, and whether its maps did. Unknown for existing matches."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    op.add_column("matches", sa.Column("decided_seq", sa.BigInteger()))
    op.add_column("matches", sa.Column("is_decided_by_maps", sa.Boolean()))
