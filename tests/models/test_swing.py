"""Laws of swing: nothing is lost, nothing made; each cause goes to the right players."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from game.advance import advance
from game.facts import AnyFact, BombChanged, Damaged, Killed, RoundDecided, SwingCredited
from game.features import extract
from game.payloads import Side, Team
from game.rules import MR12
from game.simulate.series import simulate
from game.simulate.setting import Setting
from game.state import Bomb, MapState, MatchState, Player, Round, initial_state
from models.predictor import Predictor
from models.swing import SwingBook, divided, swing

START = datetime(2026, 1, 1, tzinfo=UTC)


def state_with(*, dead: tuple[str, ...] = (), bomb: Bomb | None = None, is_over: bool = False) -> MatchState:
    """A live round of a1-a5 against b1-b5."""
    names = [f"{team.lower()}{i}" for team in ("A", "B") for i in range(1, 6)]
    players = {
        name: Player(player_id=name, team="A" if name[0] == "a" else "B", is_alive=name not in dead)
        for name in names
    }
    running = Round(
        number=1,
        first_seq=1,
        started_at=START,
        live_at=START,
        ended_at=START + timedelta(seconds=60) if is_over else None,
        bomb=bomb or Bomb(),
    )
    return MatchState(
        match_id="m",
        map=MapState(map_id="x", number=1, rules=MR12),
        round=running,
        players=players,
        last_ts=START,
    )


def killed(killer: str | None, victim: str, *, at: float = 10.0, flasher: str | None = None) -> Killed:
    teams: dict[str, Team] = {"a": "A", "b": "B"}
    fields: dict[str, Any] = {
        "victim_id": victim,
        "victim_team": teams[victim[0]],
        "victim_side": None,
        "killer_id": killer,
        "killer_team": None if killer is None else teams[killer[0]],
        "killer_side": None,
        "weapon": "ak47",
        "is_headshot": False,
        "is_team_kill": killer is not None and killer[0] == victim[0] and killer != victim,
        "is_suicide": killer == victim,
        "is_post_round": False,
        "round_time_s": at,
        "flash_assister_id": flasher,
    }
    return Killed(**fields)


def credits_of(
    *facts: AnyFact, state: MatchState, book: SwingBook | None = None, to: float = 0.6
) -> SwingCredited:
    _, credited = swing(book or SwingBook(p_a_millionths=500_000), facts, state=state, p_a=to)
    assert len(credited) == 1
    return credited[0]


def exact(values: dict[str, float]) -> dict[str, Decimal]:
    return {player: Decimal(str(value)) for player, value in values.items()}


@given(
    amount=st.integers(-1_000_000, 1_000_000),
    parts=st.dictionaries(st.text(max_size=3), st.integers(0, 5), min_size=1),
)
def test_dividing_loses_no_unit(amount: int, parts: dict[str, int]) -> None:
    shares = divided(amount, parts)
    assert sum(shares.values()) == (amount if sum(parts.values()) else 0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_a_round_sums_to_zero_and_each_side_to_its_change(champion: Predictor, seed: int) -> None:
    state, book = initial_state(""), SwingBook()
    first: float | None = None
    total = {"A": Decimal(0), "B": Decimal(0)}
    rounds = 0
    for event in simulate(Setting(seed=seed, best_of=1, position_hz=0, has_shots=False)):
        state, facts = advance(state, event)
        forecast = champion.predict(state, extract(state))
        p_a = None if forecast is None else forecast.round.p_a
        book, credited = swing(book, facts, state=state, p_a=p_a)
        if first is None and book.p_a_millionths is not None:
            first = p_a
        for fact in credited:
            for player, value in exact(fact.credits).items():
                team = state.players[player].team
                assert team is not None
                total[team] += value
        if first is not None and book.p_a_millionths is None:
            assert p_a in {0.0, 1.0}
            assert total["A"] == Decimal(str(p_a)) - Decimal(str(first))
            assert total["A"] + total["B"] == 0
            first, total, rounds = None, {"A": Decimal(0), "B": Decimal(0)}, rounds + 1
    assert rounds >= 13


def test_a_kill_is_the_killers_and_the_victims() -> None:
    credit = credits_of(killed("a1", "b2"), state=state_with(dead=("b2",)))
    assert credit.cause == "kill"
    assert credit.credits == {"a1": 0.1, "b2": -0.1}


def test_a_flash_and_a_traded_mate_get_a_fifth_each() -> None:
    book = SwingBook(p_a_millionths=500_000)
    book, _ = swing(book, [killed("b2", "a5", at=7.0)], state=state_with(dead=("a5",)), p_a=0.5)
    trade = killed("a1", "b2", at=11.9, flasher="a3")
    credit = credits_of(trade, state=state_with(dead=("a5", "b2")), book=book)
    assert credit.cause == "trade"
    assert credit.credits == {"a1": 0.06, "a3": 0.02, "a5": 0.02, "b2": -0.1}


@pytest.mark.parametrize("flasher", ["b2", "b1"])
def test_a_flash_by_an_enemy_of_the_killer_earns_nothing(flasher: str) -> None:
    credit = credits_of(killed("a1", "b2", flasher=flasher), state=state_with(dead=("b2",)))
    assert credit.credits == {"a1": 0.1, "b2": -0.1}


def test_a_kill_in_the_body_of_a_bot_is_traded_by_its_death() -> None:
    """a5 is dead and moves a4: who kills a4 avenges the mate whom a5 killed."""
    state = state_with(dead=("a5", "b2"))
    state = replace(state, players={**state.players, "a5": replace(state.players["a5"], controls="a4")})
    book, _ = swing(SwingBook(p_a_millionths=500_000), [killed("a5", "b2", at=7.0)], state=state, p_a=0.5)
    credit = credits_of(killed("b1", "a4", at=9.0), state=state, book=book, to=0.4)
    assert credit.cause == "trade"
    assert credit.credits == {"b1": 0.08, "b2": 0.02, "a4": -0.1}


def test_after_the_window_nothing_is_traded() -> None:
    book, _ = swing(
        SwingBook(p_a_millionths=500_000), [killed("b2", "a5", at=7.0)], state=state_with(), p_a=0.5
    )
    credit = credits_of(killed("a1", "b2", at=12.1), state=state_with(dead=("a5", "b2")), book=book)
    assert (credit.cause, credit.credits) == ("kill", {"a1": 0.1, "b2": -0.1})


def test_a_team_kill_is_the_killers_own_loss() -> None:
    credit = credits_of(killed("b1", "b2"), state=state_with(dead=("b2",)))
    assert credit.credits == {"b1": -0.1, **dict.fromkeys(("a1", "a2", "a3", "a4", "a5"), 0.02)}


def test_a_fall_is_the_victims_loss() -> None:
    credit = credits_of(killed(None, "b2"), state=state_with(dead=("b2",)))
    assert credit.credits["b2"] == -0.1
    assert credit.credits["a1"] == 0.02


def test_damage_is_the_attackers_and_the_victims() -> None:
    hit = Damaged(
        victim_id="b1", victim_team="B", attacker_id="a4", attacker_team="A", health_damage=80, armor_damage=10,
        weapon="awp", is_enemy=True, is_utility=False, is_post_round=False, round_time_s=3.0,
    )  # fmt: skip
    assert credits_of(hit, state=state_with()).credits == {"a4": 0.1, "b1": -0.1}


def test_a_plant_is_the_planters_and_those_who_live_share_the_loss() -> None:
    planted = BombChanged(status="planted", player_id="a2", site="a", has_kit=None, round_time_s=40.0)
    credit = credits_of(planted, state=state_with(dead=("b4", "b5")))
    assert credit.cause == "bomb_planted"
    assert credit.credits == {"a2": 0.1, "b1": -0.033334, "b2": -0.033333, "b3": -0.033333}


def test_the_explosion_is_the_planters() -> None:
    planted = BombChanged(status="planted", player_id="a2", site="a", has_kit=None, round_time_s=40.0)
    book, _ = swing(SwingBook(p_a_millionths=500_000), [planted], state=state_with(), p_a=0.5)
    exploded = BombChanged(status="exploded", player_id=None, site="a", has_kit=None, round_time_s=80.0)
    over = state_with(bomb=Bomb(status="exploded"), is_over=True)
    assert credits_of(exploded, state=over, book=book, to=1.0).credits["a2"] == 0.5


def decided(winner: Side) -> RoundDecided:
    return RoundDecided(
        winner_team="B", winner_side=winner, reason="bomb_defused", score_a=0, score_b=1,
        round_time_s=80.0, survivors=(),
    )  # fmt: skip


def test_a_defuse_whose_last_word_is_lost_is_the_defusers() -> None:
    over = state_with(bomb=Bomb(status="defusing", player_id="b3"), is_over=True)
    credit = credits_of(decided("ct"), state=over, to=0.0)
    assert (credit.cause, credit.credits["b3"]) == ("bomb_defused", 0.5)


def test_a_planter_is_not_debited_where_the_others_won_by_other_means() -> None:
    book = SwingBook(p_a_millionths=500_000, planter_id="a2")
    over = state_with(bomb=Bomb(status="planted"), is_over=True)
    credit = credits_of(decided("ct"), state=over, book=book, to=0.0)
    assert (credit.cause, credit.credits["a2"]) == ("round_decided", -0.1)


def test_time_that_passes_is_shared() -> None:
    credit = credits_of(state=state_with(dead=("a1",)), to=0.48)
    assert credit.cause == "clock"
    assert credit.credits["a2"] == -0.005
    assert credit.credits["b1"] == 0.004
    assert "a1" not in credit.credits


def test_nothing_is_credited_outside_of_live_play() -> None:
    frozen = initial_state("m")
    assert swing(SwingBook(p_a_millionths=1), [], state=frozen, p_a=0.9) == (SwingBook(), ())
    over = state_with(is_over=True)
    assert swing(SwingBook(), [killed("a1", "b1")], state=over, p_a=1.0) == (SwingBook(), ())
