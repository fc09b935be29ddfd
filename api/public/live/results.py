"""How rounds, maps and the series came out, read off a match's state, and what has changed since the state before.

Belongs here: what is decided, how final it is, and the difference of two states. Does not belong here: who is told.
Pure: a client that holds the states can do the same.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from api.public.live.frames import Finality, Horizon, ResultFrame
from game.view import MatchView

Key = tuple[Horizon, str | None, int | None]
"""Horizon, map, round."""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One outcome; a null winner is a draw."""

    winner_team: str | None
    score_a: int
    score_b: int
    is_final: bool

    def is_as(self, other: "Result") -> bool:
        """Whether both say the same outcome, however final."""
        return (self.winner_team, self.score_a, self.score_b) == (
            other.winner_team,
            other.score_a,
            other.score_b,
        )


def results(state: Mapping[str, Any]) -> dict[Key, Result]:
    """What is decided in `state`: rounds of the running map, finished maps, the series."""
    found: dict[Key, Result] = {}
    running = state.get("map")
    is_over = bool(state.get("is_series_over"))
    for told in state.get("finished_maps", ()):
        is_left = running is not None and running["map_id"] != told["map_id"]
        found["map", told["map_id"], None] = _result(told, is_final=is_over or is_left)
    if running is not None:
        reached = _reached(state, running)
        for told in running["rounds"]:
            found["round", running["map_id"], told["number"]] = _result(
                told, is_final=told["number"] < reached
            )
    if is_over:
        score = {"score_a": state["maps_a"], "score_b": state["maps_b"]}
        found["series", None, None] = _result(
            {"winner_team": state.get("series_winner"), **score}, is_final=True
        )
    return found


def changes(before: MatchView, after: MatchView) -> Iterator[ResultFrame]:
    """What is to be told when the state went from one to the other."""
    yield from differences(results(before.state), after)


def differences(old: Mapping[Key, Result], after: MatchView) -> Iterator[ResultFrame]:
    """What is to be told to one who knows `old`."""
    new = results(after.state)
    for key, result in new.items():
        was = old.get(key)
        if was != result:
            yield _frame(after, key, result, finality=_finality(was, result))
    for key, result in old.items():
        if key not in new and _is_open_again(key, after.state):
            yield _frame(after, key, result, finality="revoked")


def everything(view: MatchView) -> Iterator[ResultFrame]:
    """What is decided now, for a client that begins."""
    for key, result in results(view.state).items():
        yield _frame(view, key, result, finality=_finality(None, result))


def _finality(was: Result | None, now: Result) -> Finality:
    if was is not None and not was.is_as(now):
        return "amended"
    return "final" if now.is_final else "provisional"


def _is_open_again(key: Key, state: Mapping[str, Any]) -> bool:
    """Rounds of a map that is not the running one are simply no part of the state any more."""
    horizon, map_id, _ = key
    running = state.get("map")
    return horizon != "round" or (running is not None and running["map_id"] == map_id)


def _is_live(state: Mapping[str, Any]) -> bool:
    return (state.get("round") or {}).get("live_at") is not None


def _reached(state: Mapping[str, Any], running: Mapping[str, Any]) -> int:
    """Rounds below this number are left behind: the next one is live, or the map is over. While the next one is in its
    freeze time, or has not begun since a restore, the last one may still be played again, and no other."""
    last: int = max((told["number"] for told in running["rounds"]), default=0)
    if running["is_over"]:
        return last + 1
    number: int = (state.get("round") or {}).get("number", 0)
    return number if _is_live(state) else max(last, number - 1)


def _result(told: Mapping[str, Any], *, is_final: bool) -> Result:
    return Result(
        winner_team=told["winner_team"], score_a=told["score_a"], score_b=told["score_b"], is_final=is_final
    )


def _frame(view: MatchView, key: Key, result: Result, *, finality: Finality) -> ResultFrame:
    horizon, map_id, round_no = key
    return ResultFrame(
        match_id=view.match_id,
        seq=view.seq,
        horizon=horizon,
        map_id=map_id,
        round_no=round_no,
        winner_team=result.winner_team,
        score_a=result.score_a,
        score_b=result.score_b,
        finality=finality,
    )
