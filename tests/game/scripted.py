"""Maps written by a script: legal, small, seeded, with any list of round winners. Not a test.

For laws that need many maps, or an overtime on demand; rich play comes from `game.simulate`.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import strategies as st

from game import events as e
from game import payloads as p
from game.payloads import EndReason, Side, Team
from game.rules import MR12_2025, a_side_in, is_decided
from game.state import other_side, other_team

START = datetime(2026, 3, 1, 0, 1, tzinfo=UTC)
TICK_MS = 15.625
GUNS = ("ak47", "m4a1", "awp", "hegrenade", "inferno")


def winners_of(seed: int, *, level: bool = False) -> list[Team]:
    """Round winners of a decided map; `level`: 12:12 first."""
    rng = Random(seed)
    teams: list[Team] = ["A", "B"]
    won: list[Team] = []
    if level:
        won = [*teams * 12]
        rng.shuffle(won)
    while not is_decided(MR12_2025, won.count("A"), won.count("B")):
        won.append(rng.choice(teams))
    return won


seeds = st.integers(min_value=0, max_value=2**32)
decided_maps = st.builds(winners_of, seeds, level=st.booleans())


class Script:
    """One map being written; `now_ms` counts from `START` and moves in ticks."""

    def __init__(
        self, seed: int, *, match_id: str = "m", map_id: str = "m1", first_a_side: Side = "ct"
    ) -> None:
        self.rng, self.events = Random(seed), list[e.AnyEvent]()
        self.match_id, self.map_id, self.first_a_side = match_id, map_id, first_a_side
        self.now_ms, self.round_no = 0.0, 1
        self.teams: dict[str, Team] = {f"{team.lower()}{i}": team for team in _teams() for i in range(1, 6)}
        self.health: dict[str, int] = {}

    def tell(self, kind: type[e.Event], payload: object) -> None:
        """One more event, now."""
        number = len(self.events) + 1
        self.events.append(
            kind(  # type: ignore[call-arg, arg-type]
                event_id=f"{self.map_id}-{number}",
                match_id=self.match_id,
                map_id=self.map_id,
                round_no=self.round_no,
                ts_event=START + timedelta(milliseconds=self.now_ms),
                source="script",
                seq_no=number,
                payload=payload,
            )
        )

    def wait(self, low_ticks: int, high_ticks: int) -> None:
        """Time passes by whole ticks."""
        self.now_ms += self.rng.randint(low_ticks, high_ticks) * TICK_MS

    def a_side(self) -> Side:
        return a_side_in(MR12_2025, self.round_no, self.first_a_side)

    def on(self, side: Side) -> list[str]:
        """Living players of a side."""
        team: Team = "A" if self.a_side() == side else "B"
        return [k for k, t in self.teams.items() if t == team and self.health[k] > 0]

    def team_on(self, side: Side) -> Team:
        return "A" if self.a_side() == side else "B"

    def begin(self) -> None:
        """The map, and who plays it."""
        self.tell(
            e.MapStarted, p.MapStartedData(map_name="de_mirage", map_number=1, a_side=self.first_a_side)
        )
        for player_id, team in self.teams.items():
            self.tell(
                e.PlayerJoinedTeam, p.PresenceData(player_id=player_id, name=player_id.upper(), team=team)
            )

    def hurt(self, attacker: str, victim: str, points: int, *, weapon: str) -> None:
        before = self.health[victim]
        taken = min(points, before)
        self.health[victim] = before - taken
        data = p.DamageData(
            victim_player_id=victim,
            attacker_player_id=attacker,
            attacker_team=self.teams[attacker],
            victim_team=self.teams[victim],
            health_damage=taken,
            health_after=before - taken,
            armor_damage=0,
            armor_after=100,
            weapon=weapon,
        )
        self.tell(e.Damage, data)

    def kill(self, killer: str, victim: str, *, weapon: str = "ak47", assister: str | None = None) -> None:
        self.hurt(killer, victim, 100, weapon=weapon)
        data = p.KillData(
            killer_player_id=killer,
            victim_player_id=victim,
            killer_team=self.teams[killer],
            victim_team=self.teams[victim],
            assister_player_id=assister,
            weapon=weapon,
            is_headshot=self.rng.random() < 0.5,
        )
        self.tell(e.Kill, data)


def scripted_map(
    winners: Sequence[Team],
    seed: int,
    *,
    first_a_side: Side = "ct",
    has_aftermath: bool = True,
    map_id: str = "m1",
) -> list[e.AnyEvent]:
    """A map whose rounds are won in this order. `has_aftermath`: some kills come after their round."""
    script = Script(seed, first_a_side=first_a_side, map_id=map_id)
    script.begin()
    score: dict[Team, int] = {"A": 0, "B": 0}
    for number, winner in enumerate(winners, start=1):
        script.round_no = number
        _open(script, score)
        reason = _fight(script, winner)
        score[winner] += 1
        _close(script, winner, reason, score=score)
        if has_aftermath and number < len(winners) and script.rng.random() < 0.3:
            _aftermath(script, winner)
        script.wait(200, 400)
    script.tell(e.MapEnded, p.MapEndedData(score_a=score["A"], score_b=score["B"]))
    return script.events


def _teams() -> tuple[Team, ...]:
    return "A", "B"


def _open(script: Script, score: dict[Team, int]) -> None:
    script.health = dict.fromkeys(script.teams, 100)
    script.tell(
        e.RoundStarted,
        p.RoundStartedData(a_side=script.a_side(), score_a=score["A"], score_b=score["B"]),
    )
    script.wait(900, 1300)
    loadouts = tuple(
        p.Loadout(
            player_id=k,
            money=script.rng.randrange(0, 4000, 50),
            money_spent=1000,
            equipment_value=script.rng.randrange(200, 6000, 50),
            armor=100,
            has_helmet=script.rng.random() < 0.5,
            has_kit=False,
            has_primary=True,
            primary="AK-47",
            grenades=script.rng.randint(0, 4),
        )
        for k in script.teams
    )
    script.tell(e.Economy, p.EconomyData(players=loadouts))
    script.tell(e.FreezeEnded, p.FreezeEndedData())
    carrier = script.rng.choice(script.on("t"))
    script.tell(e.BombPickedUp, p.BombData(player_id=carrier))


def _fight(script: Script, winner: Team) -> EndReason:
    """Some die on both sides, then the winner's way of winning."""
    won_by: Side = script.a_side() if winner == "A" else other_side(script.a_side())
    for _ in range(script.rng.randint(1, 5)):
        script.wait(30, 600)
        side: Side = script.rng.choice(("ct", "t"))
        if len(script.on(other_side(side))) > 1:
            _duel(script, side)
    if won_by == "t" and script.rng.random() < 0.5:
        return _explode(script)
    while script.on(other_side(won_by)):
        script.wait(10, 400)
        _duel(script, won_by)
    return "ct_win" if won_by == "ct" else "t_win"


def _duel(script: Script, side: Side) -> None:
    killer = script.rng.choice(script.on(side))
    victim = script.rng.choice(script.on(other_side(side)))
    mates = [k for k in script.on(side) if k != killer]
    assister = script.rng.choice(mates) if mates and script.rng.random() < 0.5 else None
    weapon = script.rng.choice(GUNS)
    if assister is not None:
        script.hurt(assister, victim, script.rng.randint(1, 99), weapon=script.rng.choice(GUNS))
        script.wait(1, 100)
    script.kill(killer, victim, weapon=weapon, assister=assister)


def _explode(script: Script) -> EndReason:
    planter = script.rng.choice(script.on("t"))
    script.wait(10, 200)
    script.tell(e.BombPlantBegun, p.BombData(player_id=planter, site="a"))
    script.wait(200, 200)
    script.tell(e.BombPlanted, p.BombData(player_id=planter, site="a"))
    script.wait(2560, 2560)
    script.tell(e.BombExploded, p.BombData(player_id=planter, site="a"))
    return "target_bombed"


def _close(script: Script, winner: Team, reason: EndReason, *, score: dict[Team, int]) -> None:
    side = script.a_side() if winner == "A" else other_side(script.a_side())
    data = p.RoundEndedData(
        winner_side=side, winner_team=winner, reason=reason, score_a=score["A"], score_b=score["B"]
    )
    script.tell(e.RoundEnded, data)


def _aftermath(script: Script, winner: Team) -> None:
    """A kill after the round: of an enemy that still lives, else of a teammate."""
    living = [k for k, points in script.health.items() if points > 0]
    killers = [k for k in living if script.teams[k] == winner]
    victims = [k for k in living if script.teams[k] == other_team(winner)] or killers[1:]
    if killers and victims:
        script.wait(20, 150)
        script.kill(killers[0], victims[0])
