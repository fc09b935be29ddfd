"""Response types of calibration.

Belongs here: types only. Does not belong here: the computation (`queries`).
"""

import msgspec


class Bin(msgspec.Struct, frozen=True, kw_only=True):
    """Predictions between `from_p` and `to_p`, and how often team A won after them."""

    from_p: float
    to_p: float
    states: int
    units: int
    """Number of rounds, maps or series (by the horizon) that the states come from. They are the independent units."""
    mean_p: float
    share_won: float
    lo: float
    hi: float
    """95 % interval of `share_won`, clustered by round, map or series. Wilson's interval where fewer than five units
    were won or lost; 0 to 1 for a single unit."""


class Reliability(msgspec.Struct, frozen=True, kw_only=True):
    """Reliability of one model in one slice. `ece` is the expected calibration error: the mean gap between predicted
    and observed share, weighted by states."""

    model_version: str
    model_hash: str
    horizon: str
    slice: str
    """The slice's name, or its value such as a map name; empty for all predictions."""
    states: int
    log_loss: float
    ece: float
    bins: tuple[Bin, ...]
