"""The simulator: the same setting gives the same bytes, and whatever it tells is legal."""

import itertools
import math
from collections.abc import Iterable
from functools import cache
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from game import events as e
from game import payloads as p
from game.advance import advance
from game.codec import decode, encode
from game.facts import AnyFact, Quality
from game.maps.building import CELL
from game.maps.ground import SPOT_UNITS, ground_of
from game.payloads import Side, Site, Team
from game.rules import MR12, is_decided
from game.simulate import tactics
from game.simulate.fighter import Fighter
from game.simulate.series import Simulation, simulate
from game.simulate.setting import MAP_POOL, Setting
from game.state import MatchState, initial_state

seeds = st.integers(min_value=0, max_value=4)
"""Few, so that the tests share their matches."""
any_seed = st.integers(min_value=0, max_value=2**40)
FASTEST_UNITS = 250.0
RUNNING_UNITS = 100.0
HALF = CELL / 2
ON_SITE_UNITS = SPOT_UNITS + CELL
SITES: tuple[Site, Site] = ("a", "b")


@cache
def one_map(seed: int) -> tuple[e.AnyEvent, ...]:
    return tuple(simulate(Setting(seed=seed, best_of=1)))


def reduced(events: Iterable[e.AnyEvent], match_id: str) -> tuple[MatchState, list[AnyFact]]:
    state, facts = initial_state(match_id), list[AnyFact]()
    for event in events:
        state, known = advance(state, event)
        facts += known
    return state, facts


def side_of(team: Team | None, a_side: Side) -> Side:
    return "ct" if (team == "A") == (a_side == "ct") else "t"


@pytest.mark.slow
@given(any_seed)
@settings(max_examples=2)
def test_the_same_setting_gives_the_same_bytes(seed: int) -> None:
    once = [encode(event) for event in simulate(Setting(seed=seed, best_of=1, position_hz=0))]
    again = [encode(event) for event in simulate(Setting(seed=seed, best_of=1, position_hz=0))]
    assert once == again


def test_different_seeds_give_different_matches() -> None:
    assert len({one_map(seed)[0].match_id for seed in (1, 2)}) == 2
    assert [type(event) for event in one_map(1)] != [type(event) for event in one_map(2)]


def test_events_survive_the_wire() -> None:
    for event in one_map(1):
        assert decode(encode(event)) == event
        assert decode(encode(event, "msgpack"), "msgpack") == event


@given(seeds)
@settings(max_examples=3)
def test_envelopes_are_numbered_and_in_order(seed: int) -> None:
    events = one_map(seed)
    assert [event.seq_no for event in events] == list(range(1, len(events) + 1))
    assert len({event.event_id for event in events}) == len(events)
    assert len({(event.source, event.session, event.match_id) for event in events}) == 1
    times = [event.ts_event for event in events]
    assert times == sorted(times)


@given(seeds)
@settings(max_examples=4)
def test_nobody_acts_or_suffers_while_dead(seed: int) -> None:
    dead: set[str] = set()
    is_live = False
    for event in one_map(seed):
        if isinstance(event, e.FreezeEnded):
            dead, is_live = set(), True
        if isinstance(event, e.MapEnded):
            is_live = False
        if is_live:
            assert not _doers(event) & dead, event
        if isinstance(event, e.Kill):
            dead.add(event.payload.victim_player_id)


def _doers(event: e.AnyEvent) -> set[str]:
    match event:
        case e.WeaponFire() | e.Footstep() | e.BombPlantBegun() | e.BombPlanted() | e.BombDefuseBegun():
            return {event.payload.player_id or ""}
        case e.BombPickedUp() | e.BombDefused() | e.GrenadeThrown():
            return {event.payload.player_id or ""}
        case e.Kill() | e.Blind() | e.Damage():
            return {event.payload.victim_player_id}
        case _:
            return set()


@given(seeds)
@settings(max_examples=4)
def test_money_stays_within_the_rules(seed: int) -> None:
    for event in one_map(seed):
        if isinstance(event, e.Economy):
            money = [player.money for player in event.payload.players]
            assert len(money) == 10
            assert all(m is not None and 0 <= m <= MR12.max_money for m in money)


@given(seeds)
@settings(max_examples=4)
def test_the_bomb_is_with_the_terrorists_until_it_is_planted(seed: int) -> None:
    teams = {each.player_id: each.team for each in Simulation(Setting(seed=seed, best_of=1)).fighters}
    a_side: Side = "ct"
    for event in one_map(seed):
        if isinstance(event, e.RoundStarted):
            a_side = event.payload.a_side or "ct"
        if isinstance(event, e.BombPickedUp | e.BombDropped | e.BombPlantBegun | e.BombPlanted):
            assert side_of(teams[event.payload.player_id or ""], a_side) == "t"
        if isinstance(event, e.BombDefuseBegun | e.BombDefused):
            assert side_of(teams[event.payload.player_id or ""], a_side) == "ct"


@given(seeds)
@settings(max_examples=3)
def test_nobody_runs_faster_than_the_game_allows_or_leaves_the_ground(seed: int) -> None:
    floor = {_square(x, y) for x, y, _ in ground_of(_map_of(seed)).points}
    last: dict[str, tuple[float, float]] = {}
    for event in one_map(seed):
        if isinstance(event, e.FreezeEnded):
            last = {}
        if isinstance(event, e.PositionSample):
            for player in event.payload.players:
                corners = itertools.product(
                    (player.x - HALF, player.x + HALF), (player.y - HALF, player.y + HALF)
                )
                assert any(_square(*corner) in floor for corner in corners)
                x, y = last.get(player.player_id, (player.x, player.y))
                # A corner that he rounds is told a little sooner or later than he passes it.
                assert math.hypot(player.x - x, player.y - y) <= FASTEST_UNITS + CELL / 4
                last[player.player_id] = player.x, player.y


def _square(x: float, y: float) -> tuple[float, float]:
    return x // CELL, y // CELL


def _map_of(seed: int) -> str:
    names = (event.payload.map_name for event in one_map(seed) if isinstance(event, e.MapStarted))
    return next(names) or ""


def walks(seed: int) -> dict[tuple[int | None, str], list[p.PlayerPosition]]:
    """By round and player where he was told to be while he lived."""
    found: dict[tuple[int | None, str], list[p.PlayerPosition]] = {}
    for event in one_map(seed):
        if isinstance(event, e.PositionSample):
            for player in event.payload.players:
                if player.is_alive:
                    found.setdefault((event.round_no, player.player_id), []).append(player)
    return found


def test_people_walk_in_bows_and_look_where_they_go() -> None:
    """Not from the middle of one cell to the middle of the next, in one of eight directions."""
    off_the_middle, ahead, moved = 0, 0, 0
    for walk in walks(3).values():
        for here, there in itertools.pairwise(walk):
            step = math.hypot(there.x - here.x, there.y - here.y)
            if step < RUNNING_UNITS:
                continue
            moved += 1
            off_the_middle += (here.x % CELL, here.y % CELL) != (CELL / 2, CELL / 2)
            heading = math.degrees(math.atan2(there.y - here.y, there.x - here.x))
            ahead += abs((heading - (here.yaw_deg or 0) + 180) % 360 - 180) < 60
    assert moved > 1_000
    assert off_the_middle == moved
    assert ahead > 0.7 * moved


def test_no_two_of_a_side_stand_in_one_place() -> None:
    for event in one_map(3):
        if isinstance(event, e.PositionSample):
            places = [(player.x, player.y, player.z) for player in event.payload.players]
            assert len(set(places)) == len(places)


@pytest.mark.parametrize("name", MAP_POOL)
def test_each_side_goes_its_own_ways_to_both_sites(name: str) -> None:
    """T by several lanes from their spawn; CT from theirs to posts on both sites and ahead of them."""
    ground = ground_of(name)
    lanes: set[tuple[int, ...]] = set()
    posts: set[int] = set()
    fighters = [_beginner(number) for number in range(10)]
    for seed in range(40):
        orders = tactics.orders(ground, fighters, Random(seed))
        lanes |= set(orders.lanes.values())
        posts |= {orders.stage[fighter.player_id] for fighter in fighters if fighter.side == "ct"}
        assert set(orders.lanes) == {fighter.player_id for fighter in fighters if fighter.side == "t"}
        assert all(orders.stage[player] in lane for player, lane in orders.lanes.items())
    assert {lane[0] for lane in lanes} == {ground.t_spawn}
    assert lanes == {lane for site in SITES for lane in tactics.lanes_to(ground, site)}
    for site in (ground.site_a, ground.site_b):
        assert any(ground.distance(post, site) < ON_SITE_UNITS for post in posts)
    assert any(
        min(ground.distance(post, site) for site in (ground.site_a, ground.site_b)) > ON_SITE_UNITS
        for post in posts
    )


def _beginner(number: int) -> Fighter:
    """Five of each side."""
    side: Side = "ct" if number < 5 else "t"
    return Fighter(player_id=f"p{number}", name="", team="A" if number < 5 else "B", skill=0.0, side=side)


@pytest.mark.slow
@given(any_seed)
@settings(max_examples=4)
def test_a_clean_match_breaks_no_rule_and_ends_as_told(seed: int) -> None:
    events = list(simulate(Setting(seed=seed, best_of=1, position_hz=0)))
    state, facts = reduced(events, events[0].match_id)
    told = next(event.payload for event in events if isinstance(event, e.MapEnded))
    assert [fact for fact in facts if isinstance(fact, Quality)] == []
    assert [(m.score_a, m.score_b) for m in state.finished_maps] == [(told.score_a, told.score_b)]
    assert is_decided(MR12, told.score_a or 0, told.score_b or 0)
    assert state.series_winner == told.winner_team


@pytest.mark.slow
def test_a_whole_series_breaks_no_rule() -> None:
    simulation = Simulation(Setting(seed=11))
    state, facts = reduced(simulation, simulation.feed.match_id)
    assert [fact for fact in facts if isinstance(fact, Quality)] == []
    assert (state.maps_a, state.maps_b) == (simulation.won["A"], simulation.won["B"])
    assert max(state.maps_a, state.maps_b) == 2


def test_each_second_of_live_play_has_one_tick() -> None:
    expected, is_live = 1, False
    for event in one_map(3):
        if isinstance(event, e.FreezeEnded):
            expected, is_live, began = 1, True, event.ts_event
        elif isinstance(event, e.RoundEnded):
            is_live = False
        elif isinstance(event, e.ClockTick):
            assert is_live
            assert event.payload.round_time_s == expected
            assert (event.ts_event - began).total_seconds() == expected
            expected += 1


@pytest.mark.slow
def test_more_positions_change_nothing_else() -> None:
    def rest(position_hz: int) -> list[tuple[type, object]]:
        events = simulate(Setting(seed=5, best_of=1, position_hz=position_hz))
        return [(type(event), event.payload) for event in events if not isinstance(event, e.PositionSample)]

    assert rest(0) == rest(1) == rest(8)


def test_shots_and_footsteps_are_told_where_asked_for() -> None:
    def kinds(*, has_shots: bool, has_footsteps: bool) -> set[type]:
        setting = Setting(seed=5, best_of=1, position_hz=0, has_shots=has_shots, has_footsteps=has_footsteps)
        return {type(event) for event in simulate(setting)} & {e.WeaponFire, e.Footstep}

    assert kinds(has_shots=True, has_footsteps=True) == {e.WeaponFire, e.Footstep}
    assert kinds(has_shots=False, has_footsteps=False) == set()


@pytest.mark.slow
def test_a_stronger_team_wins_more() -> None:
    def rounds_of_a(strength: float) -> int:
        found = 0
        for seed in range(3):
            setting = Setting(seed=seed, best_of=1, position_hz=0, strength=strength)
            ended = [event for event in simulate(setting) if isinstance(event, e.MapEnded)]
            found += (ended[0].payload.score_a or 0) - (ended[0].payload.score_b or 0)
        return found

    assert rounds_of_a(0.8) > 10 > -10 > rounds_of_a(-0.8)


def test_every_map_of_the_pool_can_be_played() -> None:
    for name in MAP_POOL:
        first = next(iter(simulate(Setting(seed=1, best_of=1, maps=(name,)))))
        assert isinstance(first, e.SeriesAnnounced)
        assert first.payload.maps == (name,)
        assert len(ground_of(name).points) > 1_000


def test_warm_up_and_knife_round_come_before_the_live_match() -> None:
    phases = [event.payload.phase for event in one_map(4) if isinstance(event, e.PhaseChanged)]
    assert phases[:2] == ["warmup", "knife"]
    before = [event for event in one_map(4) if event.round_no is None]
    assert sum(isinstance(event, e.Kill) for event in before) >= 5 + 3


@pytest.mark.slow
def test_matches_can_be_drawn_side_by_side() -> None:
    streams = [simulate(Setting(seed=seed, best_of=1)) for seed in (6, 7)]
    drawn: list[list[e.AnyEvent]] = [[], []]
    for pair in zip(*streams, strict=False):
        for own, event in zip(drawn, pair, strict=True):
            own.append(event)
    for seed, own in zip((6, 7), drawn, strict=True):
        assert own == list(one_map(seed)[: len(own)])
