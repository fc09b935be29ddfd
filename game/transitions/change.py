"""The result type of every transition, and the edits that several themes share.

Belongs here: `Change`, edits of one struct, and questions that several themes ask. Does not belong here: rules of one
theme.
"""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from game.events import Event
from game.facts import AnyFact
from game.payloads import MAX_PLAYERS, Team
from game.quality import broken
from game.state import MapState, MatchState, Player, Round, is_live_play

Change = tuple[MatchState, tuple[AnyFact, ...]]
"""The next state, and the facts that follow."""


def refused(state: MatchState, rule: str, detail: str = "") -> Change:
    """The unchanged state, with a quality fact for the rule that the event breaks."""
    return state, (broken(rule, detail),)


def with_round(state: MatchState, running: Round, **changes: Any) -> MatchState:
    """The state with new values in the running round."""
    return replace(state, round=replace(running, **changes))


def played_on(state: MatchState) -> MatchState:
    """The state after play goes on, whatever pause was called."""
    if state.round is None or state.round.paused_at is None:
        return state
    return with_round(state, state.round, paused_at=None)


def with_map(state: MatchState, current: MapState, **changes: Any) -> MatchState:
    """The state with new values in the running map."""
    return replace(state, map=replace(current, **changes))


def with_player(state: MatchState, player_id: str, **changes: Any) -> MatchState:
    """The state with new values for the player. An unknown player is added if there is room."""
    player = state.players.get(player_id)
    if player is None:
        if not has_room(state.players, changes.get("team")):
            return state
        player = Player(player_id=player_id)
    return replace(state, players={**state.players, player_id: replace(player, **changes)})


def unequipped(players: Mapping[str, Player], money: int) -> dict[str, Player]:
    """All players as at a map's first round: alive, with start money, and without equipment. Identity, team and
    presence stay."""
    return {
        k: Player(
            player_id=who.player_id,
            name=who.name,
            team=who.team,
            is_bot=who.is_bot,
            is_connected=who.is_connected,
            is_coach=who.is_coach,
            money=money,
        )
        for k, who in players.items()
    }


def comes_too_late(state: MatchState, player_id: str) -> bool:
    """Whether a player who joins, or joins again, does so in live play and therefore plays only from the next round
    on."""
    player = state.players.get(player_id)
    is_here = player is not None and player.is_connected
    return not is_here and is_live_play(state) and state.round is not None and not state.round.is_partial


def counted_from_now(state: MatchState) -> MatchState:
    """The state at the end of a warm-up or knife round: play counts from now on. No equipment is carried into the first
    round. A map that is over stays over."""
    current = state.map
    if current is None or current.is_over:
        return replace(state, phase="freeze_time")
    is_first = not current.rounds and current.base_a + current.base_b == 0
    players = unequipped(state.players, current.rules.start_money) if is_first else state.players
    return replace(state, phase="freeze_time", match_tag="live", players=players)


def has_room(players: Mapping[str, Player], team: Team | None) -> bool:
    """Whether the state can hold one more player. Players without a team, probably spectators, may take half of it."""
    return len(players) < (MAX_PLAYERS if team is not None else MAX_PLAYERS // 2)


def known(state: MatchState, player_id: str | None, team: Team | None) -> MatchState:
    """Add a player whom an event mentions. Give the player `team`, unless the team is known already or the player is a
    coach."""
    if player_id is None:
        return state
    player = state.players.get(player_id)
    if player is not None and (team is None or player.team is not None or player.is_coach):
        return state
    return with_player(state, player_id, team=team)


def team_of(state: MatchState, player_id: str | None) -> Team | None:
    """The player's team, if it is known."""
    player = state.players.get(player_id) if player_id is not None else None
    return player.team if player is not None else None


def body_of(state: MatchState, player_id: str) -> str:
    """The id of the body that a player controls: the player's own, or that of the bot taken over."""
    player = state.players.get(player_id)
    return player.controls if player is not None and player.controls is not None else player_id


def is_post_round(state: MatchState) -> bool:
    """Whether the running round is decided and the next has not begun."""
    return state.round is not None and state.round.ended_at is not None


def is_counted(state: MatchState) -> bool:
    """Whether events count: not in warm-up, knife round, or after the end."""
    return state.match_tag in ("live", "overtime")


def numbered(event: Event) -> bool:
    """Whether the event names a round of the live match."""
    return event.round_no is not None and event.round_no >= 1
