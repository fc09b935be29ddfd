"""Reliability of published predictions from the store's sums. Plain functions."""

import math
from collections.abc import Iterator, Sequence
from itertools import groupby

from api.public import sql
from api.public.calibration.resources import Bin, Reliability
from api.public.history import History, Row

Z = 1.96
"""Two-sided 95 % of a normal."""


async def reliability(
    history: History, *, horizon: str, slice_: str, model_version: str, bins: int
) -> list[Reliability]:
    """A table for each model and slice. Raises HistoryAwayError."""
    question = sql.reliability(horizon, slice_)
    rows = await history.rows(question, model_version=model_version, bins=bins)
    return list(tables(rows, horizon=horizon, bins=bins))


def tables(rows: Sequence[Row], *, horizon: str, bins: int) -> Iterator[Reliability]:
    """`rows` in the order of model and slice."""
    for (version, model_hash, slice_), group in groupby(rows, key=_table):
        found = list(group)
        states = sum(row["states"] for row in found)
        yield Reliability(
            model_version=version,
            model_hash=model_hash,
            horizon=horizon,
            slice=slice_,
            states=states,
            log_loss=round(sum(row["loss"] for row in found) / states, 4),
            ece=round(sum(abs(row["p"] - row["won"]) for row in found) / states, 4),
            bins=tuple(_bin(row, bins) for row in found),
        )


def _table(row: Row) -> tuple[str, str, str]:
    return row["model_version"], row["model_hash"], row["slice"]


def _bin(row: Row, bins: int) -> Bin:
    states, units = row["states"], row["units"]
    share = row["won"] / states
    spread = Z * _error(row, share) if units > 1 else 1.0
    return Bin(
        from_p=round(row["bin"] / bins, 4),
        to_p=round((row["bin"] + 1) / bins, 4),
        states=states,
        units=units,
        mean_p=round(row["p"] / states, 4),
        share_won=round(share, 4),
        lo=round(max(0.0, share - spread), 4),
        hi=round(min(1.0, share + spread), 4),
    )


def _error(row: Row, share: float) -> float:
    """Standard error of the ratio won / states when states of one unit come out together (linearised, units drawn)."""
    states, units = row["states"], row["units"]
    squared = row["won_won"] - 2 * share * row["won_n"] + share * share * row["n_n"]
    return math.sqrt(max(0.0, squared) * units / (units - 1)) / float(states)
