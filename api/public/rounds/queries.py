"""Reads finished rounds of a match: those in the store, and those that so far only the live state has.

Belongs here: merging memory and store, as plain functions. Does not belong here: response types (`resources`).
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from api.public.away import AwayError
from api.public.board import Matches
from api.public.history import History
from api.public.rounds.resources import Bought, EconomyView, Purse, RoundView
from game.view import MatchView


async def rounds(board: Matches, history: History, match_id: str) -> list[RoundView]:
    """Return the rounds in the order of play. On the running map the live state decides which rounds exist; earlier
    maps are only in the store. Raises AwayError if the store is needed."""
    desk = board.find(match_id)
    state = desk.view.state if desk is not None else {}
    running = state.get("map")
    try:
        stored = await history.rounds(match_id)
    except AwayError:
        if running is None or any(
            told["map_id"] != running["map_id"] for told in state.get("finished_maps", ())
        ):
            raise
        stored = []
    return stored if running is None else _with_live(stored, running)


def economy(view: MatchView, found: Sequence[RoundView]) -> EconomyView:
    """Return the economy of these rounds, and both teams' current money and equipment."""
    names = Bought.__struct_fields__
    players = view.state.get("players", {}).values()
    return EconomyView(
        match_id=view.match_id,
        seq=view.seq,
        rounds=[Bought(**{name: getattr(each, name) for name in names}) for each in found],
        now_a=_purse([player for player in players if player.get("team") == "A"]),
        now_b=_purse([player for player in players if player.get("team") == "B"]),
    )


def _purse(players: Sequence[dict[str, Any]]) -> Purse:
    return Purse(
        money=_sum(players, "money"),
        equipment=_sum(players, "equipment_value"),
        alive=sum(bool(player.get("is_alive")) for player in players),
    )


def _sum(players: Sequence[dict[str, Any]], name: str) -> int | None:
    told = [player[name] for player in players if player.get(name) is not None]
    return sum(told) if told else None


def _with_live(stored: list[RoundView], running: dict[str, Any]) -> list[RoundView]:
    """Replace the running map's stored rounds by those of the live state: the store may lack a finished round, or still
    hold a retracted one."""
    map_id = running["map_id"]
    known = {each.round_no: each for each in stored if each.map_id == map_id}
    live = [_merged(_of_state(map_id, result), known.get(result["number"])) for result in running["rounds"]]
    return [*(each for each in stored if each.map_id != map_id), *live]


def _merged(told: RoundView, stored: RoundView | None) -> RoundView:
    """Return the stored round, which has more fields, if it has the same outcome; else the live one."""
    if stored is None or (stored.winner_team, stored.score_a) != (told.winner_team, told.score_a):
        return told
    return stored


def _of_state(map_id: str, result: dict[str, Any]) -> RoundView:
    names = ("winner_team", "winner_side", "reason", "score_a", "score_b", "a_side")
    told = {name: result[name] for name in names}
    return msgspec.convert(told | {"map_id": map_id, "round_no": result["number"]}, RoundView)
