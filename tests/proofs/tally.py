"""What a match came to, from its messages: in batch or as read from the topics. No tests here."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from msgspec import Struct
from msgspec.structs import replace

from game.events import AnyEvent, Unknown
from game.messages import Message, Prediction, Processed, Retraction
from models.digest import facts_digest

SLIM = Unknown(
    event_id="", match_id="", ts_event=datetime(2026, 1, 1, tzinfo=UTC), source="", original_type=""
)


class Summary(Struct, frozen=True, kw_only=True):
    """One match. `maps` holds the digest of each map's facts by map id, as `midround fold` prints it."""

    events: int
    facts: str
    maps: dict[str, str]
    predictions: int
    probabilities: str


class Tally:
    """Takes the messages of one match; one that comes twice must be the same, and counts once."""

    def __init__(self) -> None:
        self._processed: dict[int, Processed] = {}
        self._predicted: dict[int, tuple[str, bytes]] = {}
        self._void: dict[str, set[range]] = {"facts": set(), "predictions": set()}
        self.repeated = 0

    @classmethod
    def of(cls, messages: Iterable[Message]) -> "Tally":
        """All messages of a match, folded in batch."""
        tally = cls()
        for message in messages:
            if isinstance(message, Processed | Prediction):
                tally.take(message)
            elif isinstance(message, Retraction):
                tally.void("facts", message)
                tally.void("predictions", message)
        return tally

    def take(self, message: Processed | Prediction) -> None:
        """One message. Raises AssertionError where its seq was told with another content."""
        if isinstance(message, Processed):
            slim = replace(message, event=SLIM, received_at=None, processed_at=None)
            self.repeated += message.seq in self._processed
            assert self._processed.setdefault(message.seq, slim) == slim
        else:
            told = (message.event_id, _told(message))
            assert self._predicted.setdefault(message.seq, told) == told

    def void(self, channel: str, retraction: Retraction) -> None:
        """All messages of a channel that are taken back."""
        self._void[channel].add(range(retraction.from_seq, retraction.to_seq + 1))

    def told(self, event_id: str) -> Processed:
        """The last message of an event."""
        return [message for message in self._processed.values() if message.event_id == event_id][-1]

    def has_holes(self) -> bool:
        """Whether a seq is missing below the highest one."""
        return sorted(self._processed) != list(range(1, len(self._processed) + 1))

    def summary(self) -> Summary:
        """What is still valid."""
        valid = [m for seq, m in self._processed.items() if not self._is_void("facts", seq)]
        predicted = [v for seq, v in self._predicted.items() if not self._is_void("predictions", seq)]
        map_ids = sorted({m.map_id for m in valid if m.map_id is not None})
        return Summary(
            events=len(valid),
            facts=facts_digest(valid),
            maps={map_id: facts_digest([m for m in valid if m.map_id == map_id]) for map_id in map_ids},
            predictions=len(predicted),
            probabilities=_digest(told for _, told in sorted(predicted)),
        )

    def _is_void(self, channel: str, seq: int) -> bool:
        return any(seq in span for span in self._void[channel])


def ends(matches: Sequence[Sequence[AnyEvent]]) -> dict[str, str]:
    """By match, the id of its last event."""
    return {match[-1].match_id: match[-1].event_id for match in matches}


def _told(message: Prediction) -> bytes:
    """What a prediction says, without what depends on the history of corrections."""
    chances = (message.round, message.map, message.series)
    return repr((message.map_id, message.round_no, message.ts_event, chances)).encode()


def _digest(parts: Iterable[bytes]) -> str:
    sha = hashlib.sha256()
    for part in parts:
        sha.update(part)
    return sha.hexdigest()
