"""The round model's inputs: 19 aggregates (15 sums over living players, 4 values of clock, bomb and pistol round), and
the state of the defuse.

Belongs here: `Features`, `extract`, and the hash of their definition. Does not belong here: terms, scaling, models
(`models.round_model`). Stream, backfill and notebook must get the same numbers.

`equipment` is the value at the end of freeze time of the players still alive; it is lost with its owner.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from game.payloads import Side
from game.state import MatchState, Player, Round, is_live_play, round_time_s, team_on

DEFINITION = (
    "sums over living players; equipment at freeze end, lost with its owner; defuse from begin to abort; v1"
)


class Features(Struct, frozen=True, kw_only=True):
    """Sums over a side's living players; seconds left in the round (0 once planted) and on the bomb (0 unless
    planted)."""

    ct_alive: int
    t_alive: int
    ct_hp: int
    t_hp: int
    ct_armor: int
    t_armor: int
    ct_helmets: int
    t_helmets: int
    ct_equipment: int
    t_equipment: int
    ct_grenades: int
    t_grenades: int
    ct_primaries: int
    t_primaries: int
    ct_kits: int
    is_planted: bool
    round_left_s: float
    bomb_left_s: float
    is_pistol: bool
    is_defusing: bool = False
    can_defuse_finish: bool = False
    defuse_progress: float = 0.0
    """Share of the defuse that is done, 0 to 1."""


FEATURE_NAMES: tuple[str, ...] = Features.__struct_fields__
SCHEMA_HASH: str = hashlib.sha256("\n".join((DEFINITION, *FEATURE_NAMES)).encode()).hexdigest()[:16]


def extract(state: MatchState, moment: datetime | None = None) -> Features | None:
    """The model's inputs at `moment` (default: the time of the state's last event); None unless a round is in live play
    and was seen from its start."""
    now = moment or state.last_ts
    if now is None or state.map is None or state.round is None:
        return None
    if not is_live_play(state) or state.round.is_partial:
        return None
    ct, t = _totals(_living(state, "ct")), _totals(_living(state, "t"))
    clock = _clock(state, state.round, now)
    return Features(
        ct_alive=ct[0],
        t_alive=t[0],
        ct_hp=ct[1],
        t_hp=t[1],
        ct_armor=ct[2],
        t_armor=t[2],
        ct_helmets=ct[3],
        t_helmets=t[3],
        ct_equipment=ct[4],
        t_equipment=t[4],
        ct_grenades=ct[5],
        t_grenades=t[5],
        ct_primaries=ct[6],
        t_primaries=t[6],
        ct_kits=ct[7],
        is_planted=clock[0],
        round_left_s=clock[1],
        bomb_left_s=clock[2],
        is_pistol=state.round.is_pistol,
        is_defusing=clock[3],
        can_defuse_finish=clock[4],
        defuse_progress=clock[5],
    )


def at_clock(features: Features, state: MatchState) -> Features:
    """`features` with the clock set to the state's last event, for the same players in the same round."""
    assert state.round is not None
    assert state.last_ts is not None
    _, round_left_s, bomb_left_s, _, can_finish, progress = _clock(state, state.round, state.last_ts)
    return replace(
        features,
        round_left_s=round_left_s,
        bomb_left_s=bomb_left_s,
        can_defuse_finish=can_finish,
        defuse_progress=progress,
    )


def _living(state: MatchState, side: Side) -> list[Player]:
    team = team_on(state, side)
    return [p for p in state.players.values() if p.team == team and p.is_alive and p.is_connected]


def _totals(players: Iterable[Player]) -> tuple[int, int, int, int, int, int, int, int]:
    alive = hp = armor = helmets = equipment = grenades = primaries = kits = 0
    for p in players:
        alive += 1
        hp += p.health
        armor += p.armor
        helmets += p.has_helmet
        equipment += p.equipment_value
        grenades += p.grenades
        primaries += p.has_primary
        kits += p.has_kit
    return alive, hp, armor, helmets, equipment, grenades, primaries, kits


def _clock(state: MatchState, round_: Round, now: datetime) -> tuple[bool, float, float, bool, bool, float]:
    """(planted, round left s, bomb left s, defusing, can finish, progress)."""
    rules = state.map.rules if state.map is not None else None
    assert rules is not None
    bomb = round_.bomb
    if bomb.planted_at is None:
        elapsed = round_time_s(state, now) or 0.0
        return False, max(0.0, min(rules.round_s, rules.round_s - elapsed)), 0.0, False, False, 0.0
    ticked = (now - bomb.planted_at).total_seconds()
    bomb_left = max(0.0, min(rules.bomb_s, rules.bomb_s - ticked))
    if bomb.status != "defusing" or bomb.defuse_begun_at is None:
        return True, 0.0, bomb_left, False, False, 0.0
    needs = rules.defuse_kit_s if bomb.defuse_has_kit else rules.defuse_s
    done = max(0.0, (now - bomb.defuse_begun_at).total_seconds())
    return True, 0.0, bomb_left, True, needs - done <= bomb_left, min(1.0, done / needs)
