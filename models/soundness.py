"""Soundness: what a bundle must satisfy whatever the data, checked with the same code as on air.

Belongs here: monotonicity probes, decided states, reproduced receipts. Does not belong here: thresholds
(`models.gates`), making the probes (`models.monotone`).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from random import Random

from msgspec import Struct
from msgspec.structs import replace

from game.features import SCHEMA_HASH, Features
from game.payloads import Side
from game.rules import MR12
from game.state import MapState, MatchState, initial_state
from models.dataset import RecordedMap
from models.evaluation import predictor_of
from models.map_model import KINDS
from models.monotone import probes, random_features
from models.predictor import Predictor
from models.receipt import GENESIS, issue, verify
from models.round_model import probability
from models.score import Score

PROBED_STATES = 8_000
"""Half of them recorded (or as many as there are), the rest random."""
CHECKED_STATES = 400
TOLERANCE = 1e-6
"""As a probability: a hundredth of the last published digit."""


class Probed(Struct, frozen=True, kw_only=True):
    """The number of probes of one kind, and how many were violated."""

    probed: int = 0
    wrong: int = 0

    def share(self) -> float:
        return self.wrong / self.probed if self.probed else 0.0


class Soundness(Struct, frozen=True, kw_only=True):
    """The results of all checks; `decided` and `receipts` describe failures in words."""

    probes: dict[str, Probed]
    decided: tuple[str, ...]
    states: int
    receipts: tuple[str, ...]
    issued: int
    schema_hash: str
    due_schema_hash: str = SCHEMA_HASH


def soundness(
    files: Mapping[str, bytes],
    maps: Sequence[RecordedMap],
    *,
    schema_hash: str = SCHEMA_HASH,
    seed: int = 1,
    states: int = PROBED_STATES,
) -> Soundness:
    """Checks a bundle's files at recorded and random states. Raises `BundleError` for files that cannot be loaded."""
    predictor, again = (predictor_of(dict(files), "tried") for _ in range(2))
    rng = Random(f"midround/soundness/{seed}")
    recorded = [sample.features for map_ in maps for sample in map_.clock()]
    some = rng.sample(recorded, min(states // 2, len(recorded)))
    everywhere = [*some, *(random_features(rng) for _ in range(states - len(some)))]
    checked = [(features, _score(rng)) for features in everywhere[:: max(1, states // CHECKED_STATES)]]
    decided_ = list(_told_otherwise(predictor, checked, rng))
    return Soundness(
        probes=probed(predictor, everywhere, rng),
        decided=tuple(decided_),
        states=5 * len(checked),
        receipts=tuple(_not_reproduced(predictor, again, checked)),
        issued=len(checked),
        schema_hash=schema_hash,
    )


def probed(predictor: Predictor, states: Sequence[Features], rng: Random) -> dict[str, Probed]:
    """All probes at these states, by kind, on unrounded probabilities, since rounding would hide small violations."""
    counts: dict[str, list[int]] = {}
    for state in states:
        for probe in probes(state, rng):
            better, worse = (
                probability(predictor.rounds.margin(features)[0]) for features in (probe.better, probe.worse)
            )
            count = counts.setdefault(probe.kind, [0, 0])
            count[0] += 1
            count[1] += better < worse - TOLERANCE
    return {kind: Probed(probed=n, wrong=wrong) for kind, (n, wrong) in sorted(counts.items())}


def _told_otherwise(
    predictor: Predictor, checked: Sequence[tuple[Features, Score]], rng: Random
) -> Iterator[str]:
    """Describes each published chance that contradicts the rules. Five states are derived from each checked one."""
    for features, score in checked:
        no_t = replace(features, t_alive=0, is_planted=False, bomb_left_s=0.0)
        no_ct = replace(features, ct_alive=0, t_alive=max(1, features.t_alive))
        due: tuple[tuple[str, Features | None, Score, float | None], ...] = (
            ("all T dead", no_t, score, 1.0),
            ("all CT dead", no_ct, score, 0.0),
            ("won by CT", None, _won(score, "ct"), 1.0),
            ("won by T", None, _won(score, "t"), 0.0),
            ("open", features, score, None),
        )
        for name, inputs, at, p in due:
            found = predictor.forecast(inputs, at).round.p_ct
            if (found in {0.0, 1.0}) if p is None else (found != p):
                yield f"{name}: CT's chance is {found}"


def _won(score: Score, side: Side) -> Score:
    return replace(score, stage="decided", round_winner="A" if score.a_side == side else "B")


def _not_reproduced(
    predictor: Predictor, again: Predictor, checked: Sequence[tuple[Features, Score]]
) -> Iterator[str]:
    previous = GENESIS
    for seq, (features, score) in enumerate(checked, start=1):
        prediction = issue(
            predictor=predictor,
            state=_state(seq),
            forecast=predictor.forecast(features, score),
            features=features,
            event_id=f"{seq}",
            input_event_ids=(f"{seq}",),
            previous=previous,
            prev_seq=seq - 1,
        )
        wrong = verify(prediction, again, previous)
        previous = prediction.receipt.digest
        if wrong:
            yield f"{seq}: {wrong[0]}"


def _state(seq: int) -> MatchState:
    bare = initial_state("tried")
    map_ = MapState(map_id="tried", number=1, rules=MR12, a_side="ct", first_a_side="ct")
    return replace(bare, seq=seq, last_ts=datetime(2026, 1, 1, tzinfo=UTC), map=map_)


def _score(rng: Random) -> Score:
    """A live round of a map that is still open."""
    a, b = rng.randint(0, 12), rng.randint(0, 12)
    side: Side = rng.choice(("ct", "t"))
    return Score(
        stage="live",
        round_winner=None,
        score_a=a,
        score_b=b,
        a_side=side,
        first_a_side=side,
        max_rounds=MR12.max_rounds,
        overtime_max_rounds=MR12.overtime_max_rounds,
        kind=rng.choice(KINDS),
        reached_kind=None,
        previous_kind=None,
        previous_ct_won=None,
        map_outcome=None,
        maps_a=0,
        maps_b=0,
        maps_left=rng.randint(0, 2),
        series_outcome=None,
    )
