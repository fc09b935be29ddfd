"""A question changes what it names and nothing else; what cannot be is refused by name."""

from itertools import islice

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from game import events as e
from game import payloads as p
from game.advance import advance
from game.features import extract
from game.rules import MR8
from game.simulate.series import simulate
from game.simulate.setting import Setting
from game.state import Bomb, MatchState, Player, initial_state, is_live_play, team_on
from game.transitions.bomb import bomb
from game.transitions.change import with_player
from game.what_if import BombChange, PlayerChange, WhatIf, WhatIfError, changed


def states(count: int = 1_500) -> list[MatchState]:
    """States of live play of a simulated map."""
    state, found = initial_state("m"), list[MatchState]()
    for event in islice(simulate(Setting(seed=4, best_of=1)), count):
        state, _ = advance(state, event)
        if is_live_play(state) and extract(state) is not None:
            found.append(state)
    return found


STATES = states()
live = st.sampled_from(STATES)


def unplanted() -> MatchState:
    return next(s for s in STATES if s.round is not None and s.round.bomb.planted_at is None)


@given(state=live)
def test_no_question_changes_nothing(state: MatchState) -> None:
    assert changed(state, WhatIf()) == state


@given(state=live, data=st.data())
def test_a_player_who_dies_takes_all_that_he_holds_out_of_the_inputs(
    state: MatchState, data: st.DataObject
) -> None:
    alive = sorted(
        k for k, each in state.players.items() if each.is_alive and each.is_connected and each.team
    )
    player_id = data.draw(st.sampled_from(alive))
    player, before = state.players[player_id], extract(state)
    after = extract(changed(state, WhatIf(players={player_id: PlayerChange(is_alive=False)})))
    assert before is not None
    assert after is not None
    assert before.ct_alive + before.t_alive - after.ct_alive - after.t_alive == 1
    assert before.ct_hp + before.t_hp - after.ct_hp - after.t_hp == player.health
    assert before.ct_equipment + before.t_equipment - after.ct_equipment - after.t_equipment == (
        player.equipment_value
    )


@given(state=live, left=st.floats(0, 40))
def test_a_bomb_that_is_planted_ticks_as_asked(state: MatchState, left: float) -> None:
    features = extract(changed(state, WhatIf(bomb=BombChange(is_planted=True, left_s=left))))
    assert features is not None
    assert features.is_planted
    assert features.bomb_left_s == pytest.approx(left, abs=1e-5)


@given(state=live, left=st.floats(0, 115))
def test_the_clock_stands_where_it_is_put(state: MatchState, left: float) -> None:
    bomb = BombChange(is_planted=False)
    features = extract(changed(state, WhatIf(round_left_s=left, bomb=bomb)))
    assert features is not None
    assert features.round_left_s == pytest.approx(left, abs=1e-5)
    assert not features.is_planted


def at_the_bomb(*, kits: int, left_s: float, is_defusing: bool = False) -> MatchState:
    """A planted bomb with five CTs alive, the first `kits` of them with a kit; its defuser has the first place."""
    state = next(s for s in STATES if len(cts(s)) == 5)
    players = {each.player_id: replace(each, has_kit=place < kits) for place, each in enumerate(cts(state))}
    state = replace(state, players={**state.players, **players})
    state = changed(state, WhatIf(bomb=BombChange(is_planted=True, left_s=left_s)))
    if not is_defusing:
        return state
    assert state.last_ts is not None
    defused = p.BombData(player_id=next(iter(players)))
    begun = e.BombDefuseBegun(match_id="m", event_id="d", source="t", ts_event=state.last_ts, payload=defused)
    return bomb(state, begun)[0]


def cts(state: MatchState) -> list[Player]:
    team = team_on(state, "ct")
    return [each for each in state.players.values() if each.team == team and each.is_alive]


def test_a_defuser_who_dies_defuses_no_more() -> None:
    state = at_the_bomb(kits=5, left_s=20, is_defusing=True)
    defuser = cts(state)[0].player_id
    before = extract(state)
    assert before is not None
    assert before.is_defusing
    dead = PlayerChange(is_alive=False)
    after = extract(changed(state, WhatIf(players={defuser: dead})))
    assert after is not None
    assert (after.is_planted, after.is_defusing, after.can_defuse_finish) == (True, False, False)
    other = changed(state, WhatIf(players={defuser: dead}, bomb=BombChange(is_being_defused=True)))
    taken_up = extract(other)
    assert taken_up is not None
    assert taken_up.is_defusing


def test_a_carrier_who_dies_drops_the_bomb() -> None:
    state = next(s for s in STATES if s.round is not None and s.round.bomb.status == "carried")
    assert state.round is not None
    carrier = state.round.bomb.player_id
    assert carrier is not None
    then = changed(state, WhatIf(players={carrier: PlayerChange(is_alive=False)}))
    assert then.round is not None
    assert then.round.bomb == Bomb(status="dropped")


@pytest.mark.parametrize(("kits", "is_quick"), [(0, False), (1, True), (5, True)])
def test_who_has_a_kit_defuses(kits: int, is_quick: bool) -> None:
    """With 7 s left, of which a defuse takes 5 with a kit and 10 without."""
    state = at_the_bomb(kits=kits, left_s=7)
    begun = WhatIf(bomb=BombChange(is_being_defused=True))
    features = extract(changed(state, begun))
    assert features is not None
    assert (features.is_defusing, features.can_defuse_finish) == (True, is_quick)
    with_it = cts(state)[0].player_id
    dead = extract(changed(state, replace(begun, players={with_it: PlayerChange(is_alive=False)})))
    assert dead is not None
    assert dead.can_defuse_finish == (kits > 1)


@pytest.mark.parametrize("has_kit", [True, False])
def test_a_defuser_has_the_kit_that_the_question_says(has_kit: bool) -> None:
    state = at_the_bomb(kits=0 if has_kit else 5, left_s=7, is_defusing=True)
    defuser = cts(state)[0].player_id
    features = extract(changed(state, WhatIf(players={defuser: PlayerChange(has_kit=has_kit)})))
    hurt = extract(changed(state, WhatIf(players={defuser: PlayerChange(health=5)})))
    assert features is not None
    assert hurt is not None
    assert features.can_defuse_finish == has_kit != hurt.can_defuse_finish


def test_a_defuse_that_is_taken_back_leaves_the_bomb_ticking() -> None:
    state = at_the_bomb(kits=5, left_s=20, is_defusing=True)
    then = changed(state, WhatIf(bomb=BombChange(is_being_defused=False)))
    assert then.round is not None
    assert (then.round.bomb.status, then.round.bomb.player_id, then.round.bomb.defuse_has_kit) == (
        "planted",
        None,
        False,
    )


def test_a_drawn_score_is_decided() -> None:
    state = unplanted()
    assert state.map is not None
    state = replace(state, map=replace(state.map, rules=MR8))
    with pytest.raises(WhatIfError, match=r"^\$.score_a: at 8:8 the map is decided"):
        changed(state, WhatIf(score_a=8, score_b=8))


def test_a_score_gives_its_round_and_keeps_the_teams_on_their_sides() -> None:
    state = unplanted()
    assert state.map is not None
    then = changed(state, WhatIf(score_a=7, score_b=4))
    assert then.map is not None
    assert then.round is not None
    assert (then.map.score_a, then.map.score_b, then.round.number) == (7, 4, 12)
    assert not then.round.is_pistol
    assert then.map.a_side == state.map.a_side


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        (WhatIf(score_a=13, score_b=2), "$.score_a: at 13:2 the map is decided"),
        (WhatIf(score_a=8, score_b=6), "$.score_a: in round 15 the teams play on the other sides"),
        (WhatIf(round_left_s=116), "$.round_left_s: a round lasts 115 s"),
        (WhatIf(bomb=BombChange(left_s=20)), "$.bomb.is_planted: without a plant no bomb ticks"),
        (WhatIf(bomb=BombChange(is_planted=True, left_s=41)), "$.bomb.left_s: a bomb ticks for 40 s"),
        (WhatIf(players={"nobody": PlayerChange()}), "$.players.nobody: plays for neither team"),
    ],
)
def test_what_cannot_be_is_refused_by_name(question: WhatIf, reason: str) -> None:
    with pytest.raises(WhatIfError) as refused:
        changed(unplanted(), question)
    assert str(refused.value).startswith(reason)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (PlayerChange(is_alive=False, health=50), "health: of the dead is 0"),
        (PlayerChange(health=0), "health: of the living is 1 to 100"),
        (PlayerChange(is_alive=True, health=0), "health: of the living is 1 to 100"),
        (PlayerChange(has_kit=True), "has_kit: is carried by CTs alone"),
        (PlayerChange(has_helmet=True, armor=0), "has_helmet: comes with armor"),
    ],
)
def test_what_no_player_can_be_is_refused_by_name(change: PlayerChange, reason: str) -> None:
    state = unplanted()
    one = next(each for each in state.players.values() if each.team == team_on(state, "t") and each.is_alive)
    with pytest.raises(WhatIfError) as refused:
        changed(state, WhatIf(players={one.player_id: change}))
    assert str(refused.value) == f"$.players.{one.player_id}.{reason}"


def test_who_is_brought_back_needs_health_and_who_dies_has_none() -> None:
    state, one = unplanted(), cts(unplanted())[0].player_id
    dead = with_player(state, one, is_alive=False, health=0)
    with pytest.raises(WhatIfError, match="health: of the living is 1 to 100"):
        changed(dead, WhatIf(players={one: PlayerChange(is_alive=True)}))
    back = changed(dead, WhatIf(players={one: PlayerChange(is_alive=True, health=50)}))
    assert back.players[one].health == 50
    died = changed(state, WhatIf(players={one: PlayerChange(is_alive=False, health=0)}))
    assert not died.players[one].is_alive


def test_who_is_dead_has_no_health_and_may_be_told_to_have_none() -> None:
    state, one = unplanted(), cts(unplanted())[0].player_id
    dead = with_player(state, one, is_alive=False, health=0)
    with pytest.raises(WhatIfError, match=rf"^\$.players.{one}.health: of the dead is 0"):
        changed(dead, WhatIf(players={one: PlayerChange(health=50)}))
    assert changed(dead, WhatIf(players={one: PlayerChange(health=0)})) == dead


def test_no_sixth_player_is_alive() -> None:
    state = next(s for s in STATES if len(cts(s)) == 5)
    sixth = replace(cts(state)[0], player_id="sixth", is_alive=False, health=0)
    state = replace(state, players={**state.players, "sixth": sixth})
    back = PlayerChange(is_alive=True, health=100)
    with pytest.raises(WhatIfError, match=r"^\$.players.sixth.is_alive: 5 of the team are alive already"):
        changed(state, WhatIf(players={"sixth": back}))
    dies = {cts(state)[0].player_id: PlayerChange(is_alive=False)}
    assert len(cts(changed(state, WhatIf(players={"sixth": back} | dies)))) == 5
    gone = with_player(state, "sixth", is_connected=False)
    with pytest.raises(WhatIfError, match=r"^\$.players.sixth.is_alive: is not on the server"):
        changed(gone, WhatIf(players={"sixth": back}))


def test_without_a_ct_alive_nobody_defuses() -> None:
    state = at_the_bomb(kits=0, left_s=20)
    died = {each.player_id: PlayerChange(is_alive=False) for each in cts(state)}
    defused = BombChange(is_being_defused=True)
    with pytest.raises(WhatIfError, match=r"^\$.bomb.is_being_defused: no CT is alive"):
        changed(state, WhatIf(players=died, bomb=defused))
    last = dict(list(died.items())[1:])
    assert changed(state, WhatIf(players=last, bomb=defused)).round is not None


def test_without_a_t_in_the_team_nobody_has_planted() -> None:
    state = unplanted()
    ts = {key: each for key, each in state.players.items() if each.team == team_on(state, "t")}
    alone = replace(state, players={key: each for key, each in state.players.items() if key not in ts})
    planted = WhatIf(bomb=BombChange(is_planted=True))
    with pytest.raises(WhatIfError, match=r"^\$.bomb.is_planted: there is no T"):
        changed(alone, planted)
    died = replace(planted, players={key: PlayerChange(is_alive=False) for key in ts})
    assert changed(state, died).round is not None


def freeze_time() -> MatchState:
    """A state before live play, of a round that is no pistol."""
    state = initial_state("m")
    for event in islice(simulate(Setting(seed=4, best_of=1)), 1_500):
        state, _ = advance(state, event)
        if state.round is not None and not state.round.is_pistol and state.round.live_at is None:
            return state
    raise AssertionError("the map has no such moment")


@pytest.mark.parametrize(
    ("question", "field"),
    [
        (WhatIf(players={"sim-4-a1": PlayerChange(is_alive=False)}), "$.players"),
        (WhatIf(players={"sim-4-a1": PlayerChange(has_helmet=True)}), "$.players"),
        (WhatIf(bomb=BombChange(is_planted=True, left_s=10)), "$.bomb"),
        (WhatIf(round_left_s=0), "$.round_left_s"),
    ],
)
def test_what_counts_in_live_play_alone_is_refused_elsewhere(question: WhatIf, field: str) -> None:
    state = freeze_time()
    with pytest.raises(WhatIfError) as refused:
        changed(state, question)
    assert str(refused.value) == f"{field}: the round is not in live play"
    assert changed(state, WhatIf(players={})) == state


def test_of_a_round_that_was_seen_in_part_no_fighting_can_be_asked() -> None:
    state = unplanted()
    assert state.round is not None
    partial = replace(state, round=replace(state.round, is_partial=True))
    with pytest.raises(WhatIfError, match=r"^\$.round_left_s: who lives in this round is not known"):
        changed(partial, WhatIf(round_left_s=20))


def test_a_buy_beside_one_that_is_unknown_is_asked_for_both() -> None:
    state = freeze_time()
    assert state.round is not None
    unknown = replace(state, round=replace(state.round, equipment_b=None))
    with pytest.raises(WhatIfError, match=r"^\$.equipment_b: is unknown in this round"):
        changed(unknown, WhatIf(equipment_a=4_000))
    assert changed(unknown, WhatIf(equipment_a=4_000, equipment_b=20_000)).round is not None


def test_without_a_running_round_there_is_nothing_to_change() -> None:
    with pytest.raises(WhatIfError, match=r"^\$: no round is running"):
        changed(initial_state("m"), WhatIf())


def test_misspelt_changes_are_no_questions() -> None:
    with pytest.raises(msgspec.ValidationError, match="unknown field `helth`"):
        msgspec.json.decode(b'{"players":{"p":{"helth":1}}}', type=WhatIf)
