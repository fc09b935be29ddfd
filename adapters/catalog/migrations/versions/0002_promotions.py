"""Record who promoted a model version to champion, and why; a model may be promoted before it has predicted."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the columns; on SQLite this rebuilds the table."""
    with op.batch_alter_table("model_versions") as table:
        table.alter_column("first_predicted_at", existing_type=MOMENT, nullable=True)
        table.add_column(sa.Column("promoted_at", MOMENT))
        table.add_column(sa.Column("promoted_by", sa.String))
        table.add_column(sa.Column("promoted_why", sa.String))
