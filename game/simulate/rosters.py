"""The teams of a simulated series.

Belongs here: players with ids, names, skills. Does not belong here: their actions.
"""

from random import Random

from game import payloads as p
from game.payloads import Side, Team
from game.rules import TEAM_SIZE
from game.simulate.armory import PISTOL
from game.simulate.fighter import Fighter
from game.simulate.setting import Setting

SKILL_SPREAD = 0.08
"""Standard deviation of a player's log odds in a fight."""
SYLLABLES = ("ka", "ro", "mi", "ze", "lu", "no", "ti", "va", "sen", "dor", "fy", "qui")


def fighters_of(setting: Setting, rng: Random) -> list[Fighter]:
    """Ten players, A's first; `strength` is split evenly between the teams around 0."""
    edges: dict[Team, float] = {"A": setting.strength / 2, "B": -setting.strength / 2}
    return [
        _fighter(setting, team=team, number=number, edge=edge, rng=rng)
        for team, edge in edges.items()
        for number in range(TEAM_SIZE)
    ]


def sheet(setting: Setting, fighters: list[Fighter], team: Team) -> p.TeamSheet:
    name = setting.name_a if team == "A" else setting.name_b
    players = {f.player_id: f.name for f in fighters if f.team == team}
    return p.TeamSheet(name=name, team_id=f"sim-{setting.seed}-{team.lower()}", players=players)


def take_sides(fighters: list[Fighter], a_side: Side) -> None:
    """Put all players on their side, with only its pistol."""
    b_side: Side = "t" if a_side == "ct" else "ct"
    for fighter in fighters:
        fighter.side = a_side if fighter.team == "A" else b_side
        fighter.strip()
        fighter.secondary = PISTOL[fighter.side]


def _fighter(setting: Setting, *, team: Team, number: int, edge: float, rng: Random) -> Fighter:
    name = "".join(rng.choice(SYLLABLES) for _ in range(rng.randint(2, 3))).capitalize()
    player_id = f"sim-{setting.seed}-{team.lower()}{number + 1}"
    return Fighter(player_id=player_id, name=name, team=team, skill=edge + rng.gauss(0.0, SKILL_SPREAD))
