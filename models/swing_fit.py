"""Fits and evaluates the swing model: labels, weights, trees, figures. Training only.

Belongs here: from recorded maps and the round model's out-of-fold chances to the files of the swing model. Does not
belong here: its terms and its answer (`models.swing_model`), thresholds (`models.swing_gates`).

A row's label says whether CT's chance, by a round model that has not seen the map, differs by .15 or more from the
row's at any row of the round within the next five seconds, the round's end included. The model is fitted to whole
seconds and evaluated out of fold (`models.folds`).
"""

from collections.abc import Iterator, Sequence
from functools import partial

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Struct

from models.blocks import terms_of
from models.bundle import SWING, SWING_TREES
from models.calibration import BINS, ece, ece_floor, losses, over_matches
from models.dataset import RecordedMap, Sample
from models.fitting import Recipe, fit_round, inequalities, round_margin, rows_of, rows_without
from models.folds import folds_by_unit, matches
from models.logistic import Matrix, Scale, fit, sigmoid
from models.round_model import decided, row
from models.swing_gates import WARNING, SwingFigures, swing_verdicts
from models.swing_model import MOST_ALIVE, MOVE, SWING_TERMS, WITHIN_S, SwingWeights, pair, swing_terms
from models.trees import grown, scores

Mask = npt.NDArray[np.bool_]
RIDGE = 30.0
TREES = 80
TREE = {
    "objective": "binary",
    "num_leaves": 7,
    "learning_rate": 0.05,
    "feature_fraction": 0.5,
    "lambda_l2": 10.0,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
    "seed": 1,
}
LEAST_IN_LEAF = 500
FOLDS = 4
DECIMALS, FIGURE_DECIMALS = 8, 4
PAIRS = (MOST_ALIVE + 1) ** 2
EVENT_S = 0.5
"""Events are known to the whole second only, and are placed in its middle."""
END_S = 1.0
"""The round's end is placed this long after its last row."""


class SwingRows(Struct, frozen=True, kw_only=True):
    """All rows of all maps in order. `p` is CT's chance, exact where the rules decide; `open` marks the other rows."""

    x: Matrix
    columns: Matrix
    p: Matrix
    swings: Matrix
    time_s: Matrix
    alive: Matrix
    map_index: Matrix
    match_index: Matrix
    fold: Matrix
    round_no: Matrix
    is_clock: Mask
    open: Mask

    def rounds(self) -> Matrix:
        return np.asarray(self.map_index * 1_000 + self.round_no)


class SwingFit(Struct, frozen=True, kw_only=True):
    """Intercept and weights on raw terms and pairs, and the trees on top."""

    weights: Matrix
    booster_text: str

    def chance(self, rows: SwingRows, mask: Mask) -> Matrix:
        residual = scores(self.booster_text, rows.columns[mask])
        return sigmoid(self.weights[0] + rows.x[mask] @ self.weights[1:] + residual)


def fit_with_swings(
    maps: Sequence[RecordedMap], recipe: Recipe, *, off: Sequence[str] = ()
) -> dict[str, bytes]:
    """The files of the swing model, labelled by round models of this recipe that have not seen the map."""
    rows = rows_without(rows_of(maps, is_clock=False), off)
    is_clock = np.array([sample.is_clock for map_ in maps for sample in map_.samples])
    bounds, p = inequalities(maps, recipe).without(terms_of(off)), np.empty(len(rows.y))
    fold_of = folds_by_unit(maps, FOLDS)[rows.map_index.astype(int)]
    for fold in range(FOLDS):
        mine = fold_of == fold
        if mine.any():
            p[mine] = sigmoid(
                round_margin(fit_round(rows.only(~mine & is_clock), bounds, recipe), rows.only(mine))
            )
    return swing_files(maps, p)


def swing_files(maps: Sequence[RecordedMap], p: Matrix) -> dict[str, bytes]:
    """The files of the swing model; `p` are the out-of-fold chances of CT at all samples of all maps in order."""
    rows = swing_rows(maps, p)
    figures = judged(rows)
    fitted = fit_swing(rows, rows.open & rows.is_clock)
    told = [round(float(w), DECIMALS) + 0.0 for w in fitted.weights]
    weights = SwingWeights(
        terms=SWING_TERMS,
        intercept=told[0],
        weights=tuple(told[1 : 1 + len(SWING_TERMS)]),
        pairs=tuple(told[1 + len(SWING_TERMS) :]),
        is_published=all(verdict.passed for verdict in swing_verdicts(figures)),
        figures={name: _rounded(value) for name, value in msgspec.to_builtins(figures).items()},
    )
    return {SWING: msgspec.json.encode(weights) + b"\n", SWING_TREES: fitted.booster_text.encode()}


def figures_of(swing: bytes) -> SwingFigures:
    """The evaluation figures stored in a bundle's swing model."""
    return msgspec.convert(msgspec.json.decode(swing, type=SwingWeights).figures, SwingFigures)


def swing_rows(maps: Sequence[RecordedMap], p: Matrix) -> SwingRows:
    """Terms and labels. Raises `ValueError` if `p` does not have one value per sample of these maps."""
    samples = [sample for map_ in maps for sample in map_.samples]
    if len(samples) != len(p):
        raise ValueError(f"{len(p)} chances for {len(samples)} samples")
    told = [_exact(sample, float(chance)) for sample, chance in zip(samples, p, strict=True)]
    index = [i for i, map_ in enumerate(maps) for _ in map_.samples]
    exact, time_s = np.array(told), np.array([s.second + EVENT_S * (not s.is_clock) for s in samples])
    places = np.array(index) * 1_000.0 + np.array([s.round_no for s in samples])
    return SwingRows(
        x=np.array([_row(sample, chance) for sample, chance in zip(samples, told, strict=True)]),
        columns=np.array([row(s.features) for s in samples], dtype=np.float64),
        p=exact,
        swings=_labels(exact, time_s, places, ended=np.array([float(s.ct_won) for s in samples])),
        time_s=time_s,
        alive=np.array([float(s.features.ct_alive + s.features.t_alive) for s in samples]),
        map_index=np.array(index, dtype=np.float64),
        match_index=matches(maps)[index].astype(np.float64),
        fold=folds_by_unit(maps, FOLDS)[index].astype(np.float64),
        round_no=np.array([float(s.round_no) for s in samples]),
        is_clock=np.array([s.is_clock for s in samples]),
        open=(exact > 0.0) & (exact < 1.0),
    )


def _exact(sample: Sample, p: float) -> float:
    side = decided(sample.features)
    return p if side is None else float(side == "ct")


def _row(sample: Sample, p: float) -> tuple[float, ...]:
    place = pair(sample.features)
    return (*swing_terms(sample.features, p), *(float(i == place) for i in range(PAIRS)))


def _labels(p: Matrix, time_s: Matrix, places: Matrix, *, ended: Matrix) -> Matrix:
    """1 where the chance moves by at least `MOVE` within `WITHIN_S`, else 0."""
    found = np.zeros(len(p))
    for first, end in _spans(places):
        times = np.append(time_s[first:end], time_s[end - 1] + END_S)
        chances = np.append(p[first:end], ended[end - 1])
        until = np.searchsorted(times, time_s[first:end] + WITHIN_S, side="right")
        for i in range(end - first):
            ahead = chances[i + 1 : until[i]]
            found[first + i] = float(len(ahead) > 0 and np.abs(ahead - chances[i]).max() >= MOVE)
    return found


def _spans(places: Matrix) -> Iterator[tuple[int, int]]:
    """(index of the first row, index after the last row) of each round."""
    firsts = np.flatnonzero(np.r_[True, places[1:] != places[:-1]]).tolist()
    yield from zip(firsts, [*firsts[1:], len(places)], strict=True)


def fit_swing(rows: SwingRows, mask: Mask) -> SwingFit:
    """Fits the weights, then trees from their margin."""
    x, y = rows.x[mask], rows.swings[mask]
    scale = Scale(x)
    weights = scale.raw(fit(scale.standard(x), y, ridge=RIDGE, scale=scale))
    told = {**TREE, "min_data_in_leaf": max(1, min(LEAST_IN_LEAF, len(y) // 20))}
    start = weights[0] + x @ weights[1:]
    text = grown(told, rows.columns[mask], y, count=TREES, start=start)
    return SwingFit(weights=weights, booster_text=text)


def judged(rows: SwingRows) -> SwingFigures:
    """Out-of-fold figures (`models.folds`): each fold's rows by a model of the other folds' whole seconds."""
    said, base = np.full(len(rows.p), np.nan), np.full(len(rows.p), np.nan)
    for fold in range(FOLDS):
        mine = rows.open & (rows.fold == fold)
        train = rows.open & rows.is_clock & (rows.fold != fold)
        if mine.any():
            said[mine] = fit_swing(rows, train).chance(rows, mine)
            base[mine] = rows.swings[train].mean()
    return _figures(rows, said, base)


def _figures(rows: SwingRows, said: Matrix, base: Matrix) -> SwingFigures:
    clock, events = rows.open & rows.is_clock, rows.open & ~rows.is_clock
    q, y, rounds = said[clock], rows.swings[clock], rows.rounds()[clock]
    loss, of_base = losses(q, y), losses(base[clock], y)
    within = partial(over_matches, matches=rows.match_index[clock], rounds=rounds)
    order = np.array_split(np.argsort(q, kind="stable"), BINS)
    level = WARNING * float(y.mean())
    leads = np.array(list(_leads(rows, said, level)))
    warned = leads[leads >= 1.0]
    return SwingFigures(
        rows=len(y),
        base_rate=float(y.mean()),
        log_loss=within(loss),
        base_log_loss=float(of_base.mean()),
        paired=within(loss - of_base),
        ece=ece(q, y),
        ece_floor=ece_floor(q, rounds * 100 + rows.time_s[clock] // WITHIN_S),
        reliability=tuple((float(q[part].mean()), float(y[part].mean())) for part in order),
        after_events=(float(rows.swings[events].mean()), float(said[events].mean()))
        if events.any()
        else (0.0, 0.0),
        kills=len(leads),
        warned=len(warned) / len(leads) if len(leads) else 0.0,
        warning=float((q >= level).mean()),
        lead_s=float(np.median(warned)) if len(warned) else 0.0,
    )


def _leads(rows: SwingRows, said: Matrix, level: float) -> Iterator[float]:
    """For each kill that moves the chance by `MOVE`: how long a warning had lasted before
    it, in seconds; 0 for none."""
    for first, end in _spans(rows.rounds()):
        since: float | None = None
        for i in range(first, end):
            if i > first and rows.alive[i] < rows.alive[i - 1] and abs(rows.p[i] - rows.p[i - 1]) >= MOVE:
                yield 0.0 if since is None else float(rows.time_s[i]) - since
            if rows.is_clock[i]:
                is_warning = bool(said[i] >= level)
                since = (float(rows.time_s[i]) if since is None else since) if is_warning else None


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return round(value, FIGURE_DECIMALS)
    if isinstance(value, dict):
        return {key: _rounded(part) for key, part in value.items()}
    return [_rounded(part) for part in value] if isinstance(value, list | tuple) else value
