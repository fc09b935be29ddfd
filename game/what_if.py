"""What-if questions: a state with hypothetical changes.

Belongs here: the changes that can be asked for, and the state that results. Does not belong here: what a changed state
means (`models.predictor`), whether such a state was ever observed (`models.support`).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import asdict, replace

from game.payloads import Team
from game.rules import TEAM_SIZE, a_side_in, is_decided, is_overtime, is_pistol
from game.state import Bomb, MapState, MatchState, Player, Round, team_on
from game.transitions.change import with_player, with_round
from game.transitions.combat import bomb_without

Points = Annotated[int, Meta(ge=0, le=100)]
Dollars = Annotated[int, Meta(ge=0, le=100_000)]
Rounds = Annotated[int, Meta(ge=0, le=99)]


IN_LIVE_PLAY = ("players", "round_left_s", "bomb")
"""Fields of a question that may be set only in live play."""


class WhatIfError(ValueError):
    """A change that the state does not allow; names the field and the reason."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class PlayerChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Fields left out stay as they are. A player whom the question kills keeps armour and equipment, which no longer
    count."""

    is_alive: bool | UnsetType = UNSET
    health: Points | UnsetType = UNSET
    armor: Points | UnsetType = UNSET
    has_helmet: bool | UnsetType = UNSET
    has_kit: bool | UnsetType = UNSET
    has_primary: bool | UnsetType = UNSET
    grenades: Annotated[int, Meta(ge=0, le=5)] | UnsetType = UNSET
    equipment_value: Dollars | UnsetType = UNSET


class BombChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`left_s` is seconds to the explosion; a bomb that the question plants has its full time by default."""

    is_planted: bool | UnsetType = UNSET
    left_s: Annotated[float, Meta(ge=0, le=120)] | UnsetType = UNSET
    is_being_defused: bool | UnsetType = UNSET
    """The defuse begins at this moment, by the player who defuses already, otherwise by a CT with a kit if one is
    alive."""


class WhatIf(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Changes to the running round and its score. Buys are dollars of equipment by team: both together are the values
    at the end of freeze time, one alone is what that team has bought so far."""

    players: dict[str, PlayerChange] = {}
    round_left_s: Annotated[float, Meta(ge=0, le=300)] | UnsetType = UNSET
    bomb: BombChange | UnsetType = UNSET
    score_a: Rounds | UnsetType = UNSET
    score_b: Rounds | UnsetType = UNSET
    equipment_a: Dollars | UnsetType = UNSET
    equipment_b: Dollars | UnsetType = UNSET

    @property
    def has_both_buys(self) -> bool:
        """Whether both buys are given, so that nothing is left to buy."""
        return self.equipment_a is not UNSET and self.equipment_b is not UNSET


def changed(state: MatchState, asked: WhatIf) -> MatchState:
    """The state with the changes applied. Raises `WhatIfError`."""
    now, map_, round_ = state.last_ts, state.map, state.round
    if now is None or map_ is None or round_ is None or round_.ended_at is not None:
        raise WhatIfError("$", "no round is running: there is nothing to change")
    _demand_live_play(round_, asked)
    map_ = _scored(map_, asked)
    state = _equipped(replace(state, map=map_, round=_timed(round_, map_, asked, now=now)), asked)
    if asked.bomb is UNSET:
        return state
    assert state.round is not None
    return with_round(state, state.round, bomb=_bomb(state, asked.bomb, now=now))


def _demand_live_play(round_: Round, asked: WhatIf) -> None:
    """Players, clock and bomb may change only in live play, and only if it is known who is alive. Raises
    `WhatIfError`."""
    reason = None
    if round_.live_at is None:
        reason = "the round is not in live play"
    elif round_.is_partial:
        reason = "who lives in this round is not known: it was seen in part"
    named = (name for name in IN_LIVE_PLAY if getattr(asked, name) not in (UNSET, {}))
    if reason is not None and (name := next(named, None)) is not None:
        raise WhatIfError(f"$.{name}", reason)


def _scored(map_: MapState, asked: WhatIf) -> MapState:
    """The map at the new score, with the sides that belong to it; the rounds that led to it are unknown."""
    if asked.score_a is UNSET and asked.score_b is UNSET:
        return map_
    a = map_.score_a if asked.score_a is UNSET else asked.score_a
    b = map_.score_b if asked.score_b is UNSET else asked.score_b
    if is_decided(map_.rules, a, b):
        field = "$.score_b" if asked.score_a is UNSET else "$.score_a"
        raise WhatIfError(field, f"at {a}:{b} the map is decided")
    side = a_side_in(map_.rules, a + b + 1, map_.first_a_side)
    if side != map_.a_side:
        raise WhatIfError("$.score_a", f"in round {a + b + 1} the teams play on the other sides")
    return replace(map_, score_a=a, score_b=b, rounds=())


def _timed(round_: Round, map_: MapState, asked: WhatIf, *, now: datetime) -> Round:
    """The round with its number, clock and buys."""
    if asked.score_a is not UNSET or asked.score_b is not UNSET:
        number = map_.score_a + map_.score_b + 1
        rules = map_.rules
        round_ = replace(
            round_,
            number=number,
            is_pistol=is_pistol(rules, number),
            is_overtime=is_overtime(rules, number),
        )
    round_ = _bought(round_, asked)
    if asked.round_left_s is UNSET:
        return round_
    gone = map_.rules.round_s - asked.round_left_s
    if gone < 0:
        raise WhatIfError("$.round_left_s", f"a round lasts {map_.rules.round_s:g} s")
    return replace(round_, live_at=now - timedelta(seconds=gone))


def _bought(round_: Round, asked: WhatIf) -> Round:
    """The round with its buys. The model compares the two, so one alone is refused while the other is unknown."""
    named = {name: getattr(asked, name) for name in ("equipment_a", "equipment_b")}
    told = {name: value for name, value in named.items() if value is not UNSET}
    round_ = replace(round_, **told)
    unknown = next((name for name in named if getattr(round_, name) is None), None)
    if told and unknown is not None:
        raise WhatIfError(f"$.{unknown}", "is unknown in this round: name both buys")
    return round_


def _bomb(state: MatchState, asked: BombChange, *, now: datetime) -> Bomb:
    """The bomb as asked. The dead have let go of it already."""
    map_, round_ = state.map, state.round
    assert map_ is not None
    assert round_ is not None
    bomb = round_.bomb
    planted = bomb.planted_at is not None if asked.is_planted is UNSET else asked.is_planted
    if not planted:
        if asked.left_s is not UNSET or asked.is_being_defused is True:
            raise WhatIfError("$.bomb.is_planted", "without a plant no bomb ticks and none is defused")
        return Bomb(status="carried", player_id=bomb.player_id)
    if bomb.planted_at is None and not any(p.team == team_on(state, "t") for p in state.players.values()):
        raise WhatIfError("$.bomb.is_planted", "there is no T who could have planted it")
    left_s = map_.rules.bomb_s if asked.left_s is UNSET else asked.left_s
    if left_s > map_.rules.bomb_s:
        raise WhatIfError("$.bomb.left_s", f"a bomb ticks for {map_.rules.bomb_s:g} s")
    is_new = bomb.planted_at is None or asked.left_s is not UNSET
    told = replace(
        bomb,
        status="planted" if bomb.planted_at is None else bomb.status,
        planted_at=now - timedelta(seconds=map_.rules.bomb_s - left_s) if is_new else bomb.planted_at,
    )
    if asked.is_being_defused is UNSET:
        return told
    if asked.is_being_defused and not _alive(state, team_on(state, "ct")):
        raise WhatIfError("$.bomb.is_being_defused", "no CT is alive to defuse it")
    if not asked.is_being_defused:
        return replace(told, status="planted", player_id=None, defuse_begun_at=None, defuse_has_kit=False)
    has_kit = bomb.defuse_has_kit if bomb.status == "defusing" else _has_kit(state)
    return replace(told, status="defusing", defuse_begun_at=now, defuse_has_kit=has_kit)


def _has_kit(state: MatchState) -> bool:
    """Whether a living CT, who would be the one to defuse, has a kit."""
    return any(each.has_kit for each in _alive(state, team_on(state, "ct")))


def _equipped(state: MatchState, asked: WhatIf) -> MatchState:
    for player_id, change in asked.players.items():
        player = state.players.get(player_id)
        if player is None or player.team is None:
            raise WhatIfError(f"$.players.{player_id}", "plays for neither team")
        told = {name: value for name, value in asdict(change).items() if value is not UNSET}
        _demand_sense(state, player, told)
        state = _holding(with_player(state, player_id, **told), player_id, change)
    _demand_room(state, asked)
    return state


def _demand_room(state: MatchState, asked: WhatIf) -> None:
    """At most five of a team may be alive if the question revives a player. Raises `WhatIfError`."""
    for player_id, change in asked.players.items():
        if change.is_alive is True and len(_alive(state, state.players[player_id].team)) > TEAM_SIZE:
            raise WhatIfError(f"$.players.{player_id}.is_alive", f"{TEAM_SIZE} of the team are alive already")


def _alive(state: MatchState, team: Team | None) -> list[Player]:
    return [p for p in state.players.values() if p.team == team and p.is_alive and p.is_connected]


def _demand_sense(state: MatchState, player: Player, told: Mapping[str, Any]) -> None:
    """The living have health, a player killed by the question has none, and only CTs carry kits. Raises
    `WhatIfError`."""
    place = f"$.players.{player.player_id}"
    is_alive, health = told.get("is_alive", player.is_alive), told.get("health")
    if not is_alive and health:
        raise WhatIfError(f"{place}.health", "of the dead is 0")
    if is_alive and (health == 0 or (told.get("is_alive") and player.health == 0 and health is None)):
        raise WhatIfError(f"{place}.health", "of the living is 1 to 100")
    if told.get("is_alive") and not player.is_connected:
        raise WhatIfError(f"{place}.is_alive", "is not on the server")
    if told.get("has_helmet") and told.get("armor", player.armor) == 0:
        raise WhatIfError(f"{place}.has_helmet", "comes with armor")
    if told.get("has_kit") and player.team != team_on(state, "ct"):
        raise WhatIfError(f"{place}.has_kit", "is carried by CTs alone")


def _holding(state: MatchState, player_id: str, change: PlayerChange) -> MatchState:
    """The dead let go of the bomb. A defuser's kit changes if the question gives or takes it."""
    if change.is_alive is False:
        return bomb_without(state, player_id)
    round_ = state.round
    assert round_ is not None
    if change.has_kit is UNSET or round_.bomb.status != "defusing" or round_.bomb.player_id != player_id:
        return state
    return with_round(state, round_, bomb=replace(round_.bomb, defuse_has_kit=change.has_kit))
