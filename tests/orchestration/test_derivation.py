"""What follows from the lake's raw events: the same as the fold, made once, amended when it comes out otherwise."""

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice
from pathlib import Path
from threading import Thread
from typing import Any

import pyarrow.parquet
import pytest
from msgspec.structs import replace

from adapters.lake import raw
from adapters.lake.files import locked
from adapters.lake.partitions import LakeError, maps_of
from adapters.lake.raw import RawEvent
from adapters.lake.tables import DERIVED, QUALITY
from adapters.lake.views import open_lake
from game.codec import encode
from game.events import AnyEvent
from game.simulate.series import simulate
from game.simulate.setting import Setting
from midround.fold import FoldedMatch
from models.dataset import sampled
from models.lineup import Lineup
from models.predictor import CHAMPION, Predictor, load_champion
from models.promotion import promote, seed
from orchestration.derivation import Derived, begun_with, derive, derive_many, known_maps
from tests.models.another import at, other_bundle, switched

pytestmark = pytest.mark.slow

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MORE = 1_500
"""Events of the second map: some rounds, so that it is not decided."""


@cache
def played() -> tuple[AnyEvent, ...]:
    told = iter(simulate(Setting(seed=4, best_of=3, position_hz=0, strength=2.0)))
    found: list[AnyEvent] = []
    first = None
    for event in told:
        first = first or event.map_id
        found.append(event)
        if event.map_id not in {None, first}:
            return (*found, *islice(told, MORE))
    raise AssertionError("no second map")


def played_id() -> str:
    return played()[0].match_id


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return load_champion()


@pytest.fixture(scope="module")
def folded(predictor: Predictor) -> FoldedMatch:
    ids = dict.fromkeys(event.map_id for event in played() if event.map_id is not None)
    return FoldedMatch(played(), predictor, files={map_id: map_id for map_id in ids})


def add(root: Path, events: Sequence[AnyEvent]) -> raw.Added:
    told = [RawEvent(raw=encode(event), file="a.ndjson") for event in events]
    return raw.add(root, played_id(), told, code_version="test")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, predictor: Predictor) -> Path:
    root = tmp_path_factory.mktemp("lake")
    derive(root, add(root, played()).partition, predictor)
    return root


def test_each_map_has_the_digest_of_the_fold(root: Path, folded: FoldedMatch) -> None:
    lines = folded.lines()
    match = raw.add(root, played_id(), [], code_version="test").partition
    cards = {found.card.map_id: found.card for found in known_maps(root, match)}
    assert {
        line.file: (line.facts_digest, line.events, line.predictions, line.final_score) for line in lines
    } == {
        map_id: (card.facts_digest, card.events, card.predictions, (card.score_a, card.score_b))
        for map_id, card in cards.items()
    }
    assert sorted(card.finality for card in cards.values()) == ["final", "provisional"]


def test_every_fact_and_prediction_of_the_match_is_in_one_partition(root: Path, folded: FoldedMatch) -> None:
    facts = sum(len(m.facts) for m in folded.messages if hasattr(m, "facts"))
    lake = open_lake(root)
    assert lake.execute("SELECT count(*), count(DISTINCT (seq, fact_no)) FROM facts").fetchone() == (
        facts,
        facts,
    )
    digests = [m.receipt.digest for m in folded.messages if hasattr(m, "receipt")]
    found = lake.execute("SELECT digest FROM predictions ORDER BY seq").fetchall()
    assert [digest for (digest,) in found] == digests


def test_states_are_the_samples_of_training(root: Path) -> None:
    told = sampled(played())
    rows = (
        open_lake(root)
        .execute("SELECT event_id, ct_alive, t_hp, grid = 'clock' FROM states ORDER BY seq")
        .fetchall()
    )
    assert rows == [(d.event_id, d.features.ct_alive, d.features.t_hp, d.is_clock) for d in told.drawn]
    starts = open_lake(root).execute("SELECT count(*) FROM round_starts").fetchone()
    assert starts == (sum(len(map_.rounds) for map_ in told.maps.values()),)


def test_a_derivation_of_the_same_match_waits_for_another_one(tmp_path: Path) -> None:
    match = add(tmp_path, played()[:400]).partition
    second = Thread(target=derive, args=(tmp_path, match, None))
    with locked(match.folder(tmp_path, QUALITY.name)):
        second.start()
        second.join(1.0)
        assert second.is_alive()
        assert known_maps(tmp_path, match) == []
    second.join(60.0)
    assert known_maps(tmp_path, match)


def test_what_follows_from_the_same_is_not_made_again(root: Path, predictor: Predictor) -> None:
    match = raw.add(root, played_id(), [], code_version="test").partition
    assert {found.is_changed for found in derive(root, match, predictor)} == {False}
    assert {found.is_changed for found in derive(root, match, predictor, is_forced=True)} == {False}


def test_what_comes_again_after_the_first_derivation_is_counted_and_changes_nothing_else(
    tmp_path: Path,
) -> None:
    """As where a source reconnects after the end and sends its last events once more."""
    again = 2_000
    sent = [*played(), *played()[-again:]]
    told = [RawEvent(raw=encode(e), topic="log", partition=0, offset=n) for n, e in enumerate(sent)]
    match = raw.add(tmp_path, played_id(), told[:-again], code_version="test").partition
    before = derive(tmp_path, match, None)
    raw.add(tmp_path, played_id(), told, code_version="test")
    after = derive(tmp_path, match, None)
    assert {each.card.duplicates for each in before} == {0}
    assert [each.card for each in after] == [replace(each.card, duplicates=again) for each in before]
    assert [(each.finality, each.revision) for each in after] == [
        (each.finality, each.revision) for each in before
    ]
    assert [each.is_changed for each in derive(tmp_path, match, None)] == [False, False]


def test_a_map_grows_final_and_is_amended_where_it_comes_out_otherwise(
    tmp_path: Path, predictor: Predictor
) -> None:
    first = next(event.map_id for event in played() if event.map_id is not None)
    cut = next(n for n, event in enumerate(played()) if event.map_id not in {None, first})
    match = add(tmp_path, played()[:1_000]).partition
    assert [(d.finality, d.revision) for d in derive(tmp_path, match, None)] == [("provisional", 0)]
    add(tmp_path, played()[:cut])
    assert [(d.finality, d.revision) for d in derive(tmp_path, match, None)] == [("final", 1)]
    assert [(d.finality, d.revision) for d in derive(tmp_path, match, predictor)] == [("amended", 2)]


def test_a_map_that_the_match_no_longer_has_is_withdrawn(tmp_path: Path, predictor: Predictor) -> None:
    match = add(tmp_path, played()[:400]).partition
    (told,) = derive(tmp_path, match, predictor)
    gone = replace(told.partition, map_id="gone")
    for table in DERIVED:
        shutil.copytree(told.partition.folder(tmp_path, table.name), gone.folder(tmp_path, table.name))
    before = open_lake(tmp_path, tables=["facts"])
    assert [each.partition for each in derive(tmp_path, match, predictor, is_forced=True)] == [told.partition]
    for table in DERIVED:
        assert maps_of(tmp_path, table.name, match) == [told.partition]
    assert before.execute("SELECT count(*) > 0 FROM facts").fetchall() == [(True,)], "who reads reads on"
    assert not derive(tmp_path, match, predictor)[0].is_changed


def test_a_killed_derivation_leaves_no_half_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    partition = add(tmp_path, played()[:2_000]).partition

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pyarrow.parquet.write_table", full)
    with pytest.raises(LakeError, match="No space left on device"):
        derive(tmp_path, partition, None)
    monkeypatch.undo()
    lake = open_lake(tmp_path)
    assert [lake.execute(f"SELECT count(*) FROM {each.name}").fetchone() for each in DERIVED] == [(0,)] * len(
        DERIVED
    )
    assert not list(tmp_path.rglob(".tmp-*"))
    assert [found.is_changed for found in derive(tmp_path, partition, None)] == [True]


def test_a_derivation_that_was_killed_between_two_maps_is_completed_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    partition, write, written = add(tmp_path, played()).partition, pyarrow.parquet.write_table, list[None]()

    def full(*args: Any, **options: Any) -> None:
        written.append(None)
        if len(written) > len(DERIVED):
            raise OSError(28, "No space left on device")
        write(*args, **options)

    monkeypatch.setattr("pyarrow.parquet.write_table", full)
    with pytest.raises(LakeError, match="No space left on device"):
        derive(tmp_path, partition, None)
    monkeypatch.undo()
    assert len(known_maps(tmp_path, partition)) == 1
    completed = derive(tmp_path, partition, None)
    assert sorted(found.is_changed for found in completed) == [False, True]
    again = derive(tmp_path, partition, None)
    assert sorted(found.partition for found in again) == sorted(found.partition for found in completed)
    assert not any(found.is_changed for found in again)


def test_what_another_derivation_made_meanwhile_is_not_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    match, found = add(tmp_path, played()[:400]).partition, list[Derived]()
    second = Thread(target=lambda: found.extend(derive(tmp_path, match, None)))
    with locked(match.folder(tmp_path, QUALITY.name)):
        second.start()
        second.join(1.0)
        ahead = tmp_path / "ahead"
        add(ahead, played()[:400])
        derive(ahead, match, None)
        for table in DERIVED:
            shutil.copytree(ahead / table.name, tmp_path / table.name, dirs_exist_ok=True)
        monkeypatch.setattr("orchestration.derivation.replayed", None)
    second.join(60.0)
    assert [each.is_changed for each in found] == [False]


def test_every_table_is_described(root: Path) -> None:
    rows = (
        open_lake(root).execute("SELECT table_name, column_name, about, source FROM lake_columns").fetchall()
    )
    assert {row[0] for row in rows} >= {each.name for each in DERIVED}
    assert [row for row in rows if not row[2] or not row[3]] == []
    assert QUALITY.name in {row[0] for row in rows}


def test_a_match_of_the_log_begins_with_its_champion_and_is_switched_as_the_stream_did(
    tmp_path: Path, predictor: Predictor
) -> None:
    """Promoted after it began; its log switches it, and another promotion since then changes nothing."""
    seed(tmp_path / "models", CHAMPION)
    second = other_bundle(tmp_path / "models", "second")
    other_bundle(tmp_path / "models", "third", shift=0.3)
    for day, bundle in enumerate(("second", "third"), start=1):
        promote(tmp_path / "models", bundle, who="me", why="", now=at(NOON + timedelta(days=day)))
    log = [*played()[:700], switched(played()[699], second), *played()[700:1_400]]
    told = [
        RawEvent(raw=encode(event), published_at=NOON, topic="raw-game-events", partition=0, offset=offset)
        for offset, event in enumerate(log)
    ]
    match = raw.add(tmp_path / "lake", played_id(), told, code_version="test").partition
    lineup = Lineup(tmp_path / "models", now=NOON + timedelta(days=9))
    begun = begun_with(tmp_path / "lake", match, lineup)
    assert begun.model_hash == predictor.model_hash
    [derived] = derive(tmp_path / "lake", match, begun, models=lineup)
    [map_id] = {event.map_id for event in log if event.map_id is not None}
    [line] = FoldedMatch(log, predictor, files={map_id: map_id}, models=lineup).lines()
    assert derived.card.facts_digest == line.facts_digest
    versions = open_lake(tmp_path / "lake").sql("SELECT DISTINCT model_version FROM predictions").fetchall()
    assert {version for (version,) in versions} == {predictor.model_version, "second"}


def test_a_match_whose_model_was_not_there_is_made_again_once_it_is(
    tmp_path: Path, predictor: Predictor
) -> None:
    seed(tmp_path / "models", CHAMPION)
    second = other_bundle(tmp_path / "models", "second")
    shutil.move(tmp_path / "models" / "second", tmp_path / "elsewhere")
    log = [*played()[:700], switched(played()[699], second), *played()[700:1_400]]
    match = add(tmp_path / "lake", log).partition

    def derived() -> list[tuple[str | None, bool]]:
        lineup = Lineup(tmp_path / "models", now=NOON)
        done = derive(tmp_path / "lake", match, predictor, models=lineup)
        return [(each.card.model_hash, each.is_changed) for each in done]

    assert derived() == [(predictor.model_hash, True)]
    assert derived() == [(predictor.model_hash, False)]
    shutil.move(tmp_path / "elsewhere", tmp_path / "models" / "second")
    assert derived() == [(second.model_hash, True)]
    assert derived() == [(second.model_hash, False)]


@pytest.mark.parametrize("processes", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_of_many_matches_one_that_fails_stops_no_other(tmp_path: Path, processes: int) -> None:
    """Equal to what one process makes of each alone, wherever it ran."""
    ids = [f"match-{number}" for number in range(3)]
    matches = [
        raw.add(tmp_path, match_id, _renamed(match_id, played()[:600]), code_version="test").partition
        for match_id in ids
    ]
    [damaged] = matches[1].folder(tmp_path, "raw_events").glob("*.parquet")
    damaged.write_bytes(damaged.read_bytes()[:1_000])
    attempts = list(derive_many(tmp_path, matches, models=None, processes=processes))
    assert [attempt.match for attempt in attempts] == matches
    assert [attempt.error is None for attempt in attempts] == [True, False, True]
    assert damaged.name in (attempts[1].error or "")
    assert [found.card.match_id for attempt in attempts for found in attempt.maps] == [ids[0], ids[2]]
    for attempt in (attempts[0], attempts[2]):
        assert [found.is_changed for found in derive(tmp_path, attempt.match, None)] == [False]


def _renamed(match_id: str, events: Sequence[AnyEvent]) -> list[RawEvent]:
    return [RawEvent(raw=encode(replace(event, match_id=match_id)), file="a.ndjson") for event in events]
