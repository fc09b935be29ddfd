"""Gates: what a candidate must pass to become champion. Each compares one figure with one threshold.

Belongs here: thresholds and verdicts, from figures alone. Does not belong here: computing the figures
(`models.judgement`, `models.soundness`), the consequences of a verdict (the promoting code).

Thresholds and their sources: docs/retraining.md.
"""

from collections.abc import Mapping, Sequence
from math import isfinite

from models.contest import CHAMPION
from models.judgement import Drift, Judged, SliceFigure
from models.monotone import STRICT
from models.slices import DIMENSIONS, GATED
from models.soundness import Probed, Soundness
from models.tables import Figures
from models.verdict import Verdict

SLICES_WITHIN = 0.8
WORSE_MARGIN = 0.01
"""Nats per row: a slice fails if the whole interval of its excess loss lies above this."""
LENIENT_SHARE = 0.002
NO_SLICE = "no slice is large enough to judge"
"""Why a slice gate fails without slices: finding no bad slice among none is no evidence."""
NAMES: tuple[str, ...] = (
    "better than the champion",
    "calibrated",
    "slices calibrated",
    *(f"no slice worse: {dimension}" for dimension in DIMENSIONS),
    "monotone in kills, hp, kits",
    "monotone in helmets, equipment and the rest",
    "no drift",
    "map no worse",
    "decided states exact",
    "receipts reproduced",
    "feature schema equal",
)
"""Every gate, in the order of the verdicts."""
UNFIT = frozenset({"decided states exact", "receipts reproduced", "feature schema equal"})
"""Gates that check whether a candidate computes correctly, rather than how good it is."""


def verdicts(judged: Judged, sound: Soundness) -> tuple[Verdict, ...]:
    """The verdict of every gate, always the same names in the same order."""
    ours = judged.clock[0]
    champion = next(figures for figures in judged.clock if figures.model == CHAMPION)
    return (
        better_than_champion(champion, judged),
        calibrated(ours),
        slices_calibrated(judged.slices),
        *(no_slice_worse(dimension, judged.slices) for dimension in DIMENSIONS),
        monotone_strictly(sound.probes),
        monotone_mostly(sound.probes),
        no_drift(next(d for d in judged.drift if d.until_s is None)),
        map_no_worse(judged.starts),
        decided_exact(sound),
        receipts_reproduced(sound),
        schema_equal(sound),
    )


def is_passed(found: Sequence[Verdict]) -> bool:
    return all(verdict.passed for verdict in found)


def is_fit(found: Sequence[Verdict]) -> bool:
    """Whether the candidate may run in shadow: it computes correctly, and all its figures are finite."""
    return all(isfinite(v.figure) and (v.passed or v.name not in UNFIT) for v in found)


def better_than_champion(champion: Figures, judged: Judged) -> Verdict:
    """Passes if the upper end of the paired interval (ours minus the champion's) is below 0 and the opponent was the
    champion itself or its recipe refitted with none of its maps missing."""
    paired = champion.paired
    assert paired is not None
    where = f"the same rows of {judged.maps} maps of {judged.matches} matches, {judged.mode}"
    weaker = f"; but {judged.lacking} of the champion's maps are not here: its recipe without them is not the champion"
    return Verdict(
        name="better than the champion",
        figure=paired.hi,
        threshold=0.0,
        passed=paired.hi < 0.0 and not judged.lacking,
        text=f"log loss minus the champion's on {where}: {paired.text()}; due below 0"
        + (weaker if judged.lacking else ""),
    )


def calibrated(ours: Figures) -> Verdict:
    return Verdict(
        name="calibrated",
        figure=ours.ece,
        threshold=ours.ece_floor,
        passed=ours.ece <= ours.ece_floor,
        text=f"ECE {ours.ece:.4f} on {ours.rows} rows; chance alone gives up to {ours.ece_floor:.4f} in 19 of 20 cases",
    )


def slices_calibrated(slices: Sequence[SliceFigure]) -> Verdict:
    """The share of slices in the gated dimensions whose ECE is within its own floor; 0 if there are no such slices."""
    judged = [s for s in slices if s.dimension in GATED]
    beyond = [f"{s.dimension} {s.name}" for s in judged if not s.ece <= s.ece_floor]
    share = 1.0 - len(beyond) / len(judged) if judged else 0.0
    return Verdict(
        name="slices calibrated",
        figure=share,
        threshold=SLICES_WITHIN,
        passed=share >= SLICES_WITHIN,
        text=f"{len(judged) - len(beyond)} of {len(judged)} slices within their own floor of ECE"
        + (f"; beyond it: {', '.join(beyond)}" if beyond else "")
        + ("" if judged else f": {NO_SLICE}"),
    )


def no_slice_worse(dimension: str, slices: Sequence[SliceFigure]) -> Verdict:
    """Passes if there is a slice of this dimension, and none has its paired interval wholly above the margin."""
    mine = [s for s in slices if s.dimension == dimension]
    worst = max(mine, key=lambda s: s.paired.lo, default=None)
    figure = worst.paired.lo if worst is not None else 0.0
    told = f"{worst.name}: {worst.paired.text()}" if worst is not None else NO_SLICE
    return Verdict(
        name=f"no slice worse: {dimension}",
        figure=figure,
        threshold=WORSE_MARGIN,
        passed=worst is not None and figure <= WORSE_MARGIN,
        text=f"log loss minus the champion's, worst slice of {len(mine)}: {told}; lower end due by {WORSE_MARGIN}",
    )


def monotone_strictly(probes: Mapping[str, Probed]) -> Verdict:
    found = {kind: probes[kind] for kind in STRICT if kind in probes}
    return _monotone("monotone in kills, hp, kits", found, threshold=0.0, due=STRICT)


def monotone_mostly(probes: Mapping[str, Probed]) -> Verdict:
    found = {kind: probed for kind, probed in probes.items() if kind not in STRICT}
    return _monotone("monotone in helmets, equipment and the rest", found, threshold=LENIENT_SHARE)


def _monotone(
    name: str, found: Mapping[str, Probed], *, threshold: float, due: Sequence[str] = ()
) -> Verdict:
    worst = max((probed.share() for probed in found.values()), default=1.0)
    missing = [kind for kind in due if kind not in found]
    told = ", ".join(f"{kind} {probed.wrong} of {probed.probed}" for kind, probed in sorted(found.items()))
    return Verdict(
        name=name,
        figure=worst,
        threshold=threshold,
        passed=worst <= threshold and not missing,
        text=f"wrong way: {told}; allowed {threshold:.1%} of each kind"
        + (f"; never probed: {', '.join(missing)}" if missing else ""),
    )


def no_drift(drift: Drift) -> Verdict:
    """Passes if the interval of the mean change of the probability over a round, outcome included, contains 0."""
    change = drift.change
    return Verdict(
        name="no drift",
        figure=change.value,
        threshold=0.0,
        passed=change.lo <= 0.0 <= change.hi,
        text=f"mean change of CT's chance over {drift.rounds} rounds {change.text()}; 0 must lie within",
    )


def map_no_worse(starts: Sequence[Figures]) -> Verdict:
    """Passes unless the paired interval of the map's chance at round starts lies wholly above the margin."""
    paired = next((figures.paired for figures in starts if figures.model == CHAMPION), None)
    told = "the champion's chain counted on the same maps is ours" if paired is None else paired.text()
    figure = 0.0 if paired is None else paired.lo
    return Verdict(
        name="map no worse",
        figure=figure,
        threshold=WORSE_MARGIN,
        passed=figure <= WORSE_MARGIN,
        text=f"log loss of the map at {starts[0].rows} round starts minus the champion's: {told}; lower end due by "
        f"{WORSE_MARGIN}",
    )


def decided_exact(sound: Soundness) -> Verdict:
    return _none_wrong(
        "decided states exact", sound.decided, f"of {sound.states} states decided or open are told otherwise"
    )


def receipts_reproduced(sound: Soundness) -> Verdict:
    return _none_wrong(
        "receipts reproduced",
        sound.receipts,
        f"of {sound.issued} predictions are not made again to the last bit",
    )


def _none_wrong(name: str, wrong: Sequence[str], told: str) -> Verdict:
    first = f"; the first: {wrong[0]}" if wrong else ""
    return Verdict(
        name=name,
        figure=float(len(wrong)),
        threshold=0.0,
        passed=not wrong,
        text=f"{len(wrong)} {told}{first}",
    )


def schema_equal(sound: Soundness) -> Verdict:
    is_equal = sound.schema_hash == sound.due_schema_hash
    return Verdict(
        name="feature schema equal",
        figure=float(not is_equal),
        threshold=0.0,
        passed=is_equal,
        text=f"the bundle is for features {sound.schema_hash}, the code for {sound.due_schema_hash}",
    )
