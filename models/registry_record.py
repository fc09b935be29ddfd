"""A retraining, or a bundle alone, as a registry record: names and values, ready to be logged.

Belongs here: the params, metrics, tags, columns and examples of a run. Does not belong here: MLflow
(`models.registry`).
"""

from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pandas as pd
from msgspec import Struct

from game.features import FEATURE_NAMES, Features
from models import map_pyfunc, round_pyfunc
from models.bundle import CARD, CARD_TEXT, BundleError, Manifest, read_bundle, sha256
from models.calibration import Interval
from models.fitting import Recipe
from models.gates import is_fit, is_passed
from models.monotone import random_features
from models.retraining import VERDICTS, Retrained
from models.score import Score
from models.training import Card
from models.verdict import Verdict

REQUIRED = ("lightgbm", "msgspec", "pandas")
"""Required packages, besides this one, which is installed from source."""
EXAMPLES = 5
PARAM_CHARS = 500
KINDS = {int: "long", float: "double", bool: "boolean", str: "string"}
UNASKED = "none"
"""The gates tag of a bundle that no retraining made."""
Column = tuple[str, str, bool]
"""(name, type, whether required)."""


class Record(Struct, frozen=True, kw_only=True):
    """The contents of a run. `columns` (input columns, output names) and `examples` (sample
    rows) are by registered model."""

    manifest: Manifest
    bundle: dict[str, bytes]
    tables: dict[str, bytes]
    pictures: dict[str, bytes]
    card_text: str
    tags: dict[str, str]
    params: dict[str, str]
    metrics: dict[str, float]
    dataset_digest: str
    partitions: Any
    """A data frame with a row per partition."""
    columns: dict[str, tuple[tuple[Column, ...], tuple[str, ...]]]
    examples: dict[str, Any]
    requirements: tuple[str, ...]
    is_fit: bool
    """Whether it may become challenger (`models.gates.is_fit`)."""


def record_of(retrained: Retrained) -> Record:
    """The full record of a retraining."""
    return Record(
        manifest=retrained.manifest(),
        bundle=retrained.bundle,
        tables=retrained.tables,
        pictures=retrained.pictures,
        card_text=retrained.bundle[CARD_TEXT].decode(),
        tags=tags(
            retrained.manifest(),
            retrained.verdicts,
            code=retrained.dataset.code_version,
            dataset=retrained.dataset.digest,
        ),
        params=params_of(retrained),
        metrics=dict(metrics_of(retrained)),
        dataset_digest=retrained.dataset.digest,
        partitions=pd.DataFrame(
            [{**msgspec.to_builtins(one), "day": one.day.isoformat()} for one in retrained.dataset.partitions]
        ),
        is_fit=is_fit(retrained.verdicts),
        **_of_models(),
    )


def record_of_bundle(folder: Path) -> Record:
    """The record of a bundle of which only its files are known, such as the shipped one. It never becomes challenger.
    Raises `BundleError`, also for a bundle without its card."""
    manifest = read_bundle(folder).manifest
    bundle = {name: (folder / name).read_bytes() for name in manifest.files}
    try:
        card = msgspec.json.decode(bundle[CARD], type=Card)
        files = msgspec.convert(card.data["files"], list[str])
        metrics = dict(card_metrics(card))
        verdicts = msgspec.json.decode(bundle.get(VERDICTS, b"[]"), type=tuple[Verdict, ...])
    except (msgspec.DecodeError, KeyError, TypeError) as error:
        raise BundleError(folder / CARD, f"does not tell what the model was trained on: {error}") from error
    dataset = card.data.get("dataset", sha256(msgspec.json.encode(card.data)))
    return Record(
        manifest=manifest,
        bundle=bundle,
        tables={},
        pictures={},
        card_text=bundle.get(CARD_TEXT, b"").decode(),
        tags=tags(manifest, verdicts, code=card.data.get("code", "unknown"), dataset=dataset),
        params=recipe_params(card.recipe) | {"maps": str(len(files))},
        metrics=metrics,
        dataset_digest=dataset,
        partitions=pd.DataFrame({"key": files}),
        is_fit=False,
        **_of_models(),
    )


def _of_models() -> dict[str, Any]:
    """The fields that are equal for every bundle: inputs, outputs and requirements of its two models."""
    return {
        "columns": {
            "midround-round": (round_columns(), round_pyfunc.OUTPUTS),
            "midround-map": (map_columns(), map_pyfunc.OUTPUTS),
        },
        "examples": {"midround-round": round_example(), "midround-map": map_example()},
        "requirements": tuple(f"{name}=={version(name)}" for name in REQUIRED),
    }


def tags(manifest: Manifest, verdicts: Sequence[Verdict], *, code: str, dataset: str) -> dict[str, str]:
    return {
        "model_version": manifest.model_version,
        "model_hash": manifest.model_hash,
        "feature_schema_hash": manifest.feature_schema_hash,
        "code_version": code,
        "dataset": dataset,
        "gates": ("passed" if is_passed(verdicts) else "refused") if verdicts else UNASKED,
        "refused_by": ", ".join(v.name for v in verdicts if not v.passed) or "none",
    }


def recipe_params(recipe: Recipe) -> dict[str, str]:
    return {f"recipe.{name}": str(value) for name, value in msgspec.to_builtins(recipe).items()}


def params_of(retrained: Retrained) -> dict[str, str]:
    fitted = retrained.fitted
    recipe = recipe_params(fitted.candidate.recipe)
    others = {
        "candidate": fitted.candidate.name,
        "off": ", ".join(fitted.candidate.off) or "none",
        "map_sd": str(fitted.map_sd),
        "tried": ", ".join(fitted.choice.losses),
        "maps": str(len(retrained.dataset.partitions)),
        "judged": retrained.judged.mode,
    }
    return {name: value[:PARAM_CHARS] for name, value in {**recipe, **others}.items()}


def metrics_of(retrained: Retrained) -> Iterator[tuple[str, float]]:
    """Figures, with the ends of their intervals under `_lo` and `_hi`; verdicts as 1 and 0."""
    judged = retrained.judged
    for grid, figures in (("clock", judged.clock), ("events", judged.events), ("starts", judged.starts)):
        for one in figures:
            place = f"{grid}/{one.model.replace(' ', '_')}"
            yield from _ends(f"{place}/log_loss", one.log_loss)
            yield f"{place}/ece", one.ece
            yield f"{place}/ece_floor", one.ece_floor
            if one.paired is not None:
                yield from _ends(f"{place}/ours_minus_it", one.paired)
    for drift in judged.drift:
        yield from _ends(f"drift/{drift.until_s or 'end'}", drift.change)
    yield "coverage", judged.coverage.covered
    for name, loss in retrained.fitted.choice.losses.items():
        yield f"inner/{_safe(name)}", loss
    for verdict in retrained.verdicts:
        yield f"gates/{_safe(verdict.name)}", float(verdict.passed)


def card_metrics(card: Card) -> Iterator[tuple[str, float]]:
    """The figures of a card's slices, named like those of a retraining."""
    for name, figures in card.figures.items():
        for one in figures:
            place = f"{_safe(name)}/{_safe(one['model'])}"
            yield from _ends(f"{place}/log_loss", Interval(*one["log_loss"]))
            yield f"{place}/ece", one["ece"]


def _safe(name: str) -> str:
    """A name without the characters that MLflow does not allow."""
    return name.replace(",", "").replace(":", "").replace(" ", "_")


def _ends(name: str, interval: Interval) -> Iterator[tuple[str, float]]:
    yield name, interval.value
    yield f"{name}_lo", interval.lo
    yield f"{name}_hi", interval.hi


def round_columns() -> tuple[Column, ...]:
    kinds = {field.name: KINDS[field.type] for field in msgspec.structs.fields(Features)}
    return tuple((name, kinds[name], True) for name in FEATURE_NAMES)


def map_columns() -> tuple[Column, ...]:
    """Nullable columns are optional and of type double, since a data frame has no null among integers."""
    texts = {"stage", "a_side", "first_a_side", "round_winner", "map_outcome", "series_outcome"}
    nullable = {f.name for f in msgspec.structs.fields(Score) if "None" in str(f.type)}
    return tuple(
        (name, "string" if name in texts else "double" if name in nullable else "long", name not in nullable)
        for name in map_pyfunc.COLUMNS
    )


def round_example() -> pd.DataFrame:
    rng = Random("midround/example")
    rows = [msgspec.to_builtins(random_features(rng)) for _ in range(EXAMPLES)]
    return pd.DataFrame(rows, columns=list(FEATURE_NAMES))


def map_example() -> pd.DataFrame:
    """Scores before a round."""
    scores = [(0, 0), (3, 1), (6, 6), (11, 9), (12, 12)]
    return map_frame([_score(a, b) for a, b in scores])


def map_frame(scores: list[Score]) -> pd.DataFrame:
    """The table that the map model takes as input."""
    frame = pd.DataFrame([msgspec.to_builtins(score) for score in scores], columns=list(map_pyfunc.COLUMNS))
    kinds = {name: {"string": object, "double": float, "long": int}[kind] for name, kind, _ in map_columns()}
    return frame.astype(kinds)


def _score(a: int, b: int) -> Score:
    return Score(
        stage="before",
        round_winner=None,
        score_a=a,
        score_b=b,
        a_side="ct",
        first_a_side="ct",
        max_rounds=24,
        overtime_max_rounds=6,
        kind=None,
        reached_kind=None,
        previous_kind=None,
        previous_ct_won=None,
        map_outcome=None,
        maps_a=0,
        maps_b=0,
        maps_left=0,
        series_outcome=None,
    )
