"""Made-up maps for tests that need many rows quickly: random states, outcomes drawn from a known chance."""

import math
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from random import Random

from msgspec.structs import replace

from game.features import SCHEMA_HASH, Features
from game.rules import MR12, a_side_in, is_overtime, is_pistol
from models.candidates import Candidate
from models.contest import CHAMPION, Reigning
from models.dataset import RecordedMap, Sample, Start
from models.fitting import Recipe, fit_files
from models.monotone import random_features

QUICK = Recipe(probed=60, sought=40, trees=4, refits=2, spread_trees=3, min_rows=40, ridge=3.0)
FIRST_DAY = date(2026, 1, 1)
SECONDS = range(0, 60, 4)
NAMES = ("de_mirage", "de_nuke", "de_dust2")


def truth(features: Features, *, favour: float = 0.0) -> float:
    """CT's chance in this world; with `favour`, in log odds, in one that was patched for CT."""
    alive = math.log((features.ct_alive + 0.5) / (features.t_alive + 0.5))
    health = math.log((features.ct_hp + 20) / (features.t_hp + 20))
    return 1 / (1 + math.exp(-(favour + 1.5 * alive + 0.7 * health - 0.8 * features.is_planted)))


def made_map(
    number: int, *, rounds: int = 22, first_day: date = FIRST_DAY, favour: float = 0.0
) -> RecordedMap:
    """Map `number`, on day `number`; the same one each time."""
    rng = Random(f"made/{number}")
    samples: list[Sample] = []
    starts: list[Start] = []
    score = [0, 0]
    for round_no in range(1, rounds + 1):
        state = replace(random_features(rng), is_pistol=is_pistol(MR12, round_no))
        ct_won = rng.random() < truth(state, favour=favour)
        side = a_side_in(MR12, round_no, "ct")
        starts.append(_start(round_no, score, rng, ct_won=ct_won))
        samples += (
            Sample(round_no=round_no, second=s, is_clock=s % 8 == 4, features=_later(state, s), ct_won=ct_won)
            for s in SECONDS
        )
        score[(side == "ct") != ct_won] += 1
    return RecordedMap(
        file=f"made-{number:03}",
        map_name=NAMES[number % len(NAMES)],
        day=first_day + timedelta(days=number),
        samples=tuple(samples),
        starts=tuple(starts),
        a_won=None if score[0] == score[1] else score[0] > score[1],
    )


def _later(state: Features, second: int) -> Features:
    if state.is_planted:
        return replace(state, bomb_left_s=max(0.0, state.bomb_left_s - second / 10))
    return replace(state, round_left_s=max(0.0, state.round_left_s - second / 10))


def _start(round_no: int, score: Sequence[int], rng: Random, *, ct_won: bool) -> Start:
    return Start(
        round_no=round_no,
        score_a=score[0],
        score_b=score[1],
        a_side=a_side_in(MR12, round_no, "ct"),
        is_pistol=is_pistol(MR12, round_no),
        is_overtime=is_overtime(MR12, round_no),
        ct_equipment=rng.choice((4_000, 14_000, 24_000)),
        t_equipment=rng.choice((4_000, 14_000, 24_000)),
        ct_won=ct_won,
    )


def made_maps(numbers: Iterable[int], *, rounds: int = 22) -> list[RecordedMap]:
    return [made_map(number, rounds=rounds) for number in numbers]


def turned(map_: RecordedMap) -> RecordedMap:
    """The same map with every outcome the other way."""
    return replace(
        map_,
        samples=tuple(replace(sample, ct_won=not sample.ct_won) for sample in map_.samples),
        starts=tuple(replace(start, ct_won=not start.ct_won) for start in map_.starts),
    )


def champion_of(maps: Sequence[RecordedMap], recipe: Recipe = QUICK) -> Reigning:
    """A champion fitted to these maps."""
    return Reigning(
        model_version="reigning",
        model_hash="reigning",
        feature_schema_hash=SCHEMA_HASH,
        files=fit_files(maps, recipe, map_sd=0.2),
        candidate=Candidate(name=CHAMPION, recipe=recipe),
        seen=tuple(map_.file for map_ in maps),
        ids=tuple(map_.ids for map_ in maps),
        first_day=min(map_.day for map_ in maps),
        last_day=max(map_.day for map_ in maps),
    )
