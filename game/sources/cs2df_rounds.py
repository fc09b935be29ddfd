"""Which rows of rounds.json are rounds that were played, and from when to when each lasted.

Belongs here: rows that no round stands behind, times that overlap. Does not belong here: who played which side and who
won (`cs2df_sides`), reading rows (`cs2df_rows`).

Exporters keep for each number the first start and the last end that the demo tells. So after a backup's restore, a
restart or a knife round a round may seem to begin long before the one before it ended; and a warm-up may leave an end
that lies before its own freeze time's. Ends are right: a round begins at the earliest right after the one before it.
What a row gives to such a round from the time before it belongs to the round that was played then.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from msgspec.structs import replace

from game.sources.cs2df_rows import RoundRow


def in_order(rows: Iterable[RoundRow]) -> list[RoundRow]:
    """One row a number, by number, each beginning after the end of the one before; ends are left as they are."""
    last: dict[int, RoundRow] = {}
    for row in rows:
        held = last.get(row.round_number)
        is_played = row.round_number > 0 and row.freeze_end_tick <= row.end_tick
        if is_played and (held is None or held.end_tick < row.end_tick):
            last[row.round_number] = row
    found: list[RoundRow] = []
    for row in sorted(last.values(), key=lambda row: row.round_number):
        found.append(_after(found[-1].end_tick if found else -1, row))
    return found


def out_of_order(rows: Sequence[RoundRow]) -> int | None:
    """The number of the first round that ends before the one before it does; null where there is none."""
    early = (row.round_number for before, row in pairwise(rows) if row.end_tick <= before.end_tick)
    return next(early, None)


def late_starts(rows: Iterable[RoundRow], rounds: Iterable[RoundRow]) -> dict[int, int]:
    """By number, the starts of `rounds` that are later than `rows` have them."""
    told = {row.round_number: row.start_tick for row in rows}
    return {r.round_number: r.start_tick for r in rounds if r.start_tick > told[r.round_number]}


def in_their_rounds(
    told: Iterable[Any], rounds: Sequence[RoundRow], *, late: Mapping[int, int], tick: str
) -> list[Any]:
    """The rows of a member; those from before a late start are of the round that was played then. `tick` is the field
    with their time."""
    starts, numbers = [r.start_tick for r in rounds], [r.round_number for r in rounds]
    found: list[Any] = []
    for row in told:
        at = getattr(row, tick)
        if at < late.get(row.round_number, 0):
            found.append(replace(row, round_number=numbers[max(0, bisect_right(starts, at) - 1)]))
        else:
            found.append(row)
    return found


def _after(end_tick: int, row: RoundRow) -> RoundRow:
    """The row behind `end_tick`. A start that cannot be is put midway between that end and the end of freeze time: what
    follows a round's end takes less than freeze time does."""
    freeze_end = max(row.freeze_end_tick, end_tick + 1)
    start = row.start_tick
    if not end_tick < start <= freeze_end:
        start = (end_tick + 1 + freeze_end) // 2
    if (start, freeze_end) == (row.start_tick, row.freeze_end_tick):
        return row
    return replace(row, start_tick=start, freeze_end_tick=freeze_end)
