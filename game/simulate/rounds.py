"""One round, from the start of its freeze time to the start of the next round.

Belongs here: buying, pauses in freeze time, live play, rewards. Does not belong here: half-time, overtime and the map's
end (`game.simulate.match`), live play itself (`game.simulate.live`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from game import events as e
from game import payloads as p
from game.maps.ground import Ground
from game.payloads import Side
from game.rules import Rules, half_of, is_decided, is_pistol
from game.simulate import combat, live, tactics
from game.simulate.economy import Losses, buy, pay_round, plans_of
from game.simulate.feed import Feed
from game.simulate.fighter import Fighter, living
from game.simulate.patch import PATCHES
from game.simulate.play import BombPlay, Play
from game.simulate.setting import Setting

ROUND_RESTART_MS = 7_000
TIMEOUT_CHANCE, TECHNICAL_CHANCE = 0.04, 0.006
TIMEOUT_MS = 30_000
EXIT_KILL_CHANCE = 0.12


@dataclass(slots=True, kw_only=True)
class Table:
    """The state that a map's rounds share. `play` is the running live play, if any."""

    setting: Setting
    rules: Rules
    ground: Ground
    fighters: list[Fighter]
    feed: Feed
    rng: Random
    a_side: Side
    round_no: int = 0
    score_a: int = 0
    score_b: int = 0
    losses: Losses = field(default_factory=Losses)
    timeouts: dict[str, int] = field(default_factory=lambda: {"A": 4, "B": 4})
    play: Play | None = None

    def side_team(self, side: Side) -> list[Fighter]:
        return [fighter for fighter in self.fighters if fighter.side == side]


def play_round(table: Table) -> Iterator[e.AnyEvent]:
    """Play the next round and yield its events; changes score, money and loss counters of the table."""
    table.round_no += 1
    table.feed.round_no = table.round_no
    _start(table)
    yield from table.feed.drain()
    _freeze(table)
    yield from table.feed.drain()
    play = table.play = _go_live(table)
    yield from live.tell_round(play)
    table.play = None
    _settle(table, play)
    yield from table.feed.drain()


def _start(table: Table) -> None:
    for fighter in table.fighters:
        fighter.revive()
        fighter.start_money = fighter.money
    data = p.RoundStartedData(a_side=table.a_side, score_a=table.score_a, score_b=table.score_b)
    table.feed.emit(e.RoundStarted, data)
    money = tuple(p.Loadout(player_id=f.player_id, money=f.money) for f in table.fighters)
    table.feed.emit(e.Economy, p.EconomyData(players=money))


def _freeze(table: Table) -> None:
    started_ms = table.feed.now_ms
    _pause(table)
    paused_ms = table.feed.now_ms - started_ms
    for moment_ms, bought in _purchases(table):
        table.feed.emit(e.ItemBought, bought, started_ms + paused_ms + moment_ms)
    end_ms = started_ms + paused_ms + round(table.rules.freeze_s * 1000)
    loadouts = tuple(fighter.loadout() for fighter in table.fighters)
    table.feed.emit(e.Economy, p.EconomyData(players=loadouts), end_ms)


def _purchases(table: Table) -> list[tuple[int, p.ItemData]]:
    """All players buy; returns (milliseconds into freeze time, item) in order."""
    half = half_of(table.rules, table.round_no)
    is_last = half_of(table.rules, table.round_no + 1) != half
    found = []
    for side in ("ct", "t"):
        team = table.side_team("ct" if side == "ct" else "t")
        is_first = is_pistol(table.rules, table.round_no)
        plans = plans_of(team, is_pistol=is_first, is_last_of_half=is_last, rng=table.rng)
        for fighter, plan in zip(team, plans, strict=True):
            moment_ms = table.rng.randrange(500, 6_000)
            for number, item in enumerate(buy(fighter, plan, table.rng)):
                found.append((moment_ms + 450 * number, item.data()))
    return sorted(found, key=lambda entry: entry[0])


def _pause(table: Table) -> None:
    """Perhaps a team's timeout or a technical pause; freeze time goes on after it."""
    rng = table.rng
    team = rng.choice(("A", "B"))
    if not table.setting.has_pauses:
        return
    if rng.random() < TIMEOUT_CHANCE and table.timeouts[team] > 0:
        table.timeouts[team] -= 1
        timeout = p.PhaseChangedData(phase="timeout", team="A" if team == "A" else "B", reason="tactical")
        _hold(table.feed, timeout, TIMEOUT_MS)
    elif rng.random() < TECHNICAL_CHANCE:
        pause = p.PhaseChangedData(phase="technical_pause", reason="player connection")
        _hold(table.feed, pause, rng.randrange(60_000, 240_000))


def _hold(feed: Feed, phase: p.PhaseChangedData, duration_ms: int) -> None:
    feed.emit(e.PhaseChanged, phase)
    feed.wait(duration_ms)
    feed.emit(e.PhaseChanged, p.PhaseChangedData(phase="freeze_time"))


def _go_live(table: Table) -> Play:
    _line_up(table)
    carrier = table.rng.choice(table.side_team("t"))
    play = Play(
        ground=table.ground,
        rules=table.rules,
        fighters=table.fighters,
        orders=tactics.orders(table.ground, table.fighters, table.rng),
        bomb=BombPlay(carrier=carrier, cell=carrier.cell),
        feed=table.feed,
        rng=table.rng,
        start_ms=table.feed.now_ms,
        round_no=table.round_no,
        position_hz=table.setting.position_hz,
        has_shots=table.setting.has_shots,
        has_footsteps=table.setting.has_footsteps,
        patch=PATCHES[table.setting.rules],
    )
    play.emit(e.FreezeEnded, p.FreezeEndedData())
    play.emit(e.BombPickedUp, p.BombData(player_id=carrier.player_id, position=play.position(carrier.cell)))
    return play


def _line_up(table: Table) -> None:
    for side, spawn in (("ct", table.ground.ct_spawn), ("t", table.ground.t_spawn)):
        spots = (spawn, *table.ground.neighbours[spawn], spawn, spawn, spawn, spawn)
        team = (f for f in table.fighters if f.side == side)
        for number, (fighter, cell) in enumerate(zip(team, spots, strict=False)):
            fighter.stand(cell, number=number)


def _settle(table: Table, play: Play) -> None:
    """Emit the decision, pay the rewards, and perhaps let a last fight follow."""
    assert play.outcome is not None
    winner, reason = play.outcome.winner, play.outcome.reason
    is_a = winner == table.a_side
    table.score_a, table.score_b = table.score_a + is_a, table.score_b + (not is_a)
    data = p.RoundEndedData(
        winner_side=winner,
        winner_team="A" if is_a else "B",
        reason=reason,
        score_a=table.score_a,
        score_b=table.score_b,
    )
    play.emit(e.RoundEnded, data)
    loss_reward = table.losses.settle("B" if is_a else "A", table.rules)
    pay_round(
        table.fighters,
        winner=winner,
        reason=reason,
        was_planted=play.bomb.planted_s is not None,
        loss_reward=loss_reward,
        rules=table.rules,
    )
    if not is_decided(table.rules, table.score_a, table.score_b):
        _exit_fight(play)
    table.feed.wait(max(0, ROUND_RESTART_MS - 1_000))


def _exit_fight(play: Play) -> None:
    """Occasionally a fight after the decision."""
    play.now_s += 1.0
    play.bomb.begun_s, play.bomb.carrier = None, None
    ct, t = living(play.fighters, "ct"), living(play.fighters, "t")
    if ct and t and play.rng.random() < EXIT_KILL_CHANCE:
        play.agenda.clear()
        pair = play.rng.choice(t).player_id, play.rng.choice(ct).player_id
        combat.exchange(play, pair)
