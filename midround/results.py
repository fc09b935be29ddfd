"""Map results from a CSV file, such as public match pages list: teams, winner, map, and the teams' ranks before the
match.

Belongs here: reading and checking rows. Does not belong here: what is estimated from results (`models.strength`).

Columns, in any order, others ignored: `match_id`, `date` (ISO), `map`, `team_A`, `team_B`, `winner` (one of the two
names), and optionally `team_A_rank`, `team_B_rank` (1 is the best; empty: unknown).
"""

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from models.strength import Played

NEEDED = ("match_id", "date", "map", "team_A", "team_B", "winner")
RANKS = ("team_A_rank", "team_B_rank")


class ResultsError(ValueError):
    """An unusable results file; names the line, the field and the reason."""


def read_results(path: Path) -> list[Played]:
    """Return the rows of the file, in order. Raises `ResultsError`."""
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            return list(_rows(path, csv.DictReader(lines)))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ResultsError(f"{path}: {error}") from error


def _rows(path: Path, table: "csv.DictReader[str]") -> Iterator[Played]:
    missing = [name for name in NEEDED if name not in (table.fieldnames or ())]
    if missing:
        raise ResultsError(f"{path}: no column {', '.join(missing)}")
    for row in table:
        try:
            yield _row(row)
        except ValueError as error:
            raise ResultsError(f"{path}, line {table.line_num}: {error}") from error


def _row(row: dict[str, str | None]) -> Played:
    told = {name: (row[name] or "").strip() for name in NEEDED}
    empty = next((name for name, value in told.items() if not value), None)
    if empty is not None:
        raise ValueError(f"{empty}: is empty")
    if told["team_A"] == told["team_B"]:
        raise ValueError(f"team_B: is team_A, {told['team_A']!r}")
    if told["winner"] not in {told["team_A"], told["team_B"]}:
        raise ValueError(f"winner: is neither team, {told['winner']!r}")
    rank_a, rank_b = (_rank(name, row.get(name)) for name in RANKS)
    return Played(
        match_id=told["match_id"],
        day=_day(told["date"]),
        map_name=told["map"],
        team_a=told["team_A"],
        team_b=told["team_B"],
        rank_a=rank_a,
        rank_b=rank_b,
        a_won=told["winner"] == told["team_A"],
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"date: {error}") from error


def _rank(name: str, text: str | None) -> int | None:
    if text is None or not text.strip():
        return None
    rank = int(text) if text.strip().isdecimal() else 0
    if rank < 1:
        raise ValueError(f"{name}: expected a whole number from 1, got {text!r}")
    return rank
