"""`bench retraining`: candidate contest, choice, fit, evaluation and gates, on maps that are in memory already.

The baseline is a single fit of the champion's recipe to the same maps: anything above it is the cost of the
verdicts.
"""

from collections.abc import Sequence

from midround.bench.figures import Report, Watch, at_most, span
from models.candidates import Candidate, candidates
from models.contest import Reigning
from models.dataset import RecordedMap
from models.retraining import files_of, retrain
from models.soundness import PROBED_STATES

ASKED_S = 180.0


def measured(
    maps: Sequence[RecordedMap],
    champion: Reigning,
    *,
    tried: Sequence[Candidate] | None = None,
    probed_states: int = PROBED_STATES,
) -> Report:
    """Run the benchmark. Raises `models.partitions.DatasetError` for maps that cannot be learned from."""
    chosen_from = tuple(tried or candidates())
    watch = Watch()
    with span() as whole:
        found = retrain(maps, champion, version="bench", tried=chosen_from, probed_states=probed_states)
    with span() as fit:
        files_of(maps, champion.candidate, map_sd=found.fitted.map_sd)
    passed = sum(verdict.passed for verdict in found.verdicts)
    return Report(
        bench="retraining",
        load=f"{len(maps)} maps, {len(chosen_from)} candidates, folds and gates; chose {found.fitted.candidate.name}",
        machine=watch.machine(),
        values={
            "whole_s": round(whole.wall_s, 2),
            "whole_cpu_s": round(whole.cpu_s, 2),
            "one_fit_s": round(fit.wall_s, 2),
            "whole_to_one_fit_ratio": round(whole.wall_s / fit.wall_s, 2),
            "gates": len(found.verdicts),
            "gates_passed": passed,
        },
        targets=(at_most("s from maps to verdicts", asked=ASKED_S, found=whole.wall_s),),
    )
