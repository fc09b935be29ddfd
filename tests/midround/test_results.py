"""Rows of results are taken as they are, and a bad one is named."""

from datetime import date
from pathlib import Path

import pytest

from midround.results import ResultsError, read_results
from models.strength import Played

HEAD = "match_id,date,map,team_A,team_B,winner,team_A_rank,team_B_rank,other\n"
GOOD = "7,2026-01-02,Nuke,Alder,Birch,Birch,3,,x\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "results.csv"
    path.write_text(text)
    return path


def test_a_row_is_a_map(tmp_path: Path) -> None:
    assert read_results(written(tmp_path, HEAD + GOOD)) == [
        Played(
            match_id="7",
            day=date(2026, 1, 2),
            map_name="Nuke",
            team_a="Alder",
            team_b="Birch",
            rank_a=3,
            rank_b=None,
            a_won=False,
        )
    ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("7,yesterday,Nuke,Alder,Birch,Birch,3,,x", "line 3: date: Invalid isoformat"),
        ("7,2026-01-02,,Alder,Birch,Birch,3,,x", "line 3: map: is empty"),
        ("7,2026-01-02,Nuke,Alder,Alder,Alder,3,,x", "line 3: team_B: is team_A"),
        ("7,2026-01-02,Nuke,Alder,Birch,Cedar,3,,x", "line 3: winner: is neither team, 'Cedar'"),
        ("7,2026-01-02,Nuke,Alder,Birch,Birch,0,,x", "line 3: team_A_rank: expected a whole number from 1"),
        ("7,2026-01-02,Nuke,Alder,Birch,Birch,,-4,x", "line 3: team_B_rank: expected a whole number from 1"),
        ("7", "line 3: date: is empty"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, row: str, reason: str) -> None:
    with pytest.raises(ResultsError, match=reason):
        read_results(written(tmp_path, f"{HEAD}{GOOD}{row}\n"))


def test_a_file_of_other_columns_and_none_are_named(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="no column map, winner"):
        read_results(written(tmp_path, "match_id,date,team_A,team_B\n"))
    with pytest.raises(ResultsError, match=r"absent\.csv"):
        read_results(tmp_path / "absent.csv")
