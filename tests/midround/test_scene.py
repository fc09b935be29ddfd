"""What a watcher sees equals the state that the fold has; the view draws any of it."""

from datetime import UTC, datetime
from itertools import islice

import pytest
from rich.console import Console

from game.codec import encode
from game.messages import Prediction, Probability, Processed, Retraction, StateDelta, StateSnapshot
from midround import inputs, view
from midround.scene import Scene, Watcher
from models.fold import MatchFold
from models.predictor import load_champion

EVENTS = 1500


@pytest.fixture(scope="module")
def watched() -> tuple[Watcher, MatchFold]:
    events = list(islice(inputs.simulated(seed=3, best_of=1).events(), EVENTS))
    fold, watcher = MatchFold(events[0].match_id, load_champion()), Watcher()
    for event in events:
        for message in fold.step(event):
            match message:
                case Processed():
                    watcher.processed(encode(message), message.ts_event)
                case StateDelta() | StateSnapshot():
                    watcher.state(encode(message))
                case Prediction():
                    watcher.predicted(encode(message))
                case _:
                    raise AssertionError(message)
    return watcher, fold


def feed() -> view.Feed:
    return view.Feed(
        name="a match", sent=3, rate=1.0, restarts=0, waiting_for=("api",), urls={"API": "http://x"}
    )


def text(scene: Scene) -> str:
    console = Console(width=120)
    with console.capture() as captured:
        console.print(view.drawn(scene, feed()))
    return captured.get()


def test_the_scene_is_the_state_of_the_fold(watched: tuple[Watcher, MatchFold]) -> None:
    watcher, fold = watched
    seen = watcher.look().state
    assert seen is not None
    assert (seen.map, seen.round, seen.players, seen.phase) == (
        fold.state.map,
        fold.state.round,
        fold.state.players,
        fold.state.phase,
    )
    assert watcher.scene.events == EVENTS


def test_the_picture_has_score_chances_and_events(watched: tuple[Watcher, MatchFold]) -> None:
    watcher, fold = watched
    picture = text(watcher.look())
    state = fold.state
    assert state.map is not None
    assert f"{state.map.score_a} : {state.map.score_b}" in picture
    assert (state.name_a or "") in picture
    assert "series" in picture
    assert "won by" in picture or "kills" in picture


def test_an_empty_scene_can_be_drawn() -> None:
    assert "waiting for" in text(Scene())


def test_a_correction_is_counted() -> None:
    watcher = Watcher()
    gone = Retraction(match_id="m", seq=3, from_seq=1, to_seq=2, reason="late event")
    watcher.processed(encode(gone), datetime(2026, 1, 18, tzinfo=UTC))
    watcher.state(encode(gone))
    watcher.predicted(encode(gone))
    assert (watcher.scene.corrections, watcher.scene.events) == (1, 0)


@pytest.mark.parametrize("p_a", [0.0, 0.25, 0.5, 1.0])
def test_the_bar_has_the_share_of_a(p_a: float) -> None:
    chance = Probability(p_a=p_a, p_b=1 - p_a, lo=p_a, hi=p_a, confidence=1.0)
    bar = view.bar(chance, width=40)
    assert len(bar.plain) == 40
    cells = sum(span.end - span.start for span in bar.spans if span.style == view.A_STYLE)
    assert cells == p_a * 40
