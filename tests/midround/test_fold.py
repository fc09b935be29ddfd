"""The lines and rows of `midround fold`, on exports written by the tests."""

from collections.abc import Iterable

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from game.messages import HORIZONS, Prediction
from game.payloads import Team
from game.sources.cs2df import Recording, Version, read
from game.sources.cs2df_series import Series, match_of, series_of
from midround.fold import FoldedMatch, FoldLine, PredictionRow, fold_recording
from models.predictor import Predictor, load_champion
from tests.game.cs2df_writer import members
from tests.game.scripted import decided_maps, scripted_map, seeds

NAME = "2026-03-01_de_mirage_team-a-vs-team-b.zip"
LINE_KEYS = [
    "file",
    "map",
    "teams",
    "final_score",
    "rounds",
    "players",
    "events",
    "facts_digest",
    "predictions",
    "quality",
]
ROW_KEYS = [
    "file",
    "match_id",
    "map_id",
    "map",
    "round",
    "round_time_s",
    "ts_event",
    "horizon",
    "p_a",
    "p_b",
    "p_ct",
    "lo",
    "hi",
    "model_version",
]


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return load_champion()


def recording(winners: Iterable[Team], seed: int, *, version: Version = "3.0", name: str = NAME) -> Recording:
    played = scripted_map(list(winners), seed, map_id=f"m{seed}")
    found = read(name, members(played, version, demo_hash=f"{seed:064x}"))
    assert isinstance(found, Recording), str(found)
    return found


def only_line(folded: FoldedMatch) -> FoldLine:
    (line,) = folded.lines()
    return line


@pytest.mark.slow
@given(decided_maps, seeds, st.sampled_from(["2.0", "3.0"]))
@settings(max_examples=8)
def test_a_line_says_what_was_played(winners: list[Team], seed: int, version: Version) -> None:
    line = only_line(fold_recording(match_of(recording(winners, seed, version=version)), None))
    assert [r.winner for r in line.rounds] == winners
    assert line.final_score == (winners.count("A"), winners.count("B"))
    assert len(line.players) == 10
    assert {x.team for x in line.players} == {"A", "B"}
    assert (line.file, line.map, line.predictions, line.quality) == (NAME, "de_mirage", 0, {})


def test_lines_and_rows_have_the_promised_keys(predictor: Predictor) -> None:
    folded = fold_recording(match_of(recording(["A"] * 13, 1)), predictor)
    line = msgspec.to_builtins(only_line(folded))
    assert list(line) == LINE_KEYS
    assert list(line["rounds"][0]) == ["round", "winner", "winner_side", "reason"]
    assert list(line["players"][0]) == [
        "player_id",
        "name",
        "team",
        "kills",
        "deaths",
        "assists",
        "adr",
        "kast",
    ]
    rows = [msgspec.to_builtins(row) for row in folded.predictions()]
    assert {tuple(row) for row in rows} == {tuple(ROW_KEYS)}
    assert len(rows) == line["predictions"] * len(HORIZONS)


def test_every_second_of_live_play_has_a_prediction(predictor: Predictor) -> None:
    folded = fold_recording(match_of(recording(["B"] * 13, 2)), predictor)
    rows = [row for row in folded.predictions() if row.horizon == "round" and row.round_time_s is not None]
    for number in range(1, 14):
        seconds = {int(row.round_time_s or 0) for row in rows if row.round == number}
        assert seconds == set(range(max(seconds) + 1))


def test_rows_keep_to_their_horizon(predictor: Predictor) -> None:
    folded = fold_recording(match_of(recording(["A"] * 13, 3)), predictor)
    rows = list(folded.predictions())
    assert all((row.p_ct is None) == (row.horizon != "round") for row in rows)
    assert all(0 <= row.lo <= row.hi <= 1 and row.p_a + row.p_b == pytest.approx(1) for row in rows)
    assert last(rows, "map").p_a == last(rows, "series").p_a == 1.0


def last(rows: list[PredictionRow], horizon: str) -> PredictionRow:
    return [row for row in rows if row.horizon == horizon][-1]


def test_positions_change_neither_digest_nor_predictions(predictor: Predictor) -> None:
    series = match_of(recording(["A"] * 13, 4))
    bare, seen = fold_recording(series, predictor), fold_recording(series, predictor, positions_hz=1)
    assert only_line(bare).facts_digest == only_line(seen).facts_digest
    assert told(bare) == told(seen)


def told(folded: FoldedMatch) -> list[tuple[str, float, float]]:
    predictions = [m for m in folded.messages if isinstance(m, Prediction)]
    return [(m.event_id, m.round.p_a, m.map.p_a) for m in predictions]


def test_joined_files_have_a_line_each() -> None:
    first, second = (
        recording(["A"] * 13, 5, name="2026-03-01_one.zip"),
        recording(["B"] * 13, 6, name="2026-03-01_two.zip"),
    )
    series = series_of([first, second])
    assert isinstance(series, Series)
    lines = fold_recording(series, None).lines()
    assert [(line.file, line.final_score) for line in lines] == [
        ("2026-03-01_one.zip", (13, 0)),
        ("2026-03-01_two.zip", (0, 13)),
    ]
    assert lines[0].facts_digest != lines[1].facts_digest


def test_nothing_folds_to_no_line() -> None:
    folded = FoldedMatch([], None, files={"m1": NAME})
    assert (folded.lines(), list(folded.predictions())) == ([], [])
