"""One event further: which events a prediction names, and models that come before the map or amid a round."""

from collections.abc import Sequence
from functools import cache
from itertools import islice, pairwise

import msgspec
import pytest

from game import events as e
from game import payloads as p
from game.facts import SwingCredited
from game.messages import Message, Prediction, Processed
from game.simulate.series import simulate
from game.simulate.setting import Setting
from models import play
from models.bundle import Manifest
from models.fold import fold_events
from models.predictor import Predictor, load_champion, load_predictor
from models.shelf import Shelf
from tests.game.scripted import Script
from tests.models.another import other_bundle, switched

EVENTS = 2_000


@cache
def events() -> tuple[e.AnyEvent, ...]:
    """The first rounds of a match whose players are told four times a second, also while nothing is predicted."""
    return tuple(islice(simulate(Setting(seed=3, position_hz=4)), EVENTS))


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> tuple[Manifest, Predictor]:
    folder = tmp_path_factory.mktemp("models")
    return other_bundle(folder, "second"), load_predictor(folder / "second")


def predictions(messages: Sequence[Message]) -> list[Prediction]:
    return [message for message in messages if isinstance(message, Prediction)]


@cache
def told() -> tuple[Prediction, ...]:
    return tuple(predictions(fold_events(events(), load_champion())))


def test_a_prediction_names_the_events_since_the_last_one_and_ends_with_its_own() -> None:
    place = {event.event_id: number for number, event in enumerate(events())}
    named = [[place[each] for each in message.receipt.input_event_ids] for message in told()]
    assert [ids[-1] for ids in named] == [place[message.event_id] for message in told()]
    assert all(before[-1] < after[0] for before, after in pairwise(named))
    assert all(ids == sorted(set(ids)) for ids in named)
    assert max(len(ids) for ids in named) > 1


def test_who_only_moves_or_shoots_is_named_by_no_prediction() -> None:
    kinds = {event.event_id: type(event) for event in events()}
    named = {kinds[event_id] for message in told() for event_id in message.receipt.input_event_ids}
    assert named > {e.ClockTick, e.ItemBought}
    assert not named & {e.PositionSample, e.WeaponFire}


def test_of_very_many_events_the_last_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(play, "MOST_INPUT_EVENTS", 3)
    bounded = predictions(fold_events(events(), load_champion()))
    assert [m.receipt.input_event_ids for m in bounded] == [m.receipt.input_event_ids[-3:] for m in told()]


def test_a_model_that_comes_before_the_map_is_in_use_from_its_start(
    champion: Predictor, second: tuple[Manifest, Predictor]
) -> None:
    log = [events()[0], switched(events()[0], second[0]), *events()[1:300]]
    found = predictions(fold_events(log, champion, models=Shelf((champion, second[1]))))
    assert {message.receipt.model_hash for message in found} == {second[0].model_hash}


def test_a_switch_names_what_the_model_before_had_not_yet_answered(
    champion: Predictor, second: tuple[Manifest, Predictor]
) -> None:
    waiting = next(m for m in told() if len(m.receipt.input_event_ids) > 2)
    at = next(i for i, x in enumerate(events()) if x.event_id == waiting.event_id)
    log = [*events()[:at], switched(events()[at - 1], second[0]), *events()[at : at + 50]]
    found = predictions(fold_events(log, champion, models=Shelf((champion, second[1]))))
    place = next(i for i, m in enumerate(found) if m.event_id == "switch")
    assert found[place].receipt.input_event_ids == (*waiting.receipt.input_event_ids[:-1], "switch")
    assert found[place + 1].receipt.input_event_ids == (waiting.event_id,)


def test_a_series_that_becomes_longer_amid_a_map_is_told_at_once(champion: Predictor) -> None:
    start = next(event for event in events() if isinstance(event, e.SeriesAnnounced))
    longer = msgspec.structs.replace(
        start,
        event_id="longer",
        seq_no=None,
        ts_event=events()[299].ts_event,
        payload=msgspec.structs.replace(start.payload, best_of=5),
    )
    log = [*events()[:300], longer, *events()[300:310]]
    assert "longer" in {message.event_id for message in predictions(fold_events(log, champion))}


def test_nobody_is_credited_where_the_round_model_falls_silent(champion: Predictor) -> None:
    """A fighter nobody has heard of: who lives is unknown, and what is told of a round's start is told again."""
    script = Script(1)
    script.begin()
    script.health = dict.fromkeys(script.teams, 100)
    script.tell(e.RoundStarted, p.RoundStartedData())
    script.tell(e.FreezeEnded, p.FreezeEndedData())
    script.kill("a1", "b1")
    script.wait(64, 64)
    script.tell(e.Kill, p.KillData(killer_player_id="nobody", victim_player_id="b2"))
    script.wait(64, 64)
    script.tell(e.RoundEnded, p.RoundEndedData(winner_side="ct", reason="time_ran_out"))
    *_, known, doubted, over = (m for m in fold_events(script.events, champion) if isinstance(m, Processed))
    assert [cause_of(message) for message in (known, doubted, over)] == ["kill", None, "round_decided"]


def cause_of(message: Processed) -> str | None:
    return next((fact.cause for fact in message.facts if isinstance(fact, SwingCredited)), None)
