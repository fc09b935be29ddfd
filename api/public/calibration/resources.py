"""Reliability as the API shows it. Shapes only."""

import msgspec


class Bin(msgspec.Struct, frozen=True, kw_only=True):
    """Predictions between `from_p` and `to_p`, and how often team A won after them."""

    from_p: float
    to_p: float
    states: int
    units: int
    """Rounds, maps or series (by the horizon) that the states are of: they are what is independent."""
    mean_p: float
    share_won: float
    lo: float
    hi: float
    """95 % interval of `share_won`, by clusters of one round, map or series; Wilson's where fewer than five of them
    were won or lost; 0 to 1 for a single one."""


class Reliability(msgspec.Struct, frozen=True, kw_only=True):
    """One model in one slice. `ece` is the mean gap between what was said and what came, weighted by states."""

    model_version: str
    model_hash: str
    horizon: str
    slice: str
    """The slice's name, or its value such as a map's name; empty for all."""
    states: int
    log_loss: float
    ece: float
    bins: tuple[Bin, ...]
