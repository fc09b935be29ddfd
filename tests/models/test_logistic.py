"""The constrained fit: it is the free one where nothing binds, and breaks nothing where something does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.logistic import Inequalities, Matrix, Scale, fit, sigmoid

TRUE = np.array([0.3, 1.0, -0.7, 0.0])


def drawn(seed: int, rows: int = 400) -> tuple[Matrix, Matrix]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 3)) * [1.0, 5.0, 0.2]
    y = (rng.random(rows) < sigmoid(TRUE[0] + x @ (TRUE[1:] / [1.0, 5.0, 0.2]))).astype(np.float64)
    return x, y


def loss(weights: Matrix, z: Matrix, y: Matrix, ridge: float) -> float:
    p = sigmoid(z @ weights)
    return float(-np.log(np.where(y > 0, p, 1 - p)).sum() + ridge / 2 * (weights[1:] ** 2).sum())


@given(seed=st.integers(0, 100))
def test_no_step_improves_a_free_fit(seed: int) -> None:
    x, y = drawn(seed)
    scale = Scale(x)
    z = scale.standard(x)
    weights = fit(z, y, ridge=5.0, scale=scale)
    best = loss(weights, z, y, 5.0)
    rng = np.random.default_rng(seed)
    assert all(loss(weights + 0.01 * rng.normal(size=4), z, y, 5.0) >= best for _ in range(20))


@given(seed=st.integers(0, 100))
def test_no_allowed_step_improves_a_kept_fit(seed: int) -> None:
    x, y = drawn(seed)
    scale = Scale(x)
    z = scale.standard(x)
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(6, 3))
    weights = fit(z, y, ridge=5.0, scale=scale, inequalities=Inequalities(rows))
    assert (rows @ (weights[1:] / scale.sd) >= -1e-7).all()
    best = loss(weights, z, y, 5.0)
    for _ in range(200):
        step = weights + 0.01 * rng.normal(size=4)
        if (rows @ (step[1:] / scale.sd) >= 0).all():
            assert loss(step, z, y, 5.0) >= best - 1e-9


def test_inequalities_that_hold_change_nothing() -> None:
    x, y = drawn(1)
    scale = Scale(x)
    z = scale.standard(x)
    free = fit(z, y, ridge=5.0, scale=scale)
    held = Inequalities(np.array([[1.0, 0.0, 0.0], [0.0, -1.0, 0.0]]))
    assert fit(z, y, ridge=5.0, scale=scale, inequalities=held) == pytest.approx(free)


def test_raw_weights_give_the_same_margin() -> None:
    x, y = drawn(2)
    scale = Scale(x)
    weights = fit(scale.standard(x), y, ridge=1.0, scale=scale)
    raw = scale.raw(weights)
    assert raw[0] + x @ raw[1:] == pytest.approx(scale.standard(x) @ weights)
