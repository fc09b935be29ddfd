"""Asset checks of the training data and of the result; blocking if training would learn wrong things.

Belongs here: verdicts from rows, gates as Dagster shows them. Does not belong here: the tests (`models.leakage`,
`models.partitions`, `models.drift`), the gates (`models.gates`).
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, pairwise

import dagster as dg

from adapters.lake.partitions import Partition
from game.features import SCHEMA_HASH
from models.dataset import RecordedMap, Sample, Start
from models.gates import NAMES as GATES
from models.leakage import label_leak
from models.partitions import played_digest, problems
from models.swing_gates import SWING_NAMES
from models.verdict import Verdict
from orchestration.learning import Evidence, Learnable

UNDECIDED_SHARE = 0.05
"""Recorded maps lack no outcome at all."""
ROWS, EVALUATION = "training_rows", "evaluation"
ON_ROWS: list[dg.AssetCheckSpec] = [
    dg.AssetCheckSpec(
        "label_leakage",
        asset=ROWS,
        blocking=True,
        description="Every label is the winner that the facts name for its round, and no oftener than in true matches "
        "the winner of the round before.",
    ),
    dg.AssetCheckSpec(
        "split_leakage",
        asset=ROWS,
        blocking=True,
        description="No map is there twice, under whatever name and in whatever match.",
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
        description="Rows were sampled by the definition of the features that this code has.",
    ),
    dg.AssetCheckSpec(
        "null_shares",
        asset=ROWS,
        description=f"Of no map more than {UNDECIDED_SHARE:.0%} of the states lack their outcome; none lacks its name.",
    ),
]


def check_name(gate: str) -> str:
    """The gate's name as a valid name of a Dagster check."""
    return "gate_" + "".join(c if c.isalnum() else "_" for c in gate.lower())


ON_EVALUATION: list[dg.AssetCheckSpec] = [
    dg.AssetCheckSpec(check_name(name), asset=EVALUATION, description=f"Gate of promotion: {name}.")
    for name in GATES
] + [
    dg.AssetCheckSpec(check_name(name), asset=EVALUATION, description=f"Gate of publishing swings: {name}.")
    for name in SWING_NAMES
]


def on_rows(
    maps: Sequence[Learnable], against: Mapping[Partition, Evidence]
) -> Iterator[dg.AssetCheckResult]:
    """The verdict of each check of `ON_ROWS`, from the rows and the evidence for them."""
    yield _labels(maps, against)
    yield _splits(maps)
    wrong = {
        each.map_.file: problem for each in maps if (problem := next(problems(each.map_), None)) is not None
    }
    told = {"maps": len(maps), "unfit": len(wrong), "which": str(wrong or "none")}
    yield _result("ranges", told, passed=not wrong)
    found = {each.map_.file: against[each.partition].features for each in maps}
    others = {file: features or "unknown" for file, features in found.items() if features != SCHEMA_HASH}
    told = {"known": SCHEMA_HASH, "others": len(others), "which": str(others or "none")}
    yield _result("feature_schema", told, passed=not others)
    yield _untold(maps, against)


def _labels(maps: Sequence[Learnable], against: Mapping[Partition, Evidence]) -> dg.AssetCheckResult:
    pairs, wrong = list[tuple[bool, bool]](), dict[str, list[int]]()
    for each in maps:
        ct_won, labels = against[each.partition].ct_won, _by_round(each.map_)
        pairs += [
            (next(iter(labels[now.round_no])), ct_won[before.round_no])
            for before, now in pairwise(each.map_.starts)
            if now.a_side == before.a_side and now.round_no in labels and before.round_no in ct_won
        ]
        others = [number for number, of in labels.items() if number not in ct_won or of != {ct_won[number]}]
        if others:
            wrong[each.map_.file] = sorted(others)
    leak = label_leak([now for now, _ in pairs], [before for _, before in pairs])
    return _result(
        "label_leakage",
        {
            "pairs": leak.pairs,
            "share": leak.share,
            "expected_at_most": leak.expected,
            "p_value": leak.p_value,
            "rounds_of_another_winner": str(wrong or "none"),
        },
        passed=not leak.is_found and not wrong,
    )


def _by_round(map_: RecordedMap) -> dict[int, set[bool]]:
    """All labels of a round's rows, by round."""
    labels: dict[int, set[bool]] = {}
    rows: Iterator[Sample | Start] = chain(map_.samples, map_.starts)
    for row in rows:
        labels.setdefault(row.round_no, set()).add(row.ct_won)
    return labels


def _untold(maps: Sequence[Learnable], against: Mapping[Partition, Evidence]) -> dg.AssetCheckResult:
    lacking = dict[str, dict[str, float]]()
    for each in maps:
        shares = {
            "outcomes": against[each.partition].undecided,
            "map_name": float(not each.map_.map_name),
        }
        much = {name: round(share, 3) for name, share in shares.items() if share > UNDECIDED_SHARE}
        if much:
            lacking[each.map_.file] = much
    told = {"maps": len(maps), "lacking": len(lacking), "which": str(lacking or "none")}
    return _result("null_shares", told, passed=not lacking, severity=dg.AssetCheckSeverity.WARN)


def _splits(maps: Sequence[Learnable]) -> dg.AssetCheckResult:
    keys = [each.partition.key for each in maps]
    names = [each.map_.file for each in maps]
    played = [played_digest(each.map_) for each in maps]
    is_twice = [n for n in range(len(maps)) if any(of.count(of[n]) > 1 for of in (keys, names, played))]
    twice = sorted({keys[n] for n in is_twice})
    matches = {each.partition.match for each in maps}
    return _result(
        "split_leakage",
        {"maps": len(maps), "matches": len(matches), "twice": str(twice or "none")},
        passed=not twice,
    )


def on_gates(verdicts: Sequence[Verdict]) -> Iterator[dg.AssetCheckResult]:
    """Each gate's verdict. A refusal is only a warning: the champion stays, and nothing is broken."""
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


def _result(
    name: str,
    metadata: Mapping[str, object],
    *,
    passed: bool,
    severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.ERROR,
) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=ROWS,
        check_name=name,
        passed=passed,
        severity=severity,
        metadata={key: str(value) for key, value in metadata.items()},
    )
