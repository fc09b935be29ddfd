"""The support region: the states that the round model was trained on, and what in a state lies outside them.

Belongs here: the region as stored in a bundle, and the check whether a state is inside. The check runs at each live
prediction, in pure Python. Does not belong here: fitting a region (`models.support_fit`), what is published.

A region has a cell for each combination of living players per side, bomb planted or not, and pistol round or not. A
cell bounds each holding, each difference between the sides' holdings, and each clock. The bounds apply to features, not
to terms, since terms, booster and spread all depend on the features.
"""

from collections.abc import Iterator
from operator import attrgetter, le, sub
from typing import Any

from msgspec import Struct

from game.features import FEATURE_NAMES, Features
from game.payloads import SIDES
from models.monotone import CAPS
from models.round_model import decided

KEY = ("ct_alive", "t_alive", "is_planted", "is_pistol")
HELD = tuple(name for name in FEATURE_NAMES if name not in KEY)
PAIRS = tuple((name, f"t_{name[3:]}") for name in HELD if name.startswith("ct_") and f"t_{name[3:]}" in HELD)
DIMENSIONS: tuple[str, ...] = (*HELD, *(f"{ct} - {t}" for ct, t in PAIRS))
MOST_OF_ONE = {"hp": 100, "kits": 1, **CAPS}
"""The most that one living player can hold; dead players hold nothing."""

Key = tuple[int, int, bool, bool]
_key = attrgetter(*KEY)
_held = attrgetter(*HELD)
_ct, _t = (attrgetter(*(pair[side] for pair in PAIRS)) for side in (0, 1))


class Cell(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """States that occurred in `rounds` training rounds. `low` and `high` bound `DIMENSIONS`, both ends inclusive."""

    ct_alive: int
    t_alive: int
    is_planted: bool
    is_pistol: bool
    rounds: int
    low: tuple[float, ...]
    high: tuple[float, ...]

    @property
    def key(self) -> Key:
        return self.ct_alive, self.t_alive, self.is_planted, self.is_pistol


class Region(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All cells; a state without a cell was seen in too few rounds."""

    dimensions: tuple[str, ...]
    cells: tuple[Cell, ...]


class Support:
    """A region, ready for checks. Raises `ValueError` for one with other dimensions. Immutable."""

    def __init__(self, region: Region) -> None:
        if region.dimensions != DIMENSIONS:
            raise ValueError("is for other dimensions")
        bounds = {len(bound) for cell in region.cells for bound in (cell.low, cell.high)}
        if bounds - {len(DIMENSIONS)}:
            raise ValueError(f"has cells without {len(DIMENSIONS)} bounds at each end")
        self._cells = {cell.key: (cell.low, cell.high) for cell in region.cells}

    def outside(self, features: Features) -> str | None:
        """What in the state lies outside, as text that starts with the field's name; null if nothing does.

        States that the rules decide need no model: they are outside only if players could not hold that much.
        """
        cell = self._cells.get(_key(features))
        if cell is not None:
            low, high = cell
            values = measures(features)
            if all(map(le, low, values)) and all(map(le, values, high)):
                return None
            return next(_beyond(values, low, high))
        return next(_unheld(features), None) or (None if decided(features) else _unseen(features))


def measures(features: Features) -> tuple[float, ...]:
    """The state's values of `DIMENSIONS`."""
    held: tuple[float, ...] = _held(features)
    return (*held, *map(sub, _ct(features), _t(features)))


def _beyond(values: tuple[float, ...], low: tuple[float, ...], high: tuple[float, ...]) -> Iterator[str]:
    for name, value, least, most in zip(DIMENSIONS, values, low, high, strict=True):
        if not least <= value <= most:
            yield f"{name} is {_said(value)}; of such states, rounds trained on had {_said(least)} to {_said(most)}"


def _unheld(features: Features) -> Iterator[str]:
    """Describes holdings beyond what the living players can have."""
    for side in SIDES:
        alive = getattr(features, f"{side}_alive")
        for name, most in MOST_OF_ONE.items():
            held = getattr(features, f"{side}_{name}", 0)
            if not 0 <= held <= most * alive:
                yield f"{side}_{name} is {_said(held)}; {alive} living players hold 0 to {most * alive}"


def _unseen(features: Features) -> str:
    phase = "with the bomb planted" if features.is_planted else "before a plant"
    kind = "pistol rounds" if features.is_pistol else "rounds that are no pistols"
    return (
        f"ct_alive is {features.ct_alive}, t_alive is {features.t_alive}: hardly ever seen {phase} in {kind}"
    )


def _said(value: Any) -> str:
    return f"{float(value):g}"
