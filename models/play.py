"""One event's step: state, statistics, probabilities and swing, as one pure function.

The model in use is part of the play: `model_switched` changes it, so a refold switches models at the same place.

Belongs here: the composition of the game's folds with the model, as `(play, event) -> (play, outcome)`. Does not belong
here: order, corrections, seq of channels, receipts (`models.fold`).
"""

from operator import attrgetter

from msgspec import Struct
from msgspec.structs import replace

from game import events as e
from game.advance import advance
from game.facts import AnyFact, SwingCredited
from game.features import Features, at_clock, extract
from game.quality import broken
from game.state import MatchState, initial_state
from game.statistics.book import StatBook
from game.statistics.figures import counted
from models.forecast import Forecast
from models.predictor import Predictor
from models.score import Score
from models.shelf import Models
from models.swing import SwingBook, rebased, swing

_CLOCKS = frozenset({"round_left_s", "bomb_left_s", "defuse_progress", "can_defuse_finish"})
"""Inputs that change with time alone. They are updated at clock ticks, not by every other
event that happens to come."""
MOST_INPUT_EVENTS = 128
"""A receipt names at most this many events, the latest, if a feed sends more without changing an input."""
_standing = attrgetter(*(name for name in Features.__struct_fields__ if name not in _CLOCKS))


class Play(Struct, frozen=True, kw_only=True):
    """The whole state of a match that its future depends on; no order of arrival, no clock."""

    state: MatchState
    stats: StatBook = StatBook()
    swing: SwingBook = SwingBook()
    score: Score | None = None
    """The input of the last prediction; null before the first. Likewise `features`, which is null outside live play."""
    features: Features | None = None
    input_event_ids: tuple[str, ...] = ()
    """Events since the last prediction that may have changed its inputs."""
    model_hash: str | None = None
    """The hash of the model in use; null: nothing is predicted."""

    def at_seq(self, seq: int) -> "Play":
        """The play renumbered to `seq`: after a correction, numbering continues from the last published seq."""
        return self if self.state.seq == seq else replace(self, state=replace(self.state, seq=seq))


class Outcome(Struct, frozen=True, kw_only=True):
    """The result of one event. `forecast` is null if no prediction follows."""

    facts: tuple[AnyFact, ...]
    forecast: Forecast | None = None
    features: Features | None = None
    input_event_ids: tuple[str, ...] = ()


def initial_play(match_id: str, model_hash: str | None = None) -> Play:
    """The play before the first event of a match that starts with the given model."""
    return Play(state=initial_state(match_id), model_hash=model_hash)


def with_model(play: Play, predictor: Predictor | None, models: Models) -> Play:
    """The play with its own model, or with `predictor` if its model is null or not in `models`."""
    if play.model_hash is not None and models.find(play.model_hash) is not None:
        return play
    return replace(play, model_hash=None if predictor is None else predictor.model_hash)


def played(play: Play, event: e.AnyEvent, models: Models) -> tuple[Play, Outcome]:
    """The play after `event`, and what to publish. `models` must contain the play's own model."""
    state, facts = advance(play.state, event)
    stats, told = counted(play.stats, facts, state=state)
    after, facts = replace(play, state=state, stats=stats), (*facts, *told)
    predictor = None if play.model_hash is None else models.find(play.model_hash)
    if predictor is None:
        return after, Outcome(facts=facts)
    if isinstance(event, e.ModelSwitched):
        return _switched(after, event, facts=facts, models=models)
    if not isinstance(event, e.ClockTick) and not may_matter(play.state, state):
        return after, Outcome(facts=facts)
    return _predicted(play, after, event=event, facts=facts, predictor=predictor)


def _switched(
    play: Play, event: e.ModelSwitched, *, facts: tuple[AnyFact, ...], models: Models
) -> tuple[Play, Outcome]:
    """The first prediction of the new model, from the same inputs. The difference between
    models is credited to nobody."""
    asked = event.payload.model_hash
    predictor = models.find(asked)
    if predictor is None:
        return play, Outcome(facts=(*facts, broken("model_unknown", asked)))
    if asked == play.model_hash:
        return play, Outcome(facts=facts)
    told_by = (*play.input_event_ids, event.event_id)[-MOST_INPUT_EVENTS:]
    score, features = predictor.score(play.state), extract(play.state)
    if score is None:
        return replace(play, model_hash=asked), Outcome(facts=facts)
    forecast = predictor.forecast(features, score)
    after = replace(
        play,
        swing=rebased(play.swing, forecast.round.p_a),
        score=score,
        features=features,
        input_event_ids=(),
        model_hash=asked,
    )
    return after, Outcome(facts=facts, forecast=forecast, features=features, input_event_ids=told_by)


def _predicted(
    before: Play, play: Play, *, event: e.AnyEvent, facts: tuple[AnyFact, ...], predictor: Predictor
) -> tuple[Play, Outcome]:
    """The prediction, if inputs changed or a second passed, with the swing credited for the change."""
    told_by = (*before.input_event_ids, event.event_id)[-MOST_INPUT_EVENTS:]
    score, features = _inputs(before, play.state, predictor)
    if score is None:
        return play, Outcome(facts=facts)
    is_second = features is not None and isinstance(event, e.ClockTick)
    if not is_second and _is_known(play, features, score):
        return replace(play, input_event_ids=told_by), Outcome(facts=facts)
    forecast = predictor.forecast(features, score)
    if is_second:
        forecast = predictor.with_swing(forecast, features)
    after = replace(play, score=score, features=features, input_event_ids=())
    book, credited = _credited(before, after, facts, p_a=forecast.round.p_a)
    after = replace(after, swing=book)
    return after, Outcome(
        facts=(*facts, *credited), forecast=forecast, features=features, input_event_ids=told_by
    )


def _credited(
    before: Play, after: Play, facts: tuple[AnyFact, ...], *, p_a: float
) -> tuple[SwingBook, tuple[SwingCredited, ...]]:
    """Credits the change. Nobody is credited if the round model stops answering without the round being decided."""
    is_decided = after.score is not None and after.score.round_winner is not None
    is_silent = before.features is not None and after.features is None and not is_decided
    book = rebased(before.swing, p_a) if is_silent else before.swing
    return swing(book, facts, state=after.state, p_a=p_a)


def _inputs(before: Play, state: MatchState, predictor: Predictor) -> tuple[Score | None, Features | None]:
    """The inputs of a prediction. Most events are clock ticks, which change nothing but the time."""
    if before.score is None or may_matter(before.state, state):
        score = before.score if not _may_change_score(before.state, state) else None
        return score or predictor.score(state), extract(state)
    return before.score, None if before.features is None else at_clock(before.features, state)


def _is_known(play: Play, features: Features | None, score: Score) -> bool:
    """Whether the last prediction had the same inputs, apart from clocks."""
    if score != play.score:
        return False
    if features is None or play.features is None:
        return features is play.features
    return bool(_standing(features) == _standing(play.features))


def may_matter(before: MatchState, after: MatchState) -> bool:
    """Whether anything that a prediction depends on is a different object than before. Cheap; a no is always right."""
    return before.players is not after.players or _may_change_score(before, after)


def _may_change_score(before: MatchState, after: MatchState) -> bool:
    return (
        before.round is not after.round
        or before.map is not after.map
        or before.finished_maps is not after.finished_maps
        or before.best_of != after.best_of
        or before.map_chance_a != after.map_chance_a
        or before.is_series_over != after.is_series_over
    )
