"""The loader's laws on doubles: the same batch twice is one, nothing is lost, nothing kills it."""

import threading
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.cache.newest import NewestHere
from adapters.catalog.store import open_catalog
from adapters.clickhouse.tables import TABLES
from adapters.kafka.records import PREDICTIONS, PROCESSED, RAW, Record
from adapters.metrics import Metrics, metrics
from game.codec import encode
from game.facts import BombChanged, SeriesKnown
from streaming.loader import FIRST_WAIT_S, LONGEST_WAIT_S, WAIT_GROWS, Limits, Loader, Stopped
from streaming.showing import Showing
from tests.streaming import messages as m
from tests.streaming.doubles import Ledger, Log, Shelf


class Bench:
    """A loader over doubles, with a clock of its own and waits that take no time."""

    def __init__(self, records: list[Record], limits: Limits | None = None) -> None:
        self.log, self.shelf, self.ledger = Log(records), Shelf(), Ledger()
        self.metrics: Metrics = metrics()
        self.now = 0.0
        self.waits: list[float] = []
        self.stopping = Patience(self.waits)
        self.limits = limits or Limits(age_s=0.0)
        self.loader = self.restarted()

    def restarted(self, showing: Showing | None = None) -> Loader:
        """A new process over the same log, store and catalog."""
        self.log.restart()
        self.loader = Loader(
            self.log,
            self.shelf,
            catalog=self.ledger,
            metrics=self.metrics,
            stopping=self.stopping,
            showing=showing,
            limits=self.limits,
            clock=lambda: self.now,
        )
        return self.loader

    def load(self, steps: int = 50) -> None:
        for _ in range(steps):
            self.loader.step()

    def errors(self, kind: str) -> float:
        return self.metrics.registry.get_sample_value("error_total", {"kind": kind}) or 0.0

    @property
    def tables(self) -> dict[str, dict[tuple[object, ...], object]]:
        return {name: dict(rows) for name, rows in self.shelf.tables.items() if rows}


class Patience(threading.Event):
    """An event whose waits are noted instead of waited."""

    def __init__(self, waits: list[float]) -> None:
        super().__init__()
        self._waits = waits

    def wait(self, timeout: float | None = None) -> bool:
        self._waits.append(timeout or 0.0)
        return self.is_set()


def a_map() -> list[Record]:
    """Two rounds, the end of the first retracted and told again, and raw records with them."""
    correction = [m.on_topic(PROCESSED, m.retraction(9, from_seq=7, to_seq=8))]
    again = [
        m.on_topic(PROCESSED, m.processed(seq, fact))
        for seq, fact in enumerate((m.killed(is_headshot=True), *m.round_facts()[6:]), start=9)
    ]
    raw = [m.record(RAW, b"raw %d" % offset, offset=offset) for offset in range(6)]
    first = m.round_records(1)
    return [*raw, *first, *correction, *again, *m.round_records(20, round_no=2)]


def undisturbed() -> Bench:
    bench = Bench(numbered(a_map()))
    bench.load()
    return bench


def numbered(records: list[Record]) -> list[Record]:
    """The records with offsets in the order in which they stand, by topic."""
    counts: dict[str, int] = {}
    placed = []
    for each in records:
        counts[each.topic] = counts.get(each.topic, -1) + 1
        place = {"offset": counts[each.topic], "timestamp_ms": each.timestamp_ms}
        placed.append(
            Record(topic=each.topic, partition=3, key=each.key, value=each.value, headers={}, **place)
        )
    return placed


def test_every_topic_reaches_its_tables_and_is_committed() -> None:
    bench = undisturbed()
    assert {name: len(rows) for name, rows in bench.tables.items()} == {
        "cs2_events_raw": 6,
        "game_events": 19,
        "cs2_round_metrics": 2,
        "cs2_predictions": 16,
        "match_states": 2,
        "retractions": 1,
    }
    assert bench.log.committed == {
        (topic, 3): 1 + max(r.offset for r in bench.log.records if r.topic == topic)
        for topic in {r.topic for r in bench.log.records}
    }
    assert bench.loader.is_ready


def test_events_come_after_all_that_follows_from_them() -> None:
    bench = Bench(numbered(m.round_records(1)), Limits(age_s=100))
    bench.load()
    bench.loader.flush()
    assert {"game_events", "cs2_round_metrics"} < set(bench.shelf.tables)
    assert list(bench.shelf.tables)[-1] == "game_events"


@pytest.mark.parametrize("rows", [pytest.param(1, marks=pytest.mark.slow), 7, 1000])
def test_the_catalog_is_the_same_whatever_the_batches(rows: int) -> None:
    series = SeriesKnown(
        name_a="Team Alder", name_b="Team Ash", best_of=3, players={"p1": ("player-001", "A")}
    )
    known = m.on_topic(PROCESSED, m.processed(1, series))
    bench = Bench(numbered([known, *a_map()[6:]]), Limits(age_s=100, rows=rows))
    bench.load()
    bench.loader.flush()
    catalog = open_catalog("sqlite://")
    catalog.apply(bench.ledger.changes)
    match = catalog.match(m.MATCH)
    assert match is not None
    assert (match["name_a"], match["best_of"], match["seq"]) == ("Team Alder", 3, 27)
    assert [(row["round_no"], row["seq"]) for row in catalog.rounds(m.MATCH)] == [(1, 11), (2, 27)]
    assert [row["model_hash"] for row in catalog.all("model_versions")] == ["hash-1"]
    catalog.close()


def test_a_retracted_round_is_the_one_told_again() -> None:
    bench = undisturbed()
    first = next(row for row in bench.shelf.valid("cs2_round_metrics") if row["round_no"] == 1)
    assert (first["seq"], first["kills_a"], first["headshots"]) == (11, 3, 2)
    assert sorted(row["seq"] for row in bench.shelf.valid("game_events"))[:9] == [1, 2, 3, 4, 5, 6, 9, 10, 11]


@given(kills=st.lists(st.integers(1, 12), max_size=5), per_poll=st.integers(1, 9))
def test_kills_between_write_and_commit_change_nothing(kills: list[int], per_poll: int) -> None:
    bench = Bench(numbered(a_map()), Limits(age_s=1.0, rows=7))
    bench.log.per_poll = per_poll
    for steps in kills:
        bench.load(steps)
        bench.restarted()
    bench.load(60)
    bench.loader.flush()
    assert bench.tables == undisturbed().tables


@given(failures=st.lists(st.integers(0, 4), min_size=20, max_size=20))
def test_an_absent_store_is_waited_out_and_nothing_is_lost(failures: list[int]) -> None:
    bench = Bench(numbered(a_map()))
    for away in failures:
        bench.shelf.away, bench.ledger.away = away, away // 2
        bench.load(1)
    bench.shelf.away = bench.ledger.away = 0
    bench.load()
    assert bench.tables == undisturbed().tables


def test_waits_grow_and_are_bounded_and_readiness_tells() -> None:
    bench = Bench(numbered(a_map()))
    bench.shelf.away = 20
    bench.load()
    waits = bench.waits[:20]
    assert (waits[0], waits[-1]) == (FIRST_WAIT_S, LONGEST_WAIT_S)
    assert all(a < b <= a * WAIT_GROWS or a == b == LONGEST_WAIT_S for a, b in pairwise(waits))
    assert bench.errors("store_away") == 20


def test_who_is_waited_for_is_named_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench(numbered(a_map()))
    bench.ledger.away = 3
    bench.load()
    assert (bench.errors("catalog_away"), bench.errors("store_away")) == (3, 0)
    assert {vars(record)["awaits"] for record in caplog.records if "awaits" in vars(record)} == {"catalog"}


def test_nothing_is_committed_before_the_store_and_the_catalog_have_answered() -> None:
    for of in ("shelf", "ledger"):
        bench = Bench(numbered(m.round_records()))
        getattr(bench, of).away = 1_000
        bench.stopping.set()
        with pytest.raises(Stopped):
            bench.load()
        assert bench.log.committed == {}
        assert not bench.loader.is_ready


def test_bad_messages_are_kept_counted_and_passed() -> None:
    good = m.round_records()
    bad = [m.record(topic, b"\xff{", offset=99) for topic in (PROCESSED, "match-state", "predictions")]
    bench = Bench(numbered([*bad, *good, *bad]))
    bench.load()
    letters = bench.shelf.tables["dead_letters"].values()
    assert sorted((row["topic"], row["raw"]) for row in letters) == sorted(
        (r.topic, r.value) for r in bad * 2
    )
    assert bench.errors("unreadable_message") == 6
    assert len(bench.shelf.tables["game_events"]) == 8


def test_a_row_that_the_store_refuses_is_found_and_the_others_are_written() -> None:
    bench = Bench(numbered(a_map()))
    bench.shelf.poison = "event-5"
    bench.load()
    assert {row["event_id"] for row in bench.shelf.tables["game_events"].values()} == {
        f"event-{seq}" for seq in (1, 2, 3, 4, 6, 7, 8, 9, 10, 11, *range(20, 28))
    }
    [letter] = [row for row in bench.shelf.tables["dead_letters"].values() if row["topic"] == PROCESSED]
    assert "game_events refuses its row" in str(letter["reason"])


def test_a_retraction_and_a_round_that_the_store_refuses_are_kept_and_hold_nothing_up() -> None:
    decided = [record for record in m.round_records(1)[4:] if record.topic == PROCESSED]
    bench = Bench(numbered([*decided, m.on_topic(PROCESSED, m.retraction(20, from_seq=7, to_seq=8))]))
    bench.shelf.refuses_questions = True
    bench.load()
    letters = bench.shelf.tables["dead_letters"].values()
    assert [str(row["reason"]).partition(":")[0] for row in letters] == [
        "cs2_round_metrics refuses its row",
        "swings refuses its row",
    ]
    assert bench.log.committed == {(PROCESSED, 3): len(bench.log.records)}


def test_a_change_that_the_catalog_refuses_is_left_out_and_holds_nothing_up(
    caplog: pytest.LogCaptureFixture,
) -> None:
    named = SeriesKnown(name_a="Alder", name_b="Oak", best_of=3, players={"p1": ("player-001", "A")})
    records = numbered([m.on_topic(PROCESSED, m.processed(1, named)), *a_map()])
    whole, bench = Bench(records, Limits(age_s=100)), Bench(records, Limits(age_s=100))
    bench.ledger.poison = "player-001"
    for each in (whole, bench):
        each.load()
        each.loader.flush()
    refused = [change for change in whole.ledger.changes if "player-001" in repr(change)]
    assert len(refused) == 1
    assert bench.ledger.changes == [change for change in whole.ledger.changes if change not in refused]
    assert bench.log.committed == whole.log.committed
    assert bench.errors("refused_change") == 1
    assert [vars(line)["match_id"] for line in caplog.records if "refuses a change" in line.message] == [
        m.MATCH
    ]


def test_ids_elsewhere_that_have_no_room_are_counted_and_hold_nothing_up() -> None:
    bench = Bench(numbered(a_map()))
    bench.ledger.left_out = 3
    bench.load()
    bench.loader.flush()
    assert bench.errors("external_ids") > 0
    assert bench.errors("external_ids") % 3 == 0
    assert bench.tables == undisturbed().tables


def test_batches_are_written_by_age_by_rows_and_by_bytes() -> None:
    records = numbered([m.record(RAW, b"x" * 100, offset=n) for n in range(12)])
    for limits, inserts in (
        (Limits(age_s=100, rows=1000), 0),
        (Limits(age_s=100, rows=4), 3),
        (Limits(age_s=100, partition_bytes=300), 4),
        (Limits(age_s=0), 3),
    ):
        bench = Bench(records, limits)
        bench.load(4)
        assert bench.shelf.inserts == inserts, limits


def test_what_waits_is_written_when_its_age_has_come() -> None:
    bench = Bench(numbered([m.record(RAW, b"x")]), Limits(age_s=0.5))
    bench.load(3)
    assert bench.shelf.inserts == 0
    bench.now = 0.6
    bench.load(1)
    assert bench.shelf.inserts == 1


def test_stopping_writes_what_was_read() -> None:
    bench = Bench(numbered(a_map()), Limits(age_s=100))
    threading.Timer(0.3, bench.stopping.set).start()
    bench.loader.run()
    assert bench.tables == undisturbed().tables


@pytest.mark.parametrize("is_slow", [False, True])
def test_what_was_said_before_the_stop_is_written_too(is_slow: bool) -> None:
    """However little of it a look brings, and if it brings nothing at all."""
    bench = Bench(numbered(a_map()), Limits(age_s=100))
    bench.log.per_poll, bench.log.is_slow = 50, is_slow
    bench.stopping.set()
    bench.loader.run()
    assert bench.tables == undisturbed().tables


def stopped_while_away(bench: Bench) -> None:
    bench.shelf.away = 2
    bench.stopping.set()


def test_what_fails_after_the_stop_is_tried_again_where_the_log_goes_too() -> None:
    bench = Bench(numbered(a_map()), Limits(age_s=100, patience_s=9))
    bench.loader.step()
    threading.Timer(0.3, stopped_while_away, (bench,)).start()
    bench.loader.run()
    assert bench.shelf.away == 0
    assert bench.tables == undisturbed().tables


def test_a_loader_without_patience_gives_up_and_reads_it_again_later() -> None:
    bench = Bench(numbered(a_map()), Limits(age_s=100))
    threading.Timer(0.3, stopped_while_away, (bench,)).start()
    with pytest.raises(Stopped):
        bench.loader.run()
    assert bench.log.committed == {}
    bench.stopping.clear()
    bench.restarted()
    bench.load()
    bench.loader.flush()
    assert bench.tables == undisturbed().tables


def test_a_restart_in_the_middle_of_a_round_reads_its_beginning_back() -> None:
    bench = Bench(numbered(a_map()))
    bench.log.per_poll = 1
    for _ in range(100):
        bench.load(1)
        bench.restarted()
    assert bench.tables == undisturbed().tables


def test_the_doubles_know_every_table() -> None:
    assert set(undisturbed().tables) <= {each.name for each in TABLES}


def test_nothing_of_a_log_that_is_gone_is_held_against_the_one_that_comes() -> None:
    """What was read of it is written first; a match that begins anew with the same seq is told and shown as it is."""
    cache, old = NewestHere(), numbered([m.record(RAW, b"old"), *m.round_records(1)])
    bench = Bench(old, Limits(age_s=100))
    bench.restarted(Showing(cache, bench.metrics))
    bench.load()
    anew = [m.killed() if isinstance(fact, BombChanged) else fact for fact in m.round_facts()]
    told = [m.on_topic(PROCESSED, m.processed(seq, fact)) for seq, fact in enumerate(anew, start=1)]
    told += [m.on_topic(PREDICTIONS, m.prediction(seq)) for seq in (1, 2)]
    bench.log.turn(numbered(told))
    alone = Bench(numbered(told))
    for each in (bench, alone):
        each.load()
        each.loader.flush()
    assert len(bench.tables["cs2_events_raw"]) == 1
    assert bench.tables["cs2_round_metrics"] == alone.tables["cs2_round_metrics"]
    assert bench.log.committed == alone.log.committed
    assert cache.prediction(m.MATCH) == encode(m.prediction(2))
