"""Matches, maps, rounds, players, teams, model versions."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    _matches()
    _maps()
    _rounds()
    _players_and_teams()
    _model_versions()


def _matches() -> None:
    op.create_table(
        "matches",
        sa.Column("match_id", sa.String, nullable=False),
        sa.Column("name_a", sa.String),
        sa.Column("name_b", sa.String),
        sa.Column("team_a_id", sa.String),
        sa.Column("team_b_id", sa.String),
        sa.Column("best_of", sa.Integer, nullable=False, server_default="1"),
        sa.Column("status", sa.String, nullable=False, server_default="live"),
        sa.Column("maps_a", sa.Integer, nullable=False, server_default="0"),
        sa.Column("maps_b", sa.Integer, nullable=False, server_default="0"),
        sa.Column("winner_team", sa.String),
        sa.Column("starts_at", sa.String),
        sa.Column("external_ids", sa.JSON),
        sa.Column("first_event_at", MOMENT, nullable=False),
        sa.Column("last_event_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("match_id", name="pk_matches"),
    )
    op.create_index("ix_matches_first_event_at", "matches", ["first_event_at"])


def _maps() -> None:
    op.create_table(
        "maps",
        sa.Column("match_id", sa.String, nullable=False),
        sa.Column("map_id", sa.String, nullable=False),
        sa.Column("number", sa.Integer, nullable=False, server_default="1"),
        sa.Column("name", sa.String),
        sa.Column("rules_id", sa.String),
        sa.Column("score_a", sa.Integer, nullable=False, server_default="0"),
        sa.Column("score_b", sa.Integer, nullable=False, server_default="0"),
        sa.Column("status", sa.String, nullable=False, server_default="live"),
        sa.Column("winner_team", sa.String),
        sa.Column("reason", sa.String),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("match_id", "map_id", name="pk_maps"),
    )


def _rounds() -> None:
    op.create_table(
        "rounds",
        sa.Column("match_id", sa.String, nullable=False),
        sa.Column("map_id", sa.String, nullable=False),
        sa.Column("round_no", sa.Integer, nullable=False),
        sa.Column("winner_team", sa.String, nullable=False),
        sa.Column("winner_side", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("score_a", sa.Integer, nullable=False),
        sa.Column("score_b", sa.Integer, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=False),
        sa.Column("is_retracted", sa.Boolean, nullable=False, server_default="0"),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("match_id", "map_id", "round_no", name="pk_rounds"),
    )


def _players_and_teams() -> None:
    op.create_table(
        "players",
        sa.Column("player_id", sa.String, nullable=False),
        sa.Column("name", sa.String),
        sa.Column("is_bot", sa.Boolean, nullable=False, server_default="0"),
        sa.Column("last_match_id", sa.String),
        sa.Column("last_seen_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("player_id", name="pk_players"),
        sa.ForeignKeyConstraint(["last_match_id"], ["matches.match_id"], name="fk_players_last_match_id"),
    )
    op.create_table(
        "teams",
        sa.Column("team_id", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("last_match_id", sa.String),
        sa.Column("last_seen_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("team_id", name="pk_teams"),
        sa.ForeignKeyConstraint(["last_match_id"], ["matches.match_id"], name="fk_teams_last_match_id"),
    )


def _model_versions() -> None:
    op.create_table(
        "model_versions",
        sa.Column("model_hash", sa.String, nullable=False),
        sa.Column("model_version", sa.String, nullable=False),
        sa.Column("feature_schema_hash", sa.String, nullable=False),
        sa.Column("first_predicted_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("model_hash", name="pk_model_versions"),
    )
