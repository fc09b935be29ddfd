"""How a challenger in shadow did beside the champion, on exactly the same live states: needs NumPy.

Belongs here: figures of rows whose rounds are decided. Does not belong here: where the rows come from, predicting
(`models.shadow`), what follows (whoever promotes).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from models.calibration import Interval, ece, losses, over_maps
from models.shadow import Shadowed

LEAST_MAPS = 2


def shadow_report(scored: Sequence[Mapping[str, Any]]) -> list[Shadowed]:
    """A line for each pair of champion and challenger; `scored` are rows of `shadow_predictions` with the
    `winner_side` of their round."""
    pairs: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in scored:
        pairs.setdefault((row["champion_hash"], row["challenger_hash"]), []).append(row)
    return [_shadowed(rows) for rows in pairs.values()]


def _shadowed(rows: Sequence[Mapping[str, Any]]) -> Shadowed:
    first = rows[0]
    y = np.array([float(row["winner_side"] == "ct") for row in rows])
    champion, challenger = (
        np.array([row[f"{name}_p_ct"] for row in rows]) for name in ("champion", "challenger")
    )
    maps = np.unique([f"{row['match_id']}/{row['map_id']}" for row in rows], return_inverse=True)[1]
    count, difference = int(maps.max()) + 1, losses(challenger, y) - losses(champion, y)
    interval: Interval | None = (
        over_maps(difference, maps.astype(np.float64)) if count >= LEAST_MAPS else None
    )
    return Shadowed(
        champion=first["champion_version"],
        champion_hash=first["champion_hash"],
        challenger=first["challenger_version"],
        challenger_hash=first["challenger_hash"],
        maps=count,
        rounds=len({(row["match_id"], row["map_id"], row["round_no"]) for row in rows}),
        rows=len(rows),
        champion_log_loss=float(losses(champion, y).mean()),
        challenger_log_loss=float(losses(challenger, y).mean()),
        champion_ece=ece(champion, y),
        challenger_ece=ece(challenger, y),
        paired=float(difference.mean()),
        paired_interval=None if interval is None else (interval.lo, interval.hi),
    )
