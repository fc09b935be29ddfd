"""Selects the rows of rounds.json that are played rounds, and determines when each began and ended.

Belongs here: rows that are not rounds, times that overlap. Does not belong here: who played which side and who won
(`cs2df_sides`), reading rows (`cs2df_rows`).

For each number some exporters keep the first start and the last end in the demo. After a restored backup, a restart or
a knife round a round may therefore seem to begin long before the previous one ended, and a warm-up may leave an end
before the end of its own freeze time. Ends are right: a round begins at the earliest right after the previous end.
Events that a row assigns to such a round from before that time belong to the round that was played then.

Other exporters keep every attempt. Of those with the same number the last one to end was played. The others are void,
and so are events with that number from their time, unless another round was played then.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from msgspec.structs import astuple, replace

from game.sources.cs2df_rows import RoundRow


def in_order(rows: Iterable[RoundRow]) -> list[RoundRow]:
    """One row per number, by number, each beginning after the end of the one before; ends stay as they are."""
    last: dict[int, RoundRow] = {}
    for row in sorted(filter(_is_played, rows), key=lambda row: (row.end_tick, astuple(row))):
        last[row.round_number] = row
    found: list[RoundRow] = []
    for row in sorted(last.values(), key=lambda row: row.round_number):
        found.append(_after(found[-1].end_tick if found else -1, row))
    return found


def out_of_order(rows: Sequence[RoundRow]) -> RoundRow | None:
    """The first round that ends before the previous one does; None if there is none."""
    early = (row for before, row in pairwise(rows) if row.end_tick <= before.end_tick)
    return next(early, None)


def in_their_rounds(
    told: Sequence[Any], rows: Sequence[RoundRow], rounds: Sequence[RoundRow], *, tick: str
) -> Sequence[Any]:
    """The rows of a member, assigned to the `rounds` that were found in `rows`. A row from before a late start belongs
    to the round that was played then, and is left out if that was a void attempt. `tick` is the field with the row's
    time."""
    late, void = _late_starts(rows, rounds), _void(rows, rounds)
    if not late:
        return told
    found: list[Any] = []
    for each in told:
        at = getattr(each, tick)
        if at >= late.get(each.round_number, 0):
            found.append(each)
            continue
        number = _played_at(at, rounds, void)
        if number is not None:
            found.append(replace(each, round_number=number))
    return found


def _late_starts(rows: Iterable[RoundRow], rounds: Iterable[RoundRow]) -> dict[int, int]:
    """Start by round number, for `rounds` that begin later than their first start in `rows`."""
    first: dict[int, int] = {}
    for row in rows:
        first[row.round_number] = min(row.start_tick, first.get(row.round_number, row.start_tick))
    return {r.round_number: r.start_tick for r in rounds if r.start_tick > first[r.round_number]}


def _void(rows: Iterable[RoundRow], rounds: Iterable[RoundRow]) -> list[RoundRow]:
    """The attempts whose number was played again later."""
    ends = {r.round_number: r.end_tick for r in rounds}
    return [row for row in rows if _is_played(row) and row.end_tick < ends[row.round_number]]


def _played_at(tick: int, rounds: Sequence[RoundRow], void: Iterable[RoundRow]) -> int | None:
    """The round that was running or had ended last, otherwise the first; None if a void attempt has started since
    then."""
    begun = next((r for r in reversed(rounds) if r.start_tick <= tick), None)
    end = -1 if begun is None else begun.end_tick
    if tick > end and any(row.start_tick <= tick and row.end_tick > end for row in void):
        return None
    return (begun or rounds[0]).round_number


def _is_played(row: RoundRow) -> bool:
    return row.round_number > 0 and row.freeze_end_tick <= row.end_tick


def _after(end_tick: int, row: RoundRow) -> RoundRow:
    """The row moved behind `end_tick`. An impossible start is put midway between that end and the end of freeze time,
    because the time after a round's end is shorter than freeze time."""
    freeze_end = max(row.freeze_end_tick, end_tick + 1)
    start = row.start_tick
    if not end_tick < start <= freeze_end:
        start = (end_tick + 1 + freeze_end) // 2
    if (start, freeze_end) == (row.start_tick, row.freeze_end_tick):
        return row
    return replace(row, start_tick=start, freeze_end_tick=freeze_end)
