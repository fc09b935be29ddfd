"""Rounds of an export that were played more than once: the last attempt counts, whatever the order of the rows."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from game import events as e
from game.sources.cs2df import Recording, RecordingError, Version, read
from game.sources.cs2df_rounds import in_order, in_their_rounds
from game.sources.cs2df_rows import Bomb2, RoundRow
from game.sources.cs2df_series import match_of, translate
from tests.game.cs2df_writer import members, simulated

NAME = "2026-03-01_de_mirage_team-a-vs-team-b.zip"
BOTH = pytest.mark.parametrize("version", ["2.0", "3.0"])
VOID_TICKS = 50_000
"""Between the start of an attempt that came to nothing and the start of the next one."""
TICKS = frozenset({"tick", "startTick", "freezeEndTick", "endTick", "throwTick", "effectTick", "destroyTick"})
Row = dict[str, Any]
Order = Callable[[list[Row]], list[Row]]


def as_they_stand(rows: list[Row]) -> list[Row]:
    return rows


def turned(rows: list[Row]) -> list[Row]:
    return rows[::-1]


def later(row: Row) -> Row:
    """The row by `VOID_TICKS` later; of a column of differences the first one is."""

    def moved(value: Any) -> Any:
        return [value[0] + VOID_TICKS, *value[1:]] if isinstance(value, list) else value + VOID_TICKS

    return row | {key: moved(row[key]) for key in TICKS & row.keys() if row[key] is not None}


def tables_of(tables: Row) -> Iterator[tuple[str, list[Row]]]:
    """The rows of all members that tell of rounds."""
    for name, table in tables.items():
        if name in ("shots", "replay") and isinstance(table, dict):
            yield name, table["tracks" if name == "shots" else "rounds"]
        elif name not in ("players", "match", "manifest"):
            yield name, table


def export(version: Version, *, is_replayed: bool, order: Order = as_they_stand) -> dict[str, bytes]:
    """A map with a gap before round 4; `is_replayed`: rounds 4 and 5 were played in it, until the backup of round 4
    was loaded. Then `order` is that of the rows of rounds."""
    written = members(simulated(), version)
    tables = {name.removesuffix(".json"): json.loads(content) for name, content in written.items()}
    for name, told in tables_of(tables):
        before = [row for row in told if row["roundNumber"] < 4]
        void = [row | {"equipmentValue": 1} for row in told if row["roundNumber"] in (4, 5) and is_replayed]
        told[:] = [*before, *void, *(later(row) for row in told if row["roundNumber"] >= 4)]
        if name == "rounds":
            told[:] = order(told)
    return {f"{name}.json": json.dumps(table).encode() for name, table in tables.items()}


def told(contents: dict[str, bytes]) -> list[tuple[object, ...]]:
    """What the events of an export say, but for their ids, which are those of rows."""
    found = read(NAME, contents, is_dense=True)
    assert isinstance(found, Recording), str(found)
    events: list[e.AnyEvent] = list(translate(match_of(found), positions_hz=8))
    return [(type(x), x.ts_event, x.round_no, x.seq_no, x.payload) for x in events]


@pytest.mark.slow
@BOTH
@pytest.mark.parametrize("order", [as_they_stand, turned])
def test_nothing_is_told_of_an_attempt_that_was_played_again(version: Version, order: Order) -> None:
    assert told(export(version, is_replayed=True, order=order)) == told(export(version, is_replayed=False))


def attempt(number: int, start: int, end: int) -> RoundRow:
    return RoundRow(
        round_number=number,
        start_tick=start,
        freeze_end_tick=start + 10,
        end_tick=end,
        team_a_side="ct",
        winner_side="ct",
        end_reason="ct_win",
    )


def word(number: int, tick: int) -> Bomb2:
    return Bomb2(round_number=number, tick=tick, type="dropped")


PLAYED = [attempt(3, 100, 190), attempt(4, 400, 490), attempt(5, 500, 590)]
VOID = [attempt(4, 200, 290), attempt(5, 300, 350)]


@pytest.mark.parametrize(
    ("number", "tick", "is_of"),
    [
        (4, 150, 3),  # while another round was played
        (4, 195, 3),  # after it, before the void attempt
        (4, 200, None),
        (4, 295, None),
        (5, 320, None),
        (5, 390, None),
        (5, 450, 4),
        (5, 495, 4),
        (4, 400, 4),
        (5, 520, 5),
        (3, 250, 3),  # a late word of a round that counts
    ],
)
@pytest.mark.parametrize("rows", [PLAYED + VOID, VOID + PLAYED, (PLAYED + VOID)[::-1]])
def test_a_word_is_of_the_attempt_in_which_it_was_said(
    rows: list[RoundRow], number: int, tick: int, is_of: int | None
) -> None:
    rounds = in_order(rows)
    assert rounds == PLAYED
    found = in_their_rounds([word(number, tick)], rows, rounds, tick="tick")
    assert found == ([] if is_of is None else [word(is_of, tick)])


def test_before_the_first_attempt_all_is_of_the_first_round() -> None:
    rows = [attempt(1, 100, 190), attempt(1, 300, 390)]
    found = in_their_rounds([word(1, 50), word(1, 150), word(1, 350)], rows, in_order(rows), tick="tick")
    assert found == [word(1, 50), word(1, 350)]


def test_attempts_that_end_at_once_count_alike_in_any_order() -> None:
    rows = [attempt(1, 100, 190), attempt(1, 150, 190)]
    assert in_order(rows) == in_order(rows[::-1])


@pytest.mark.parametrize("order", [as_they_stand, turned])
def test_a_round_out_of_order_is_named_by_the_row_that_was_taken(order: Order) -> None:
    contents = export("2.0", is_replayed=True, order=order)
    rows = json.loads(contents["rounds.json"])
    (_, fourth), (_, fifth) = (
        max((row["startTick"], i) for i, row in enumerate(rows) if row["roundNumber"] == number)
        for number in (4, 5)
    )
    rows[fifth] |= {"freezeEndTick": 1, "endTick": rows[fourth]["startTick"]}
    found = read(NAME, contents | {"rounds.json": json.dumps(rows).encode()})
    assert isinstance(found, RecordingError)
    assert (found.row, found.field) == (fifth, "endTick")
