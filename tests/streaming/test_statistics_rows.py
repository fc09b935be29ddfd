"""Statistics in the store over a whole match from a bad feed: what counts is what was told last and not withdrawn."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest

from adapters.kafka.records import PROCESSED, Record
from game.facts import RoundStats
from game.messages import Message, Processed, Retraction
from game.payloads import Team
from game.simulate.mess import mess
from game.simulate.series import simulate
from game.simulate.setting import Setting
from game.statistics.scopes import scoped
from game.stats import SUMMED
from models.digest import valid
from models.fold import fold_events
from streaming.loader import Limits
from tests.streaming import messages as m
from tests.streaming.test_loader import Bench, numbered

Key = tuple[str, str, str]
"""Map, scope, player."""


@cache
def told() -> tuple[Message, ...]:
    """Late events, restarts and a restore among them."""
    setting = Setting(seed=13, best_of=1, position_hz=0, has_shots=False)
    return tuple(fold_events(mess(simulate(setting), seed=5, options=3), None))


def log() -> list[Record]:
    return numbered(
        [m.on_topic(PROCESSED, each) for each in told() if isinstance(each, Processed | Retraction)]
    )


@cache
def loaded() -> Bench:
    bench = Bench(log(), Limits(age_s=100))
    bench.log.per_poll = 1_000
    bench.load(20)
    bench.loader.flush()
    return bench


def newest(bench: Bench) -> dict[Key, Mapping[str, Any]]:
    """The row that counts, as a reader of the store finds it."""
    rows: dict[Key, Mapping[str, Any]] = {}
    for row in sorted(bench.shelf.valid("player_stats"), key=lambda row: int(row["seq"])):
        rows[row["map_id"], row["scope"], row["player_id"]] = row
    return rows


@pytest.mark.slow
def test_what_counts_is_what_is_valid() -> None:
    expected: dict[Key, Mapping[str, float]] = {}
    for message in valid(told()):
        if isinstance(message, Processed):
            for part in scoped(message.facts):
                expected |= {(message.map_id or "", part.scope, p): line for p, line in part.lines.items()}
    assert any(isinstance(each, Retraction) for each in told())
    assert {key: row["stats"] for key, row in newest(loaded()).items()} == expected


def test_parts_add_up_to_the_map() -> None:
    sums: dict[tuple[str, Key, str], float] = {}
    rows = newest(loaded())
    for (map_id, scope, player_id), row in rows.items():
        for stat_id in SUMMED:
            place = (scope.partition(":")[0], (map_id, "map", player_id), stat_id)
            sums[place] = sums.get(place, 0) + row["stats"][stat_id]
    assert {kind for kind, _, _ in sums} == {"map", "half", "side", "round"}
    for (_, key, stat_id), total in sums.items():
        assert total == rows[key]["stats"][stat_id]


@pytest.mark.parametrize("batch", [53, 400])
def test_kills_of_the_loader_leave_the_same_rows(batch: int) -> None:
    bench = Bench(log(), Limits(age_s=100, rows=batch))
    bench.log.per_poll = batch
    for _ in range(12):
        bench.load(3)
        bench.restarted()
    bench.load(1 + len(bench.log.records) // batch)
    bench.loader.flush()
    for name in ("player_stats", "cs2_round_metrics"):
        assert bench.tables[name] == loaded().tables[name]


def test_rounds_have_the_buys_that_their_statistics_tell() -> None:
    buys: dict[int, Mapping[Team, str]] = {}
    for message in valid(told()):
        if isinstance(message, Processed):
            buys |= {f.round_no: f.economy for f in message.facts if isinstance(f, RoundStats)}
    rounds = loaded().shelf.valid("cs2_round_metrics")
    assert {row["round_no"]: (row["economy_a"], row["economy_b"]) for row in rounds} == {
        number: (buy.get("A"), buy.get("B")) for number, buy in buys.items()
    }
