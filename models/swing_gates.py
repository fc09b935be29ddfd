"""Gates of the swing model: while one of them fails, the field `swing` is not published.

Belongs here: thresholds and verdicts, from figures alone. Does not belong here: computing the figures
(`models.swing_fit`), the gates of a champion (`models.gates`): a failing swing model does not stop a promotion.

Thresholds and their sources: docs/retraining.md.
"""

from msgspec import Struct

from models.calibration import Interval
from models.verdict import Verdict

SWING_NAMES = ("swing: better than the base rate", "swing: calibrated", "swing: warns ahead")
WARNING = 2.0
"""A chance of at least this many times the base rate counts as a warning."""
LEAST_LIFT = 2.0
"""Least ratio of the share of warned swing kills to the share of seconds with a warning,
which chance alone would give."""
LEAST_LEAD_S = 2.0


class SwingFigures(Struct, frozen=True, kw_only=True):
    """Out-of-fold figures at whole seconds of live play. `paired` is the log loss minus that of the base rate.

    `ece_floor` is what chance gives in 19 of 20 cases, with one draw per five seconds of a round. `after_events` is
    (share of swings, mean predicted chance) at kills and plants, where nothing is published. `kills` counts those that
    moved the chance by .15. `warned` is the share of them that came a second or more after the start of a lasting
    warning, `warning` the share of seconds with one, `lead_s` the median lead over the warned ones.
    """

    rows: int
    base_rate: float
    log_loss: Interval
    base_log_loss: float
    paired: Interval
    ece: float
    ece_floor: float
    reliability: tuple[tuple[float, float], ...]
    after_events: tuple[float, float]
    kills: int
    warned: float
    warning: float
    lead_s: float

    def lift(self) -> float:
        return self.warned / self.warning if self.warning else 0.0


def swing_verdicts(figures: SwingFigures) -> tuple[Verdict, ...]:
    """One verdict for each of `SWING_NAMES`, in their order."""
    better, calibrated, ahead = SWING_NAMES
    return (
        Verdict(
            name=better,
            figure=figures.paired.hi,
            threshold=0.0,
            passed=figures.paired.hi < 0.0,
            text=f"log loss {figures.log_loss.text()} minus {figures.base_log_loss:.4f} of the base rate "
            f"{figures.base_rate:.4f}: {figures.paired.text()}; due below 0",
        ),
        Verdict(
            name=calibrated,
            figure=figures.ece,
            threshold=figures.ece_floor,
            passed=figures.ece <= figures.ece_floor,
            text=f"ECE {figures.ece:.4f} on {figures.rows} seconds; chance alone gives up to {figures.ece_floor:.4f}",
        ),
        Verdict(
            name=ahead,
            figure=figures.lead_s,
            threshold=LEAST_LEAD_S,
            passed=figures.lead_s >= LEAST_LEAD_S and figures.lift() >= LEAST_LIFT,
            text=f"{figures.warned:.1%} of {figures.kills} kills that swing the round come after a warning, which "
            f"stands in {figures.warning:.1%} of seconds (due {LEAST_LIFT:g} times more); median lead "
            f"{figures.lead_s:g} s",
        ),
    )
