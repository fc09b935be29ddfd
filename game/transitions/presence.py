"""Players' presence, name, team, and the body that they control.

Belongs here: players who join, leave or change. Does not belong here: announced rosters (`game.transitions.series`).
"""

from typing import Any

from game import events as e
from game.facts import PlayerKnown, Spawned
from game.payloads import PresenceData
from game.state import MatchState
from game.transitions.change import Change, body_of, comes_too_late, is_counted, known, refused, with_player
from game.transitions.combat import DEAD, bomb_without
from game.transitions.equipment import with_team_totals

PresenceEvent = e.PlayerConnected | e.PlayerDisconnected | e.PlayerRenamed | e.PlayerJoinedTeam


def presence(state: MatchState, event: PresenceEvent) -> Change:
    """A player joined, left, or has a new name or team."""
    said = event.payload
    is_connected = not isinstance(event, e.PlayerDisconnected)
    told: dict[str, Any] = {"name": said.name, "team": said.team, "is_bot": said.is_bot}
    changes = {k: v for k, v in told.items() if v is not None} | _coaching(state, said)
    if is_connected and not said.is_bot and comes_too_late(state, said.player_id):
        changes |= DEAD
    state = with_player(state, said.player_id, is_connected=is_connected, **changes)
    if not is_connected and is_counted(state):
        state = bomb_without(state, body_of(state, said.player_id))
    player = state.players.get(said.player_id)
    if player is None:
        return refused(state, "players_too_many", said.player_id)
    if state.round is not None and state.round.equipment_a is not None:
        state = with_team_totals(state)
    fact = PlayerKnown(
        player_id=said.player_id,
        name=player.name,
        team=player.team,
        is_bot=player.is_bot,
        is_connected=is_connected,
    )
    return state, (fact,)


def _coaching(state: MatchState, said: PresenceData) -> dict[str, Any]:
    """A coach is in no team, whatever team the event gives."""
    player = state.players.get(said.player_id)
    was_coach = player is not None and player.is_coach
    is_coach = was_coach if said.is_coach is None else said.is_coach
    return {"is_coach": True, "team": None} if is_coach else {"is_coach": False}


def takeover(state: MatchState, event: e.BotTakeover) -> Change:
    """The player controls the bot's body until the round ends: the bot's death is then the player's."""
    state = known(state, event.payload.player_id, None)
    if not is_counted(state):
        return state, ()
    return with_player(state, event.payload.player_id, controls=event.payload.bot_player_id), ()


def spawned(state: MatchState, event: e.PlayerSpawned) -> Change:
    """A dead player is alive again with full health and nothing else, and may die once more."""
    player = state.players.get(event.payload.player_id)
    if player is None or player.is_alive or state.round is None or not is_counted(state):
        return state, ()
    return with_player(state, player.player_id, is_alive=True, health=100), (
        Spawned(player_id=player.player_id),
    )
