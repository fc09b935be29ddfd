"""When matches are played. For existing ones this is the announced start, or the first event if none was announced."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the columns, and mark matches that have begun, so that a later announcement does not move them."""
    for name in ("plays_at", "began_at"):
        op.add_column("matches", sa.Column(name, MOMENT))
    op.create_index("ix_matches_plays_at", "matches", ["plays_at"])
    matches = sa.table(
        "matches",
        sa.column("match_id", sa.String),
        sa.column("status", sa.String),
        sa.column("starts_at", sa.String),
        sa.column("first_event_at", MOMENT),
        sa.column("plays_at", MOMENT),
        sa.column("began_at", MOMENT),
    )
    connection = op.get_bind()
    for row in connection.execute(sa.select(matches)).all():
        plays_at = (
            row.first_event_at
            if row.starts_at is None
            else datetime.fromisoformat(row.starts_at).astimezone(UTC)
        )
        began_at = None if row.status == "announced" else plays_at
        chosen = matches.update().where(matches.c.match_id == row.match_id)
        connection.execute(chosen.values(plays_at=plays_at, began_at=began_at))
