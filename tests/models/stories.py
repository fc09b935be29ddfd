"""Maps for the stories of retraining: simulated ones by rules, and labels that were dealt out anew. Not a test."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache

import numpy as np
from msgspec.structs import replace

from game.simulate.patch import RuleSet
from game.simulate.series import simulate
from game.simulate.setting import Setting
from models.dataset import RecordedMap, map_from


@cache
def simulated(count: int, first_seed: int, rules: RuleSet, *, first_day: date) -> tuple[RecordedMap, ...]:
    """Two maps a day."""
    return tuple(
        map_from(
            simulate(Setting(seed=first_seed + n, best_of=1, position_hz=0, has_shots=False, rules=rules)),
            file=f"{rules}-{first_seed + n:03}",
            day=first_day + timedelta(days=n // 2),
        )
        for n in range(1, count + 1)
    )


def shuffled_after_the_plant(maps: Sequence[RecordedMap]) -> tuple[RecordedMap, ...]:
    """Outcomes of the rows with a planted bomb, dealt out anew among them."""
    outcomes = [s.ct_won for map_ in maps for s in map_.samples if s.features.is_planted]
    np.random.default_rng(1).shuffle(outcomes)
    dealt = iter(outcomes)
    return tuple(
        replace(
            map_,
            samples=tuple(
                replace(s, ct_won=next(dealt)) if s.features.is_planted else s for s in map_.samples
            ),
        )
        for map_ in maps
    )
