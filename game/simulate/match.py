"""One map: warm-up, knife round, halves, overtime, end.

Belongs here: everything around the rounds of a map. Does not belong here: rounds (`game.simulate.rounds`), the series
(`game.simulate.series`).
"""

from collections.abc import Iterator
from random import Random

from game import events as e
from game import payloads as p
from game.maps.ground import ground_of
from game.payloads import Side, Team
from game.rules import Rules, a_side_in, half_of, is_decided, is_overtime, winner
from game.simulate.economy import Losses
from game.simulate.feed import Feed
from game.simulate.fighter import Fighter
from game.simulate.rosters import take_sides
from game.simulate.rounds import Table, play_round
from game.simulate.setting import Setting

WARMUP_KILLS = (3, 12)
HALF_TIME_MS = 15_000


def new_table(
    setting: Setting, *, map_name: str, rules: Rules, fighters: list[Fighter], feed: Feed, rng: Random
) -> Table:
    """The table of a map before its first event."""
    ground = ground_of(map_name)
    return Table(
        setting=setting, rules=rules, ground=ground, fighters=fighters, feed=feed, rng=rng, a_side="ct"
    )


def play_map(table: Table, number: int) -> Iterator[e.AnyEvent]:
    """Play map `number` of the series to its end; the winner follows from the table's score."""
    table.feed.begin_map(number)
    if table.setting.has_warmup:
        yield from _warm_up(table)
        yield from _knife(table)
    else:
        table.a_side = table.rng.choice(("ct", "t"))
    first: Side = table.a_side
    yield from _begin(table, number)
    while not is_decided(table.rules, table.score_a, table.score_b):
        _turn_half(table, first)
        yield from play_round(table)
    yield from _end(table)


def map_winner(table: Table) -> Team | None:
    return winner(table.rules, table.score_a, table.score_b)


def _warm_up(table: Table) -> Iterator[e.AnyEvent]:
    take_sides(table.fighters, "ct")
    table.feed.emit(e.PhaseChanged, p.PhaseChangedData(phase="warmup"))
    for _ in range(table.rng.randint(*WARMUP_KILLS)):
        table.feed.wait(table.rng.randrange(1_500, 8_000))
        _loose_kill(table, "ak47")
    yield from table.feed.drain()


def _loose_kill(table: Table, weapon: str) -> str:
    """A kill in warm-up, which does not count; returns the victim's id."""
    killer, victim = _opponents(table)
    data = p.KillData(
        killer_player_id=killer.player_id,
        victim_player_id=victim.player_id,
        killer_team=killer.team,
        victim_team=victim.team,
        weapon=weapon,
    )
    table.feed.emit(e.Kill, data)
    return victim.player_id


def _opponents(table: Table) -> tuple[Fighter, Fighter]:
    one = table.rng.choice([f for f in table.fighters if f.team == "A"])
    other = table.rng.choice([f for f in table.fighters if f.team == "B"])
    return (one, other) if table.rng.random() < 0.5 else (other, one)


def _knife(table: Table) -> Iterator[e.AnyEvent]:
    """The knife round; its winner chooses the side."""
    table.feed.wait(10_000)
    table.feed.emit(e.PhaseChanged, p.PhaseChangedData(phase="knife"))
    left = {"A": list(table.side_team("ct")), "B": list(table.side_team("t"))}
    while left["A"] and left["B"]:
        table.feed.wait(table.rng.randrange(1_000, 9_000))
        _knife_kill(table, left)
    yield from table.feed.drain()
    table.feed.wait(12_000)
    stays = table.rng.random() < 0.6
    table.a_side = "ct" if bool(left["A"]) == stays else "t"
    chooser = (left["A"] or left["B"])[0]
    table.feed.emit(e.Chat, p.ChatData(text="!stay" if stays else "!switch", player_id=chooser.player_id))
    table.feed.emit(e.SidesSet, p.SidesSetData(a_side=table.a_side))
    table.feed.wait(5_000)


def _knife_kill(table: Table, left: dict[str, list[Fighter]]) -> None:
    killers, victims = ("A", "B") if table.rng.random() < 0.5 else ("B", "A")
    killer = table.rng.choice(left[killers])
    victim = left[victims].pop(table.rng.randrange(len(left[victims])))
    data = p.KillData(
        killer_player_id=killer.player_id,
        victim_player_id=victim.player_id,
        killer_team=killer.team,
        victim_team=victim.team,
        weapon="knife",
    )
    table.feed.emit(e.Kill, data)


def _begin(table: Table, number: int) -> Iterator[e.AnyEvent]:
    data = p.MapStartedData(map_name=table.ground.map_name, map_number=number, a_side=table.a_side)
    table.feed.emit(e.MapStarted, data)
    table.feed.wait(1_000)
    yield from table.feed.drain()


def _turn_half(table: Table, first: Side) -> None:
    """Reset sides, money and loss counters before a round that begins a half."""
    following = table.round_no + 1
    half = half_of(table.rules, following)
    if following > 1 and half_of(table.rules, table.round_no) == half:
        return
    side = a_side_in(table.rules, following, first)
    is_extra = is_overtime(table.rules, following)
    if following > 1:
        _tell_half(table, side=side, is_first_extra=is_extra and half % 2 == 1)
    table.a_side = side
    take_sides(table.fighters, side)
    table.losses = Losses()
    for fighter in table.fighters:
        fighter.health = 100
        fighter.money = table.rules.overtime_start_money if is_extra else table.rules.start_money


def _tell_half(table: Table, *, side: Side, is_first_extra: bool) -> None:
    table.feed.emit(e.PhaseChanged, p.PhaseChangedData(phase="overtime" if is_first_extra else "half_time"))
    table.feed.wait(HALF_TIME_MS)
    if side != table.a_side:
        table.feed.emit(e.SidesSet, p.SidesSetData(a_side=side))


def _end(table: Table) -> Iterator[e.AnyEvent]:
    data = p.MapEndedData(
        score_a=table.score_a, score_b=table.score_b, winner_team=map_winner(table), reason="score"
    )
    table.feed.emit(e.MapEnded, data)
    table.feed.emit(e.PhaseChanged, p.PhaseChangedData(phase="game_over"))
    table.feed.wait(120_000)
    yield from table.feed.drain()
