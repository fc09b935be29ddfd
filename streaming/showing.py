"""The newest state and prediction of each match, which the loader writes to the cache.

Belongs here: folding state messages, and when to write. Does not belong here: the cache (`adapters.cache`), data that
must not be lost (`streaming.loader`).

A cache that is away does not block the loader; what it missed is written when it is back.
"""

from itertools import islice

import msgspec

from adapters.cache.newest import CacheAwayError, Newest, Shown
from adapters.kafka.records import PREDICTIONS, STATE, Record
from adapters.metrics import Metrics
from game.codec import UNREADABLE
from game.messages import Prediction, Retraction, StateMessage
from game.view import MatchView, apply, new_view

MATCHES_MAX = 200
"""The most matches whose state is held at a time; the least recently changed are evicted."""
_STATE: msgspec.json.Decoder[StateMessage] = msgspec.json.Decoder(StateMessage)
_PREDICTION = msgspec.json.Decoder(Prediction | Retraction)


class _Held(msgspec.Struct, kw_only=True):
    view: MatchView
    prediction: bytes | None = None
    predicted_seq: int = 0


class Showing:
    """Keeps one cache up to date. Call `take` for every record, and `write` whenever the store has those records."""

    def __init__(self, newest: Newest, metrics: Metrics) -> None:
        self._newest, self._metrics = newest, metrics
        self._held: dict[str, _Held] = {}
        self._moved: set[str] = set()
        self._is_another_log = False

    def take(self, record: Record) -> None:
        """Fold one record. Unreadable records are ignored here; the loader reports them."""
        try:
            if record.topic == STATE:
                self._take_state(_STATE.decode(record.value))
            elif record.topic == PREDICTIONS:
                self._take_prediction(_PREDICTION.decode(record.value), record.value)
        except UNREADABLE:
            return

    def write(self) -> None:
        """Write the matches that changed. If the cache is away, they are written when it is back."""
        if not self._moved:
            return
        try:
            self._newest.put([self._shown(match_id) for match_id in sorted(self._moved)])
        except CacheAwayError:
            self._metrics.error("cache_away").inc()
        else:
            self._moved.clear()

    def turn_to_another_log(self) -> None:
        """The following records come from another log, in which a match continues with the next seq or starts anew."""
        self._held, self._moved, self._is_another_log = {}, set(), True

    def _take_state(self, message: StateMessage) -> None:
        held = self._of(message.match_id, message.seq)
        view = apply(held.view, message)
        if view is not held.view:
            held.view = view
            self._moved.add(message.match_id)

    def _take_prediction(self, message: Prediction | Retraction, text: bytes) -> None:
        held = self._of(message.match_id, message.seq)
        if isinstance(message, Prediction):
            if message.seq <= held.predicted_seq:
                return
            held.prediction, held.predicted_seq = text, message.seq
        elif message.from_seq <= held.predicted_seq <= message.to_seq:
            held.prediction = None
        else:
            return
        self._moved.add(message.match_id)

    def _of(self, match_id: str, seq: int) -> _Held:
        """What is held of a match that moves to `seq`. At first this is what the previous process wrote to the cache,
        so that a restart leaves no gap. If another log starts the match anew, the cached state is dropped."""
        held = self._held.pop(match_id, None)
        if held is None:
            held = self._begun(match_id)
            if self._is_another_log and seq <= max(held.view.seq, held.predicted_seq):
                held = _Held(view=new_view(match_id))
        self._held[match_id] = held
        for oldest in list(islice(self._held, max(0, len(self._held) - MATCHES_MAX))):
            if oldest not in self._moved:
                del self._held[oldest]
        return held

    def _begun(self, match_id: str) -> _Held:
        held = _Held(view=new_view(match_id))
        try:
            held.view = self._newest.view(match_id) or held.view
            text = self._newest.prediction(match_id)
            if text is not None:
                held.prediction, held.predicted_seq = text, _PREDICTION.decode(text).seq
        except (CacheAwayError, *UNREADABLE):
            return held
        return held

    def _shown(self, match_id: str) -> Shown:
        held = self._held[match_id]
        return Shown(
            match_id=match_id,
            view=held.view if held.view.is_current else None,
            prediction=held.prediction,
        )
