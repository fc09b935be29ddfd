"""The shape of every transition, and the edits that several themes share.

Belongs here: `Change` and edits of one struct. Does not belong here: rules of one theme.
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
"""The next state, and what is known now."""


def refused(state: MatchState, rule: str, detail: str = "") -> Change:
    """The state as it is, with the rule that the event breaks."""
    return state, (broken(rule, detail),)


def with_round(state: MatchState, running: Round, **changes: Any) -> MatchState:
    """The running round with new values."""
    return replace(state, round=replace(running, **changes))


def played_on(state: MatchState) -> MatchState:
    """Play goes on, whatever pause was called."""
    if state.round is None or state.round.paused_at is None:
        return state
    return with_round(state, state.round, paused_at=None)


def with_map(state: MatchState, current: MapState, **changes: Any) -> MatchState:
    """The running map with new values."""
    return replace(state, map=replace(current, **changes))


def with_player(state: MatchState, player_id: str, **changes: Any) -> MatchState:
    """The player with new values; somebody not seen before begins to exist, where there is room."""
    player = state.players.get(player_id)
    if player is None:
        if not has_room(state.players, changes.get("team")):
            return state
        player = Player(player_id=player_id)
    return replace(state, players={**state.players, player_id: replace(player, **changes)})


def unequipped(players: Mapping[str, Player], money: int) -> dict[str, Player]:
    """As at a map's first round: alive, with start money and nothing else but who they are."""
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
    """Who comes, or comes back, while a round is live plays from the next one on."""
    player = state.players.get(player_id)
    is_here = player is not None and player.is_connected
    return not is_here and is_live_play(state) and state.round is not None and not state.round.is_partial


def counted_from_now(state: MatchState) -> MatchState:
    """The end of a warm-up or knife round: play counts from now on, and nobody keeps what he had there into the first
    round. A map that is over stays so."""
    current = state.map
    if current is None or current.is_over:
        return replace(state, phase="freeze_time")
    is_first = not current.rounds and current.base_a + current.base_b == 0
    players = unequipped(state.players, current.rules.start_money) if is_first else state.players
    return replace(state, phase="freeze_time", match_tag="live", players=players)


def has_room(players: Mapping[str, Player], team: Team | None) -> bool:
    """Whether one more fits into the state. Whoever is in no team, a spectator as it seems, may take half of it."""
    return len(players) < (MAX_PLAYERS if team is not None else MAX_PLAYERS // 2)


def known(state: MatchState, player_id: str | None, team: Team | None) -> MatchState:
    """Somebody named in passing exists, and gets `team` unless the team is known already, or that he is in none."""
    if player_id is None:
        return state
    player = state.players.get(player_id)
    if player is not None and (team is None or player.team is not None or player.is_coach):
        return state
    return with_player(state, player_id, team=team)


def team_of(state: MatchState, player_id: str | None) -> Team | None:
    """The team of somebody, as far as it is known."""
    player = state.players.get(player_id) if player_id is not None else None
    return player.team if player is not None else None


def body_of(state: MatchState, player_id: str) -> str:
    """The id of the body that a player moves: his own, or the bot's that he has taken over."""
    player = state.players.get(player_id)
    return player.controls if player is not None and player.controls is not None else player_id


def is_post_round(state: MatchState) -> bool:
    """The running round is decided and the next has not begun."""
    return state.round is not None and state.round.ended_at is not None


def is_counted(state: MatchState) -> bool:
    """Events of warm-up, knife round and after the end change nothing that counts."""
    return state.match_tag in ("live", "overtime")


def numbered(event: Event) -> bool:
    """The event names a round of the live match."""
    return event.round_no is not None and event.round_no >= 1
