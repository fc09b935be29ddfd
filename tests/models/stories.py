"""Maps for the stories of retraining: simulated ones by rules, and labels that were dealt out anew. Not a test."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import cache
from random import Random

import numpy as np
from msgspec.structs import replace

from game import events as e
from game.payloads import MapStartedData, SeriesAnnouncedData
from game.rules import rules_on
from game.simulate.feed import Feed
from game.simulate.match import new_table, play_map
from game.simulate.patch import RuleSet
from game.simulate.rosters import fighters_of, sheet
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


def told_of(settings: MapStartedData, *, seed: int = 1, strength: float = 0.0) -> Iterator[e.AnyEvent]:
    """A match of one map that is played by these settings of its server, which its beginning tells."""
    setting = Setting(
        seed=seed, best_of=1, strength=strength, position_hz=0, has_shots=False, has_warmup=False
    )
    rng, feed = Random(seed), Feed(seed, setting.starts_at)
    fighters, rules = fighters_of(setting, rng), rules_on(setting.starts_at, settings)
    team_a, team_b = sheet(setting, fighters, "A"), sheet(setting, fighters, "B")
    feed.emit(e.SeriesAnnounced, SeriesAnnouncedData(team_a=team_a, team_b=team_b, best_of=1))
    yield from feed.drain()
    table = new_table(setting, map_name="de_nuke", rules=rules, fighters=fighters, feed=feed, rng=rng)
    for event in play_map(table, 1):
        if isinstance(event, e.MapStarted):
            said = replace(settings, map_name="de_nuke", map_number=1, a_side=event.payload.a_side)
            yield replace(event, payload=said)
        else:
            yield event


@cache
def short_match(seed: int) -> tuple[e.AnyEvent, ...]:
    """A whole match of one map of eight rounds before overtime: a quarter of the events of an ordinary one."""
    return tuple(told_of(MapStartedData(max_rounds=8), seed=seed))


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
