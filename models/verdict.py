"""A gate's verdict: one figure compared with one threshold.

Belongs here: the struct that all gates share. Does not belong here: thresholds and gates (`models.gates`,
`models.swing_gates`).
"""

from msgspec import Struct


class Verdict(Struct, frozen=True, kw_only=True):
    """A gate's result: how `figure` compares with `threshold` is explained by `text`."""

    name: str
    figure: float
    threshold: float
    passed: bool
    text: str
