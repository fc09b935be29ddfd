"""Asset checks of the maps: whether batch agrees with the stream, and whether a map's result is plausible.

Belongs here: the checks' names and descriptions, and verdicts from scorecards. Does not belong here: checks of training
data (`orchestration.training_checks`).

A check covers all partitions of its run and names those that fail. If a `blocking` check fails, the run fails after all
work is done: the scorecard still goes to the store, and amendments still happen. Such maps are excluded from training
(`orchestration.learning`) and are not final in the marts.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

import dagster as dg
import msgspec

from adapters.lake.partitions import Partition
from adapters.lake.tables import FACTS, QUALITY
from orchestration.derivation import Derived
from orchestration.parity import AGREED, UNCOMPARED, UNKNOWN, Parity

LATE_SHARE = 0.01
DUPLICATE_SHARE = 0.05
MOST_NAMED = 20
IMPOSSIBLE = frozenset(
    {
        "victim_already_dead",
        "bomb_impossible",
        "phase_impossible",
        "round_already_over",
        "round_begun_twice",
        "round_ended_twice",
        "score_mismatch",
        "winner_mismatch",
        "side_mismatch",
    }
)
"""Rules of `game.quality` that no real match breaks: if one is broken, the feed or its translation is wrong."""

ON_MAPS: list[dg.AssetCheckSpec] = [
    dg.AssetCheckSpec(
        "parity",
        asset=FACTS.name,
        blocking=True,
        description="Facts by batch have the digest of the stream's; a match of the log was told by it.",
    ),
    dg.AssetCheckSpec(
        "score_against_rounds",
        asset=FACTS.name,
        blocking=True,
        description="The score is the count of decided rounds; a map joined midway is excused.",
    ),
    dg.AssetCheckSpec("readable", asset=FACTS.name, description="Every record of the match is an event."),
    dg.AssetCheckSpec("gaps", asset=QUALITY.name, description="No number of a source is missing."),
    dg.AssetCheckSpec(
        "duplicates",
        asset=QUALITY.name,
        description=f"At most {DUPLICATE_SHARE:.0%} of the match's events came again.",
    ),
    dg.AssetCheckSpec(
        "late_share",
        asset=QUALITY.name,
        description=f"At most {LATE_SHARE:.0%} of the match's events came after a later one, none too late to "
        "be told.",
    ),
    dg.AssetCheckSpec(
        "impossible_transitions", asset=QUALITY.name, description="No event that the game does not allow."
    ),
]


def verdicts(
    maps: Sequence[Derived], parities: Sequence[Parity], *, events: Mapping[Partition, int]
) -> Iterator[dg.AssetCheckResult]:
    """The verdict of each check of `ON_MAPS`. `events` gives the number of events of each match over all its maps,
    since a scorecard's counts of the feed are those of the whole match."""
    yield _parity(maps, parities)
    for name, asset, is_wrong in _ON_CARDS:
        wrong = [each.partition.key for each in maps if is_wrong(each, events[each.partition.match])]
        yield _result(name, asset, wrong, of=len(maps))


def _parity(maps: Sequence[Derived], parities: Sequence[Parity]) -> dg.AssetCheckResult:
    """Fails if the stream published other facts, or none; only warns if the comparison was impossible."""
    verdicts_of = {each.partition: UNCOMPARED for each in maps}
    verdicts_of |= {each.partition: each.verdict for each in parities}
    wrong = {at.key: verdict for at, verdict in verdicts_of.items() if verdict not in AGREED}
    return _result(
        "parity",
        FACTS.name,
        [f"{key}: {verdict}" for key, verdict in wrong.items()],
        of=len(verdicts_of),
        more=Counter(verdicts_of.values()),
        is_unknown=bool(wrong) and {UNKNOWN, UNCOMPARED}.issuperset(wrong.values()),
    )


def rules(map_: Derived) -> dict[str, int]:
    """The number of breaches of the map by rule."""
    return msgspec.json.decode(map_.card.rules, type=dict[str, int])


def _is_repeated(map_: Derived, of: int) -> bool:
    return map_.card.duplicates > DUPLICATE_SHARE * of


def _is_late(map_: Derived, of: int) -> bool:
    return map_.card.stale > 0 or map_.card.late > LATE_SHARE * of


_ON_CARDS: tuple[tuple[str, str, Callable[[Derived, int], bool]], ...] = (
    ("score_against_rounds", FACTS.name, lambda map_, _: not map_.card.is_counted),
    ("readable", FACTS.name, lambda map_, _: map_.card.unreadable > 0),
    ("gaps", QUALITY.name, lambda map_, _: map_.card.holes > 0),
    ("duplicates", QUALITY.name, _is_repeated),
    ("late_share", QUALITY.name, _is_late),
    ("impossible_transitions", QUALITY.name, lambda map_, _: bool(IMPOSSIBLE & rules(map_).keys())),
)
"""(check, asset, predicate): whether a map fails, given the number of its match's events."""


def _result(
    name: str,
    asset: str,
    wrong: Sequence[str],
    *,
    of: int,
    more: Mapping[str, int] | None = None,
    is_unknown: bool = False,
) -> dg.AssetCheckResult:
    metadata = {"partitions": of, "failing": len(wrong), **(more or {})}
    is_error = name in _BLOCKING and not is_unknown
    named = (
        {"which": dg.MetadataValue.md("\n".join(f"- `{key}`" for key in wrong[:MOST_NAMED]))} if wrong else {}
    )
    return dg.AssetCheckResult(
        asset_key=asset,
        check_name=name,
        passed=not wrong,
        metadata={**metadata, **named},
        severity=dg.AssetCheckSeverity.ERROR if is_error else dg.AssetCheckSeverity.WARN,
    )


_BLOCKING = {spec.name for spec in ON_MAPS if spec.blocking}
