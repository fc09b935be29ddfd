"""Rollouts: the true chance of a simulated round."""

import pytest

from game import events as e
from game.simulate.fighter import Fighter
from game.simulate.play import Play
from game.simulate.rollout import rollout_probability
from game.simulate.series import Simulation
from game.simulate.setting import Setting


def plays(seed: int, *, every: int, limit: int) -> list[tuple[Play, bool]]:
    """Copies of live rounds at some clock ticks, each with whether CT won the round in the end."""
    simulation = Simulation(Setting(seed=seed, best_of=1, position_hz=0))
    found: list[tuple[Play, bool]] = []
    waiting: list[Play] = []
    for event in simulation:
        live = simulation.live_round()
        if isinstance(event, e.ClockTick) and event.payload.round_time_s % every == 0 and live is not None:
            waiting.append(live.copy(rng=live.rng, feed=live.feed))
        if isinstance(event, e.RoundEnded):
            found += [(play, event.payload.winner_side == "ct") for play in waiting]
            waiting = []
            if len(found) >= limit:
                return found[:limit]
    return found


def without(play: Play, side: str) -> Play:
    """The round with one player of a side less."""
    changed = play.copy(rng=play.rng, feed=play.feed)
    victim: Fighter = (changed.ct if side == "ct" else changed.t)[-1]
    if changed.bomb.carrier is victim:
        changed.bomb.carrier = changed.t[0]
    victim.health = 0
    return changed


def test_a_rollout_leaves_the_round_as_it_is_and_can_be_repeated() -> None:
    play, _ = plays(1, every=10, limit=1)[0]
    before = [(f.player_id, f.health, f.cell, f.money, list(f.grenades)) for f in play.fighters]
    once = rollout_probability(play, seed=1, n=20)
    assert rollout_probability(play, seed=1, n=20) == once
    assert [(f.player_id, f.health, f.cell, f.money, list(f.grenades)) for f in play.fighters] == before
    assert play.outcome is None


def test_a_simulation_goes_on_as_if_nobody_had_looked() -> None:
    quiet = [event.event_id for event in Simulation(Setting(seed=2, best_of=1, position_hz=0))][:400]
    simulation = Simulation(Setting(seed=2, best_of=1, position_hz=0))
    looked: list[str] = []
    for event in simulation:
        looked.append(event.event_id)
        live = simulation.live_round()
        if isinstance(event, e.ClockTick) and event.payload.round_time_s == 20 and live is not None:
            rollout_probability(live, seed=0, n=3)
        if len(looked) == 400:
            break
    assert looked == quiet


@pytest.mark.slow
def test_players_decide_rounds() -> None:
    play, _ = plays(3, every=5, limit=1)[0]
    even = rollout_probability(play, seed=0, n=120)
    assert rollout_probability(without(without(play, "t"), "t"), seed=0, n=120) > even
    assert rollout_probability(without(without(play, "ct"), "ct"), seed=0, n=120) < even


@pytest.mark.slow
def test_rollouts_agree_with_what_happens() -> None:
    """Over many rounds the mean of the true chances is the share of rounds won, within four standard errors."""
    found = [pair for seed in range(3) for pair in plays(seed, every=30, limit=60)]
    chances = [rollout_probability(play, seed=9, n=12) for play, _ in found]
    won = [is_ct for _, is_ct in found]
    spread = (sum(c * (1 - c) for c in chances) * 3) ** 0.5
    assert len(found) >= 60
    assert abs(sum(chances) - sum(won)) <= 4 * spread
