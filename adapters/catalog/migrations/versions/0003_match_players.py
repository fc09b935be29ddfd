"""Record which player was seen in which series, so that a player's matches can be found."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table. Of earlier matches only each player's last one is known, from `players`."""
    op.create_table(
        "match_players",
        sa.Column("player_id", sa.String, nullable=False),
        sa.Column("match_id", sa.String, nullable=False),
        sa.Column("team", sa.String),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("player_id", "match_id", name="pk_match_players"),
    )
    op.execute(
        "INSERT INTO match_players (player_id, match_id, seq) "
        "SELECT player_id, last_match_id, 0 FROM players WHERE last_match_id IS NOT NULL"
    )
