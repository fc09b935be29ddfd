"""What this process holds of one match: its view, the newest messages of each channel, its live clients.

Belongs here: processing one message of the match. Does not belong here: many matches (`board`), the store (`history`),
how a view changes (`game.reading`).
"""

import time
from collections import deque

import msgspec

from api.public.answers import encoded
from api.public.events import resources as events
from api.public.live import frames
from api.public.live.positions import Positions
from api.public.live.subscriber import Subscriber
from api.public.matches.resources import state
from api.public.moments import iso
from api.public.predictions import resources as predictions
from api.public.ring import Ring
from api.public.swings.resources import SwingsView, swing
from api.public.tellings import Tellings
from api.public.watcher import Channel, Watcher
from game.facts import AnyFact, SwingCredited
from game.finality import Decided, changes, decided
from game.messages import Retraction, StateDelta, StateMessage, StateSnapshot, is_source_heard
from game.reading import Reading, VoidMark, void_mark
from game.view import MatchView, state_of

_FACTS = msgspec.json.Decoder(tuple[AnyFact, ...])
VOIDS = 64
"""Number of retractions of events kept for clients that resume."""
_TOLD = (b'"swing_credited"', b'"map_stats"', b'"round_stats"')


class Sizes(msgspec.Struct, frozen=True, kw_only=True):
    """Number of messages of each channel kept per match."""

    events: int = 500
    updates: int = 600
    predictions: int = 300
    swings: int = 300
    statistics: int = 16


class Desk:
    """One match. Use it on one event loop only. `updates` and `forecasts` hold frames of the live feed.

    If another log has begun the match anew (`is_begun_anew`), the store still holds the old match with higher seqs:
    views from the store are then ignored.
    """

    def __init__(self, match_id: str, sizes: Sizes, *, is_begun_anew: bool = False) -> None:
        self.is_begun_anew = is_begun_anew
        self._reading = Reading(match_id)
        self.settled: MatchView = self.view
        """The last current view: everything decided in it has been published."""
        self.events: Ring[events.Published] = Ring(sizes.events)
        self.updates: Ring[str] = Ring(sizes.updates)
        self.predictions: Ring[predictions.Kept] = Ring(sizes.predictions)
        self.forecasts: Ring[str] = Ring(sizes.predictions)
        self._event_voids: deque[tuple[int, str]] = deque(maxlen=VOIDS)
        self._voids: dict[frames.Channel, VoidMark] = {}
        """By channel, the mark of the newest retraction: a retraction that is read again is published only once."""
        self.swings: Ring[SwingsView] = Ring(sizes.swings)
        self.statistics = Tellings(sizes.statistics)
        self._positions = Positions()
        self.subscribers: set[Subscriber] = set()
        self.heard_s = time.monotonic()
        """When the source was last heard, on this process's monotonic clock."""
        self.watchers: set[Watcher] = set()
        self._snapshot: tuple[MatchView, str] | None = None
        self._state: tuple[MatchView, bytes] | None = None
        self._decided: tuple[MatchView, Decided] | None = None

    @property
    def view(self) -> MatchView:
        """The state; its seq never decreases."""
        return self._reading.view

    @property
    def is_idle(self) -> bool:
        """Whether no client follows the match."""
        return not self.subscribers and not self.watchers

    def close(self) -> None:
        """Tell all followers that no more messages will come."""
        for subscriber in self.subscribers:
            subscriber.close()
        for watcher in self.watchers:
            watcher.close()

    def take_state(self, message: StateMessage, raw: bytes) -> None:
        """Process a message of the topic `match-state`."""
        before = self.view
        self._reading.take(message)
        if isinstance(message, Retraction):
            self._retract(message, "state", ring=self.updates)
        elif self.updates.add(text := _text(message, raw), seq=message.seq, prev_seq=message.prev_seq):
            self._publish(text, "state")
            self._tell_positions(message)
        elif self.view is not before:
            self._tell_view()
        self._ring("state")
        self._settle()

    def begin(self, view: MatchView) -> None:
        """Continue from a view from the store, unless memory has a newer one."""
        if self.is_begun_anew:
            return
        before = self.view
        self._reading.begin(view)
        if self.view is not before:
            self._tell_view()
            self._ring("state")
        self._settle()

    def take_prediction(self, message: predictions.Published | Retraction, raw: bytes) -> None:
        """Process a message of the topic `predictions`."""
        self._ring("predictions")
        if isinstance(message, Retraction):
            self.predictions.void(from_seq=message.from_seq, to_seq=message.to_seq)
            self._retract(message, "predictions", ring=self.forecasts)
            return
        found = predictions.kept(message, raw)
        if self.predictions.add(found, seq=message.seq, prev_seq=message.prev_seq):
            text = frames.encoded(found.view)
            self.forecasts.add(text, seq=message.seq, prev_seq=message.prev_seq)
            self._publish(text, "predictions")

    def take_event(self, message: events.Published | Retraction) -> None:
        """Process a message of the topic `processed-game-events`."""
        if isinstance(message, Retraction):
            if self._is_new(message, "events"):
                self._void_events(range(message.from_seq, message.to_seq + 1))
                text = frames.encoded(frames.retraction(message, "events"))
                self._event_voids.append((message.seq, text))
                self._publish(text, "events")
            return
        if message.prev_seq != self.events.last_seq and message.seq > self.events.last_seq:
            self.swings.restart(message.prev_seq)
            self.statistics.clear()
        if self.events.add(message, seq=message.seq, prev_seq=message.prev_seq):
            self._take_facts(message)
            if is_source_heard(message.source, message.type, corrects=message.corrects):
                self.heard_s = time.monotonic()
            if self._is_heard("events"):
                self._publish(frames.encoded(frames.event(message)), "events")
            self._ring("events")

    def snapshot_text(self) -> str:
        """The view as a frame, encoded once per view."""
        if self._snapshot is None or self._snapshot[0] is not self.view:
            self._snapshot = self.view, frames.encoded(frames.snapshot(self.view))
        return self._snapshot[1]

    def state_body(self) -> bytes:
        """The view in its REST form, encoded once per view."""
        if self._state is None or self._state[0] is not self.view:
            self._state = self.view, encoded(state(self.view))
        return self._state[1]

    def decided(self) -> Decided:
        """What the settled view decides, computed once per view."""
        if self._decided is None or self._decided[0] is not self.settled:
            self._decided = self.settled, decided(state_of(self.settled))
        return self._decided[1]

    def opening(self) -> list[str]:
        """Initial frames of a client: the snapshot and the newest prediction."""
        return [*self.opening_state(), *self.opening_predictions()]

    def opening_state(self) -> list[str]:
        """Initial frame of the state: the snapshot."""
        return [self.snapshot_text()]

    def opening_results(self) -> list[str]:
        """Initial frames of the results: everything decided so far."""
        return [frames.encoded(frames.result(told, self.settled)) for told in changes({}, self.decided())]

    def opening_positions(self) -> list[str]:
        """Initial frame of the positions: the newest sample, if there is one."""
        return self._positions.opening()

    def opening_predictions(self) -> list[str]:
        """Initial frame of the predictions: the newest one, if there is one."""
        newest = self.predictions.newest()
        return [] if newest is None else [frames.encoded(newest.view)]

    def resumption(self, from_seq: int) -> list[str]:
        """Frames for a client that has everything before `from_seq`. If they are no longer held, or the client is ahead
        of this process, so that its seq is meaningless here: the initial frames."""
        return [*self.resumed_state(from_seq), *self.resumed_predictions(from_seq)]

    def resumed_state(self, from_seq: int) -> list[str]:
        """As `resumption`, for the state only."""
        is_held = self._holds(from_seq, self.view.seq)
        return self.updates.since(from_seq) if is_held else self.opening_state()

    def resumed_predictions(self, from_seq: int) -> list[str]:
        """As `resumption`, for the predictions only, which may be ahead of the state."""
        is_held = self._holds(from_seq, max(self.view.seq, self.forecasts.last_seq))
        return self.forecasts.since(from_seq) if is_held else self.opening_predictions()

    def resumed_events(self, from_seq: int) -> list[str]:
        """The events held from `from_seq` on, each retraction before the events that replace the retracted ones."""
        voids = [(seq, 0, text) for seq, text in self._event_voids if seq >= from_seq]
        held = [(each.seq, 1, frames.encoded(frames.event(each))) for each in self.events.since(from_seq)]
        return [text for _, _, text in sorted(voids + held)]

    def _holds(self, from_seq: int, last_seq: int) -> bool:
        """Whether both channels are complete from `from_seq` on. If either lacks a frame, which may have been a
        retraction, the client starts again with both."""
        is_foretold = self.forecasts.last_seq < 0 or self.forecasts.covers(from_seq)
        is_here = self.updates.covers(from_seq) and is_foretold
        return is_here and from_seq <= last_seq + 1 and self.view.is_current

    def _tell_positions(self, message: StateSnapshot | StateDelta) -> None:
        if isinstance(message, StateDelta) and message.positions:
            self._positions.take(message)
            if self._is_heard("positions"):
                self._publish(self._positions.newest(), "positions")

    def _void_events(self, void: range) -> None:
        self.events.void(from_seq=void.start, to_seq=void.stop - 1)
        self.swings.void(from_seq=void.start, to_seq=void.stop - 1)
        self.statistics.void(void)
        for watcher in self.watchers:
            if watcher.channel == "events":
                watcher.void(void)

    def _settle(self) -> None:
        """Publish what the view decides. A view that awaits a snapshot is incomplete and decides nothing."""
        before, after = self.settled, self.view
        if not after.is_current or after.state is before.state:
            return
        was = self.decided().outcomes if self._is_heard("results") else None
        self.settled = after
        if was is not None:
            for told in changes(was, self.decided()):
                self._publish(frames.encoded(frames.result(told, after)), "results")

    def _take_facts(self, message: events.Published) -> None:
        """Take swings and statistics from the facts, which are decoded only if they may contain any."""
        raw = bytes(message.facts)
        if not any(mark in raw for mark in _TOLD):
            return
        facts = _FACTS.decode(raw)
        self.statistics.take(facts, map_id=message.map_id, seq=message.seq)
        if any(isinstance(fact, SwingCredited) for fact in facts):
            self.swings.add(_swings(facts, message), seq=message.seq, prev_seq=self.swings.last_seq)

    def _ring(self, channel: Channel) -> None:
        """Wake the watchers of the channel; they run when the event loop is free again."""
        for watcher in self.watchers:
            if watcher.channel == channel:
                watcher.ring()

    def _tell_view(self) -> None:
        """Publish a snapshot after the view changed without a message that can be forwarded. It replaces the missed
        messages for live clients and for those that resume."""
        self.updates.restart(self.view.seq)
        if self._is_heard("state"):
            self._publish(self.snapshot_text(), "state")

    def _is_new(self, message: Retraction, channel: frames.Channel) -> bool:
        """Whether this retraction has not been published on `channel` yet."""
        mark = void_mark(message)
        if mark <= self._voids.get(channel, (0, 0)):
            return False
        self._voids[channel] = mark
        return True

    def _retract(self, message: Retraction, channel: frames.Channel, *, ring: Ring[str]) -> None:
        """Publish a retraction once: to live clients, and in its place for those that resume."""
        if self._is_new(message, channel):
            text = frames.encoded(frames.retraction(message, channel))
            ring.note(text, seq=message.seq)
            self._publish(text, channel)

    def _is_heard(self, channel: frames.Channel) -> bool:
        """Whether any subscriber follows `channel`; otherwise encoding is skipped."""
        return any(channel in subscriber.channels for subscriber in self.subscribers)

    def _publish(self, text: str, channel: frames.Channel) -> None:
        for subscriber in self.subscribers:
            if channel in subscriber.channels:
                subscriber.offer(text)


def _text(message: StateSnapshot | StateDelta, raw: bytes) -> str:
    """The frame of a state message. Positions are removed, since they have a channel of their own."""
    if isinstance(message, StateDelta) and message.positions:
        return frames.encoded(msgspec.structs.replace(message, positions=()))
    return raw.decode()


def _swings(facts: tuple[AnyFact, ...], message: events.Published) -> SwingsView:
    return SwingsView(
        match_id=message.match_id,
        seq=message.seq,
        map_id=message.map_id,
        round_no=message.round_no,
        ts_event=iso(message.ts_event),
        swings=tuple(swing(fact) for fact in facts if isinstance(fact, SwingCredited)),
    )
