"""Money and equipment.

Belongs here: what a player owns. Does not belong here: buy classes (`game.stats`), model inputs (`game.features`).

`equipment_value` is the value at the end of freeze time: in live play only death changes it.
"""

from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from game import events as e
from game.payloads import Loadout, Team
from game.state import MatchState, Player, is_live_play
from game.transitions.change import Change, comes_too_late, has_room, is_counted, with_player, with_round
from game.transitions.combat import DEAD
from game.weapons import is_grenade, is_primary, plain_name

_ARMOR: dict[str, dict[str, Any]] = {
    "vest": {"armor": 100},
    "kevlar": {"armor": 100},
    "vesthelm": {"armor": 100, "has_helmet": True},
    "assaultsuit": {"armor": 100, "has_helmet": True},
    "defuser": {"has_kit": True},
    "cutters": {"has_kit": True},
}


def economy(state: MatchState, event: e.Economy) -> Change:
    """Take the source's word for what each named player owns. It also shows that the player is present. A player who
    was absent when the round went live plays only from the next one on, except bots, which stand in."""
    players = dict(state.players)
    is_frozen = is_live_play(state)
    for loadout in event.payload.players:
        player = players.get(loadout.player_id)
        if player is None and not has_room(players, None):
            continue
        player = player or Player(player_id=loadout.player_id)
        equipped = _equipped(player, loadout, is_frozen=is_frozen)
        is_late = not player.is_bot and comes_too_late(state, player.player_id)
        players[player.player_id] = replace(equipped, **DEAD) if is_late else equipped
    return with_team_totals(replace(state, players=players)), ()


def with_team_totals(state: MatchState) -> MatchState:
    """The state with the equipment values of each team's connected players, while the round is in freeze time."""
    running = state.round
    if running is None or running.live_at is not None:
        return state
    totals = carried(state.players.values())
    return with_round(state, running, equipment_a=totals["A"], equipment_b=totals["B"])


def carried(players: Iterable[Player]) -> dict[Team, int]:
    """Dollars of each team's equipment; players who are not connected do not count."""
    totals: dict[Team, int] = {"A": 0, "B": 0}
    for player in players:
        if player.team is not None and player.is_connected:
            totals[player.team] += player.equipment_value
    return totals


def item(state: MatchState, event: e.ItemBought | e.ItemPickedUp | e.ItemDropped | e.ItemRefunded) -> Change:
    """One item gained or lost, with its cost or refund."""
    said = event.payload
    player = state.players.get(said.player_id) or Player(player_id=said.player_id)
    is_gain = isinstance(event, e.ItemBought | e.ItemPickedUp)
    changes = _owning(player, said.item, is_gain=is_gain)
    if isinstance(event, e.ItemBought | e.ItemRefunded):
        changes |= _paid(state, player, -(said.cost or 0) if is_gain else said.cost or 0)
    return with_team_totals(with_player(state, said.player_id, **changes)), ()


def thrown(state: MatchState, event: e.GrenadeThrown) -> Change:
    """The thrower has one grenade less."""
    player = state.players.get(event.payload.player_id or "")
    if player is None or player.grenades == 0 or not is_counted(state):
        return state, ()
    return with_player(state, player.player_id, grenades=player.grenades - 1), ()


def _equipped(player: Player, told: Loadout, *, is_frozen: bool) -> Player:
    changes: dict[str, Any] = {
        "money": told.money,
        "armor": told.armor,
        "has_helmet": told.has_helmet,
        "has_kit": told.has_kit,
        "has_primary": is_primary(told.primary)
        if told.has_primary is None and told.primary
        else told.has_primary,
        "grenades": told.grenades,
        "equipment_value": None if is_frozen else told.equipment_value,
    }
    return replace(player, is_connected=True, **{k: v for k, v in changes.items() if v is not None})


def _owning(player: Player, name: str, *, is_gain: bool) -> dict[str, Any]:
    if is_primary(name):
        return {"has_primary": is_gain}
    if is_grenade(name):
        return {"grenades": max(0, player.grenades + (1 if is_gain else -1))}
    armor = _ARMOR.get(plain_name(name), {})
    if is_gain:
        return dict(armor)
    return {k: False if isinstance(v, bool) else 0 for k, v in armor.items()}


def _paid(state: MatchState, player: Player, dollars: int) -> dict[str, Any]:
    money = _purse(state, player.money, dollars)
    if is_live_play(state):
        return {"money": money}
    return {"money": money, "equipment_value": max(0, player.equipment_value - dollars)}


def _purse(state: MatchState, money: int | None, dollars: int) -> int | None:
    """The money after adding `dollars`; a refund cannot exceed the maximum of the rules."""
    if money is None:
        return None
    most = money + dollars if state.map is None else state.map.rules.max_money
    return max(0, min(money + dollars, max(money, most)))
