"""The true win probability of a simulated round, estimated by many continuations of it.

Belongs here: rollouts. Does not belong here: the models that are judged by them (`models`).
"""

from random import Random

from game.simulate import live
from game.simulate.feed import Silence
from game.simulate.play import Play


def rollout_probability(play: Play, *, seed: int, n: int) -> float:
    """CT's share of wins in `n` continuations of a round (`Simulation.live_round`), each with its own random numbers.

    The round itself is not changed. The standard error is sqrt(p (1 - p) / n).
    """
    return sum(continued(play, seed=f"{seed}/{number}") == "ct" for number in range(n)) / n


def continued(play: Play, *, seed: str) -> str:
    """The winning side of one continuation."""
    twin = live.run(play.copy(rng=Random(f"midround/rollout/{seed}"), feed=Silence()))
    assert twin.outcome is not None
    return twin.outcome.winner
