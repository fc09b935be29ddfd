"""Training is deterministic, and what is shipped is what it makes; no map is judged by a model that has seen it."""

import json
from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace

from adapters.recordings import open_recording, recording_paths
from game.events import AnyEvent, BombDefuseAborted, BombDefuseBegun, RoundEnded
from game.payloads import MapStartedData
from game.simulate.series import simulate
from game.simulate.setting import Setting
from game.sources.cs2df import Recording, RecordingError, read
from game.sources.cs2df_series import match_of
from midround.fold import PredictionRow, fold_recording
from models.bundle import ROUND, read_bundle, read_champion
from models.dataset import RecordedMap, map_from, recorded_map
from models.evaluation import FOLDS, MODELS, evaluate, out_of_fold
from models.fitting import Recipe, fit_files, rows_of
from models.folds import folds_by_unit
from models.predictor import CHAMPION, Predictor, load_champion
from models.round_model import RoundWeights
from models.swing_fit import fit_with_swings
from models.tables import OURS
from models.training import VERSION, train
from tests.game.cs2df_writer import members
from tests.models.stories import told_of

QUICK = Recipe(probed=60, sought=40, trees=4, refits=2, spread_trees=3)


COUNT = 4


@cache
def events_of(seed: int) -> tuple[AnyEvent, ...]:
    return tuple(simulate(Setting(seed=seed, best_of=1, maps=("de_mirage",), position_hz=0, has_shots=False)))


@cache
def simulated_map(seed: int) -> RecordedMap:
    return map_from(events_of(seed), file=f"{seed}.zip", day=date(2026, 1, seed))


@cache
def recordings() -> tuple[Recording, ...]:
    found = []
    for seed in range(1, COUNT + 1):
        contents = members(events_of(seed), "2.0", demo_hash=f"{seed:064}")
        recording = read(f"2026-01-0{seed}_simulated.zip", contents)
        assert isinstance(recording, Recording), recording
        found.append(recording)
    return tuple(found)


def lines(recording: Recording, predictor: Predictor) -> Iterable[PredictionRow]:
    return fold_recording(match_of(recording), predictor).predictions()


def test_rows_are_seconds_of_live_play_with_the_rounds_winner() -> None:
    map_ = simulated_map(1)
    won = {start.round_no: start.ct_won for start in map_.starts}
    assert [start.round_no for start in map_.starts] == list(range(1, len(won) + 1))
    assert all(sample.ct_won == won[sample.round_no] for sample in map_.samples)
    seconds = [sample.second for sample in map_.clock() if sample.round_no == 3]
    assert seconds == list(range(seconds[0], seconds[0] + len(seconds)))


def test_a_map_tells_of_defuses_if_one_has_begun_in_it() -> None:
    begins = (BombDefuseBegun, BombDefuseAborted)
    silent = [event for event in events_of(1) if not isinstance(event, begins)]
    assert simulated_map(1).tells_defuses
    assert not map_from(silent, file="silent.zip", day=date(2026, 1, 1)).tells_defuses


@pytest.mark.slow
def test_training_twice_gives_equal_bytes(tmp_path: Path) -> None:
    said: list[str] = []
    for name in ("once", "twice"):
        train(recordings(), tmp_path / name, version="v", recipe=QUICK, say=said.append)
    for path in sorted((tmp_path / "once").rglob("*")):
        if path.is_file():
            assert (
                path.read_bytes() == (tmp_path / "twice" / path.relative_to(tmp_path / "once")).read_bytes()
            )
    assert load_champion(tmp_path / "once").model_version == "v"
    card = json.loads((tmp_path / "once" / "v" / "card.json").read_bytes())
    assert card["data"]["maps"] == len(recordings())
    assert card["data"]["maps_that_tell_of_defuses"] == len(recordings())
    assert "Defuses: 0 of 4 maps do not tell" in (tmp_path / "once" / "v" / "card.md").read_text()
    assert any(line.startswith("clock, all rounds") for line in said)


@pytest.mark.slow
def test_a_map_is_judged_by_models_that_have_not_seen_it() -> None:
    """Turning the outcomes of a fold round leaves its own probabilities as they were."""
    maps = [simulated_map(seed) for seed in range(1, COUNT + 1)]
    folds = folds_by_unit(maps, FOLDS)
    turned = [_turned(map_) if fold == 0 else map_ for map_, fold in zip(maps, folds, strict=True)]
    honest, forged = (out_of_fold(some, folds, QUICK, only=[0, 1]) for some in (maps, turned))
    mine = folds[honest.map_index.astype(int)] == 0
    for name in MODELS:
        assert np.array_equal(honest.p[name][mine], forged.p[name][mine]), name
    assert not np.array_equal(honest.p[OURS][~mine], forged.p[OURS][~mine])


def _turned(map_: RecordedMap) -> RecordedMap:
    return replace(map_, samples=tuple(replace(s, ct_won=not s.ct_won) for s in map_.samples))


@pytest.mark.slow
def test_evaluating_writes_folds_format_for_every_map(tmp_path: Path) -> None:
    given = sorted(recordings(), key=lambda recording: recording.file, reverse=True)
    report = evaluate(given, tmp_path, fold=lines, recipe=QUICK, say=lambda _: None)
    told = [json.loads(line) for line in (tmp_path / "predictions.jsonl").read_bytes().splitlines()]
    assert {line["file"] for line in told} == {recording.file for recording in recordings()}
    assert {line["horizon"] for line in told} == {"round", "map", "series"}
    files = sorted(recording.file for recording in recordings())
    folds = {line["file"]: line["model_version"] for line in told}
    assert folds == {file: f"fold-{place}" for place, file in enumerate(files)}, "not the folds of training"
    assert {figure.model for figure in report.slices["clock, all rounds"]} == set(MODELS)
    shown = [figure.log_loss for figures in report.slices.values() for figure in figures]
    assert all(loss.lo < loss.value < loss.hi for loss in shown), "an interval that claims certainty"
    assert (tmp_path / "figures.json").is_file()


def test_bad_maps_are_named() -> None:
    with pytest.raises(ValueError, match=r"empty\.zip: no rounds"):
        map_from([], file="empty.zip", day=date(2026, 1, 1))


def test_maps_by_other_rules_are_refused() -> None:
    why = "long.zip: it was played over 30 rounds with overtimes of 6, not over 24 with overtimes of 6"
    with pytest.raises(ValueError, match=why):
        map_from(told_of(MapStartedData(max_rounds=30)), file="long.zip", day=date(2026, 1, 1))


def test_a_map_that_has_no_winner_was_won_by_nobody() -> None:
    level = next(start.round_no for start in simulated_map(1).starts if start.score_a == start.score_b > 0)
    until = [event for event in events_of(1) if (event.round_no or 0) < level]
    until = until[: 1 + max(index for index, event in enumerate(until) if isinstance(event, RoundEnded))]
    assert map_from(until, file="1.zip", day=date(2026, 1, 1)).a_won is None
    ahead = [event for event in until if (event.round_no or 0) < level - 1]
    assert map_from(ahead, file="1.zip", day=date(2026, 1, 1)).a_won is None, "it was not over"
    assert simulated_map(1).a_won in (True, False)


def test_terms_and_columns_have_a_row_a_sample() -> None:
    maps = [simulated_map(1), simulated_map(2)]
    rows = rows_of(maps)
    assert len(rows.x) == len(rows.columns) == len(rows.y) == sum(len(map_.clock()) for map_ in maps)
    assert set(rows.map_index.tolist()) == {0.0, 1.0}


@pytest.mark.proof
def test_the_shipped_champion_is_what_training_makes(recorded: Path) -> None:
    """From the recorded maps alone, bit for bit."""
    found = [open_recording(path) for path in recording_paths([recorded / "cs2df"])]
    assert not [recording for recording in found if isinstance(recording, RecordingError)]
    maps = [recording for recording in found if isinstance(recording, Recording)]
    shipped = read_bundle(read_champion(CHAMPION))
    map_sd = msgspec.json.decode(shipped.files[ROUND], type=RoundWeights).map_sd
    ordered = sorted(maps, key=lambda recording: recording.file)
    learned_from = [recorded_map(recording) for recording in ordered]
    made = fit_files(learned_from, Recipe(), map_sd=map_sd) | fit_with_swings(learned_from, Recipe())
    assert made == shipped.files
    assert shipped.manifest.model_version == VERSION
