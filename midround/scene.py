"""What a spectator sees of a match, folded from the outgoing topics.

Belongs here: the pure fold from messages to a scene. Does not belong here: display (`midround.view`), Kafka.
"""

from collections import deque
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from game.delta import applied
from game.facts import AnyFact, BombChanged, Killed, MapDecided, RoundDecided, SeriesDecided
from game.messages import (
    Prediction,
    PredictionMessage,
    Processed,
    ProcessedMessage,
    Retraction,
    StateMessage,
    StateSnapshot,
)
from game.state import MatchState

LINES = 9
_PROCESSED: msgspec.json.Decoder[ProcessedMessage] = msgspec.json.Decoder(ProcessedMessage)
_STATE: msgspec.json.Decoder[StateMessage] = msgspec.json.Decoder(StateMessage)
_PREDICTION: msgspec.json.Decoder[PredictionMessage] = msgspec.json.Decoder(PredictionMessage)


class Scene(Struct, kw_only=True):
    """The match of the latest messages. `latency_ms` is the last event's time from the intake to the outgoing topic."""

    state: MatchState | None = None
    prediction: Prediction | None = None
    lines: deque[str] = msgspec.field(default_factory=lambda: deque[str](maxlen=LINES))
    events: int = 0
    predictions: int = 0
    corrections: int = 0
    latency_ms: float | None = None


class Watcher:
    """Folds records into a scene, for one match at a time."""

    def __init__(self) -> None:
        self.scene = Scene()
        self._encoded: dict[str, Any] = {}
        self._match_id = ""

    def processed(self, value: bytes, published_at: datetime) -> None:
        """Apply a record of `processed-game-events`."""
        message = _PROCESSED.decode(value)
        if isinstance(message, Retraction):
            self.scene.corrections += 1
            return
        self.scene.events += 1
        if message.received_at is not None:
            self.scene.latency_ms = (published_at - message.received_at).total_seconds() * 1000
        self.scene.lines.extend(line for fact in message.facts if (line := self._line(message, fact)))

    def state(self, value: bytes) -> None:
        """Apply a record of `match-state`."""
        message = _STATE.decode(value)
        if isinstance(message, Retraction):
            return
        if isinstance(message, StateSnapshot):
            self._encoded = msgspec.to_builtins(message.state, builtin_types=(datetime,))
            self._match_id = message.match_id
        elif message.match_id == self._match_id:
            self._encoded = applied(self._encoded, message.set) | {"last_ts": message.ts_event}

    def predicted(self, value: bytes) -> None:
        """Apply a record of `predictions`."""
        message = _PREDICTION.decode(value)
        if isinstance(message, Prediction):
            self.scene.predictions += 1
            self.scene.prediction = message

    def look(self) -> Scene:
        """Return the current scene."""
        if self._encoded:
            self.scene.state = msgspec.convert(self._encoded, MatchState)
        return self.scene

    def _line(self, message: Processed, fact: AnyFact) -> str | None:
        place = f"R{message.round_no or 0:<2}"
        match fact:
            case Killed():
                head = " (headshot)" if fact.is_headshot else ""
                killer = self._name(fact.killer_id) if fact.killer_id else "the world"
                return (
                    f"{place} {killer} kills {self._name(fact.victim_id)}, {fact.weapon or 'unknown'}{head}"
                )
            case BombChanged(status="planted"):
                return f"{place} bomb planted at {(fact.site or '?').upper()} by {self._name(fact.player_id)}"
            case BombChanged(status="defused" | "exploded"):
                return f"{place} bomb {fact.status}"
            case RoundDecided():
                reason = fact.reason.replace("_", " ")
                return (
                    f"{place} won by {self._team(fact.winner_team)}, {reason}: {fact.score_a}:{fact.score_b}"
                )
            case MapDecided():
                return f"map over {fact.score_a}:{fact.score_b}; maps {fact.maps_a}:{fact.maps_b}"
            case SeriesDecided():
                return f"series won by {self._team(fact.winner_team)} {fact.maps_a}:{fact.maps_b}"
            case _:
                return None

    def _name(self, player_id: str | None) -> str:
        player: Mapping[str, Any] = self._encoded.get("players", {}).get(player_id) or {}
        return str(player.get("name") or player_id or "somebody")

    def _team(self, team: str | None) -> str:
        return str(self._encoded.get(f"name_{(team or '').lower()}") or team or "nobody")
