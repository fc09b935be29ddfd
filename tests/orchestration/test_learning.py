"""Maps as training takes them: each under a name of its own, whatever their recordings are called; none that came out
wrong; held against their facts."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from msgspec.structs import replace

from adapters.lake import files, raw
from adapters.lake.partitions import Partition, partitions
from adapters.lake.raw import RawEvent
from adapters.lake.tables import FACTS, QUALITY, RAW_EVENTS, ROUND_STARTS
from game import events as e
from game.codec import encode
from game.features import SCHEMA_HASH
from game.payloads import MapEndedData, MapStartedData, PhaseChangedData, SeriesEndedData, Team
from game.simulate.mess import mess
from game.simulate.series import simulate
from game.simulate.setting import Setting
from game.state import other_side
from midround import inputs
from models.dataset import RecordedMap
from models.partitions import frozen
from orchestration.chain import kept
from orchestration.derivation import derive
from orchestration.learning import (
    NOT_COUNTED,
    NOT_OF_ITS_EVENTS,
    RULES_UNKNOWN,
    TOLD_OTHERWISE,
    evidence,
    learnable,
    surveyed,
)
from orchestration.parity import DIFFERS, HOLDS, UNKNOWN, Parity
from orchestration.training_checks import on_rows
from tests.game.scripted import scripted_map
from tests.models.rows import FIRST_DAY, made_map
from tests.models.stories import told_of
from tests.orchestration.made_lake import card_of, put, write
from tests.orchestration.stored import said

ONE_SIDED = 2.0
"""Such a map ends after some fifteen rounds."""
FILES = {"first": "demo.zip", "second": "demo.zip", "third": "other.zip"}


def recordings(root: Path, files: Mapping[str, str]) -> None:
    """Matches of one map each, from these recordings."""
    for number, (match, file) in enumerate(files.items()):
        map_ = replace(made_map(number), file=match)
        put(root, map_)
        at = datetime(map_.day.year, map_.day.month, map_.day.day, tzinfo=UTC)
        event = RawEvent(raw=encode(said(match, at, number=0, map_id="map")), file=file)
        made_anew(root, raw.add(root, match, [event], code_version="test").partition)


def made_anew(root: Path, match: Partition) -> None:
    """The map of this match, from all that the lake has of it now."""
    partition = replace(match, map_id="map")
    rows = files.read(root, QUALITY, partition).to_pylist()
    made_from = {"raw_events": raw.manifest_of(root, match).content}
    write(root, QUALITY, partition, rows=rows, made_from=made_from)


def test_a_map_is_called_by_its_recording_unless_another_match_s_has_that_name(tmp_path: Path) -> None:
    recordings(tmp_path, FILES)
    found = [each.map_ for each in learnable(tmp_path)]
    assert {map_.match: map_.file for map_ in found} == {
        "first": "2026-01-01:first:map",
        "second": "2026-01-02:second:map",
        "third": "other.zip",
    }
    assert frozen(found, "test").keys() == tuple(sorted(map_.file for map_ in found))


def test_a_map_that_was_on_air_besides_keeps_its_name(tmp_path: Path) -> None:
    recordings(tmp_path, {"third": "other.zip"})
    (match,) = partitions(tmp_path, RAW_EVENTS.name)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    (known,) = raw.raw_events(tmp_path, match)
    late = encode(said("third", at, number=1, map_id="map"))
    on_air = [
        RawEvent(raw=told, topic="raw-game-events", partition=0, offset=offset, published_at=at)
        for offset, told in enumerate((known.raw, late))
    ]
    assert raw.add(tmp_path, "third", on_air, code_version="test").total == 2
    made_anew(tmp_path, match)
    assert [(each.map_.file, each.map_.ids) for each in learnable(tmp_path)] == [("other.zip", "third/map")]


def test_a_map_that_was_made_from_less_than_its_match_has_is_left_out_and_named(tmp_path: Path) -> None:
    recordings(tmp_path, {"third": "other.zip"})
    (match,) = partitions(tmp_path, RAW_EVENTS.name)
    late = encode(said("third", datetime(2026, 1, 1, tzinfo=UTC), number=1, map_id="map"))
    raw.add(tmp_path, "third", [RawEvent(raw=late, file="whole.zip")], code_version="test")
    assert others(tmp_path) == [NOT_OF_ITS_EVENTS]
    made_anew(tmp_path, match)
    assert others(tmp_path) == []


@pytest.mark.parametrize("match", ["first", "third"])
def test_a_recording_that_is_alone_gives_its_name(tmp_path: Path, match: str) -> None:
    recordings(tmp_path, {match: FILES[match]})
    assert [each.map_.file for each in learnable(tmp_path)] == [FILES[match]]


DOUBTED = Partition(date="2026-01-02", match_id="made-001", map_id="map")


def put_card(root: Path, **said: object) -> None:
    write(root, QUALITY, DOUBTED, rows=[{**card_of(DOUBTED), "finality": "final", **said}])


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"score_a": 13, "score_b": 4, "rounds": 17}, None),
        ({"score_a": 13, "score_b": 4, "rounds": 16}, NOT_COUNTED),
        ({"score_a": 13, "score_b": 4, "rounds": 9, "rules": '{"joined_midway": 1}'}, None),
    ],
)
def test_a_map_whose_score_is_not_the_count_of_its_rounds_is_left_out_and_named(
    tmp_path: Path, said: dict[str, object], why: str | None
) -> None:
    for number in (0, 1):
        put(tmp_path, made_map(number))
    put_card(tmp_path, **said)
    survey = surveyed(tmp_path)
    assert survey.left_out == ({} if why is None else {DOUBTED.key: why})
    assert (DOUBTED in {each.partition for each in survey.maps}) == (why is None)
    assert learnable(tmp_path) == list(survey.maps) != []


@pytest.mark.parametrize(("bare", "is_left_out"), [(0, False), (2, False), (3, True)])
def test_a_map_whose_source_tells_no_equipment_is_left_out_and_named(
    tmp_path: Path, bare: int, *, is_left_out: bool
) -> None:
    map_ = made_map(1)
    put(tmp_path, map_)
    rows = files.read(tmp_path, ROUND_STARTS, DOUBTED).to_pylist()
    assert 20 <= len(rows) < 30, "two rounds are allowed, three are not"
    write(
        tmp_path, ROUND_STARTS, DOUBTED, rows=[{**row, "t_equipment": 0} for row in rows[:bare]] + rows[bare:]
    )
    why = f"nobody told what its sides held in {bare} of {len(rows)} rounds"
    assert surveyed(tmp_path).left_out == ({DOUBTED.key: why} if is_left_out else {})


def test_a_map_that_the_stream_told_otherwise_is_left_out_until_its_facts_are_others(tmp_path: Path) -> None:
    put(tmp_path, made_map(1))
    put_card(tmp_path, facts_digest="now")
    told = Parity(
        partition=DOUBTED,
        verdict=DIFFERS,
        batch_digest="now",
        stream_digest="other",
        batch_events=1,
        stream_events=1,
    )
    kept(tmp_path, replace(told, verdict=HOLDS))
    assert surveyed(tmp_path).left_out == {}
    kept(tmp_path, told)
    assert surveyed(tmp_path).left_out == {DOUBTED.key: TOLD_OTHERWISE}
    kept(tmp_path, replace(told, verdict=UNKNOWN))
    assert surveyed(tmp_path).left_out == {DOUBTED.key: TOLD_OTHERWISE}, "nobody could be asked"
    put_card(tmp_path, facts_digest="amended")
    assert surveyed(tmp_path).left_out == {}


def test_of_maps_that_nobody_asks_about_nothing_is_read(tmp_path: Path) -> None:
    for number in (0, 1):
        put(tmp_path, made_map(number))
    [unread] = (tmp_path / "states").rglob("match=made-000/map=map/*.parquet")
    unread.write_bytes(b"no file of rows")
    [found] = learnable(tmp_path, lambda name, _, day: (name, day) != ("2026-01-01:made-000:map", FIRST_DAY))
    assert found.partition == DOUBTED


def turned(map_: RecordedMap) -> RecordedMap:
    """The same map in a match that calls the teams the other way round."""
    starts = (
        replace(each, score_a=each.score_b, score_b=each.score_a, a_side=other_side(each.a_side))
        for each in map_.starts
    )
    return replace(map_, starts=tuple(starts), a_won=not map_.a_won)


def test_a_map_that_is_there_in_two_matches_counts_once_and_knows_of_it(tmp_path: Path) -> None:
    map_ = made_map(0)
    put(tmp_path, replace(map_, file="alone"))
    put(tmp_path, replace(turned(map_), file="series"))
    survey = surveyed(tmp_path)
    assert survey.left_out == {"2026-01-01:series:map": "the same map as 2026-01-01:alone:map"}
    assert [(each.map_.ids, each.map_.twins) for each in survey.maps] == [("alone/map", ("series/map",))]


@pytest.mark.proof
def test_a_recording_is_the_same_map_alone_and_in_a_series_that_turns_its_teams(
    tmp_path: Path, recorded: Path
) -> None:
    folder = recorded / "cs2df" / "pro"
    first, second = (
        folder / f"2026-02-09_{name}.zip"
        for name in ("de_mirage_team-ash-vs-team-juniper", "de_inferno_team-juniper-vs-team-ash")
    )
    for match in (*inputs.recorded([second]), *inputs.recorded([first, second], is_series=True)):
        derived(tmp_path, match.events())
    survey = surveyed(tmp_path)
    assert sorted(each.map_.map_name for each in survey.maps) == ["de_inferno", "de_mirage"]
    assert [why.startswith("the same map as") for why in survey.left_out.values()] == [True]


@pytest.mark.parametrize("known", ["alone", "series"])
def test_a_map_that_is_unwanted_in_one_match_is_not_learned_from_in_another(
    tmp_path: Path, known: str
) -> None:
    for file in ("alone", "series"):
        put(tmp_path, replace(made_map(0), file=file))
    put(tmp_path, made_map(1))
    found = learnable(tmp_path, lambda _name, ids, _day: ids != f"{known}/map")
    assert [each.map_.match for each in found] == ["made-001"]


@pytest.mark.slow
@pytest.mark.parametrize("options", [0, 1, 2])
def test_the_winners_of_the_facts_are_those_of_the_rows_however_messy_the_feed(
    tmp_path: Path, options: int
) -> None:
    played = simulate(Setting(seed=5, best_of=1, position_hz=0, strength=ONE_SIDED))
    told = mess(played, seed=options, options=options)
    given = [RawEvent(raw=encode(event), file="a.ndjson") for event in told]
    derive(tmp_path, raw.add(tmp_path, told[0].match_id, given, code_version="test").partition, None)
    [found] = learnable(tmp_path)
    against = evidence(tmp_path, [found])[found.partition]
    assert against.ct_won == {start.round_no: start.ct_won for start in found.map_.starts}
    assert against.features == SCHEMA_HASH
    assert [
        check.check_name for check in on_rows([found], {found.partition: against}) if not check.passed
    ] == []


@pytest.mark.parametrize("is_won", [True, False, None])
def test_a_map_is_won_by_whom_its_end_names_whoever_leads(tmp_path: Path, *, is_won: bool | None) -> None:
    map_ = made_map(0)
    assert map_.a_won is not None
    put(tmp_path, replace(map_, a_won=is_won))
    [found] = learnable(tmp_path)
    assert found.map_.a_won is is_won


@pytest.mark.slow
@pytest.mark.parametrize(("first", "last"), [("A", "B"), (None, "A")])
def test_what_was_told_last_of_a_map_s_end_counts(tmp_path: Path, first: Team | None, last: Team) -> None:
    """A map of five rounds that A won."""
    *told, end = scripted_map(["A"] * 5, 1)
    at = {name: getattr(end, name) for name in ("match_id", "map_id", "ts_event", "source")}
    ends = (
        e.MapEnded(**at, event_id=f"end {number}", payload=MapEndedData(winner_team=winner))
        for number, winner in enumerate((first, last))
    )
    derived(tmp_path, [*told, *ends])
    [found] = learnable(tmp_path)
    assert found.map_.a_won is (last == "A")


@pytest.mark.slow
@pytest.mark.parametrize("is_abandoned", [True, False])
def test_what_did_not_come_to_its_end_was_won_by_nobody(tmp_path: Path, *, is_abandoned: bool) -> None:
    """Abandoned, or left open by a series that was ended: of such a map nothing is known to be final."""
    *told, last = scripted_map(["A"] * 5, 1)
    at = {name: getattr(last, name) for name in ("event_id", "match_id", "ts_event", "source")}
    end: e.AnyEvent = (
        e.PhaseChanged(**at, payload=PhaseChangedData(phase="abandoned"))
        if is_abandoned
        else e.SeriesEnded(**at, payload=SeriesEndedData(winner_team="A"))
    )
    derived(tmp_path, [*told, end])
    assert [each.map_.a_won for each in learnable(tmp_path)] == [None] * is_abandoned


MR12_TOLD = MapStartedData(max_rounds=24, overtime_max_rounds=6, start_money=1_000)
MR15_TOLD = MapStartedData(max_rounds=30)


@cache
def played_by(settings: MapStartedData) -> tuple[e.AnyEvent, ...]:
    return tuple(told_of(settings, strength=ONE_SIDED))


def derived(root: Path, events: Iterable[e.AnyEvent], *, is_on_air: bool = False) -> None:
    told = list(events)
    given = [
        RawEvent(
            raw=encode(event),
            topic="raw-game-events",
            partition=0,
            offset=offset,
            published_at=event.ts_event,
        )
        if is_on_air
        else RawEvent(raw=encode(event), file="a.ndjson")
        for offset, event in enumerate(told)
    ]
    derive(root, raw.add(root, told[0].match_id, given, code_version="test").partition, None)


def others(root: Path) -> list[str]:
    """What is said of the maps that are left out; of each map it is either."""
    survey = surveyed(root)
    assert len(survey.maps) + len(survey.left_out) == 1
    return list(survey.left_out.values())


def test_a_map_that_no_event_began_is_left_out(tmp_path: Path) -> None:
    put(tmp_path, made_map(1))
    write(tmp_path, FACTS, DOUBTED, rows=[])
    assert others(tmp_path) == [RULES_UNKNOWN]


@pytest.mark.slow
@pytest.mark.parametrize("is_on_air", [False, True])
@pytest.mark.parametrize(
    ("settings", "rounds", "overtimes"),
    [
        (MR15_TOLD, 30, 6),
        (MapStartedData(max_rounds=16), 16, 0),
        (MapStartedData(max_rounds=12), 12, 6),
        (MapStartedData(overtime_max_rounds=10), 24, 10),
        (MapStartedData(is_draw_allowed=True), 24, 0),
    ],
)
def test_a_map_that_was_played_by_other_rules_is_left_out_and_named(
    tmp_path: Path, settings: MapStartedData, rounds: int, overtimes: int, *, is_on_air: bool
) -> None:
    derived(tmp_path, played_by(settings), is_on_air=is_on_air)
    assert others(tmp_path) == [
        f"it was played over {rounds} rounds with overtimes of {overtimes}, not over 24 with overtimes of 6"
    ]


@pytest.mark.slow
def test_a_map_of_the_days_of_other_rules_is_left_out_though_it_tells_of_none(tmp_path: Path) -> None:
    then = datetime(2022, 5, 1, 12, tzinfo=UTC)
    derived(tmp_path, simulate(Setting(seed=1, best_of=1, position_hz=0, strength=ONE_SIDED, starts_at=then)))
    [why] = others(tmp_path)
    assert why.startswith("it was played over 30 rounds with overtimes of 6")


@pytest.mark.slow
@pytest.mark.parametrize("is_patched", [False, True])
def test_a_map_by_the_same_rounds_is_learned_from_whatever_else_its_rules_say(
    tmp_path: Path, *, is_patched: bool
) -> None:
    patched = Setting(seed=1, best_of=1, position_hz=0, strength=ONE_SIDED, rules="patch")
    derived(tmp_path, simulate(patched) if is_patched else played_by(MR12_TOLD))
    assert others(tmp_path) == []


@pytest.mark.slow
@pytest.mark.parametrize(("first", "last"), [(MR12_TOLD, MR15_TOLD), (MR15_TOLD, MR12_TOLD)])
def test_a_map_that_was_begun_anew_by_other_rules_counts_by_those(
    tmp_path: Path, first: MapStartedData, last: MapStartedData
) -> None:
    told = list(played_by(last))
    [at] = [index for index, event in enumerate(told) if isinstance(event, e.MapStarted)]
    begun = replace(told[at], event_id="begun before", seq_no=None, payload=first)
    derived(tmp_path, [*(replace(event, seq_no=None) for event in told[:at]), begun, *told[at:]])
    assert bool(others(tmp_path)) == (last is MR15_TOLD)
