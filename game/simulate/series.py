"""A series from announcement to end: the entry point of the simulator.

Belongs here: `simulate`, `Simulation`, the veto. Does not belong here: maps (`game.simulate.match`).
"""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from random import Random

from game import events as e
from game import payloads as p
from game.payloads import Team
from game.rules import rules_on
from game.simulate.feed import Feed
from game.simulate.match import map_winner, new_table, play_map
from game.simulate.patch import PATCHES
from game.simulate.play import Play
from game.simulate.rosters import fighters_of, sheet
from game.simulate.rounds import Table
from game.simulate.setting import MAP_POOL, Setting


def simulate(setting: Setting) -> Iterator[e.AnyEvent]:
    """Yield the events of a whole series, in order. The same setting gives the same events; memory use is small."""
    yield from Simulation(setting)


class Simulation:
    """A series that can be inspected while its events are drawn; iterate over it only once."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.rng = Random(f"midround/{setting.seed}")
        self.feed = Feed(setting.seed, setting.starts_at)
        self.fighters = fighters_of(setting, self.rng)
        self.maps = setting.maps or veto(setting.best_of, self.rng)
        self.won: Counter[Team] = Counter()
        self._table: Table | None = None

    def __iter__(self) -> Iterator[e.AnyEvent]:
        yield from self._announce()
        needed = self.setting.best_of // 2 + 1
        number = 0
        while max(self.won["A"], self.won["B"]) < needed:
            number += 1
            yield from self._play(number)
        yield from self._finish()

    def live_round(self) -> Play | None:
        """The round in live play, in its state after the last event drawn if that was a clock tick; None outside of
        live play.

        Pass it to `game.simulate.rollout.rollout_probability`, which does not change it.
        """
        return self._table.play if self._table is not None else None

    def _play(self, number: int) -> Iterator[e.AnyEvent]:
        starts = self.setting.starts_at + timedelta(milliseconds=self.feed.now_ms)
        self._table = new_table(
            self.setting,
            map_name=self.maps[number - 1],
            rules=PATCHES[self.setting.rules].rules(rules_on(starts)),
            fighters=self.fighters,
            feed=self.feed,
            rng=self.rng,
        )
        yield from play_map(self._table, number)
        winner = map_winner(self._table)
        assert winner is not None, "no draws by the simulator's rules"
        self.won[winner] += 1

    def _announce(self) -> Iterator[e.AnyEvent]:
        data = p.SeriesAnnouncedData(
            team_a=sheet(self.setting, self.fighters, "A"),
            team_b=sheet(self.setting, self.fighters, "B"),
            best_of=self.setting.best_of,
            starts_at=self.setting.starts_at,
            maps=self.maps,
        )
        self.feed.emit(e.SeriesAnnounced, data)
        for fighter in self.fighters:
            self.feed.wait(self.rng.randrange(200, 3_000))
            who = p.PresenceData(player_id=fighter.player_id, name=fighter.name, team=fighter.team)
            self.feed.emit(e.PlayerConnected, who)
            self.feed.emit(e.PlayerJoinedTeam, who)
        self.feed.emit(e.SeriesStarted, p.SeriesStartedData(best_of=self.setting.best_of))
        yield from self.feed.drain()

    def _finish(self) -> Iterator[e.AnyEvent]:
        winner: Team = "A" if self.won["A"] > self.won["B"] else "B"
        self.feed.emit(e.SeriesEnded, p.SeriesEndedData(winner_team=winner, reason="score"))
        yield from self.feed.drain()


def veto(best_of: int, rng: Random) -> tuple[str, ...]:
    """The maps in the order in which they will be played, drawn from the pool; the last one is the decider."""
    pool = list(MAP_POOL)
    rng.shuffle(pool)
    while len(pool) < best_of:
        pool += pool
    return tuple(pool[:best_of])
