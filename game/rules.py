"""The rules that a map is played by, as versioned data chosen by the map's date and the server's settings.

Belongs here: rounds, overtime, timers, money, and what follows from these alone. Does not belong here: what happened in
a match (`game.state`).

Source: the game's competitive defaults; the table of `docs/rules.md` gives the origin of each value.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from game.payloads import MapStartedData, Side, Team

TEAM_SIZE = 5
"""Maximum number of players of a team in one round."""


class Rules(Struct, frozen=True, kw_only=True):
    """Rounds in counts, times in seconds, money in dollars."""

    rules_id: str
    max_rounds: int = 24
    overtime_max_rounds: int = 6
    """0: a level score after the last round of regulation is a draw."""
    freeze_s: float = 20.0
    round_s: float = 115.0
    bomb_s: float = 40.0
    defuse_s: float = 10.0
    defuse_kit_s: float = 5.0
    plant_s: float = 3.2
    start_money: int = 800
    overtime_start_money: int = 12_500
    max_money: int = 16_000
    win_reward: int = 3_250
    bomb_win_reward: int = 3_500
    loss_rewards: tuple[int, ...] = (1_400, 1_900, 2_400, 2_900, 3_400)
    plant_team_reward: int = 800
    planter_reward: int = 300
    defuser_reward: int = 300
    ct_kill_team_reward: int = 0
    """Paid to each CT for every T that dies."""


MR12 = Rules(rules_id="cs2-mr12")
MR12_2025 = Rules(rules_id="cs2-mr12-2025-07", ct_kill_team_reward=50)
MR15 = Rules(rules_id="csgo-mr15", max_rounds=30, overtime_start_money=10_000)
MR8 = Rules(rules_id="cs2-mr8", max_rounds=16, overtime_max_rounds=0, freeze_s=15.0)
DEFAULTS: Mapping[str, Rules] = MappingProxyType(
    {rules.rules_id: rules for rules in (MR12, MR12_2025, MR15, MR8)}
)
"""The rule sets by id, without any server's settings."""

CS2_SINCE = datetime(2023, 9, 27, tzinfo=UTC)
CT_KILL_REWARD_SINCE = datetime(2025, 7, 15, tzinfo=UTC)


def rules_on(moment: datetime, settings: MapStartedData | None = None) -> Rules:
    """The rules of a map that starts at `moment`; the server's settings override the defaults of that date."""
    rules = _default_on(moment)
    if settings is None:
        return rules
    if settings.max_rounds == MR8.max_rounds:
        rules = MR8
    told = {
        "max_rounds": settings.max_rounds,
        "overtime_max_rounds": 0 if settings.is_draw_allowed else settings.overtime_max_rounds,
        "start_money": settings.start_money,
        "overtime_start_money": settings.overtime_start_money,
    }
    changed = {k: v for k, v in told.items() if v is not None and v != getattr(rules, k)}
    return replace(rules, **changed, rules_id=rules.rules_id + "+settings") if changed else rules


def _default_on(moment: datetime) -> Rules:
    if moment < CS2_SINCE:
        return MR15
    return MR12 if moment < CT_KILL_REWARD_SINCE else MR12_2025


def is_overtime(rules: Rules, round_no: int) -> bool:
    """Whether the round comes after regulation."""
    return round_no > rules.max_rounds


def is_pistol(rules: Rules, round_no: int) -> bool:
    """Whether the round is the first of a half of regulation."""
    return round_no in (1, rules.max_rounds // 2 + 1)


def half_of(rules: Rules, round_no: int) -> int:
    """1 and 2 in regulation, then 3, 4, ... for the halves of each overtime."""
    if round_no <= rules.max_rounds:
        return 1 if round_no <= rules.max_rounds // 2 else 2
    half = max(1, rules.overtime_max_rounds // 2)
    return 3 + (round_no - rules.max_rounds - 1) // half


def a_side_in(rules: Rules, round_no: int, first_a_side: Side) -> Side:
    """The side of team A in round `round_no`, given its side in round 1.

    Teams swap sides at half-time and in the middle of each overtime. The first half of an overtime is played on the
    sides of the half before it, so halves 2 and 3 share sides, as do 4 and 5.
    """
    is_swapped = (half_of(rules, round_no) // 2) % 2 == 1
    if not is_swapped:
        return first_a_side
    return "t" if first_a_side == "ct" else "ct"


def winner(rules: Rules, score_a: int, score_b: int) -> Team | None:
    """The team that has won the map at this score; None while the map is open or if it is drawn."""
    lead, trail = max(score_a, score_b), min(score_a, score_b)
    if lead < _rounds_to_win(rules, trail) or lead == trail:
        return None
    return "A" if score_a > score_b else "B"


def is_draw(rules: Rules, score_a: int, score_b: int) -> bool:
    """Whether the score is level after regulation and no overtime is played."""
    return rules.overtime_max_rounds == 0 and score_a == score_b == rules.max_rounds // 2


def is_decided(rules: Rules, score_a: int, score_b: int) -> bool:
    """Whether the map is won or drawn."""
    return winner(rules, score_a, score_b) is not None or is_draw(rules, score_a, score_b)


def _rounds_to_win(rules: Rules, trail: int) -> int:
    """Rounds needed to win against `trail`: a bare majority of regulation, or of the overtime that both teams have
    reached."""
    half = rules.max_rounds // 2
    if trail < half or rules.overtime_max_rounds == 0:
        return half + 1
    per_half = max(1, rules.overtime_max_rounds // 2)
    overtime = (trail - half) // per_half
    return half + overtime * per_half + per_half + 1
