"""Evaluates the recipe on CS:GO round states. Internal evaluation only; nothing of it is kept.

Belongs here: reading the states, their exact labels, five folds grouped by match. Does not belong here: the recorded
CS2 maps (`models.evaluation`). The licence of the states is unverified: no weights trained on them may be shipped.

Equipment here is what the living players hold: weapons and grenades, 6.5 per point of armour, 350 per helmet, 400 per
kit.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from msgspec.structs import replace

from game.features import Features
from models.calibration import ece, ece_floor, losses, over_maps
from models.fitting import Recipe, Rows, fit_round, probe_rows, round_margin
from models.logistic import Inequalities, Matrix, sigmoid
from models.round_model import row
from models.terms import terms

FOLDS = 5
LIVE_S = 115
HALF = 15
RECIPE = Recipe(ridge=33.0, trees=30, leaves=7, min_rows=300, lambda_l2=10.0)
PRICES = {
    "ak47": 2700, "aug": 3300, "awp": 4750, "bizon": 1400, "cz75auto": 500, "elite": 300, "famas": 2050,
    "g3sg1": 5000, "galilar": 1800, "glock": 200, "m249": 5200, "m4a1s": 2900, "m4a4": 3100, "mac10": 1050,
    "mag7": 1300, "mp5sd": 1500, "mp7": 1500, "mp9": 1250, "negev": 1700, "nova": 1050, "p90": 2350,
    "r8revolver": 600, "sawedoff": 1100, "scar20": 5000, "sg553": 3000, "ssg08": 1700, "ump45": 1200,
    "xm1014": 2000, "deagle": 700, "fiveseven": 500, "usps": 200, "p250": 300, "p2000": 200, "tec9": 500,
}  # fmt: skip
GRENADES = {
    "hegrenade": 300, "flashbang": 200, "smokegrenade": 300, "incendiarygrenade": 600, "molotovgrenade": 400,
    "decoygrenade": 50,
}  # fmt: skip
SIDEARMS = frozenset(
    {"cz75auto", "elite", "glock", "r8revolver", "deagle", "fiveseven", "usps", "p250", "p2000", "tec9"}
)


class SnapshotsError(ValueError):
    """The file does not hold round states. Names it and the reason."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")


def read_states(path: Path) -> "pd.DataFrame":
    """The live rows of the Parquet file. Raises `SnapshotsError`."""
    try:
        with path.open("rb") as file:
            states = live_states(pd.read_parquet(file))
        for state in _records(states.head(1)):
            _features(state)
    except OSError as error:
        raise SnapshotsError(path, error.strerror or str(error)) from error
    except KeyError as error:
        raise SnapshotsError(path, f"has no column {error}") from error
    except ValueError as error:
        raise SnapshotsError(path, f"is no Parquet file of round states: {error}") from error
    return states


def evaluate_snapshots(
    states: "pd.DataFrame", *, recipe: Recipe = RECIPE, say: Callable[[str], None] = print
) -> tuple[float, float]:
    """(log loss, ECE) out of fold on these live rows."""
    rows, rounds = _rows(states)
    matches = rows.map_index
    bounds = Inequalities(probe_rows([_features(state) for state in _sampled(states, recipe)], recipe))
    fold = np.searchsorted(np.unique(matches), matches) % FOLDS
    p = np.zeros(len(rows.y))
    for number in range(FOLDS):
        test = fold == number
        train = Rows(x=rows.x[~test], columns=rows.columns[~test], y=rows.y[~test], map_index=matches[~test])
        unseen = Rows(x=rows.x[test], columns=rows.columns[test], y=rows.y[test], map_index=matches[test])
        p[test] = sigmoid(round_margin(fit_round(train, bounds, recipe), unseen))
    loss, error = over_maps(losses(p, rows.y), matches, rounds=rounds), ece(p, rows.y)
    say(f"snapshots: {len(p)} rows, LL {loss.text()}, ECE {error:.4f} (floor {ece_floor(p, rounds):.4f})")
    return loss.value, error


def live_states(states: "pd.DataFrame") -> "pd.DataFrame":
    """The live rows, with the number of their round (`round`) and its exact winner (`ct_won`)."""
    keys = states[["match_seq", "ct_score", "t_score"]]
    numbered = states.assign(round=(keys != keys.shift()).any(axis=1).cumsum())
    live = numbered[numbered["time_left"] <= LIVE_S]
    majority = (live["round_winner"] == "CT").groupby(live["round"]).mean() >= 0.5
    rounds = numbered.groupby("round").first()
    winners = {
        number: _told_by_next(now, then)
        for number, now, then in zip(rounds.index, *_pairs(rounds), strict=True)
    }
    exact = {n: bool(majority[n]) if winners.get(n) is None else winners[n] for n in majority.index}
    return live.assign(ct_won=live["round"].map(exact).astype(bool))


def _pairs(rounds: "pd.DataFrame") -> tuple[list[tuple[int, ...]], list[tuple[int, ...]]]:
    scores = [tuple(map(int, values)) for values in rounds[["match_seq", "ct_score", "t_score"]].to_numpy()]
    return scores, [*scores[1:], (-1, 0, 0)]


def _told_by_next(now: tuple[int, ...], then: tuple[int, ...]) -> bool | None:
    """Whether CT won the round, by the next round's score; null if that does not tell. Sides swap after a half."""
    match, ct, t = now
    if then[0] != match or ct + t >= 2 * HALF - 1:
        return None
    after = (then[2], then[1]) if ct + t == HALF - 1 else (then[1], then[2])
    return {(ct + 1, t): True, (ct, t + 1): False}.get(after)


def _sampled(states: "pd.DataFrame", recipe: Recipe) -> list[dict[str, float]]:
    return _records(states.iloc[:: max(1, len(states) // recipe.probed)])


def _records(states: "pd.DataFrame") -> list[dict[str, float]]:
    return [{str(name): value for name, value in record.items()} for record in states.to_dict("records")]


def _rows(states: "pd.DataFrame") -> tuple[Rows, Matrix]:
    found = [_features(record) for record in _records(states)]
    rows = Rows(
        x=np.array([terms(features) for features in found]),
        columns=np.array([row(features) for features in found], dtype=np.float64),
        y=states["ct_won"].to_numpy(dtype=np.float64),
        map_index=states["match_seq"].to_numpy(dtype=np.float64),
    )
    return rows, states["round"].to_numpy(dtype=np.float64)


def _features(state: dict[str, float]) -> Features:
    planted, left = bool(state["bomb_planted"]), max(0.0, float(state["time_left"]))
    held: dict[str, Any] = {
        f"{s}_{name}": value for s in ("ct", "t") for name, value in _side(state, s).items()
    }
    bare = Features(
        **held,
        ct_kits=int(state["ct_defuse_kits"]),
        is_planted=planted,
        round_left_s=0.0 if planted else left,
        bomb_left_s=min(40.0, left) if planted else 0.0,
        is_pistol=int(state["ct_score"] + state["t_score"]) in {0, HALF},
    )
    return replace(bare, ct_equipment=bare.ct_equipment + 400 * bare.ct_kits)


def _side(state: dict[str, float], side: str) -> dict[str, int]:
    weapons = {name: state[f"{side}_weapon_{name}"] for name in PRICES}
    grenades = {name: state[f"{side}_grenade_{name}"] for name in GRENADES}
    armor, helmets = state[f"{side}_armor"], state[f"{side}_helmets"]
    worth = sum(PRICES[name] * count for name, count in weapons.items())
    worth += sum(GRENADES[name] * count for name, count in grenades.items())
    return {
        "alive": int(state[f"{side}_players_alive"]),
        "hp": int(state[f"{side}_health"]),
        "armor": int(armor),
        "helmets": int(helmets),
        "equipment": int(worth + 6.5 * armor + 350 * helmets),
        "grenades": int(sum(grenades.values())),
        "primaries": int(sum(count for name, count in weapons.items() if name not in SIDEARMS)),
    }
