"""Plots of an evaluation, as PNG bytes.

Belongs here: reliability, slices, learning curve, blocks. Does not belong here: figures (`models.judgement`), storage
of the plots.

Drawn with Agg and without pyplot: no window, no global state, nothing left open. Equal figures give equal bytes.
"""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

import numpy as np

from models.calibration import BINS, Interval
from models.contest import CHAMPION
from models.evaluation import PLAIN, Table
from models.judgement import SliceFigure
from models.logistic import Matrix
from models.tables import OURS
from models.worth import BlockWorth, Learned

INK, QUIET, WARM, COOL = "#1b1f24", "#8a939e", "#c2410c", "#1d4ed8"
COLOURS: Mapping[str, str] = {OURS: COOL, CHAMPION: WARM, PLAIN: QUIET}
DPI = 110


def reliability(table: Table) -> bytes:
    """Share of rounds won by CT against the predicted chance, in ten bins of equal mass, on clock rows."""
    clock = table.only(table.is_clock)
    return _reliability({name: clock.p[name] for name in COLOURS if name in clock.p}, clock.y)


def reliability_of(model: str, p: Matrix, y: Matrix) -> bytes:
    """The same for a single model of any name."""
    return _reliability({model: p}, y)


def _reliability(told: Mapping[str, Matrix], y: Matrix) -> bytes:
    figure, axes = _sheet(width=6.2, height=5.6)
    axes.plot([0, 1], [0, 1], color=QUIET, linewidth=1, linestyle="--", label="perfect")
    for name, p in told.items():
        bins = np.array_split(np.argsort(p, kind="stable"), BINS)
        means = [(p[b].mean(), y[b].mean()) for b in bins if len(b)]
        axes.plot(
            *zip(*means, strict=True), marker="o", markersize=4, color=COLOURS.get(name, COOL), label=name
        )
    axes.set(
        xlabel="chance of CT as told", ylabel="share won by CT", title="Reliability, each second of live play"
    )
    axes.legend(frameon=False)
    return _png(figure)


def slices(figures: Sequence[SliceFigure]) -> bytes:
    """Our loss minus the champion's by slice, and ECE beside its floor."""
    labels = [f"{f.dimension}: {f.name} ({f.rounds} rounds)" for f in figures]
    figure, pair = _sheet(width=13, height=1.4 + 0.23 * max(8, len(figures)), columns=2)
    places = np.arange(len(figures))
    _bars(pair[0], [f.paired for f in figures], places)
    pair[0].axvline(0, color=QUIET, linewidth=1)
    pair[0].set_yticks(places, labels, fontsize=8)
    pair[0].set(title="log loss minus the champion's (below 0: better)")
    pair[1].scatter([f.ece for f in figures], places, color=COOL, s=18, label="ECE", zorder=3)
    pair[1].scatter([f.ece_floor for f in figures], places, color=WARM, s=60, marker="|", label="floor")
    pair[1].set_yticks(places, [""] * len(figures))
    pair[1].set(title="calibration error and the 95 % of chance alone", xlim=(0, None))
    pair[1].legend(frameon=False)
    for axes in pair:
        axes.set_ylim(len(figures) - 0.5, -0.5)
        axes.grid(axis="y", color="#e5e7eb", linewidth=0.5)
    return _png(figure)


def learning_curve(points: Sequence[Learned]) -> bytes:
    """Loss on unseen maps by number of training maps, with the paired interval against the largest fit."""
    figure, axes = _sheet(width=6.2, height=4.4)
    maps, loss = [p.maps for p in points], [p.log_loss.value for p in points]
    last = loss[-1] if loss else 0.0
    axes.fill_between(
        maps,
        [last + p.paired.lo for p in points],
        [last + p.paired.hi for p in points],
        color=COOL,
        alpha=0.15,
    )
    axes.plot(maps, loss, marker="o", color=COOL)
    axes.set(xlabel="maps learned from", ylabel="log loss on unseen maps", title="Learning curve")
    return _png(figure)


def blocks(worth: Sequence[BlockWorth]) -> bytes:
    """The worth of each feature block: the loss without it minus the loss with all."""
    ordered = sorted(worth, key=lambda w: -w.paired.value)
    figure, axes = _sheet(width=7, height=1.6 + 0.32 * max(4, len(ordered)))
    places = np.arange(len(ordered))
    _bars(axes, [w.paired for w in ordered], places)
    axes.axvline(0, color=QUIET, linewidth=1)
    axes.set_yticks(places, [w.block for w in ordered])
    axes.set_ylim(len(ordered) - 0.5, -0.5)
    axes.set(title="What features are worth", xlabel="log loss without them, minus with all")
    return _png(figure)


def _bars(axes: Any, intervals: Sequence[Interval], places: Any) -> None:
    values = np.array([interval.value for interval in intervals])
    ends = np.array([[i.value - i.lo for i in intervals], [i.hi - i.value for i in intervals]])
    axes.errorbar(
        values, places, xerr=np.maximum(ends, 0.0), fmt="o", markersize=4, color=COOL, ecolor=QUIET, capsize=2
    )


def _sheet(*, width: float, height: float, columns: int = 1) -> tuple[Any, Any]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, columns)
    for one in np.ravel(axes):
        one.spines[["top", "right"]].set_visible(False)
        one.tick_params(colors=INK)
    return figure, axes


def _png(figure: Any) -> bytes:
    target = BytesIO()
    figure.savefig(target, format="png", dpi=DPI, metadata={"Software": None})
    return target.getvalue()
