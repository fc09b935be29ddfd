"""What each fact adds to the book.

Belongs here: counting. Does not belong here: definitions (`game.stats`), rates (`game.statistics.figures`), whether a
fact counts at all: callers pass only facts of the live match and its overtime.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from game import facts as f
from game.payloads import MAX_PLAYERS, Team
from game.rules import half_of
from game.state import MatchState, other_side, other_team
from game.statistics.book import Death, Line, RoundBook, StatBook, closed, withdraw
from game.statistics.economy import buy_class
from game.statistics.trades import MOST_REMEMBERED, is_trade
from game.transitions.change import body_of, team_of

TEAMS: tuple[Team, ...] = ("A", "B")

RoundFact = (
    f.SidesSwapped
    | f.RoundWentLive
    | f.RoundDecided
    | f.Killed
    | f.Damaged
    | f.Assisted
    | f.PlayerKnown
    | f.Spawned
)
"""Facts that add to the running round."""


def tally(book: StatBook, fact: f.AnyFact, *, state: MatchState) -> StatBook:
    """The book after `fact`, which followed from the event that led to `state`; most facts change nothing."""
    match fact:
        case f.MapBegan():
            return StatBook(map_number=fact.map_number)
        case f.RoundBegan():
            return _begun(book, fact, state)
        case f.Withdrawn():
            return withdraw(book, fact.from_round)
        case _ if isinstance(fact, RoundFact) and book.running is not None:
            return replace(book, running=_in_round(book, book.running, fact, state=state))
        case _:
            return book


def _begun(book: StatBook, fact: f.RoundBegan, state: MatchState) -> StatBook:
    """Begin a round. A decided round begins again only after it was withdrawn."""
    half = half_of(state.map.rules, fact.round_no) if state.map is not None else 1
    running = RoundBook(number=fact.round_no, half=half, a_side=fact.a_side, is_pistol=fact.is_pistol)
    return replace(closed(book), running=running)


def _in_round(book: StatBook, running: RoundBook, fact: RoundFact, *, state: MatchState) -> RoundBook:
    match fact:
        case f.SidesSwapped():
            # The swap of a new half comes before its first round, while the last round is still running.
            return running if running.is_decided else replace(running, a_side=fact.a_side)
        case f.RoundWentLive():
            return _live(running, fact, state=state, lost=_lost_before(book))
        case f.RoundDecided():
            return _decided(_placed(running, state), fact)
        case f.Killed():
            return _killed(running, fact, state)
        case f.Damaged():
            return _damaged(running, fact)
        case f.Assisted():
            return _told_apart(running, fact, state)
        case f.PlayerKnown():
            return running if fact.is_connected else _gone(running, fact.player_id)
        case f.Spawned():
            return _back(running, fact.player_id)


def _gone(running: RoundBook, player_id: str) -> RoundBook:
    """A player who leaves during a round does not survive it, and may leave the last teammate in a clutch."""
    if running.is_decided or player_id not in running.alive:
        return running
    return _left_alone(replace(running, alive=tuple(k for k in running.alive if k != player_id)))


def _back(running: RoundBook, player_id: str) -> RoundBook:
    """A player who died is alive again: the next death is a separate one, and the player may survive or be left
    alone."""
    running = replace(
        running,
        assisted={victim: by for victim, by in running.assisted.items() if victim != player_id},
        betrayed=tuple(victim for victim in running.betrayed if victim != player_id),
    )
    is_known = player_id in running.teams and player_id not in running.alive
    if running.is_decided or not running.is_live or not is_known:
        return running
    return replace(running, alive=(*running.alive, player_id))


def _lost_before(book: StatBook) -> Team | None:
    """The team that lost the round before."""
    won = book.finished[-1].winner if book.finished else None
    return None if won is None else other_team(won)


def _live(running: RoundBook, fact: f.RoundWentLive, *, state: MatchState, lost: Team | None) -> RoundBook:
    """Make the players who are present now the players of the round."""
    there = {k: p.team for k, p in state.players.items() if p.team is not None and p.is_connected}
    for player_id, team in there.items():
        running = _with(
            running, player_id, team, economy=_class(running, fact, [player_id], team=team, lost=lost)
        )
    economy = {
        team: _class(running, fact, [k for k, t in there.items() if t == team], team=team, lost=lost)
        for team in TEAMS
    }
    alive = tuple(k for k in there if state.players[k].is_alive)
    return replace(running, alive=alive, is_live=True, economy=economy)


def _class(
    running: RoundBook, fact: f.RoundWentLive, ids: Sequence[str], *, team: Team, lost: Team | None
) -> int:
    return buy_class(
        [fact.equipment.get(k, 0) for k in ids],
        [fact.money.get(k) for k in ids],
        side=running.a_side if team == "A" else other_side(running.a_side),
        is_pistol=running.is_pistol,
        has_lost_before=lost == team,
    )


def _damaged(running: RoundBook, fact: f.Damaged) -> RoundBook:
    if not fact.is_enemy or fact.attacker_id is None or fact.health_damage == 0:
        return running
    utility = fact.health_damage if fact.is_utility else 0
    return _add(
        running, fact.attacker_id, fact.attacker_team, damage=fact.health_damage, utility_damage=utility
    )


def _killed(running: RoundBook, fact: f.Killed, state: MatchState) -> RoundBook:
    """The kill's own counts, then, while the round is open, its effect on the round."""
    running = _add(running, fact.victim_id, fact.victim_team, deaths=1)
    if fact.killer_id is not None and not fact.is_suicide:
        is_enemy = is_enemy_kill(fact)
        running = _add(
            running,
            fact.killer_id,
            fact.killer_team,
            kills=1,
            enemy_kills=int(is_enemy),
            headshots=int(is_enemy and fact.is_headshot),
        )
    running = _assists(running, fact, state)
    return running if running.is_decided else _fallen(running, fact, state)


def is_enemy_kill(fact: f.Killed) -> bool:
    """Whether a player killed an enemy: neither suicide nor team kill."""
    return fact.killer_id is not None and not fact.is_suicide and not fact.is_team_kill


def _assists(running: RoundBook, fact: f.Killed, state: MatchState) -> RoundBook:
    """One assist per kill and named player, even if a player is named as both."""
    if fact.is_team_kill:
        running = replace(running, betrayed=(*running.betrayed[-MOST_REMEMBERED:], fact.victim_id))
    for player_id in dict.fromkeys((fact.assister_id, fact.flash_assister_id)):
        if player_id is not None:
            told = f.Assisted(
                player_id=player_id,
                victim_id=fact.victim_id,
                is_flash=player_id == fact.flash_assister_id,
            )
            running = _assisted(running, told, state, saves=is_enemy_kill(fact))
    return running


def _told_apart(running: RoundBook, fact: f.Assisted, state: MatchState) -> RoundBook:
    """An assist reported separately from its kill; the kill may have named it already."""
    victim_id = body_of(state, fact.victim_id)
    told = replace(fact, victim_id=victim_id)
    return _assisted(running, told, state, saves=victim_id not in running.betrayed)


def _assisted(running: RoundBook, fact: f.Assisted, state: MatchState, *, saves: bool) -> RoundBook:
    """One assist per death and player. Only an assist in the kill of an enemy counts for KAST."""
    player_id, helped = fact.player_id, running.assisted.get(fact.victim_id, ())
    if player_id in helped:
        return running
    team = team_of(state, player_id)
    running = _add(running, player_id, team, assists=1, flash_assists=int(fact.is_flash))
    if player_id in running.lines and len(running.assisted) < MAX_PLAYERS:
        running = replace(running, assisted={**running.assisted, fact.victim_id: (*helped, player_id)})
    if running.is_decided or not saves:
        return running
    return _with(running, player_id, team, kast=1, kast_won=1)


def _fallen(running: RoundBook, fact: f.Killed, state: MatchState) -> RoundBook:
    """Opening, trades, KAST and clutches, which end with the round."""
    alive = tuple(k for k in running.alive if k != fact.victim_id)
    running = replace(running, alive=alive)
    if is_enemy_kill(fact) and fact.killer_id is not None:
        running = _duel(running, fact, fact.killer_id, body=body_of(state, fact.killer_id))
    return _left_alone(running)


def _duel(running: RoundBook, fact: f.Killed, killer_id: str, *, body: str) -> RoundBook:
    if not running.deaths:
        running = _add(running, killer_id, fact.killer_team, opening_kills=1)
        running = _add(running, fact.victim_id, fact.victim_team, opening_deaths=1)
    running = _with(running, killer_id, fact.killer_team, kast=1, kast_won=1)
    running = _traded(running, fact, killer_id)
    death = Death(second=fact.round_time_s, killer_id=body, victim_id=fact.victim_id)
    last = running.deaths[1:][-MOST_REMEMBERED:]
    return replace(running, deaths=(*running.deaths[:1], *last, death))


def _traded(running: RoundBook, fact: f.Killed, killer_id: str) -> RoundBook:
    """Credit trades: the victim's own kills within the window are traded if the killer is a teammate of those
    killed."""
    traded = [
        death.victim_id
        for death in running.deaths
        if death.killer_id == fact.victim_id
        and is_trade(death.second, fact.round_time_s)
        and running.teams.get(death.victim_id) == fact.killer_team
    ]
    for victim_id in traded:
        running = _add(running, victim_id, fact.killer_team, traded_deaths=1)
        running = _with(running, victim_id, fact.killer_team, kast=1, kast_won=1)
    return _add(running, killer_id, fact.killer_team, trade_kills=1) if traded else running


def _left_alone(running: RoundBook) -> RoundBook:
    """Begin a clutch for each side that has one player left, against the opponents alive then."""
    for team in TEAMS:
        mine = [k for k in running.alive if running.teams.get(k) == team]
        against = len(running.alive) - len(mine)
        if len(mine) == 1 and against > 0 and running.clutches.get(team) is None:
            running = replace(running, clutches={**running.clutches, team: mine[0]})
            running = _with(running, mine[0], team, clutch_opponents=against)
    return running


def _placed(running: RoundBook, state: MatchState) -> RoundBook:
    """The round with the teams that became known after their players had already acted."""
    found = {k: team_of(state, k) for k in running.lines if k not in running.teams}
    teams = {k: team for k, team in found.items() if team is not None}
    return replace(running, teams={**running.teams, **teams}) if teams else running


def _decided(running: RoundBook, fact: f.RoundDecided) -> RoundBook:
    running = replace(running, is_decided=True, winner=fact.winner_team)
    for player_id in running.alive:
        team = running.teams[player_id]
        has_won = int(team == fact.winner_team)
        line = running.lines[player_id]
        running = _with(running, player_id, team, survived=1, kast=1, kast_won=max(line.kast_won, has_won))
    last = running.clutches.get(fact.winner_team)
    return running if last is None else _with(running, last, fact.winner_team, clutch_won=1)


def _add(running: RoundBook, player_id: str, team: Team | None, **counts: int) -> RoundBook:
    """Add to counts of a player's line, which is created if needed."""
    line = running.lines.get(player_id) or Line()
    more = {name: getattr(line, name) + count for name, count in counts.items()}
    return _with(running, player_id, team, **more)


def _with(running: RoundBook, player_id: str, team: Team | None, **values: int) -> RoundBook:
    """Set values of a player's line; the line is published once the player's team is known."""
    if player_id not in running.lines and len(running.lines) >= MAX_PLAYERS:
        return running
    line = replace(running.lines.get(player_id) or Line(), **values)
    teams = running.teams
    if team is not None and player_id not in teams:
        teams = {**teams, player_id: team}
    return replace(running, lines={**running.lines, player_id: line}, teams=teams)
