"""The expiry of a key set at creation, which a rotation brings forward. Whether existing keys were rotated is
unknown."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("api_keys", sa.Column("made_until", sa.DateTime(timezone=True)))
    op.execute("UPDATE api_keys SET made_until = expires_at")
