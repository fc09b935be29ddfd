"""Kills, damage, assists, flashes.

Belongs here: the losses of a player, and the kind of a kill. Does not belong here: counting (`game.stats`).
"""

from typing import Any

from msgspec.structs import replace

from game import events as e
from game.facts import AnyFact, Assisted, Blinded, Damaged, Killed
from game.payloads import DamageData, KillData
from game.quality import broken
from game.state import Bomb, MatchState, Player, round_time_s, side_of
from game.transitions.change import (
    Change,
    body_of,
    is_counted,
    is_post_round,
    known,
    played_on,
    refused,
    team_of,
    with_player,
    with_round,
)
from game.weapons import is_utility

DEAD: dict[str, Any] = {
    "is_alive": False,
    "health": 0,
    "armor": 0,
    "has_helmet": False,
    "has_kit": False,
    "has_primary": False,
    "grenades": 0,
    "equipment_value": 0,
}
"""What a player loses at death."""


def kill(state: MatchState, event: e.Kill) -> Change:
    """A death, and everything lost with it. Outside of the live match only the fact is published."""
    said = event.payload
    state = _doubted(state, said, said.killer_player_id)
    state = known(state, said.killer_player_id, said.killer_team)
    state = known(state, said.victim_player_id, said.victim_team)
    if said.victim_player_id not in state.players:
        return refused(state, "players_too_many", said.victim_player_id)
    victim_id = body_of(state, said.victim_player_id)
    victim = state.players.get(victim_id) or Player(player_id=victim_id)
    if is_counted(state) and not victim.is_alive:
        return refused(state, "victim_already_dead", said.victim_player_id)
    fact = _killed(state, event, victim)
    breach: tuple[AnyFact, ...] = ()
    if is_counted(state) and state.round is not None and state.round.live_at is None:
        breach = (broken("kill_before_live", said.victim_player_id),)
    if not is_counted(state):
        return state, (fact,)
    return bomb_without(with_player(state, victim_id, **DEAD), victim_id), (fact, *breach)


def damage(state: MatchState, event: e.Damage) -> Change:
    """Health and armour drop to the source's values, otherwise by the damage done. The damage is capped by the source's
    health before it, because ours may come from a round that was played again."""
    said = event.payload
    state = _doubted(state, said, said.attacker_player_id)
    state = known(state, said.attacker_player_id, said.attacker_team)
    state = known(state, said.victim_player_id, said.victim_team)
    victim_id = body_of(state, said.victim_player_id)
    victim = state.players[victim_id] if victim_id in state.players else Player(player_id=victim_id)
    before = victim.health if said.health_before is None else said.health_before
    capped = min(said.health_damage, before) if is_counted(state) else said.health_damage
    fact = _damaged(state, event, capped)
    if not is_counted(state) or not victim.is_alive:
        return state, (fact,)
    armor = victim.armor - (said.armor_damage or 0) if said.armor_after is None else said.armor_after
    health = victim.health - capped if said.health_after is None else min(said.health_after, victim.health)
    return with_player(state, victim_id, health=health, armor=max(0, armor)), (fact,)


def assist(state: MatchState, event: e.Assist) -> Change:
    """An assist reported separately from its kill."""
    said = event.payload
    fact = Assisted(player_id=said.player_id, victim_id=said.victim_player_id, is_flash=said.is_flash)
    return known(state, said.player_id, None), (fact,)


def blind(state: MatchState, event: e.Blind) -> Change:
    """A player was flashed."""
    said = event.payload
    flasher, victim = team_of(state, said.flasher_player_id), team_of(state, said.victim_player_id)
    fact = Blinded(
        victim_id=said.victim_player_id,
        flasher_id=said.flasher_player_id,
        duration_s=said.duration_s,
        is_enemy=flasher is not None and victim is not None and flasher != victim,
        round_time_s=round_time_s(state, event.ts_event),
    )
    return state, (fact,)


def _doubted(state: MatchState, said: KillData | DamageData, attacker_id: str | None) -> MatchState:
    """Combat shows that play goes on. If a fighter was not known to be there, more unknown players may be, so it is not
    known who is alive. Utility may still hurt after its thrower has left."""
    state = played_on(state)
    running = state.round
    if running is None or running.is_partial or running.live_at is None:
        return state
    attacker = None if attacker_id is None else state.players.get(attacker_id)
    is_known = attacker_id is None or _is_there(attacker, or_was=is_utility(said.weapon))
    if is_known and _is_there(state.players.get(said.victim_player_id)):
        return state
    return with_round(state, running, is_partial=True)


def _is_there(player: Player | None, *, or_was: bool = False) -> bool:
    if player is None or (player.team is None and not player.is_coach):
        return False
    return player.is_connected or or_was


def _killed(state: MatchState, event: e.Kill, victim: Player) -> Killed:
    said = event.payload
    killer_team = team_of(state, said.killer_player_id)
    is_suicide = said.killer_player_id == said.victim_player_id
    return Killed(
        victim_id=victim.player_id,
        victim_team=victim.team,
        victim_side=side_of(state, victim.team),
        killer_id=said.killer_player_id,
        killer_team=killer_team,
        killer_side=side_of(state, killer_team),
        weapon=said.weapon,
        is_headshot=said.is_headshot,
        is_team_kill=not is_suicide and killer_team is not None and killer_team == victim.team,
        is_suicide=is_suicide,
        is_post_round=is_post_round(state),
        round_time_s=round_time_s(state, event.ts_event),
        assister_id=said.assister_player_id,
        flash_assister_id=said.flash_assister_player_id,
    )


def _damaged(state: MatchState, event: e.Damage, capped: int) -> Damaged:
    said = event.payload
    attacker_team, victim_team = (
        team_of(state, said.attacker_player_id),
        team_of(state, said.victim_player_id),
    )
    return Damaged(
        victim_id=said.victim_player_id,
        victim_team=victim_team,
        attacker_id=said.attacker_player_id,
        attacker_team=attacker_team,
        health_damage=capped,
        armor_damage=said.armor_damage or 0,
        weapon=said.weapon,
        is_enemy=attacker_team is not None and victim_team is not None and attacker_team != victim_team,
        is_utility=is_utility(said.weapon),
        is_post_round=is_post_round(state),
        round_time_s=round_time_s(state, event.ts_event),
    )


def bomb_without(state: MatchState, body_id: str) -> MatchState:
    """The state after a player died or left: the body `body_id` no longer carries the bomb, plants or defuses."""
    running = state.round
    if running is None or running.bomb.player_id is None:
        return state
    if body_of(state, running.bomb.player_id) != body_id:
        return state
    if running.bomb.status == "defusing":
        bomb = replace(
            running.bomb, status="planted", player_id=None, defuse_begun_at=None, defuse_has_kit=False
        )
        return with_round(state, running, bomb=bomb)
    if running.bomb.status in ("planting", "carried"):
        return with_round(state, running, bomb=Bomb(status="dropped"))
    return state
