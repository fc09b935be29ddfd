"""Assets of retraining: from the decided maps of the lake to a champion on air, one per step of `models.retraining`.

Belongs here: thin bodies that call a step and report its result. Does not belong here: the steps, the gates
(`models.gates`), checks (`orchestration.training_checks`), when it starts (`orchestration.sensors`).

A candidate that a gate refuses is registered with its verdicts, and the champion stays. The candidate then runs in
shadow, unless it is not fit to run (`models.gates.is_fit`).
"""

import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import dagster as dg
from msgspec import Struct
from pydantic import Field

from models import gates, promotion, registry, retraining
from models.bundle import BundleError, Champion, read_manifest, read_pointer, write_bundle
from models.candidates import Candidate, candidates
from models.code import training_version
from models.contest import Reigning, reigning
from models.dataset import RecordedMap
from models.evaluation import map_sd
from models.following import follow
from models.judgement import Judged, judge
from models.partitions import Dataset, frozen, selected
from models.registry_record import record_of
from models.retraining import Contests, Fitted, Retrained
from models.soundness import PROBED_STATES, soundness
from orchestration.learning import Learnable, evidence, surveyed
from orchestration.resources import CatalogResource, LakeResource, ModelsResource, TrackingResource
from orchestration.selection import ALL, NEW
from orchestration.selection import selected as named
from orchestration.succession import Told
from orchestration.succession import told as told_on
from orchestration.training_checks import ON_EVALUATION, ON_ROWS, on_gates, on_rows

OWNERS = ["team:models"]
GROUP = "training"
WHO = "dagster"
PNG = "data:image/png;base64,"


class Frozen(Struct, frozen=True, kw_only=True):
    """The training data: its description, the rows in the same order, and the champion to compare with."""

    dataset: Dataset
    maps: tuple[RecordedMap, ...]
    champion: Reigning


class Selection(dg.Config):
    """Which maps to train on: `all`, those `new` to the champion, a day, a range of days, a
    match, or a prefix of keys."""

    maps: str = ALL


class Search(dg.Config):
    """`candidates` names the candidates to try; empty: all."""

    candidates: list[str] = Field(default_factory=list)


class Judging(dg.Config):
    """`version` names the new model; empty: named after the current time. `probed_states` states
    are probed for monotonicity."""

    version: str = ""
    probed_states: int = PROBED_STATES


@dg.asset(
    deps=["states", "round_starts", "quality"],
    check_specs=ON_ROWS,
    group_name=GROUP,
    kinds={"python"},
    owners=OWNERS,
    description="The decided maps of the lake as rows to learn from, frozen with their digests: a model can be made "
    "again from this alone.",
)
def training_rows(  # noqa: PLR0917 - resources as Dagster passes them
    context: dg.AssetExecutionContext, config: Selection, lake: LakeResource, models: ModelsResource
) -> Iterator[dg.MaterializeResult[Frozen] | dg.AssetCheckResult]:
    """The frozen dataset, with the champion to compare with. The checks are reported first,
    before an unfit map raises."""
    champion, survey = reigning(models.champion_folder()), surveyed(lake.root)
    for key, why in survey.left_out.items():
        context.log.warning("%s is left out: %s", key, why)
    chosen = _chosen(list(survey.maps), config.maps, champion)
    yield from on_rows(chosen, evidence(lake.root, chosen))
    dataset = frozen([each.map_ for each in chosen], training_version())
    maps = tuple(selected(dataset, [each.map_ for each in chosen]))
    yield dg.MaterializeResult(
        value=Frozen(dataset=dataset, maps=maps, champion=champion),
        metadata={
            "maps": len(maps),
            "rounds": sum(len(each.starts) for each in maps),
            "dagster/row_count": sum(len(each.samples) for each in maps),
            "digest": dataset.digest,
            "code_version": dataset.code_version,
            "feature_schema_hash": dataset.feature_schema_hash,
            "partitions": dg.MetadataValue.json([p.key for p in dataset.partitions]),
            "left_out": dg.MetadataValue.json(dict(survey.left_out)),
        },
    )


def _chosen(found: list[Learnable], maps: str, champion: Reigning) -> list[Learnable]:
    if maps == NEW:
        new = {map_.file for map_ in champion.unseen(each.map_ for each in found)}
        return [each for each in found if each.map_.file in new]
    keys = set(named([each.partition.key for each in found], maps))
    return [each for each in found if each.partition.key in keys]


@dg.asset(group_name=GROUP, kinds={"lightgbm"}, owners=OWNERS)
def contest(context: dg.AssetExecutionContext, config: Search, training_rows: Frozen) -> Contests:
    """Every candidate's procedure and the champion on maps that ours has not seen: outer folds, and
    later maps if there are enough."""
    with timed(context):
        found = retraining.contest(training_rows.maps, tried(config.candidates), training_rows.champion)
    context.add_output_metadata(
        {
            "decided_by": found.deciding().mode,
            "maps": len(found.deciding().maps),
            "choices": dg.MetadataValue.json([choice.name for choice in found.deciding().choices]),
        }
    )
    return found


@dg.multi_asset(
    outs={
        name: dg.AssetOut(description=about, group_name=GROUP, kinds={"lightgbm"}, owners=OWNERS)
        for name, about in (
            ("round_model", "The round model of the recipe that inner folds chose, fitted to all maps."),
            ("map_model", "The chain over score, side and economy, counted on the same maps."),
        )
    },
    name="fit",
)
def fit(training_rows: Frozen, contest: Contests, config: Search) -> Iterator[dg.Output[Fitted]]:
    """Both models of one bundle. They belong together, and so does their metadata."""
    begun_s = time.monotonic()
    fitted = retraining.fit(
        training_rows.maps, tried(config.candidates), map_sd=map_sd(contest.by_fold.table)
    )
    metadata: dict[str, dg.MetadataValue[Any] | str | float] = {
        "candidate": fitted.candidate.name,
        "map_sd": fitted.map_sd,
        "bytes": sum(map(len, fitted.files.values())),
        "inner_losses": dg.MetadataValue.json(fitted.choice.losses),
        "seconds": time.monotonic() - begun_s,
    }
    for name in ("round_model", "map_model"):
        yield dg.Output(fitted, output_name=name, metadata=metadata)


@dg.asset(
    check_specs=ON_EVALUATION,
    group_name=GROUP,
    kinds={"python"},
    owners=OWNERS,
    description="The candidate beside champion and baselines, by slice, with pictures; each gate is a check.",
)
def evaluation(  # noqa: PLR0917 - inputs as Dagster passes them
    training_rows: Frozen, contest: Contests, round_model: Fitted, config: Judging
) -> Iterator[dg.MaterializeResult[Retrained] | dg.AssetCheckResult]:
    """Figures, verdicts, tables and pictures, and the bundle with them."""
    begun_s = time.monotonic()
    retrained = _judged(training_rows, contest, round_model, config=config)
    yield dg.MaterializeResult(
        value=retrained,
        metadata={
            "model_version": retrained.model_version,
            "model_hash": retrained.model_hash,
            "gates": f"{sum(v.passed for v in retrained.verdicts)} of {len(retrained.verdicts)} passed",
            "seconds": time.monotonic() - begun_s,
            **{
                name.removesuffix(".md"): _table(text)
                for name, text in retrained.tables.items()
                if name.endswith(".md")
            },
            **{name.removesuffix(".png"): _picture(png) for name, png in retrained.pictures.items()},
        },
    )
    yield from on_gates((*retrained.verdicts, *retrained.swing_verdicts))


def _judged(rows: Frozen, contests: Contests, fitted: Fitted, *, config: Judging) -> Retrained:
    sd = retraining.published_sd(fitted.files)
    judged = judge(contests.deciding(), map_sd=sd)
    by_fold: Judged = judged if contests.later is None else judge(contests.by_fold, map_sd=sd)
    sound = soundness(fitted.files, rows.maps, states=config.probed_states)
    return retraining.finished(
        rows.dataset,
        rows.maps,
        contests,
        fitted,
        judged=judged,
        by_fold=by_fold,
        worth=retraining.worth_of(rows.maps, fitted.candidate),
        verdicts=gates.verdicts(judged, sound),
        version=config.version or f"cs2-{datetime.now(UTC):%Y-%m-%d-%H%M%S}",
    )


@dg.asset(group_name=GROUP, kinds={"mlflow"}, owners=OWNERS, deps=["map_model"])
def champion(  # noqa: PLR0917 - resources as Dagster passes them
    context: dg.AssetExecutionContext,
    evaluation: Retrained,
    models: ModelsResource,
    catalog: CatalogResource,
    tracking: TrackingResource,
) -> None:
    """Registers the candidate with all results; it goes on air if it passed every gate, else into shadow. Registration
    comes first, so nothing unregistered is promoted. A repetition continues an interrupted run."""
    version = registry.register(tracking.store(), record_of(evaluation))
    refused = [verdict.name for verdict in evaluation.verdicts if not verdict.passed]
    told: dict[str, object] = {
        "registered": f"{registry.ROUND_MODEL} {version.round_version}",
        "run": version.run_id,
        "model_hash": evaluation.model_hash,
        "refused_by": ", ".join(refused) or "none",
    }
    if refused:
        context.log.info("the champion stays: %s", ", ".join(refused))
        why = f"refused by {', '.join(refused)}, run {version.run_id}"
        told |= {"on_air": "no: the champion stays"}
        told |= _in_shadow(context, evaluation, why=why, models=models, tracking=tracking)
    else:
        why = f"all {len(evaluation.verdicts)} gates, run {version.run_id}"
        told |= _on_air(context, evaluation, why=why, models=models, catalog=catalog, tracking=tracking)
    context.add_output_metadata(told)


def _on_air(
    context: dg.AssetExecutionContext,
    retrained: Retrained,
    *,
    why: str,
    models: ModelsResource,
    catalog: CatalogResource,
    tracking: TrackingResource,
) -> dict[str, object]:
    """Metadata on a candidate that passed every gate. It was compared with one champion, so it goes into shadow instead
    if another is on air by now, or if it was itself refuted on air before."""
    try:
        on_air = put_on_air(models, retrained, why=why)
    except (promotion.SucceededError, promotion.RefutedError) as error:
        context.log.warning("the champion stays: %s", error)
        shadow = _in_shadow(context, retrained, why=str(error), models=models, tracking=tracking)
        return {"on_air": f"no: {error}", **shadow}
    manifest = read_manifest(models.writable() / on_air.bundle)
    following = partial(follow, tracking.store(), models.pointer, models.challenger)
    for problem in told_on(on_air, manifest, catalog_url=catalog.url, follow=following).warnings():
        context.log.warning("%s", problem)
    previous = models.previous_folder()
    return {
        "on_air": f"{on_air.bundle} from {on_air.since}",
        "previous": previous.name if previous else "none",
    }


def _in_shadow(
    context: dg.AssetExecutionContext,
    retrained: Retrained,
    *,
    why: str,
    models: ModelsResource,
    tracking: TrackingResource,
) -> dict[str, object]:
    """Metadata on a candidate that does not go on air. Registering gave it the alias `challenger`; if it does not
    become challenger, the alias returns to the present one."""
    became = put_in_shadow(models, retrained, why=why)
    problem = str(follow(tracking.store(), models.pointer, models.challenger))
    for warning in Told(registry=problem).warnings():
        context.log.warning("%s", warning)
    return {"in_shadow": became}


def put_on_air(models: ModelsResource, retrained: Retrained, *, why: str) -> Champion:
    """Copies the bundle into the models folder and makes it champion; the stream switches by itself. The present
    challenger stands down. Idempotent: a model that is champion already, as after an interrupted run, stays so.

    Raises `models.promotion.SucceededError` if the champion that it was compared with is no longer champion, and
    `RefutedError` if live maps refuted this very model before.
    """
    folder = models.writable()
    on_air = read_pointer(folder)
    if on_air.hash != retrained.model_hash:
        name = _taken_in(folder, retrained)
        on_air = promotion.promote(folder, name, who=WHO, why=why, instead_of=retrained.against).champion
    with suppress(OSError):
        promotion.stand_down(folder)
    return on_air


def put_in_shadow(models: ModelsResource, retrained: Retrained, *, why: str) -> str:
    """Copies the bundle into the models folder and makes it challenger, replacing any other.
    Returns the outcome in words."""
    if not gates.is_fit(retrained.verdicts):
        return "no: it is not fit to run"
    folder = models.writable()
    try:
        name = _taken_in(folder, retrained)
        named = promotion.challenge(folder, name, who=WHO, why=why)
    except (BundleError, promotion.PromotionError) as error:
        return f"no: {error}"
    return f"{named.bundle} from {named.since}"


def _taken_in(folder: Path, retrained: Retrained) -> str:
    with TemporaryDirectory() as scratch:
        bundle = Path(scratch) / retrained.model_version
        write_bundle(
            bundle,
            retrained.bundle,
            model_version=retrained.model_version,
            schema_hash=retrained.dataset.feature_schema_hash,
        )
        return promotion.take_in(folder, bundle)


def tried(names: list[str]) -> tuple[Candidate, ...]:
    """The candidates with those names; without names all of them. Raises `ValueError` for an unknown name."""
    known = {each.name: each for each in candidates()}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(f"candidates: {', '.join(unknown)}: none of {', '.join(known)}")
    return tuple(known[name] for name in names) or tuple(known.values())


@contextmanager
def timed(context: dg.AssetExecutionContext) -> Iterator[None]:
    """Logs the elapsed time."""
    begun_s = time.monotonic()
    yield
    context.log.info("took %.1f s", time.monotonic() - begun_s)


def _table(text: bytes) -> dg.MetadataValue[str]:
    return dg.MetadataValue.md(text.decode())


def _picture(png: bytes) -> dg.MetadataValue[str]:
    return dg.MetadataValue.md(f"![]({PNG}{b64encode(png).decode()})")
