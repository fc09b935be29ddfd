"""A match told again: its samples are those that training would draw from the events that still hold."""

from itertools import islice

import pytest
from msgspec import Struct

from game import events as e
from game import payloads as p
from game.events import AnyEvent
from game.messages import Processed, StateDelta, StateSnapshot
from game.simulate.mess import Options, messed
from game.simulate.series import simulate
from game.simulate.setting import Setting
from models.dataset import sampled
from models.digest import valid
from models.fold import MatchFold
from models.predictor import load_champion
from models.replay import maps_of, replayed
from tests.game.scripted import Script

EVENTS: list[AnyEvent] = list(islice(simulate(Setting(seed=5, best_of=1, position_hz=1)), 2_500))
MATCH_ID = EVENTS[0].match_id
LATE = messed(EVENTS, seed=1, options=Options(reorder_share=0.5, reorder_window=60)).events


@pytest.mark.slow
@pytest.mark.parametrize("events", [EVENTS, LATE], ids=["as it happened", "corrected"])
def test_samples_are_those_of_the_events_that_hold(events: list[AnyEvent]) -> None:
    told = replayed(MATCH_ID, events, load_champion())
    due = sampled(m.event for m in told.messages if isinstance(m, Processed))
    assert told.samples.drawn == due.drawn
    assert told.samples.drawn
    assert [map_.rounds for map_ in told.samples.maps.values()] == [m.rounds for m in due.maps.values()]


@pytest.mark.slow
@pytest.mark.parametrize("events", [EVENTS, LATE], ids=["as it happened", "corrected"])
def test_without_the_state_channel_the_others_stay_as_they_are(events: list[AnyEvent]) -> None:
    whole, told = MatchFold(MATCH_ID, load_champion()), replayed(MATCH_ID, events, load_champion())
    messages = [m for event in events for m in whole.step(event)] + whole.finish()
    assert list(told.messages) == [
        m for m in valid(messages) if not isinstance(m, StateDelta | StateSnapshot)
    ]
    assert told.counts == whole.counts


@pytest.mark.parametrize(
    ("kind", "said", "finality"),
    [
        (e.MapEnded, p.MapEndedData(winner_team="B", reason="surrender"), "final"),
        (e.PhaseChanged, p.PhaseChangedData(phase="abandoned"), "final"),
        (e.SeriesEnded, p.SeriesEndedData(winner_team="A"), "provisional"),
    ],
)
def test_a_map_is_final_once_it_is_over(kind: type[e.Event], said: Struct, finality: str) -> None:
    """Not by the end of a series that left it open."""
    script = Script(1)
    script.begin()
    script.health = dict.fromkeys(script.teams, 100)
    script.tell(e.RoundStarted, p.RoundStartedData())
    script.tell(e.FreezeEnded, p.FreezeEndedData())
    script.tell(e.RoundEnded, p.RoundEndedData(winner_team="A"))
    script.tell(kind, said)
    told = replayed("m", script.events, None)
    assert told.state.is_series_over
    assert [map_.card.finality for map_ in maps_of(told)] == [finality]
