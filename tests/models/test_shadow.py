"""A challenger in shadow answers for the champion's very states; who challenges is a file; figures are paired."""

import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from game.messages import Prediction
from models.bundle import BundleError
from models.predictor import CHAMPION, Predictor, load_predictor
from models.promotion import PromotionError, challenge, promote, read_challenger, seed, stand_down
from models.shadow import shadowed
from models.shadow_report import shadow_report
from tests.models.another import at, other_bundle
from tests.models.test_receipt import predictions

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def challenger(tmp_path: Path) -> Predictor:
    other_bundle(tmp_path, "other")
    return load_predictor(tmp_path / "other")


def live() -> Prediction:
    return next(p for p in predictions() if p.receipt.features is not None and 0 < (p.round.p_ct or 0) < 1)


def test_it_answers_for_the_very_state(challenger: Predictor, champion: Predictor) -> None:
    message = live()
    found = shadowed(message, challenger)
    assert found is not None
    assert message.receipt.features is not None
    assert found.challenger_p_ct == challenger.live_round(message.receipt.features).p_ct
    assert found.challenger_p_ct != found.champion_p_ct == message.round.p_ct
    assert (found.match_id, found.seq, found.event_id) == (message.match_id, message.seq, message.event_id)
    assert (found.champion_hash, found.challenger_hash) == (champion.model_hash, challenger.model_hash)
    assert shadowed(message, challenger) == found


def test_nothing_is_said_outside_of_live_play_where_the_rules_decide_and_of_itself(
    challenger: Predictor, champion: Predictor
) -> None:
    message = live()
    assert shadowed(message, champion) is None
    before = next(p for p in predictions() if p.receipt.features is None)
    assert shadowed(before, challenger) is None
    assert shadowed(replace(message, round=replace(message.round, p_ct=1.0)), challenger) is None


def test_a_challenger_is_named_replaced_and_withdrawn(tmp_path: Path) -> None:
    folder, build = tmp_path / "models", tmp_path / "build"
    seed(folder, CHAMPION)
    assert read_challenger(folder) is None
    for name in ("first", "second"):
        manifest = other_bundle(build, name, shift=0.1 if name == "first" else 0.3)
        named = challenge(folder, str(build / name), who="ann", why="try", now=at(NOW))
        assert (named.bundle, named.hash, named.who, named.why) == (name, manifest.model_hash, "ann", "try")
        assert read_challenger(folder) == named
    stand_down(folder)
    stand_down(folder)
    assert read_challenger(folder) is None
    assert (folder / "second").is_dir()


def test_the_champion_challenges_nobody_and_what_cannot_be_loaded_neither(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    seed(folder, CHAMPION)
    other_bundle(folder, "other")
    promote(folder, "other", who="ann", why="better", now=at(NOW))
    with pytest.raises(PromotionError, match="other is champion"):
        challenge(folder, "other", who="ann", why="", now=at(NOW))
    other_bundle(folder, "broken", shift=0.5)
    (folder / "broken" / "round.json").write_bytes(b"{}")
    with pytest.raises(BundleError, match=r"round\.json"):
        challenge(folder, "broken", who="ann", why="", now=at(NOW))
    assert read_challenger(folder) is None


def row(match_id: str, round_no: int, chances: tuple[float, float], winner: str) -> dict[str, Any]:
    names = {
        f"{who}_{what}": f"{who}-{what}" for who in ("champion", "challenger") for what in ("version", "hash")
    }
    told = {
        "match_id": match_id,
        "map_id": "a",
        "round_no": round_no,
        "round_time_s": 20.0,
        "winner_side": winner,
    }
    return {**names, **told, "champion_p_ct": chances[0], "challenger_p_ct": chances[1]}


def test_figures_are_paired_by_hand() -> None:
    """One match: -(ln .8 + ln .4) / 2 against -(ln .5 + ln .5) / 2, no interval."""
    [found] = shadow_report([row("a", 1, (0.5, 0.8), "ct"), row("a", 2, (0.5, 0.6), "t")])
    assert (found.rows, found.rounds, found.maps, found.paired_interval) == (2, 2, 1, None)
    assert found.champion_log_loss == pytest.approx(math.log(2))
    assert found.challenger_log_loss == pytest.approx(-(math.log(0.8) + math.log(0.4)) / 2)
    assert found.paired == pytest.approx(found.challenger_log_loss - found.champion_log_loss)


def test_several_matches_have_an_interval_and_several_challengers_a_line_each() -> None:
    rows = [row(f"{i}", n, (0.5, 0.7), "ct" if (i + n) % 3 else "t") for i in range(6) for n in range(20)]
    others = [{**each, "challenger_hash": "else", "challenger_p_ct": 0.5} for each in rows]
    better, level = shadow_report([*rows, *others])
    assert better.maps == level.maps == 6
    assert better.paired_interval is not None
    assert better.paired_interval[0] <= better.paired <= better.paired_interval[1] < 0
    assert level.paired == 0
    assert shadow_report([]) == []


def test_few_matches_have_an_interval_no_narrower_than_over_their_rounds() -> None:
    """Two matches alike would have no width, whatever their rounds say."""
    rows = [row(f"{i}", n, (0.5, 0.7), "ct" if n % 3 else "t") for i in range(2) for n in range(20)]
    [found] = shadow_report(rows)
    assert (found.maps, found.rounds) == (2, 40)
    assert found.paired_interval is not None
    assert found.paired_interval[0] < found.paired < found.paired_interval[1]


def test_maps_of_one_match_have_no_interval() -> None:
    rows = [
        {**row("m", n, (0.5, 0.7), "ct" if n % 3 else "t"), "map_id": f"{i}"}
        for i in range(6)
        for n in range(9)
    ]
    [found] = shadow_report(rows)
    assert (found.maps, found.rounds, found.paired_interval) == (6, 54, None)


def test_a_second_counts_once_by_its_last_state() -> None:
    """Two states of second 20, as before and after a kill, and one of the next second."""
    at_once = [
        row("m", 1, (0.5, p), "ct") | {"round_time_s": s} for p, s in ((0.2, 20.0), (0.8, 20.7), (0.6, 21.0))
    ]
    [found] = shadow_report(at_once)
    assert found.rows == 2
    assert found.challenger_log_loss == pytest.approx(-(math.log(0.8) + math.log(0.6)) / 2)
