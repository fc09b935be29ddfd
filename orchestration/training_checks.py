"""Asset checks of what is learned from, and of what was learned: blocking where training would learn wrong things.

Belongs here: verdicts from rows, gates as Dagster shows them. Does not belong here: the tests (`models.leakage`,
`models.partitions`, `models.drift`), the gates (`models.gates`).
"""

from collections.abc import Iterator, Sequence

import dagster as dg

from game.features import SCHEMA_HASH
from models.gates import NAMES as GATES
from models.leakage import label_leak
from models.partitions import Dataset, problems
from models.swing_gates import SWING_NAMES
from models.verdict import Verdict
from orchestration.learning import Learnable

ROWS, EVALUATION = "training_rows", "evaluation"
ON_ROWS: list[dg.AssetCheckSpec] = [
    dg.AssetCheckSpec(
        "label_leakage", asset=ROWS, blocking=True, description="No label is the winner of the round before."
    ),
    dg.AssetCheckSpec(
        "split_leakage",
        asset=ROWS,
        blocking=True,
        description="No map is there twice.",
    ),
    dg.AssetCheckSpec(
        "ranges",
        asset=ROWS,
        blocking=True,
        description="Features are within what the game allows, outcomes are their round's, nothing is missing.",
    ),
    dg.AssetCheckSpec(
        "feature_schema",
        asset=ROWS,
        blocking=True,
        description="Rows have the features that this code knows.",
    ),
]


def check_name(gate: str) -> str:
    """The gate's name as Dagster takes one."""
    return "gate_" + "".join(c if c.isalnum() else "_" for c in gate.lower())


ON_EVALUATION: list[dg.AssetCheckSpec] = [
    dg.AssetCheckSpec(check_name(name), asset=EVALUATION, description=f"Gate of promotion: {name}.")
    for name in GATES
] + [
    dg.AssetCheckSpec(check_name(name), asset=EVALUATION, description=f"Gate of publishing swings: {name}.")
    for name in SWING_NAMES
]


def on_rows(maps: Sequence[Learnable], dataset: Dataset | None) -> Iterator[dg.AssetCheckResult]:
    """The verdict of each check of `ON_ROWS`."""
    yield _labels(maps)
    yield _splits(maps)
    wrong = {
        each.map_.file: problem for each in maps if (problem := next(problems(each.map_), None)) is not None
    }
    told = {"maps": len(maps), "unfit": len(wrong), "which": str(wrong or "none")}
    yield _result("ranges", told, passed=not wrong)
    found = SCHEMA_HASH if dataset is None else dataset.feature_schema_hash
    yield _result("feature_schema", {"found": found, "known": SCHEMA_HASH}, passed=found == SCHEMA_HASH)


def _labels(maps: Sequence[Learnable]) -> dg.AssetCheckResult:
    pairs = [
        (now.ct_won, before.ct_won)
        for each in maps
        for before, now in zip(each.map_.starts, each.map_.starts[1:], strict=False)
        if now.a_side == before.a_side
    ]
    leak = label_leak([now for now, _ in pairs], [before for _, before in pairs])
    return _result(
        "label_leakage",
        {
            "pairs": leak.pairs,
            "share": leak.share,
            "expected_at_most": leak.expected,
            "p_value": leak.p_value,
        },
        passed=not leak.is_found,
    )


def _splits(maps: Sequence[Learnable]) -> dg.AssetCheckResult:
    keys = [each.partition.key for each in maps]
    names = [each.map_.file for each in maps]
    twice = sorted({name for name in (*keys, *names) if keys.count(name) > 1 or names.count(name) > 1})
    matches = {each.partition.match for each in maps}
    return _result(
        "split_leakage",
        {"maps": len(maps), "matches": len(matches), "twice": str(twice or "none")},
        passed=not twice,
    )


def on_gates(verdicts: Sequence[Verdict]) -> Iterator[dg.AssetCheckResult]:
    """Each gate's verdict. A refusal is a warning: the champion stays, and nothing is broken."""
    for verdict in verdicts:
        yield dg.AssetCheckResult(
            asset_key=EVALUATION,
            check_name=check_name(verdict.name),
            passed=verdict.passed,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={
                "figure": str(verdict.figure),
                "threshold": str(verdict.threshold),
                "says": verdict.text,
            },
        )


def _result(name: str, metadata: dict[str, object], *, passed: bool) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=ROWS,
        check_name=name,
        passed=passed,
        metadata={key: str(value) for key, value in metadata.items()},
    )
