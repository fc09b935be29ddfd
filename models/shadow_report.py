"""Compares a challenger in shadow with the champion on exactly the same live states. Needs NumPy.

Belongs here: figures of rows whose rounds are decided. Does not belong here: where the rows come from, predicting
(`models.shadow`), the consequences (the promoting code).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from models.calibration import ece, losses, over_matches
from models.logistic import Matrix
from models.shadow import Shadowed

LEAST_MATCHES = 2
OF_MATCH, OF_MAP, OF_ROUND = ("match_id",), ("match_id", "map_id"), ("match_id", "map_id", "round_no")


def shadow_report(scored: Sequence[Mapping[str, Any]]) -> list[Shadowed]:
    """One comparison per pair of champion and challenger. `scored` are rows of `shadow_predictions` with the
    `winner_side` of their round, in order within a match. Of the states in one second only the last counts, so that
    extra states after kills and plants do not weigh in."""
    pairs: dict[tuple[str, str], dict[tuple[object, ...], Mapping[str, Any]]] = {}
    for row in scored:
        second = (*(row[key] for key in OF_ROUND), int(row["round_time_s"]))
        pairs.setdefault((row["champion_hash"], row["challenger_hash"]), {})[second] = row
    return [_shadowed(list(by_second.values())) for by_second in pairs.values()]


def _shadowed(rows: Sequence[Mapping[str, Any]]) -> Shadowed:
    first = rows[0]
    y = np.array([float(row["winner_side"] == "ct") for row in rows])
    champion, challenger = (
        np.array([row[f"{name}_p_ct"] for row in rows]) for name in ("champion", "challenger")
    )
    matches, maps, rounds = (_places(rows, keys) for keys in (OF_MATCH, OF_MAP, OF_ROUND))
    difference = losses(challenger, y) - losses(champion, y)
    interval = over_matches(difference, matches, rounds=rounds)
    has_width = int(matches.max()) + 1 >= LEAST_MATCHES
    return Shadowed(
        champion=first["champion_version"],
        champion_hash=first["champion_hash"],
        challenger=first["challenger_version"],
        challenger_hash=first["challenger_hash"],
        maps=int(maps.max()) + 1,
        rounds=int(rounds.max()) + 1,
        rows=len(rows),
        champion_log_loss=float(losses(champion, y).mean()),
        challenger_log_loss=float(losses(challenger, y).mean()),
        champion_ece=ece(champion, y),
        challenger_ece=ece(challenger, y),
        paired=float(difference.mean()),
        paired_interval=(interval.lo, interval.hi) if has_width else None,
    )


def _places(rows: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> Matrix:
    """The number of each row's match, map or round."""
    names = ["/".join(str(row[key]) for key in keys) for row in rows]
    return np.unique(names, return_inverse=True)[1].astype(np.float64)
