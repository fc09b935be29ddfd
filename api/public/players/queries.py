"""Players of a match: who they are by the live state, what they did by the newest statistics. Plain functions."""

from collections.abc import Mapping
from typing import Any

import msgspec

from api.public.board import Board
from api.public.desk import Statistics
from api.public.history import History, HistoryAwayError
from api.public.players.resources import MapLine, PlayerView
from game.view import MatchView


async def players(board: Board, history: History, view: MatchView) -> list[PlayerView]:
    """By team and id. Raises HistoryAwayError where neither memory nor the store has statistics."""
    desk = board.find(view.match_id)
    try:
        lines = await history.players(view.match_id)
    except HistoryAwayError:
        if desk is None or not desk.statistics:
            raise
        lines = {}
    live = {} if desk is None else desk.statistics
    ids = {**dict.fromkeys(lines), **view.state.get("players", {})}
    found = [
        _player(player_id, line, _maps(lines.get(player_id, []), live, player_id))
        for player_id, line in ids.items()
    ]
    return sorted(found, key=lambda player: (player.team or "", player.player_id))


def _player(player_id: str, line: Mapping[str, Any] | None, maps: tuple[MapLine, ...]) -> PlayerView:
    known = {name: value for name, value in (line or {}).items() if name in PlayerView.__struct_fields__}
    return msgspec.structs.replace(msgspec.convert(known | {"player_id": player_id}, PlayerView), maps=maps)


def _maps(stored: list[MapLine], live: Mapping[str, Statistics], player_id: str) -> tuple[MapLine, ...]:
    """The store's lines in the order of play, each replaced by a newer one from memory."""
    by_map = {line.map_id: line for line in stored}
    for map_id, told in live.items():
        stats = told.fact.players.get(player_id)
        if stats is not None and (map_id not in by_map or by_map[map_id].seq < told.seq):
            by_map[map_id] = MapLine(map_id=map_id, seq=told.seq, rounds=told.fact.rounds, stats=stats)
    return tuple(by_map.values())
