"""Players of a match: identity from the live state, performance from the newest statistics.

Belongs here: merging memory and store, as plain functions. Does not belong here: response types (`resources`).
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from api.public.away import AwayError
from api.public.board import Matches
from api.public.history import History
from api.public.players.resources import MapLine, PlayerView
from api.public.tellings import Tellings
from game.view import MatchView


async def players(board: Matches, history: History, view: MatchView, *, scope: str) -> list[PlayerView]:
    """Return the players ordered by team and ID. Raises AwayError if the store is needed, because memory does not hold
    the statistics of all maps."""
    desk = board.find(view.match_id)
    told = {} if desk is None else _told(desk.statistics, scope)
    try:
        lines = await history.players(view.match_id, scope=scope)
    except AwayError:
        if not _played(view.state) <= {line.map_id for each in told.values() for line in each}:
            raise
        lines = {}
    ids = {**dict.fromkeys(lines), **dict.fromkeys(told), **view.state.get("players", {})}
    found = [
        _player(
            player_id, standing, scope=scope, maps=_newest(lines.get(player_id, []), told.get(player_id, []))
        )
        for player_id, standing in ids.items()
    ]
    return sorted(found, key=lambda player: (player.team or "", player.player_id))


def _played(state: Mapping[str, Any]) -> set[str]:
    """Return the IDs of the maps on which at least one round is decided."""
    running = state.get("map")
    maps = {told["map_id"] for told in state.get("finished_maps", ())}
    return maps if running is None or not running["rounds"] else {*maps, running["map_id"]}


def _player(
    player_id: str, standing: Mapping[str, Any] | None, *, scope: str, maps: tuple[MapLine, ...]
) -> PlayerView:
    known = {name: value for name, value in (standing or {}).items() if name in PlayerView.__struct_fields__}
    player = msgspec.convert(known | {"player_id": player_id}, PlayerView)
    return msgspec.structs.replace(player, scope=scope, maps=maps)


def _told(statistics: Tellings, scope: str) -> dict[str, list[MapLine]]:
    """Return the statistics of the scope in memory, by player, oldest first."""
    told: dict[str, list[MapLine]] = {}
    for telling, part in statistics.of(scope):
        for player_id, stats in part.lines.items():
            line = MapLine(
                map_id=telling.map_id, seq=telling.seq, rounds=part.rounds(player_id), stats=dict(stats)
            )
            told.setdefault(player_id, []).append(line)
    return told


def _newest(stored: list[MapLine], told: list[MapLine]) -> tuple[MapLine, ...]:
    """Return one line per map in the order of play: the one with the highest seq."""
    by_map: dict[str, MapLine] = {}
    for line in (*stored, *told):
        if line.map_id not in by_map or by_map[line.map_id].seq < line.seq:
            by_map[line.map_id] = line
    return tuple(by_map.values())
