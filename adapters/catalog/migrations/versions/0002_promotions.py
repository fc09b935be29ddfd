"""Model versions say who made them champion and why; one may be promoted before it has predicted."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the columns; SQLite takes the table anew."""
    with op.batch_alter_table("model_versions") as table:
        table.alter_column("first_predicted_at", existing_type=MOMENT, nullable=True)
        table.add_column(sa.Column("promoted_at", MOMENT))
        table.add_column(sa.Column("promoted_by", sa.String))
        table.add_column(sa.Column("promoted_why", sa.String))
