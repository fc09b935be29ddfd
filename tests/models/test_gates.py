"""Each gate passes what it should and refuses what it should, with the figure that decided."""

from collections.abc import Callable
from math import inf, nan
from typing import Any

import pytest
from msgspec.structs import replace

from game.features import SCHEMA_HASH
from models import gates
from models.calibration import Interval
from models.gates import verdicts
from models.judgement import Coverage, Drift, Judged, SliceFigure
from models.monotone import STRICT
from models.slices import DIMENSIONS, GATED
from models.soundness import Probed, Soundness
from models.tables import Figures
from models.verdict import Verdict

BETTER, EQUAL, WORSE = Interval(-0.01, -0.02, -0.001), Interval(0.0, -0.01, 0.01), Interval(0.05, 0.02, 0.08)
Change = Callable[[Judged, Soundness], tuple[Judged, Soundness]]


def figures(model: str, **changes: Any) -> Figures:
    fields: dict[str, Any] = {
        "rows": 1000,
        "log_loss": Interval(0.45, 0.43, 0.47),
        "ece": 0.01,
        "ece_floor": 0.02,
    }
    return Figures(model=model, **(fields | changes))


def piece(dimension: str, name: str, **changes: Any) -> SliceFigure:
    fields: dict[str, Any] = {
        "rows": 500,
        "rounds": 50,
        "maps": 9,
        "matches": 6,
        "log_loss": Interval(0.45, 0.43, 0.47),
        "ece": 0.01,
        "ece_floor": 0.02,
        "paired": EQUAL,
    }
    return SliceFigure(dimension=dimension, name=name, **(fields | changes))


def good() -> tuple[Judged, Soundness]:
    judged = Judged(
        mode="later in time",
        maps=12,
        matches=12,
        clock=(figures("ours"), figures("champion", paired=BETTER)),
        events=(),
        starts=(figures("ours"), figures("champion", paired=EQUAL), figures("even rounds", paired=BETTER)),
        slices=tuple(piece(dimension, str(n)) for dimension in DIMENSIONS for n in range(2)),
        drift=(Drift(until_s=None, rounds=200, change=EQUAL),),
        coverage=Coverage(halves=20, expected=0.9, covered=0.9, map_sd=0.2),
    )
    kinds = ("kill", "hp", "kits", "helmets", "equipment", "armor")
    sound = Soundness(
        probes={kind: Probed(probed=1000) for kind in kinds},
        decided=(),
        states=100,
        receipts=(),
        issued=100,
        schema_hash=SCHEMA_HASH,
    )
    return judged, sound


def test_a_good_candidate_passes_every_gate() -> None:
    found = verdicts(*good())
    assert gates.is_passed(found), [verdict for verdict in found if not verdict.passed]
    assert len({verdict.name for verdict in found}) == len(found) == 17


def champion(judged: Judged, paired: Interval) -> Judged:
    return replace(judged, clock=(judged.clock[0], figures("champion", paired=paired)))


def slices(judged: Judged, **changes: Any) -> Judged:
    first, *others = judged.slices
    return replace(judged, slices=(replace(first, **changes), *others))


def without(judged: Judged, *dimensions: str) -> Judged:
    """No slice of these is large enough."""
    return replace(judged, slices=tuple(p for p in judged.slices if p.dimension not in dimensions))


def probes(sound: Soundness, kind: str, wrong: int) -> Soundness:
    return replace(sound, probes={**sound.probes, kind: Probed(probed=1000, wrong=wrong)})


def drifting(judged: Judged, change: Interval) -> Judged:
    return replace(judged, drift=(Drift(until_s=None, rounds=200, change=change),))


REFUSED: list[tuple[str, Change]] = [
    ("better than the champion", lambda j, s: (champion(j, EQUAL), s)),
    ("better than the champion", lambda j, s: (champion(j, Interval(0.0, 0.0, 0.0)), s)),
    ("better than the champion", lambda j, s: (replace(j, lacking=1), s)),
    ("calibrated", lambda j, s: (replace(j, clock=(figures("ours", ece=0.03), j.clock[1])), s)),
    ("slices calibrated", lambda j, s: (replace(j, slices=_beyond(j, 3)), s)),
    ("slices calibrated", lambda j, s: (replace(j, slices=_beyond(j, 3, ece=nan)), s)),
    ("no slice worse: map", lambda j, s: (slices(j, paired=WORSE), s)),
    ("no slice worse: tier", lambda j, s: (without(j, "tier"), s)),
    ("monotone in kills, hp, kits", lambda j, s: (j, probes(s, "kill", 1))),
    (
        "monotone in kills, hp, kits",
        lambda j, s: (j, replace(s, probes={"kill": Probed(probed=9), "helmets": Probed(probed=9)})),
    ),
    ("monotone in helmets, equipment and the rest", lambda j, s: (j, probes(s, "helmets", 3))),
    (
        "monotone in helmets, equipment and the rest",
        lambda j, s: (j, replace(s, probes={kind: Probed(probed=9) for kind in STRICT})),
    ),
    ("no drift", lambda j, s: (drifting(j, WORSE), s)),
    ("no drift", lambda j, s: (drifting(j, Interval(-0.05, -0.08, -0.02)), s)),
    (
        "map no worse",
        lambda j, s: (replace(j, starts=(j.starts[0], figures("champion", paired=WORSE))), s),
    ),
    ("decided states exact", lambda j, s: (j, replace(s, decided=("all T dead: CT's chance is 0.99",)))),
    ("receipts reproduced", lambda j, s: (j, replace(s, receipts=("7: digest",)))),
    ("feature schema equal", lambda j, s: (j, replace(s, schema_hash="other"))),
]


def _beyond(judged: Judged, count: int, *, ece: float = 0.05) -> tuple[SliceFigure, ...]:
    return tuple(replace(p, ece=ece) if i < count else p for i, p in enumerate(judged.slices))


@pytest.mark.parametrize(("name", "change"), REFUSED)
def test_each_gate_refuses_by_itself(name: str, change: Change) -> None:
    """One fault, one refusal."""
    found = verdicts(*change(*good()))
    assert [verdict.name for verdict in found if not verdict.passed] == [name]


@pytest.mark.parametrize(("name", "change"), REFUSED)
def test_what_is_refused_may_challenge_unless_it_computes_wrongly(name: str, change: Change) -> None:
    found = verdicts(*change(*good()))
    assert gates.is_fit(found) == (name not in gates.UNFIT)


def test_what_gives_no_numbers_may_not_challenge() -> None:
    judged, sound = good()
    assert not gates.is_fit(verdicts(champion(judged, Interval(nan, nan, nan)), sound))
    assert not gates.is_fit(verdicts(slices(judged, paired=Interval(inf, inf, inf)), sound))


PASSED: list[Change] = [
    lambda j, s: (replace(j, starts=j.starts[:1]), s),
    lambda j, s: (slices(j, paired=Interval(0.02, 0.009, 0.03)), s),
    lambda j, s: (replace(j, slices=_beyond(j, 2)), s),
    lambda j, s: (j, probes(s, "helmets", 2)),
]


@pytest.mark.parametrize("change", PASSED)
def test_what_the_thresholds_allow_passes(change: Change) -> None:
    assert gates.is_passed(verdicts(*change(*good())))


def test_what_has_no_slice_to_judge_is_no_evidence_and_says_so() -> None:
    """On whatever gate: nothing was found, but nothing was looked at either. It may challenge."""
    judged, sound = good()
    found = verdicts(without(judged, *GATED), sound)
    refused = {verdict.name: verdict.text for verdict in found if not verdict.passed}
    assert refused.keys() == {"slices calibrated", *(f"no slice worse: {dimension}" for dimension in GATED)}
    assert all("no slice is large enough to judge" in text for text in refused.values())
    assert gates.is_fit(found)


def test_the_slice_at_fault_is_named_with_its_figures() -> None:
    judged, sound = good()
    verdict = next(v for v in verdicts(slices(judged, name="de_x", paired=WORSE), sound) if not v.passed)
    assert isinstance(verdict, Verdict)
    assert verdict.figure == WORSE.lo
    assert "de_x: 0.0500 [0.0200, 0.0800]" in verdict.text
