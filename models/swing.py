"""Swing: which players moved the round's win probability, and by how much.

Belongs here: the fold of facts and published probabilities into `SwingCredited`. Does not belong here: probabilities
themselves (`models.predictor`), other statistics (`game.statistics`).

After Xenopoulos et al. 2020 (arXiv 2011.01324), V = WP(after) - WP(before) is credited to the acting side and debited
to the victim's. Each change of team A's published chance is divided so that A's players together get exactly that
change and B's exactly its opposite. So a round's credits sum to zero, and A's to the change over the round.

- Damage and kills: to the attacker, from the victim. Of a kill's gain a fifth goes to the player who flashed the victim
  for it, and a fifth to a teammate whom the victim had killed within the trade window, and whose death set it up.
- Damage and kills within a team: from the attacker, or (world, fall, bomb) from the victim; the other side shares.
- Bomb: to the player who plants or defuses, and to the planter when it explodes; the other side shares.
- Anything else, mostly passing time: both sides share.
Shares are equal among the living players of a side, or among all if none lives. Amounts are whole millionths.
"""

from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from game.facts import AnyFact, BombChanged, Damaged, Killed, RoundDecided, SwingCredited
from game.payloads import Side, Team
from game.state import MatchState
from game.statistics.tally import is_enemy_kill
from game.statistics.trades import MOST_REMEMBERED, is_trade
from game.transitions.change import body_of, team_of

MILLION = 1_000_000
ACTOR_PARTS, ASSISTANT_PARTS = 5, 1
"""A helper gets one part of five; the actor keeps the rest."""

Parts = dict[str, int]
"""Player ids with their parts of a side's change."""
Attribution = tuple[str, dict[Team, Parts]]
"""The cause, and the parts by team. A team that is left out shares equally."""


class Kill(Struct, frozen=True, kw_only=True):
    """A kill of an enemy, kept to detect trades; `killer_id` is the body that the killer controlled."""

    killer_id: str
    victim_id: str
    round_time_s: float | None


class SwingBook(Struct, frozen=True, kw_only=True):
    """What has to be remembered within a round. `p_a_millionths` is null outside live play."""

    p_a_millionths: int | None = None
    kills: tuple[Kill, ...] = ()
    planter_id: str | None = None


def swing(
    book: SwingBook, facts: Iterable[AnyFact], *, state: MatchState, p_a: float | None
) -> tuple[SwingBook, tuple[SwingCredited, ...]]:
    """The book after an event, and the credits for it.

    `state` and `facts` are those after the event. `p_a` is the published chance of the round after it; null if none was
    published.
    """
    if state.round is None or state.round.live_at is None:
        return SwingBook(), ()
    told = tuple(facts)
    now = book.p_a_millionths if p_a is None else round(p_a * MILLION)
    credited = _credited(book, told, state=state, now=now)
    if state.round.ended_at is not None:
        return SwingBook(), credited
    return _remembered(replace(book, p_a_millionths=now), told, state), credited


def rebased(book: SwingBook, p_a: float) -> SwingBook:
    """The book after a change of `p_a` that no player caused: another model answers, or the model stops answering."""
    return book if book.p_a_millionths is None else replace(book, p_a_millionths=round(p_a * MILLION))


def _credited(
    book: SwingBook, facts: tuple[AnyFact, ...], *, state: MatchState, now: int | None
) -> tuple[SwingCredited, ...]:
    before = book.p_a_millionths
    if before is None or now is None or now == before:
        return ()
    cause, parts = _attribution(book, facts, state) if facts else ("clock", {})
    credits_: dict[str, int] = {}
    for team, change in _of_both(now - before):
        credits_ |= divided(change, parts.get(team) or _sharing(state, team))
    return (
        SwingCredited(
            cause=cause,
            p_a_before=before / MILLION,
            p_a_after=now / MILLION,
            credits={player: amount / MILLION for player, amount in credits_.items() if amount},
        ),
    )


def _of_both(change: int) -> tuple[tuple[Team, int], tuple[Team, int]]:
    return ("A", change), ("B", -change)


def divided(amount: int, parts: Mapping[str, int]) -> dict[str, int]:
    """`amount` in proportion to `parts`, in whole units that sum to it exactly; odd units go by order of player id."""
    total = sum(parts.values())
    if total == 0:
        return {}
    sign, left = (1, amount) if amount >= 0 else (-1, -amount)
    players = sorted(parts)
    shares = [left * parts[player] // total for player in players]
    for odd in range(left - sum(shares)):
        shares[odd] += 1
    return {player: sign * share for player, share in zip(players, shares, strict=True)}


def _attribution(book: SwingBook, facts: tuple[AnyFact, ...], state: MatchState) -> Attribution:
    """The attribution by the event's most important fact: a kill, else the bomb, else damage, else the round's end."""
    for fact in facts:
        if isinstance(fact, Killed):
            return _by_kill(book, fact, state)
    for fact in facts:
        if isinstance(fact, BombChanged):
            return _by_bomb(
                fact.status, book.planter_id if fact.status == "exploded" else fact.player_id, state
            )
    for fact in facts:
        if isinstance(fact, Damaged):
            return "damage", _by_attack(fact.attacker_id, fact.attacker_team, fact)
    for fact in facts:
        if isinstance(fact, RoundDecided):
            return _by_decision(book, state, winner=fact.winner_side)
    return "clock", {}


def _by_kill(book: SwingBook, kill: Killed, state: MatchState) -> Attribution:
    parts = _by_attack(kill.killer_id, kill.killer_team, kill)
    if kill.killer_id is None or kill.killer_team is None or kill.killer_team == kill.victim_team:
        return "kill", parts
    named = {*_flashers(kill), *_traded(book, kill)} - {kill.killer_id}
    helpers = {helper for helper in named if team_of(state, helper) == kill.killer_team}
    shares = dict.fromkeys(helpers, ASSISTANT_PARTS)
    parts[kill.killer_team] = {**shares, kill.killer_id: ACTOR_PARTS - sum(shares.values())}
    return ("trade" if _traded(book, kill) else "kill"), parts


def _by_attack(
    attacker_id: str | None, attacker_team: Team | None, hit: Killed | Damaged
) -> dict[Team, Parts]:
    if hit.victim_team is None:
        return {}
    if attacker_id is None or attacker_team is None:
        return {hit.victim_team: {hit.victim_id: 1}}
    if attacker_team == hit.victim_team:
        return {attacker_team: {attacker_id: 1}}
    return {attacker_team: {attacker_id: 1}, hit.victim_team: {hit.victim_id: 1}}


def _flashers(kill: Killed) -> set[str]:
    return {kill.flash_assister_id} if kill.flash_assister_id is not None else set()


def _traded(book: SwingBook, kill: Killed) -> set[str]:
    """The killer's last teammate whom the victim had killed within the trade window."""
    mates = [
        k for k in book.kills if k.killer_id == kill.victim_id and is_trade(k.round_time_s, kill.round_time_s)
    ]
    return {mates[-1].victim_id} if mates else set()


def _by_bomb(status: str, player_id: str | None, state: MatchState) -> Attribution:
    cause = f"bomb_{status}"
    player = state.players.get(player_id or "")
    if player is None or player.team is None:
        return cause, {}
    return cause, {player.team: {player.player_id: 1}}


def _by_decision(book: SwingBook, state: MatchState, *, winner: Side) -> Attribution:
    """Attribution of a round's end without a kill: by the bomb, whose own event may be missing, or by the clock."""
    bomb = state.round.bomb if state.round is not None else None
    if bomb is not None and winner == "ct" and bomb.status in {"defused", "defusing"}:
        return _by_bomb("defused", bomb.player_id, state)
    if bomb is not None and winner == "t" and bomb.status in {"exploded", "planted", "defusing"}:
        return _by_bomb("exploded", book.planter_id, state)
    return "round_decided", {}


def _sharing(state: MatchState, team: Team) -> Parts:
    """Equal parts for all living and connected players of the team, or for all if there are none."""
    mates = [p for p in state.players.values() if p.team == team]
    living = [p.player_id for p in mates if p.is_alive and p.is_connected]
    return dict.fromkeys(living or [p.player_id for p in mates], 1)


def _remembered(book: SwingBook, facts: tuple[AnyFact, ...], state: MatchState) -> SwingBook:
    for fact in facts:
        if isinstance(fact, BombChanged) and fact.status == "planted":
            book = replace(book, planter_id=fact.player_id)
        if isinstance(fact, Killed) and fact.killer_id is not None and is_enemy_kill(fact):
            kill = Kill(
                killer_id=body_of(state, fact.killer_id),
                victim_id=fact.victim_id,
                round_time_s=fact.round_time_s,
            )
            book = replace(book, kills=(*book.kills[-MOST_REMEMBERED:], kill))
    return book
