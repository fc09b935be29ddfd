"""Leaks are found where they are, and only there."""

from pathlib import Path
from random import Random

import pandas as pd
import pytest

from models.leakage import label_leak
from models.snapshots import live_states

PLAY_S = 115


def test_the_label_of_the_round_before_is_found() -> None:
    rng = Random(1)
    won = [rng.random() < 0.5 for _ in range(400)]
    assert not label_leak(won[1:], won[:-1]).is_found
    assert label_leak(won[:-1], won[:-1]).is_found
    nearly = [before if rng.random() < 0.8 else not before for before in won]
    assert label_leak(nearly, won).is_found


@pytest.mark.parametrize("ct_wins", [0.15, 0.3, 0.7, 0.85])
def test_a_game_that_favours_a_side_is_no_leak_and_does_not_hide_one(ct_wins: float) -> None:
    rng = Random(2)
    won = [rng.random() < ct_wins for _ in range(600)]
    assert not label_leak(won[1:], won[:-1]).is_found
    nearly = [before if rng.random() < 0.95 else not before for before in won]
    assert label_leak(nearly, won).is_found


def test_no_rounds_leak_nothing() -> None:
    assert not label_leak([], []).is_found


@pytest.mark.recorded
def test_the_defect_of_freeze_time_is_found_and_live_rows_are_sound(recorded: Path) -> None:
    (file,) = (recorded / "snapshots").glob("*.parquet")
    states = pd.read_parquet(file)
    keys = states[["match_seq", "ct_score", "t_score"]]
    states = states.assign(round=(keys != keys.shift()).any(axis=1).cumsum())
    won = live_states(pd.read_parquet(file)).groupby("round")["ct_won"].first()
    match = states.groupby("round")["match_seq"].first()
    frozen = states[states["time_left"] > PLAY_S]
    told = (frozen["round_winner"] == "CT").groupby(frozen["round"]).mean() >= 0.5
    pairs = [n for n in won.index if n - 1 in won.index and match[n] == match[n - 1] and n in told.index]
    before = [bool(won[n - 1]) for n in pairs]
    assert not label_leak([bool(won[n]) for n in pairs], before).is_found
    assert label_leak([bool(told[n]) for n in pairs], before).is_found
