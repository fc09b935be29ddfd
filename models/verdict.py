"""A gate's verdict: one figure beside one threshold.

Belongs here: the struct that all gates share. Does not belong here: thresholds and gates (`models.gates`,
`models.swing_gates`).
"""

from msgspec import Struct


class Verdict(Struct, frozen=True, kw_only=True):
    """`figure` is judged against `threshold` as `text` says."""

    name: str
    figure: float
    threshold: float
    passed: bool
    text: str
