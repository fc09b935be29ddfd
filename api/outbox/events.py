"""The events that webhooks receive: each type with its data, as in the body of a delivery.

Belongs here: the types, which are a contract (docs/webhooks.md). Does not belong here: when events are sent
(`telling`).
"""

from typing import Literal, get_args

import msgspec

from api.public.swings.resources import Swing
from game.finality import Finality

EventType = Literal[
    "match.started",
    "round.ended",
    "map.ended",
    "series.ended",
    "round.swing",
    "match.corrected",
    "model.switched",
]
TYPES: tuple[EventType, ...] = get_args(EventType)
PING = "ping"
"""The test event. It belongs to no match and cannot be subscribed to."""


class _Told(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """`timestamp` is when it happened, in ISO 8601."""

    timestamp: str


class StartedMatch(msgspec.Struct, frozen=True, kw_only=True):
    """The first map of a match began."""

    match_id: str
    seq: int
    map_id: str
    map_name: str | None
    name_a: str | None
    name_b: str | None
    best_of: int


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a round, a map or the series, as in the channel `results` of the live feed. provisional: may still
    be replayed; final: what follows has begun; amended: differs from what was sent before; revoked: open again."""

    match_id: str
    seq: int
    map_id: str | None
    round_no: int | None
    winner_team: str | None
    score_a: int
    score_b: int
    finality: Finality


class LargeSwings(msgspec.Struct, frozen=True, kw_only=True):
    """An event that changed the win probability of the round by 0.15 or more."""

    match_id: str
    seq: int
    map_id: str | None
    round_no: int | None
    swings: tuple[Swing, ...]


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """Everything derived from the events `from_seq` to `to_seq` is void; whatever still holds is sent again with new
    seqs."""

    match_id: str
    seq: int
    from_seq: int
    to_seq: int
    reason: str
    map_id: str | None


class SwitchedModel(msgspec.Struct, frozen=True, kw_only=True):
    """From this seq on, predictions of the match come from this model."""

    match_id: str
    seq: int
    model_version: str
    model_hash: str


class WebhookTest(msgspec.Struct, frozen=True, kw_only=True):
    """A test delivery, sent on request."""

    webhook_id: str


class MatchStartedWebhook(_Told, frozen=True, kw_only=True, tag="match.started"):
    data: StartedMatch


class RoundEndedWebhook(_Told, frozen=True, kw_only=True, tag="round.ended"):
    data: Outcome


class MapEndedWebhook(_Told, frozen=True, kw_only=True, tag="map.ended"):
    data: Outcome


class SeriesEndedWebhook(_Told, frozen=True, kw_only=True, tag="series.ended"):
    data: Outcome


class RoundSwingWebhook(_Told, frozen=True, kw_only=True, tag="round.swing"):
    data: LargeSwings


class MatchCorrectedWebhook(_Told, frozen=True, kw_only=True, tag="match.corrected"):
    data: Correction


class ModelSwitchedWebhook(_Told, frozen=True, kw_only=True, tag="model.switched"):
    data: SwitchedModel


class PingWebhook(_Told, frozen=True, kw_only=True, tag=PING):
    data: WebhookTest


OfMatch = (
    MatchStartedWebhook
    | RoundEndedWebhook
    | MapEndedWebhook
    | SeriesEndedWebhook
    | RoundSwingWebhook
    | MatchCorrectedWebhook
    | ModelSwitchedWebhook
)
AnyTold = OfMatch | PingWebhook


def body(told: AnyTold) -> str:
    """Return the body as it is sent and signed."""
    return msgspec.json.encode(told).decode()


def type_of(told: OfMatch) -> str:
    return str(type(told).__struct_config__.tag)
