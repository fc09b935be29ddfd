"""What-if questions are answered by the model that spoke last of the match, and refused where it has not learned."""

from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
import pytest

from api.public.desk import Sizes
from api.public.predictors import Predictors
from game.features import Features
from game.messages import Message, Prediction, StateDelta
from game.simulate.series import simulate
from game.simulate.setting import Setting
from models.fold import MatchFold
from models.predictor import load_champion
from models.score import Score
from tests.api.public.doubles import TIMES, Desk, KeptHistory

PLENTY = Sizes(events=10_000, updates=10_000, predictions=10_000, swings=10_000)


def told_until_live_play() -> tuple[Message, ...]:
    """A match up to a moment of a round that is no pistol, five against five, before any plant."""
    events = simulate(Setting(seed=11, best_of=1))
    first = next(events)
    fold, told = MatchFold(first.match_id, load_champion()), list[Message]()
    for event in chain([first], events):
        told += fold.step(event, TIMES)
        if isinstance(told[-1], Prediction) and is_even(told[-1].receipt.features):
            return tuple(told)
    raise AssertionError("the match has no such moment")


def is_even(features: Features | None) -> bool:
    return (
        features is not None
        and not (features.is_pistol or features.is_planted)
        and (features.ct_alive, features.t_alive) == (5, 5)
        and features.round_left_s < 100
    )


TOLD = told_until_live_play()
PATH = f"/api/v1/matches/{TOLD[0].match_id}/what-if"
STATE = f"/api/v1/matches/{TOLD[0].match_id}/state"


@pytest.fixture
def desk() -> Desk:
    return Desk(sizes=PLENTY).take(TOLD)


def asked(desk: Desk, question: object, status: int = 200) -> Any:
    answer = desk.ask(PATH, "POST", content=msgspec.json.encode(question))
    assert answer.status_code == status, answer.text
    return answer.json()


def of_side(desk: Desk, side: str) -> list[str]:
    state = desk.json(STATE)["state"]
    team = "A" if state["map"]["a_side"] == side else "B"
    return [key for key, player in state["players"].items() if player["team"] == team and player["is_alive"]]


def test_the_question_that_changes_nothing_says_what_was_published(desk: Desk) -> None:
    newest = TOLD[-1]
    assert isinstance(newest, Prediction)
    answer = asked(desk, {})
    assert answer["seq"] == newest.seq
    assert answer["model_hash"] == newest.receipt.model_hash
    assert (
        answer["before"]
        == answer["after"]
        == {horizon: msgspec.to_builtins(getattr(newest, horizon)) for horizon in ("round", "map", "series")}
    )


def test_a_player_less_costs_his_side(desk: Desk) -> None:
    for side, sign in (("ct", -1), ("t", 1)):
        victim = of_side(desk, side)[0]
        answer = asked(desk, {"players": {victim: {"is_alive": False}}})
        change = answer["after"]["round"]["p_ct"] - answer["before"]["round"]["p_ct"]
        assert change * sign > 0.05
        assert answer["features"][f"{side}_alive"] == 4


@pytest.mark.slow
def test_the_answer_follows_from_its_inputs(desk: Desk) -> None:
    answer = asked(desk, {"round_left_s": 30, "score_a": 4, "score_b": 3})
    score = msgspec.convert(answer["score"], Score)
    again = load_champion().forecast(msgspec.convert(answer["features"], Features), score)
    assert msgspec.to_builtins(again.map) == answer["after"]["map"]
    assert (score.score_a, score.score_b) == (4, 3)


def told_until_freeze_time() -> tuple[Message, ...]:
    """The same match up to the freeze time of a round that is no pistol, with a prediction of it."""
    events = simulate(Setting(seed=11, best_of=1))
    first = next(events)
    fold, told = MatchFold(first.match_id, load_champion()), list[Message]()
    for event in chain([first], events):
        told += fold.step(event, TIMES)
        if isinstance(told[-1], Prediction) and told[-1].receipt.score["reached_kind"] is not None:
            return tuple(told)
    raise AssertionError("the match has no such moment")


def test_buys_of_both_teams_are_final_before_live_play() -> None:
    desk = Desk(sizes=PLENTY).take(told_until_freeze_time())
    buys = {"equipment_a": 25_000, "equipment_b": 2_000}
    rich, poor = (asked(desk, buys), asked(desk, {"equipment_a": 2_000, "equipment_b": 25_000}))
    assert rich["after"]["round"]["p_a"] > 0.7 > 0.3 > poor["after"]["round"]["p_a"]
    assert rich["score"]["kind"] is not None
    assert rich["score"]["reached_kind"] is None


def test_one_buy_alone_may_still_be_answered_by_the_other_team() -> None:
    desk = Desk(sizes=PLENTY).take(told_until_freeze_time())
    answer = asked(desk, {"equipment_a": 25_000})
    assert answer["score"]["kind"] is None
    assert answer["score"]["reached_kind"] is not None


def test_before_live_play_the_fight_cannot_be_asked() -> None:
    desk = Desk(sizes=PLENTY).take(told_until_freeze_time())
    problem = asked(desk, {"players": {of_side(desk, "ct")[0]: {"is_alive": False}}}, 422)
    assert (problem["field"], problem["reason"]) == ("$.players", "the round is not in live play")


def test_a_player_who_cannot_be_is_named(desk: Desk) -> None:
    ct, t = of_side(desk, "ct")[0], of_side(desk, "t")[0]
    for player, change, field in (
        (ct, {"is_alive": False, "health": 50}, "health"),
        (t, {"has_kit": True}, "has_kit"),
    ):
        problem = asked(desk, {"players": {player: change}}, 422)
        assert problem["type"].endswith("cannot-be")
        assert problem["field"] == f"$.players.{player}.{field}"


def test_a_state_that_nobody_has_seen_is_refused_with_the_reason(desk: Desk) -> None:
    rich = {player: {"equipment_value": 100_000} for player in of_side(desk, "ct")}
    problem = asked(desk, {"players": rich}, 422)
    assert problem["type"].endswith("outside-support")
    assert problem["field"] == "ct_equipment"
    assert "500000" in problem["reason"]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"{", 400, "$"),
        (b'{"players":{"p":{"health":"full"}}}', 400, "$.players[...].health"),
        (b'{"tea":1}', 400, "$.tea"),
        (b'{"players":{"p":{"hat":1}}}', 400, "$.players[...].hat"),
        (b'{"score_a":13,"score_b":0}', 422, "$.score_a"),
        (b'{"players":{"nobody":{"is_alive":false}}}', 422, "$.players.nobody"),
        (b'{"bomb":{"left_s":1e999}}', 400, "$.bomb.left_s"),
        (b"[" * 60_000, 400, "$"),
        (b" " * 70_000, 413, "$"),
    ],
)
def test_bad_questions_are_named(desk: Desk, body: bytes, status: int, field: str) -> None:
    answer = desk.ask(PATH, "POST", content=body)
    assert (answer.status_code, answer.json()["field"]) == (status, field), answer.text


def test_an_unknown_match_and_one_that_is_not_played_are_named(desk: Desk) -> None:
    assert desk.ask("/api/v1/matches/nobody/what-if", "POST", content=b"{}").status_code == 404
    whole = Desk(sizes=PLENTY).take(TOLD[:3])
    answer = whole.ask(PATH, "POST", content=b"{}")
    assert (answer.status_code, answer.json()["field"]) in {(404, "path.match_id"), (422, "$")}


def test_a_match_of_the_store_is_answered_by_the_champion() -> None:
    desk = Desk(KeptHistory(TOLD))
    answer = asked(desk, {})
    assert answer["model_hash"] == load_champion().model_hash


def test_a_folder_of_models_that_cannot_be_used_is_said_and_asked_again(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "champion.json").write_text("{")
    desk.app.state.backends = msgspec.structs.replace(desk.app.state.backends, models=Predictors(tmp_path))
    problem = asked(desk, {}, 503)
    assert problem["field"] == "model"
    assert problem["retry_after_s"] > 0
    (tmp_path / "champion.json").unlink()
    assert asked(desk, {})["model_hash"] == load_champion().model_hash


@pytest.mark.parametrize(("path", "method"), [("what-if", "POST"), ("predictions/scores", "GET")])
def test_while_the_state_is_unknown_it_is_said_so(path: str, method: str) -> None:
    """Of a match of which the process has read no snapshot, and the store has none."""
    deltas = [each for each in TOLD if isinstance(each, StateDelta)]
    desk = Desk(sizes=PLENTY).take(deltas[:3])
    body = b"{}" if method == "POST" else None
    answer = desk.ask(f"/api/v1/matches/{TOLD[0].match_id}/{path}", method, content=body)
    told = answer.json()
    assert (answer.status_code, told["type"]) == (409, "urn:midround:problem:state-unknown")
    assert (told["field"], answer.headers["retry-after"]) == ("path.match_id", "5")
