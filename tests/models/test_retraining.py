"""Retraining from end to end: the same maps give the same bytes; and the stories that its gates exist for."""

import json
from collections.abc import Sequence
from datetime import date

import pytest
from msgspec.structs import replace

from models.candidates import Candidate, candidates
from models.contest import Contest, Reigning, Split, contest_by_fold, contest_later, split_by_date
from models.dataset import RecordedMap
from models.drift import drifted, round_rows
from models.evaluation import predictor_of
from models.fitting import Recipe
from models.gates import verdicts
from models.judgement import judge
from models.partitions import DatasetError
from models.retraining import CHOICE, Retrained, fit, refit, retrain
from models.round_model import probability
from models.soundness import soundness
from models.verdict import Verdict
from models.watch import Watch, drawn_rows, watched
from tests.models.rows import QUICK, champion_of, made_maps, turned
from tests.models.stories import shuffled_after_the_plant, simulated

pytestmark = pytest.mark.slow
SIMULATED = Recipe(refits=2, spread_trees=3)
TRIED: tuple[Candidate, ...] = candidates(SIMULATED)[:3]
CHAMPIONS_MAPS, MORE_MAPS, PATCHED_MAPS = 36, 18, 54
MAP_SD = 0.2


def small() -> Retrained:
    maps = made_maps(range(1, 9))
    return retrain(
        maps, champion_of(maps[:4]), version="v", tried=candidates(QUICK)[:3], code="test", probed_states=60
    )


@pytest.mark.proof
def test_the_same_maps_give_the_same_bytes_and_a_run_alone_gives_the_model_again() -> None:
    first, again = small(), small()
    assert first == again
    assert first.manifest().files.keys() == first.bundle.keys()
    maps = made_maps(range(1, 9))
    kept = json.loads(first.bundle[CHOICE])
    assert refit(first.dataset, maps[::-1], kept) == first.fitted.files
    with pytest.raises(DatasetError, match="made-003: has digest"):
        refit(first.dataset, [*maps[:2], turned(maps[2]), *maps[3:]], kept)


def test_a_poisoned_partition_stops_it() -> None:
    maps = made_maps(range(1, 9))
    poisoned = [*maps[:-1], replace(maps[-1], starts=turned(maps[-1]).starts)]
    with pytest.raises(DatasetError, match="made-008: has samples whose outcome is not their round's"):
        retrain(poisoned, champion_of(maps[:4]), version="v", code="test")


def refused(found: Sequence[Verdict]) -> dict[str, str]:
    return {verdict.name: verdict.text for verdict in found if not verdict.passed}


def judged(contest: Contest, files: dict[str, bytes]) -> dict[str, str]:
    sound = soundness(files, contest.maps, states=600)
    return refused(verdicts(judge(contest, map_sd=MAP_SD), sound))


def watch_of(champion: Reigning, maps: Sequence[RecordedMap]) -> Watch:
    predictor, state = predictor_of(champion.files, "c"), Watch()
    for map_ in maps:
        p = [probability(predictor.rounds.margin(row.features)[0]) for row in drawn_rows(map_)]
        state = state.after(watched(map_, p), map_sd=MAP_SD)
    return state


@pytest.mark.proof
@pytest.mark.timeout(1_500)
def test_a_patch_is_noticed_and_promotes_and_its_controls_do_not() -> None:
    """The stories share their simulated maps and the champion, so they are one test."""
    known = simulated(CHAMPIONS_MAPS + MORE_MAPS, 0, "current", first_day=date(2026, 1, 1))
    patched = simulated(PATCHED_MAPS, 500, "patch", first_day=date(2026, 4, 1))
    learned, more = known[:CHAMPIONS_MAPS], known[CHAMPIONS_MAPS:]
    champion = champion_of(learned, SIMULATED)
    # More of the same promotes nothing; too few are new for a holdout in time, so outer folds decide.
    assert split_by_date(known, champion) is None
    found = judged(contest_by_fold(known, TRIED, champion, folds=2), champion.files)
    assert "better than the champion" in found
    # Shuffled labels are refused by their slice.
    forged = Split(earlier=shuffled_after_the_plant(known[:-12]), later=tuple(known[-12:]))
    found = judged(contest_later(forged, TRIED, champion), champion.files)
    assert found["no slice worse: phase"].partition(": ")[2].startswith(("defusing", "planted"))
    # The patch is noticed, by drift and by the watch; the maps before it are not.
    reference = round_rows(learned)
    assert not drifted(reference, round_rows(more)).alarms()
    assert "ct_won" in {each.feature for each in drifted(reference, round_rows(patched[:12])).alarms()}
    assert not watch_of(champion, more).is_alarm()
    assert watch_of(champion, patched[:12]).is_alarm()
    # What is learned from it promotes.
    split = split_by_date(patched, champion)
    assert split is not None
    fitted = fit(split.earlier, TRIED, map_sd=MAP_SD)
    assert judged(contest_later(split, TRIED, champion), fitted.files) == {}
