"""Declares the catalog's tables for SQLAlchemy.

Belongs here: declarations. Does not belong here: their history (`migrations/`). A test checks that the migrated
database has this schema.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateTable
from sqlalchemy.types import TypeDecorator, TypeEngine

METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)


class Moment(TypeDecorator[datetime]):
    """A point in time, stored and returned in UTC: SQLite by itself drops the offset."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=value.tzinfo or UTC)


MOMENT = Moment()


def _key(name: str, of: type[TypeEngine[Any]], about: str) -> Column[Any]:
    return Column(name, of, primary_key=True, autoincrement=False, comment=about)


def _text(name: str, about: str) -> Column[str]:
    return Column(name, String, comment=about)


def _seq() -> Column[int]:
    return Column("seq", BigInteger, nullable=False, comment="seq of the event that this row follows")


MATCHES = Table(
    "matches",
    METADATA,
    _key("match_id", String, "the series"),
    _text("name_a", "team A"),
    _text("name_b", "team B"),
    _text("team_a_id", "team A in `teams`"),
    _text("team_b_id", "team B in `teams`"),
    Column("best_of", Integer, nullable=False, server_default="1", comment="maps at most"),
    Column("status", String, nullable=False, server_default="live", comment="announced, live or over"),
    Column("maps_a", Integer, nullable=False, server_default="0", comment="maps won by team A"),
    Column("maps_b", Integer, nullable=False, server_default="0", comment="maps won by team B"),
    _text("winner_team", "A, B, or null: open, drawn or abandoned"),
    _text("starts_at", "announced start, as announced"),
    Column("external_ids", JSON, comment="ids in other systems, by system"),
    Column("announced_maps", JSON, comment="names of the maps in the order of play, as announced"),
    Column("first_event_at", MOMENT, nullable=False, index=True, comment="time of the first event seen"),
    Column("last_event_at", MOMENT, nullable=False, comment="time of the last event seen"),
    Column("ended_at", MOMENT, comment="time of the decision"),
    _seq(),
    Column(
        "plays_at",
        MOMENT,
        index=True,
        comment="time of play: the start of the first map, before it the announced start, else the first event",
    ),
    Column("began_at", MOMENT, comment="start of the first map; null: not begun"),
    Column("heard_at", MOMENT, comment="when something of its source last arrived, by our clock"),
    Column("decided_seq", BigInteger, comment="seq of the event that decided it; null: open, or not known"),
    comment="One series.",
)

MAPS = Table(
    "maps",
    METADATA,
    _key("match_id", String, "the series"),
    _key("map_id", String, "one map of it"),
    Column("number", Integer, nullable=False, server_default="1", comment="which map of the series, from 1"),
    _text("name", "name such as de_nuke"),
    _text("rules_id", "rules in force"),
    Column("score_a", Integer, nullable=False, server_default="0", comment="rounds of team A"),
    Column("score_b", Integer, nullable=False, server_default="0", comment="rounds of team B"),
    Column("status", String, nullable=False, server_default="live", comment="live or over"),
    _text("winner_team", "A, B, or null: open, drawn or abandoned"),
    _text("reason", "how it was decided"),
    _seq(),
    comment="One map of a series.",
)

ROUNDS = Table(
    "rounds",
    METADATA,
    _key("match_id", String, "the series"),
    _key("map_id", String, "one map of it"),
    _key("round_no", Integer, "number of the round"),
    Column("winner_team", String, nullable=False, comment="A or B"),
    Column("winner_side", String, nullable=False, comment="ct or t"),
    Column("reason", String, nullable=False, comment="how it ended"),
    Column("score_a", Integer, nullable=False, comment="rounds of team A after it"),
    Column("score_b", Integer, nullable=False, comment="rounds of team B after it"),
    Column("ended_at", MOMENT, nullable=False, comment="time of the decision"),
    Column("is_retracted", Boolean, nullable=False, server_default="0", comment="withdrawn, not valid"),
    _seq(),
    comment="One decided round.",
)

PLAYERS = Table(
    "players",
    METADATA,
    _key("player_id", String, "the source's id of the player"),
    _text("name", "last name seen"),
    Column("is_bot", Boolean, nullable=False, server_default="0", comment="no human"),
    Column("last_match_id", String, ForeignKey("matches.match_id"), comment="match last seen in"),
    Column(
        "last_seen_at", MOMENT, nullable=False, comment="end of the last round, or when it was last named"
    ),
    _text("named_by", "the announcer that told it first; null: a game or an administrator did"),
    comment="One player.",
)

MATCH_PLAYERS = Table(
    "match_players",
    METADATA,
    _key("player_id", String, "the player"),
    _key("match_id", String, "a series in which the player was seen"),
    _text("team", "A or B, as last told; null: none yet"),
    _seq(),
    comment="Who was seen in which series.",
)

TEAMS = Table(
    "teams",
    METADATA,
    _key("team_id", String, "as announced, else the UUIDv5 of the name without case"),
    Column("name", String, nullable=False, comment="last spelling seen"),
    Column("last_match_id", String, ForeignKey("matches.match_id"), comment="match last seen in"),
    Column(
        "last_seen_at", MOMENT, nullable=False, comment="end of the last round, or when it was last named"
    ),
    Column("external_ids", JSON, comment="ids in other systems, by system"),
    _text("named_by", "the announcer that told it first; null: a game or an administrator did"),
    comment="One team.",
)

MODEL_VERSIONS = Table(
    "model_versions",
    METADATA,
    _key("model_hash", String, "SHA-256 of the model's files"),
    Column("model_version", String, nullable=False, comment="its name"),
    Column("feature_schema_hash", String, nullable=False, comment="definition of its inputs"),
    Column("first_predicted_at", MOMENT, comment="event time of its first prediction; null: none yet"),
    Column(
        "promoted_at",
        MOMENT,
        comment="since when it was last made champion; null: it shipped as one, or never",
    ),
    _text("promoted_by", "who made it champion"),
    _text("promoted_why", "and why"),
    comment="One model that has predicted or was promoted.",
)


API_CLIENTS = Table(
    "api_clients",
    METADATA,
    _key("client_id", String, "the client"),
    Column("name", String, nullable=False, unique=True, comment="who it is"),
    Column("plan", String, nullable=False, comment="its limits, by name"),
    Column("matches", JSON, comment="patterns of the match ids that it may see; null: all"),
    Column("created_at", MOMENT, nullable=False, comment="since when it is known"),
    comment="One client of the API.",
)

API_KEYS = Table(
    "api_keys",
    METADATA,
    _key("key_id", String, "what of the key is no secret: its beginning"),
    Column("client_id", String, ForeignKey("api_clients.client_id"), nullable=False, comment="whose it is"),
    Column(
        "secret_hash", String, nullable=False, comment="SHA-256 of the secret; the secret is kept nowhere"
    ),
    Column("scopes", JSON, nullable=False, comment="what it may do"),
    Column("created_at", MOMENT, nullable=False, comment="since when it is known"),
    Column("expires_at", MOMENT, comment="until when it is taken; null: for ever"),
    Column("revoked_at", MOMENT, comment="since when it is taken no more; null: it is taken"),
    Column("made_until", MOMENT, comment="until when it was to be taken when it was made; null: for ever"),
    comment="One key of a client.",
)

AUDIT = Table(
    "audit",
    METADATA,
    _key("entry_id", String, "the entry"),
    Column("at", MOMENT, nullable=False, index=True, comment="when"),
    Column("who", String, nullable=False, comment="who did it"),
    Column("act", String, nullable=False, comment="what was done"),
    _text("client_id", "to which client"),
    _text("key_id", "to which of its keys"),
    comment="One administrative act.",
)

WEBHOOKS = Table(
    "webhooks",
    METADATA,
    _key("webhook_id", String, "the webhook"),
    Column(
        "client_id",
        String,
        ForeignKey("api_clients.client_id"),
        nullable=False,
        index=True,
        comment="whose it is",
    ),
    Column("url", String, nullable=False, comment="where it is sent to"),
    Column("types", JSON, nullable=False, comment="the types of event that it gets"),
    Column("created_at", MOMENT, nullable=False, comment="it gets what was published since then"),
    comment="Where a client wants to be told of what happens.",
)

WEBHOOK_SECRETS = Table(
    "webhook_secrets",
    METADATA,
    _key("secret_id", String, "the secret's own id"),
    Column(
        "webhook_id",
        String,
        ForeignKey("webhooks.webhook_id"),
        nullable=False,
        index=True,
        comment="of which",
    ),
    Column("secret", String, nullable=False, comment="the secret itself: who signs must know it"),
    Column("created_at", MOMENT, nullable=False, comment="since when it signs"),
    Column("until", MOMENT, comment="until when it signs; null: it is the present one"),
    comment="What deliveries are signed with.",
)

WEBHOOK_DELIVERIES = Table(
    "webhook_deliveries",
    METADATA,
    Column(
        "number",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        comment="the order in which deliveries were noted",
    ),
    Column(
        "delivery_id",
        String,
        nullable=False,
        unique=True,
        comment="UUIDv5 of webhook and event: `webhook-id`",
    ),
    Column("webhook_id", String, ForeignKey("webhooks.webhook_id"), nullable=False, comment="to whom"),
    _text("match_id", "of which match; null: a test event"),
    Column("seq", BigInteger, comment="after which event of the match; null: a test event"),
    Column("type", String, nullable=False, comment="type of event"),
    Column("body", Text, nullable=False, comment="what is sent, byte for byte, at each attempt"),
    Column("status", String, nullable=False, comment="pending, delivered or dead"),
    Column("attempts", Integer, nullable=False, server_default="0", comment="since it was queued"),
    Column("created_at", MOMENT, nullable=False, comment="when it was noted"),
    Column("queued_at", MOMENT, nullable=False, comment="when it was last queued: noted, or asked for again"),
    Column("due_at", MOMENT, nullable=False, comment="not before this moment"),
    Column("attempted_at", MOMENT, comment="the last attempt; null: none yet"),
    Column("delivered_at", MOMENT, comment="when the target took it"),
    Column("last_status", Integer, comment="HTTP status of the last attempt; null: no answer"),
    _text("last_error", "what was wrong with the last attempt; null: nothing"),
    Index("ix_webhook_deliveries_lane", "status", "webhook_id", "match_id", "number"),
    Index("ix_webhook_deliveries_webhook", "webhook_id", "number"),
    comment="One event for one webhook: the outbox, and afterwards the log.",
)

WEBHOOK_ATTEMPTS = Table(
    "webhook_attempts",
    METADATA,
    Column(
        "number",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        comment="the order in which they were kept",
    ),
    Column("delivery_id", String, nullable=False, comment="of which delivery"),
    Column("at", MOMENT, nullable=False, comment="when it was over"),
    Column("duration_ms", Integer, comment="how long it took; null: nothing was sent"),
    Column("http_status", Integer, comment="what the target answered; null: no answer"),
    _text("error", "what was wrong; null: nothing"),
    Index("ix_webhook_attempts_delivery", "delivery_id", "number"),
    comment="What came of each attempt of a delivery: the newest 50.",
)

WEBHOOK_CURSORS = Table(
    "webhook_cursors",
    METADATA,
    _key("topic", String, "the topic"),
    Column("partition", Integer, primary_key=True, comment="its partition"),
    Column("origin", String, nullable=False, comment="which log: the broker's own ids"),
    Column(
        "position", BigInteger, nullable=False, comment="offset of the first record that is not in the outbox"
    ),
    comment="How far the log is in the outbox.",
)

WEBHOOK_RESULTS = Table(
    "webhook_results",
    METADATA,
    _key("match_id", String, "the match"),
    Column("told", Text, nullable=False, comment="outcomes as they were last told, as JSON"),
    Column("changed_at", MOMENT, nullable=False, comment="when that changed"),
    comment="What webhooks know of how a match stands: the difference to it is told next.",
)

CLIENT_USAGE = Table(
    "client_usage",
    METADATA,
    _key("client_id", String, "the client"),
    _key("day", Date, "the day, UTC"),
    Column("requests", BigInteger, nullable=False, server_default="0", comment="requests that were answered"),
    Column(
        "connections", BigInteger, nullable=False, server_default="0", comment="live feeds that were opened"
    ),
    Column("refused", BigInteger, nullable=False, server_default="0", comment="above the plan: refused"),
    Column("events", BigInteger, nullable=False, server_default="0", comment="messages of its live feeds"),
    comment="What a client asked on one day, added up by every process of the API.",
)


def catalog_sql() -> str:
    """The schema for SQLite, tables in order of dependence: `infra/catalog/schema.sql`."""
    head = "-- Written by `midround schema export` from adapters/catalog/schema.py; do not edit.\n"
    dialect = sqlite.dialect()
    creates = [_lines(str(CreateTable(table).compile(dialect=dialect))) for table in METADATA.sorted_tables]
    return "\n".join([head, *creates])


def _lines(statement: str) -> str:
    """The statement without the compiler's tabs and trailing blanks."""
    lines = [line.rstrip().replace("\t", "    ") for line in statement.strip().splitlines()]
    return "\n".join(lines) + ";\n"
