"""Computes reliability of published predictions from sums that the store returns.

Belongs here: statistics, as plain functions. Does not belong here: SQL (`api.public.sql`), response types
(`resources`).
"""

import math
from collections.abc import Iterator, Sequence
from itertools import groupby

from api.public import sql
from api.public.calibration.resources import Bin, Reliability
from api.public.history import History, Row

Z = 1.96
"""Two-sided 95 % quantile of the standard normal distribution."""
UNITS_LEAST = 5
"""Least number of units won and of units lost for the normal approximation of a share (the usual rule of thumb)."""


async def reliability(
    history: History, *, horizon: str, slice_: str, model_version: str, bins: int
) -> list[Reliability]:
    """Return one table per model and slice. Raises AwayError."""
    question = sql.reliability(horizon, slice_)
    rows = await history.rows(question, model_version=model_version, bins=bins)
    return list(tables(rows, horizon=horizon, bins=bins))


def tables(rows: Sequence[Row], *, horizon: str, bins: int) -> Iterator[Reliability]:
    """Build the tables from `rows`, which are ordered by model and slice."""
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
    lo, hi = _interval(row, share) if units > 1 else (0.0, 1.0)
    return Bin(
        from_p=round(row["bin"] / bins, 4),
        to_p=round((row["bin"] + 1) / bins, 4),
        states=states,
        units=units,
        mean_p=round(row["p"] / states, 4),
        share_won=round(share, 4),
        lo=round(max(0.0, lo), 4),
        hi=round(min(1.0, hi), 4),
    )


def _interval(row: Row, share: float) -> tuple[float, float]:
    """95 % interval with cluster-robust error. Where few units were won or lost, the cluster error tends to zero, so
    Wilson's interval is used."""
    error, units = _error(row, share), row["units"]
    if min(share, 1 - share) * units >= UNITS_LEAST:
        return share - Z * error, share + Z * error
    spread = share * (1 - share)
    return _wilson(share, min(units, spread / error**2) if spread and error else units)


def _wilson(share: float, draws: float) -> tuple[float, float]:
    """Wilson's score interval (1927) of a share in `draws` independent draws. Its width is positive for shares 0 and 1
    too."""
    shrink = 1 + Z * Z / draws
    middle = (share + Z * Z / (2 * draws)) / shrink
    spread = Z / shrink * math.sqrt(share * (1 - share) / draws + Z * Z / (4 * draws * draws))
    return min(share, middle - spread), max(share, middle + spread)


def _error(row: Row, share: float) -> float:
    """Standard error of the ratio won / states, clustered by unit (linearised; units are the independent draws)."""
    states, units = row["states"], row["units"]
    squared = row["won_won"] - 2 * share * row["won_n"] + share * share * row["n_n"]
    return math.sqrt(max(0.0, squared) * units / (units - 1)) / float(states)
