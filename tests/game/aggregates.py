"""Figures of one map by which simulated and recorded maps are compared.

Belongs here: what is counted, over native events of any source, and its spread over maps. Does not belong here:
statistics of players (`game.stats`).
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct

from game import events as e
from game.payloads import Loadout, Side, Team
from game.rules import MR12, is_pistol

ECO_DOLLARS = 1_000
FULL_DOLLARS: dict[Side, int] = {"ct": 4_500, "t": 4_000}
"""A head; the classes of teams in `docs/statistics.md`, the rest is `semi`."""
REASONS = ("ct_win", "t_win", "bomb_defused", "target_bombed", "time_ran_out")
BUYS = ("pistol", "eco", "semi", "full")


class MapFigures(Struct, frozen=True, kw_only=True):
    """Shares are of rounds (buys: of teams' rounds; headshots: of kills by somebody), lengths in seconds.

    `pistol_*`: what the five players of a side hold together at the end of freeze time, a mean over pistol rounds; zero
    where there was none.
    """

    kills_per_round: float
    adr: float
    headshot_share: float
    plant_share: float
    round_length_s: float
    first_kill_s: float
    """Median over rounds."""
    ct_win_share: float
    ct_win: float
    t_win: float
    bomb_defused: float
    target_bombed: float
    time_ran_out: float
    buy_pistol: float
    buy_eco: float
    buy_semi: float
    buy_full: float
    pistol_armor_ct: float = 0.0
    pistol_armor_t: float = 0.0
    pistol_helmets: float = 0.0
    """Of both sides."""
    pistol_kits: float = 0.0
    pistol_grenades_ct: float = 0.0
    pistol_grenades_t: float = 0.0
    pistol_equipment_ct: float = 0.0
    """Dollars."""
    pistol_equipment_t: float = 0.0


class Spread(Struct, frozen=True, kw_only=True):
    """Quantiles over maps."""

    low: float
    q05: float
    q25: float
    q50: float
    q75: float
    q95: float
    high: float
    mean: float


class Figures(Struct, frozen=True, kw_only=True):
    """Spreads by the names of `MapFigures`."""

    source: str
    maps: int
    rounds: int
    spreads: dict[str, Spread]


@cache
def recorded_figures() -> Figures:
    """The kept figures of the recorded maps."""
    return msgspec.json.decode(Path(__file__).with_name("figures.json").read_bytes(), type=Figures)


def spreads(maps: list[MapFigures]) -> dict[str, Spread]:
    """Spread of each figure over some maps."""
    return {
        name: spread([getattr(figures, name) for figures in maps]) for name in MapFigures.__struct_fields__
    }


def spread(values: list[float]) -> Spread:
    """Quantiles by linear interpolation, to four decimals."""
    ordered = sorted(values)
    return Spread(
        low=_quantile(ordered, 0.0),
        q05=_quantile(ordered, 0.05),
        q25=_quantile(ordered, 0.25),
        q50=_quantile(ordered, 0.5),
        q75=_quantile(ordered, 0.75),
        q95=_quantile(ordered, 0.95),
        high=_quantile(ordered, 1.0),
        mean=round(sum(ordered) / len(ordered), 4),
    )


def _quantile(ordered: list[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return round(ordered[below] + (ordered[above] - ordered[below]) * (place - below), 4)


def figures_by_map(events: Iterable[e.AnyEvent]) -> list[MapFigures]:
    """One entry for each map of a feed that had rounds, in order."""
    counts: dict[str, Count] = {}
    running = Count()
    teams: dict[str, Team] = {}
    for event in events:
        _learn_teams(teams, event)
        if isinstance(event, e.MapStarted):
            running = counts[event.map_id or ""] = Count(teams)
        running.add(event)
    return [count.figures() for count in counts.values() if count.lengths]


def rounds_of(events: Iterable[e.AnyEvent]) -> int:
    return sum(isinstance(event, e.RoundEnded) for event in events)


class Count:
    """Accumulates one map."""

    def __init__(self, teams: dict[str, Team] | None = None) -> None:
        self.teams = teams if teams is not None else {}
        self.a_side: Side = "ct"
        self.went_live_s = 0.0
        self.is_live = False
        self.kills = self.heads = self.plants = self.damage = self.ct_wins = 0
        self.first: float | None = None
        self.firsts: list[float] = []
        self.lengths: list[float] = []
        self.reasons: Counter[str] = Counter()
        self.buys: Counter[str] = Counter()
        self.loadouts: dict[str, Loadout] = {}
        self.pistols = 0
        self.pistol_totals: Counter[str] = Counter()
        self.round_no = 0

    def add(self, event: e.AnyEvent) -> None:
        """Count an event of this map."""
        match event:
            case e.MapStarted() | e.RoundStarted() | e.SidesSet():
                self.a_side = event.payload.a_side or self.a_side
                self.round_no = event.round_no or 0
            case e.Economy(payload=told):
                self.loadouts |= {loadout.player_id: loadout for loadout in told.players}
            case e.FreezeEnded():
                self._go_live(event)
            case e.Kill() if self.is_live:
                self._count_kill(event)
            case e.Damage(payload=told) if (
                told.attacker_team not in {None, told.victim_team} and self.round_no
            ):
                self.damage += told.health_damage
            case e.BombPlanted() if self.is_live:
                self.plants += 1
            case e.RoundEnded():
                self._end(event)
            case _:
                pass

    def figures(self) -> MapFigures:
        """The map's figures. Needs one finished round."""
        n = len(self.lengths)
        firsts = sorted(self.firsts)
        return MapFigures(
            kills_per_round=self.kills / n,
            adr=self.damage / n / 10,
            headshot_share=self.heads / max(1, self.kills),
            plant_share=self.plants / n,
            round_length_s=sum(self.lengths) / n,
            first_kill_s=firsts[len(firsts) // 2] if firsts else 0.0,
            ct_win_share=self.ct_wins / n,
            **{reason: self.reasons[reason] / n for reason in REASONS},
            **{f"buy_{buy}": self.buys[buy] / n / 2 for buy in BUYS},
            **{f"pistol_{name}": total / self.pistols for name, total in self.pistol_totals.items()},
        )

    def _go_live(self, event: e.FreezeEnded) -> None:
        self.is_live, self.went_live_s, self.first = True, event.ts_event.timestamp(), None
        sides: dict[Side, list[Loadout]] = {"ct": [], "t": []}
        for player_id, loadout in self.loadouts.items():
            side = self._side(self.teams.get(player_id))
            if side is not None:
                sides[side].append(loadout)
        for side, held in sides.items():
            self.buys[self._buy(side, sum(each.equipment_value or 0 for each in held))] += 1
        if is_pistol(MR12, self.round_no):
            self.pistols += 1
            self.pistol_totals.update(_holdings(sides))

    def _buy(self, side: Side, dollars: int) -> str:
        if is_pistol(MR12, self.round_no):
            return "pistol"
        if dollars <= 5 * ECO_DOLLARS:
            return "eco"
        return "full" if dollars >= 5 * FULL_DOLLARS[side] else "semi"

    def _side(self, team: Team | None) -> Side | None:
        if team is None:
            return None
        return "ct" if (team == "A") == (self.a_side == "ct") else "t"

    def _count_kill(self, event: e.Kill) -> None:
        self.kills += 1
        self.heads += event.payload.is_headshot
        if self.first is None:
            self.first = event.ts_event.timestamp() - self.went_live_s
            self.firsts.append(self.first)

    def _end(self, event: e.RoundEnded) -> None:
        if self.is_live:
            self.lengths.append(event.ts_event.timestamp() - self.went_live_s)
            self.reasons[event.payload.reason] += 1
            self.ct_wins += event.payload.winner_side == "ct"
        self.is_live = False


def _holdings(sides: Mapping[Side, list[Loadout]]) -> dict[str, int]:
    """What the sides hold in a pistol round, by the names of `MapFigures`."""
    both = [*sides["ct"], *sides["t"]]
    found = {"helmets": sum(bool(each.has_helmet) for each in both)}
    found["kits"] = sum(bool(each.has_kit) for each in both)
    for side, held in sides.items():
        found[f"armor_{side}"] = sum(each.armor or 0 for each in held)
        found[f"grenades_{side}"] = sum(each.grenades or 0 for each in held)
        found[f"equipment_{side}"] = sum(each.equipment_value or 0 for each in held)
    return found


def _learn_teams(teams: dict[str, Team], event: e.AnyEvent) -> None:
    if isinstance(event, e.SeriesAnnounced):
        teams |= dict.fromkeys(event.payload.team_a.players, "A")
        teams |= dict.fromkeys(event.payload.team_b.players, "B")
    elif isinstance(event, e.PlayerConnected | e.PlayerJoinedTeam) and event.payload.team is not None:
        teams[event.payload.player_id] = event.payload.team
