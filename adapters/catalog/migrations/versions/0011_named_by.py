"""The client that announced a team or player first: no other client may change its name. Unknown for existing rows."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    for table in ("players", "teams"):
        op.add_column(table, sa.Column("named_by", sa.String))
