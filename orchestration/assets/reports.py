"""Assets about the champion on air: feature drift, and calibration of its chances.

Belongs here: thin bodies, and what Dagster shows. Does not belong here: figures (`orchestration.reports`).
"""

from base64 import b64encode
from collections.abc import Iterator

import dagster as dg

from models.champions import since
from models.contest import reigning
from models.drift import ALARM as DRIFTED
from models.plots import reliability_of
from models.predictor import load_predictor
from models.promotion import refute
from models.tables import markdown
from orchestration.learning import believed, learnable
from orchestration.reports import LEAST_MAPS, Drifting, calibrated, drifting, watched_champion
from orchestration.resources import LakeResource, ModelsResource

OWNERS = ["team:models"]
GROUP = "reports"
DRIFT = "feature_drift"
ALARM, UNSEEN, UNSEEN_MATCHES = "alarm", "unseen_maps", "unseen_matches"
"""Metadata keys that the retraining sensor reads, besides the champion's `MODEL_HASH`."""
REFUTED, MODEL_HASH, SINCE, CAN_GO_BACK, SAYS = "refuted", "model_hash", "since", "can_go_back", "says"
"""Metadata keys that the sensor for refuted champions reads."""


@dg.asset(
    deps=["states", "round_starts", "quality"],
    group_name=GROUP,
    kinds={"python"},
    owners=OWNERS,
    description="Maps that came since the champion was trained, beside its own: each feature's distribution, with the "
    "number of tests accounted for, and the sequential test of its chances.",
    check_specs=[
        dg.AssetCheckSpec(
            DRIFT,
            asset="drift_report",
            description="No feature's distribution differs: two-sample test by permuted matches, Holm over all "
            f"features at {DRIFTED:.0%}; with its PSI. Fewer than {LEAST_MAPS} maps on a side are not compared: then "
            "nothing is known, which warns.",
        )
    ],
)
def drift_report(lake: LakeResource, models: ModelsResource) -> Iterator[dg.MaterializeResult[None]]:
    """Reported here; the sensor `retraining_due` acts on it."""
    folder = models.champion_folder()
    predictor = load_predictor(folder)
    found = drifting([each.map_ for each in learnable(lake.root)], reigning(folder), predictor)
    slope, shift = found.watch.twin()
    yield dg.MaterializeResult(
        metadata={
            MODEL_HASH: predictor.model_hash,
            ALARM: found.is_alarm,
            UNSEEN: found.unseen,
            UNSEEN_MATCHES: found.unseen_matches,
            "seen_maps": found.seen,
            "drifted": ", ".join(found.alarms) or "none",
            "evidence_against_the_champion": found.watch.peak,
            "best_twin": f"slope {slope}, shift {shift}",
            "features": dg.MetadataValue.md(markdown(found.features) or "too few maps to compare"),
        },
        check_results=[drift_verdict(found)],
    )


def drift_verdict(found: Drifting) -> dg.AssetCheckResult:
    """Fails as a warning only, since retraining starts automatically and the champion stays on air meanwhile. With too
    few maps nothing is known, which is a warning too."""
    which = [
        f"{each.feature} (PSI {each.psi:.3f}, Holm {each.holm:.4f})"
        for each in found.features
        if each.feature in found.alarms
    ]
    return dg.AssetCheckResult(
        check_name=DRIFT,
        passed=bool(found.features) and not found.alarms,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"tests": len(found.features), "which": ", ".join(which) or "none"}
        if found.features
        else {"tests": 0, "which": f"nothing was compared: {', '.join(found.lacking())}"},
    )


@dg.asset(
    deps=["states", "round_starts", "quality"],
    group_name=GROUP,
    kinds={"python"},
    owners=OWNERS,
    description="The sequential test of the champion's log loss and calibration over the maps that came since: after "
    "each map's chain. What follows from a breach is for the sensor `champion_refuted`.",
)
def champion_watch(context: dg.AssetExecutionContext, lake: LakeResource, models: ModelsResource) -> None:
    """Reports the test, and records a refuted champion, so that no automatic rollback returns to it."""
    folder, before = models.champion_folder(), models.way_back()
    new = learnable(lake.root, reigning(folder).is_new)
    found = watched_champion([each.map_ for each in new], folder, before)
    slope, shift = found.watch.twin()
    says = (
        f"{found.champion}: evidence {found.watch.peak:.3g} after {found.watch.maps} maps; its log odds "
        f"fit better times {slope} plus {shift}"
    )
    if found.is_refuted:
        refute(models.writable(), found.model_hash, why=says)
    context.add_output_metadata(
        {
            REFUTED: found.is_refuted,
            CAN_GO_BACK: found.can_go_back,
            MODEL_HASH: found.model_hash,
            SINCE: since(models.pointer()).isoformat(),
            "model": found.champion,
            "maps": found.watch.maps,
            "evidence_against_the_champion": found.watch.peak,
            "evidence_against_the_one_before": "none to go back to"
            if found.before is None
            else found.before.peak,
            SAYS: says,
        }
    )


@dg.asset(
    deps=["predictions", "states", "quality"],
    group_name=GROUP,
    kinds={"python"},
    owners=OWNERS,
    description="The champion's published chances of the round, each second of live play, against what happened in the "
    "maps that it may be judged by.",
)
def calibration_report(context: dg.AssetExecutionContext, lake: LakeResource, models: ModelsResource) -> None:
    """In-sample if the champion was trained on the maps; `evaluation` uses only maps that a model has not seen."""
    champion = reigning(models.champion_folder())
    predictor = load_predictor(models.champion_folder())
    found = calibrated(lake.root, predictor.model_hash, believed(lake.root).names)
    if found is None:
        context.add_output_metadata({"model": champion.model_version, "rows": 0})
        return
    picture = b64encode(reliability_of(champion.model_version, found.p, found.y)).decode()
    context.add_output_metadata(
        {
            "model": champion.model_version,
            "rows": found.rows,
            "maps": found.maps,
            "log_loss": found.log_loss.text(),
            "ece": found.ece,
            "ece_floor": found.ece_floor,
            "reliability": dg.MetadataValue.md(f"![](data:image/png;base64,{picture})"),
        }
    )
