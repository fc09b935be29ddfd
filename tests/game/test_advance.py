"""The reducer is total: any event in any state gives a defined result."""

import random
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from game import events as e
from game import payloads as p
from game.advance import advance
from game.codec import decode
from game.facts import Killed, Quality
from game.quality import RULES
from game.simulate.mess import mess
from game.simulate.series import simulate
from game.simulate.setting import Setting
from game.state import MatchState, initial_state
from tests.game.by_hand import Script

FIRST_KILL = b"""{"event_id":"00000000-0000-0000-0000-000000000001","match_id":"11111111-1111-1111-1111-111111111111",
"map_id":"22222222-2222-2222-2222-222222222222","round_no":1,"ts_event":"2026-01-18T12:00:00.123Z","type":"kill",
"source":"demo","seq_no":1,"payload":{"killer_player_id":"p1","victim_player_id":"p2","killer_team":"A",
"weapon":"ak47","is_headshot":true}}"""


def test_a_sparse_first_kill_counts_as_live_and_joined_midway() -> None:
    event = decode(FIRST_KILL)
    assert isinstance(event, e.Kill)
    state, facts = advance(initial_state(event.match_id), event)
    assert [f.rule for f in facts if isinstance(f, Quality)] == ["joined_midway"]
    assert state.match_tag == "live"
    assert [f.killer_id for f in facts if isinstance(f, Killed)] == ["p1"]
    assert not state.players["p2"].is_alive


@cache
def stock() -> tuple[e.AnyEvent, ...]:
    return tuple(mess(simulate(Setting(seed=2, best_of=1, has_footsteps=False)), seed=1, options=3))


@pytest.mark.slow
@settings(max_examples=60)
@given(seed=st.integers(0, 10_000))
def test_any_event_in_any_state_gives_a_defined_result(seed: int) -> None:
    """Events of a messy match in no order, some with rounds, maps and players that were never heard of."""
    rng = random.Random(seed)
    state = initial_state(stock()[0].match_id)
    for seq in range(1, 120):
        event = replace(
            rng.choice(stock()),
            round_no=rng.choice((None, 0, 1, 2, 13, 25, 999)),
            map_id=rng.choice((None, "m1", "m1", "m2")),
        )
        state, facts = advance(state, event)
        assert state.seq == seq
        assert all(f.rule in RULES for f in facts if isinstance(f, Quality))
        assert_sane(state)


def assert_sane(state: MatchState) -> None:
    assert all(0 <= player.health <= 1000 and player.armor >= 0 for player in state.players.values())
    assert len(state.finished_maps) >= state.maps_a + state.maps_b
    if state.map is not None:
        assert 0 <= state.map.losses_a <= 4
        assert 0 <= state.map.losses_b <= 4
        assert [r.number for r in state.map.rounds] == sorted({r.number for r in state.map.rounds})


def test_the_model_that_the_log_asks_for_is_part_of_the_state() -> None:
    script = Script().start()
    script.say(e.ModelSwitched, p.ModelSwitchedData(model_version="v2", model_hash="0" * 64))
    assert script.state.model_version == "v2"
