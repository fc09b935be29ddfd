"""Exact labels of round states: the next score, unless sides swap there or it is missing."""

from pathlib import Path

import pandas as pd
import pytest

from models.evaluation import evaluate
from models.snapshots import SnapshotsError, live_states


def states(*rows: tuple[int, int, int, float, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["match_seq", "ct_score", "t_score", "time_left", "round_winner"])


def winners(frame: pd.DataFrame) -> list[bool]:
    return [bool(value) for value in live_states(frame)["ct_won"]]


def test_the_next_score_tells_the_winner_whatever_a_row_says() -> None:
    told = states((1, 0, 0, 114.9, "T"), (1, 0, 0, 54.9, "CT"), (1, 0, 0, 34.9, "T"), (1, 1, 0, 100.0, "T"))
    assert winners(told)[:3] == [True, True, True]


def test_sides_swap_after_round_fifteen() -> None:
    """7:7, CT wins: the next state reads 7:8, since the winners play T now."""
    assert winners(states((1, 7, 7, 90.0, "T"), (1, 7, 8, 90.0, "CT")))[0] is True
    assert winners(states((1, 7, 7, 90.0, "CT"), (1, 8, 7, 90.0, "CT")))[0] is False


def test_the_last_round_of_a_match_is_its_majority() -> None:
    told = states((1, 15, 9, 90.0, "CT"), (1, 15, 9, 70.0, "CT"), (1, 15, 9, 50.0, "T"), (2, 0, 0, 90.0, "T"))
    assert winners(told) == [True, True, True, False]


def test_freeze_time_is_left_out() -> None:
    assert len(live_states(states((1, 0, 0, 175.0, "T"), (1, 0, 0, 115.1, "T"), (1, 0, 0, 114.9, "CT")))) == 1


def test_a_file_that_holds_no_round_states_is_named_before_all_else(tmp_path: Path) -> None:
    absent, other, bare = (tmp_path / f"{name}.parquet" for name in ("absent", "other", "bare"))
    other.write_text("no parquet")
    states((1, 0, 0, 100.0, "T")).to_parquet(bare)
    for path, reason in ((absent, "No such file"), (other, "is no Parquet file"), (bare, "has no column")):
        with pytest.raises(SnapshotsError, match=rf"{path.name}: {reason}"):
            evaluate([], tmp_path / "out", fold=lambda *_: (), snapshots=path)
    assert not (tmp_path / "out").exists()
