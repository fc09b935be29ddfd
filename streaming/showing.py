"""What the loader shows in the cache: each match's newest state, folded from what the topic says, and prediction.

Belongs here: folding, and when to write. Does not belong here: the cache (`adapters.cache`), what must not be lost
(`streaming.loader`): a cache that is away holds nothing up, and what it missed is written when it is back.
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
"""Matches whose state is held at a time: those that moved last."""
_STATE: msgspec.json.Decoder[StateMessage] = msgspec.json.Decoder(StateMessage)
_PREDICTION = msgspec.json.Decoder(Prediction | Retraction)


class _Held(msgspec.Struct, kw_only=True):
    view: MatchView
    prediction: bytes | None = None
    predicted_seq: int = 0


class Showing:
    """Over one cache. `take` every record, `write` whenever the store has what was taken."""

    def __init__(self, newest: Newest, metrics: Metrics) -> None:
        self._newest, self._metrics = newest, metrics
        self._held: dict[str, _Held] = {}
        self._moved: set[str] = set()
        self._is_another_log = False

    def take(self, record: Record) -> None:
        """Fold one record; what cannot be read is the loader's to tell."""
        try:
            if record.topic == STATE:
                self._take_state(_STATE.decode(record.value))
            elif record.topic == PREDICTIONS:
                self._take_prediction(_PREDICTION.decode(record.value), record.value)
        except UNREADABLE:
            return

    def write(self) -> None:
        """Show what has moved. A cache that is away gets all of it when it is back."""
        if not self._moved:
            return
        try:
            self._newest.put([self._shown(match_id) for match_id in sorted(self._moved)])
        except CacheAwayError:
            self._metrics.error("cache_away").inc()
        else:
            self._moved.clear()

    def turn_to_another_log(self) -> None:
        """What comes from here on is of another log: a match goes on in it with the seq that follow, or begins anew."""
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
        """What is held of a match that moves to `seq`: at first what was shown by the one before us, so that a start
        leaves no hole. Where another log begins the match anew, that holds no longer."""
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
