"""One event further: state, statistics, probabilities and swing, as one pure step.

Belongs here: the composition of the game's folds with the model, as `(play, event) -> (play, outcome)`. Does not
belong here: order, corrections, seq of channels, receipts (`models.fold`).
"""

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from game import events as e
from game.advance import advance
from game.facts import AnyFact
from game.features import Features, extract
from game.state import MatchState, initial_state
from game.statistics.book import StatBook
from game.statistics.figures import counted
from models.forecast import Forecast
from models.predictor import Predictor
from models.swing import SwingBook, swing

_CLOCKS = frozenset({"round_left_s", "bomb_left_s", "defuse_progress", "can_defuse_finish"})
"""Inputs that change by themselves: they are told at clock ticks, not by every event that happens to come."""
MOST_INPUT_EVENTS = 128
"""The last events that a receipt names, where a feed says more of them without changing an input."""
_INPUTS = tuple(name for name in Features.__struct_fields__ if name not in _CLOCKS)


class Play(Struct, frozen=True, kw_only=True):
    """All that a match's past means for its future; no order of arrival, no clock."""

    state: MatchState
    stats: StatBook = StatBook()
    swing: SwingBook = SwingBook()
    p_a: float | None = None
    """Team A's chance of the round as last published."""
    inputs: bytes = b""
    """What the last prediction was made from, clocks aside."""
    input_event_ids: tuple[str, ...] = ()
    """Events since the last prediction that may have changed its inputs."""


class Outcome(Struct, frozen=True, kw_only=True):
    """What one event gave. `forecast` is null where no prediction follows."""

    facts: tuple[AnyFact, ...]
    forecast: Forecast | None = None
    features: Features | None = None
    input_event_ids: tuple[str, ...] = ()


def initial_play(match_id: str) -> Play:
    """Before the first event of a match."""
    return Play(state=initial_state(match_id))


def played(play: Play, event: e.AnyEvent, predictor: Predictor | None) -> tuple[Play, Outcome]:
    """The play after `event`, and what is published of it."""
    state, facts = advance(play.state, event)
    stats, told = counted(play.stats, facts, state=state)
    after, facts = replace(play, state=state, stats=stats), (*facts, *told)
    if predictor is None:
        return after, Outcome(facts=facts)
    is_tick = isinstance(event, e.ClockTick)
    if not is_tick and not _may_matter(play.state, state):
        return after, Outcome(facts=facts)
    return _predicted(
        replace(after, input_event_ids=(*play.input_event_ids, event.event_id)[-MOST_INPUT_EVENTS:]),
        facts,
        predictor,
        is_tick=is_tick,
    )


def _predicted(
    play: Play, facts: tuple[AnyFact, ...], predictor: Predictor, *, is_tick: bool
) -> tuple[Play, Outcome]:
    """The prediction, where inputs changed or a second passed, and who gained or lost by the change."""
    features = extract(play.state)
    forecast = predictor.predict(play.state, features)
    if forecast is None:
        return replace(play, input_event_ids=()), Outcome(facts=facts)
    inputs = _inputs(features, forecast)
    if inputs == play.inputs and not (is_tick and features is not None):
        return play, Outcome(facts=facts)
    book, credited = swing(play.swing, facts, state=play.state, p_a=forecast.round.p_a)
    outcome = Outcome(
        facts=(*facts, *credited), forecast=forecast, features=features, input_event_ids=play.input_event_ids
    )
    return replace(play, swing=book, p_a=forecast.round.p_a, inputs=inputs, input_event_ids=()), outcome


def _may_matter(before: MatchState, after: MatchState) -> bool:
    """Whether anything a prediction depends on is another object than before: cheap, and never wrong for no."""
    return (
        before.players is not after.players
        or before.round is not after.round
        or before.map is not after.map
        or before.finished_maps is not after.finished_maps
        or before.best_of != after.best_of
        or before.is_series_over != after.is_series_over
    )


def _inputs(features: Features | None, forecast: Forecast) -> bytes:
    """As bytes, so that they are equal again after a recovery."""
    told = None if features is None else [getattr(features, name) for name in _INPUTS]
    return msgspec.msgpack.encode((told, forecast.score))
