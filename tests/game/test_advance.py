"""The reducer is total: any event in any state gives a defined result."""

import random
from collections.abc import Iterator
from datetime import timedelta
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from game import events as e
from game import payloads as p
from game.advance import advance
from game.codec import decode
from game.facts import AnyFact, Assisted, BombChanged, Damaged, Killed, Quality, RoundDecided, RoundWentLive
from game.quality import RULES
from game.simulate.mess import mess
from game.simulate.series import simulate
from game.simulate.setting import Setting
from game.state import MatchState, initial_state
from game.statistics.book import StatBook, closed
from game.statistics.figures import counted
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


def hostile(rng: random.Random, state: MatchState) -> e.AnyEvent:
    """An event that fits nowhere or nearly fits: most name a round close to the running one, now and then another map.
    What frames and corrects rounds comes far more often than in a match."""
    near = state.round.number if state.round is not None else 1 + len(state.map.rounds if state.map else ())
    kind = rng.choice(kinds())
    if kind in (e.SeriesEnded, e.MapEnded) and rng.random() < 0.9:
        kind = e.RoundStarted
    told = rng.choice(by_type()[kind])
    if isinstance(told, e.BackupRestored | e.RoundStarted) and rng.random() < 0.8:
        told = replace(told, payload=correction(told, max(1, near - rng.randrange(3))))
    numbers = (None, 0, 1, 2, 13, 999, *(near - 1, near, near, near, near, near, near, near + 1) * 2)
    event: e.AnyEvent = replace(
        told,
        round_no=rng.choice([number for number in numbers if number is None or number >= 0]),
        map_id=rng.choice((None, "m1", "m1", "m1", "m1", "m1", "m1", "m2")),
        ts_event=(state.last_ts or told.ts_event) + timedelta(seconds=rng.choice((-40, 0, 1, 5, 20, 60))),
    )
    return event


def correction(
    told: e.BackupRestored | e.RoundStarted, to_round: int
) -> p.BackupRestoredData | p.RoundStartedData:
    """Without a score of its own: the one that the source tells would hide what we count."""
    if isinstance(told, e.BackupRestored):
        return p.BackupRestoredData(to_round=to_round)
    return p.RoundStartedData()


@cache
def by_type() -> dict[type[e.Event], list[e.AnyEvent]]:
    found: dict[type[e.Event], list[e.AnyEvent]] = {}
    for event in (*stock(), *corrections()):
        found.setdefault(type(event), []).append(event)
    return found


def corrections() -> Iterator[e.AnyEvent]:
    """What the stock has few of or none."""
    told = {name: getattr(stock()[0], name) for name in e.Event.__struct_fields__}
    for number in range(1, 4):
        yield e.RoundVoided(**told, payload=p.RoundVoidedData(voided_round=number))
        yield e.BackupRestored(**told, payload=p.BackupRestoredData(to_round=number))
    for team in ("A", "B"):
        yield e.RoundEnded(**told, payload=p.RoundEndedData(winner_team="A" if team == "A" else "B"))
    for phase in ("warmup", "live", "freeze_time", "round_end"):
        yield e.PhaseChanged(**told, payload=p.PhaseChangedData(phase=phase))
    yield e.Assist(**told, payload=p.AssistData(player_id="a1", victim_player_id="b1"))


@cache
def kinds() -> tuple[type[e.Event], ...]:
    """Every type that there is, those that make rounds many times."""
    found = sorted(by_type(), key=lambda kind: kind.__name__)
    return (*found, *(e.RoundStarted, e.FreezeEnded, e.RoundEnded, e.Kill, e.Damage) * 8)


@pytest.mark.slow
@settings(max_examples=60)
@given(seed=st.integers(0, 10_000))
def test_any_event_in_any_state_gives_a_defined_result(seed: int) -> None:
    """And none counts in a round that it does not name."""
    rng = random.Random(seed)
    state, book = initial_state(stock()[0].match_id), StatBook()
    for seq in range(1, 250):
        event = hostile(rng, state)
        state, facts = advance(state, event)
        book, _ = counted(book, facts, state=state)
        assert state.seq == seq
        assert all(f.rule in RULES for f in facts if isinstance(f, Quality))
        assert_sane(state)
        assert_counted_where_named(state, event, facts)
        assert_booked(state, book)


def assert_sane(state: MatchState) -> None:
    assert all(0 <= player.health <= 1000 and player.armor >= 0 for player in state.players.values())
    assert len(state.finished_maps) >= state.maps_a + state.maps_b
    if state.map is not None:
        assert 0 <= state.map.losses_a <= 4
        assert 0 <= state.map.losses_b <= 4
        assert [r.number for r in state.map.rounds] == sorted({r.number for r in state.map.rounds})
        running = state.round
        assert running is None or running.ended_at is not None or running.number > last_decided(state)


def last_decided(state: MatchState) -> int:
    return state.map.rounds[-1].number if state.map is not None and state.map.rounds else 0


def assert_counted_where_named(state: MatchState, event: e.AnyEvent, facts: tuple[AnyFact, ...]) -> None:
    """The round that an event names is the one it counts in; only an aftermath may be told as the next round's."""
    is_counted = state.match_tag in ("live", "overtime")
    if not event.round_no or state.round is None or not is_counted:
        return
    named = {event.round_no, event.round_no - 1} if state.round.ended_at is not None else {event.round_no}
    if any(isinstance(f, RoundDecided) for f in facts):
        assert last_decided(state) == event.round_no
    if any(isinstance(f, Killed | Damaged | Assisted | BombChanged | RoundWentLive) for f in facts):
        assert state.round.number in named


def assert_booked(state: MatchState, book: StatBook) -> None:
    """Statistics are of the rounds that the score is made of, each once."""
    if state.map is not None:
        assert [r.number for r in closed(book).finished] == [r.number for r in state.map.rounds]


def test_the_model_that_the_log_asks_for_is_part_of_the_state() -> None:
    script = Script().start()
    script.say(e.ModelSwitched, p.ModelSwitchedData(model_version="v2", model_hash="0" * 64))
    assert script.state.model_version == "v2"
