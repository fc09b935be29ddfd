"""A match of the log is amended when it is over and was published otherwise: once, and the whole live path follows."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, cast

import httpx
import msgspec
import pytest
from msgspec.structs import replace

from adapters.clickhouse.client import connect, query_rows
from adapters.kafka.records import Outgoing
from adapters.lake import files, raw
from adapters.lake.partitions import Partition
from adapters.lake.raw import RawEvent
from adapters.lake.tables import AMENDMENTS as OUTCOMES
from game import events as e
from game.codec import encode
from game.facts import MapDecided
from game.messages import Processed
from midround import inputs, places, sending
from models.digest import valid
from models.fold import MatchFold, fold_events
from models.lineup import Lineup
from models.predictor import CHAMPION, load_champion
from models.telling import by_map
from orchestration import amending
from orchestration.amending import Amended, amend
from orchestration.chain import AMENDMENTS, DERIVATION, PARITY, Chain, Followed, Metadata, followed
from orchestration.derivation import begun_with, derive
from orchestration.freshness import unsettled
from orchestration.gathering import gather
from orchestration.parity import compared, published
from orchestration.resources import BrokerResource
from tests.proofs.settling import settle
from tests.proofs.system import System, running, settings_on_free_ports

pytestmark = pytest.mark.slow
BROKEN_OFF = 1_000
"""Events of some rounds, the third among them."""
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@cache
def whole() -> tuple[e.AnyEvent, ...]:
    return tuple(inputs.simulated(seed=8, best_of=1, position_hz=0).events())


@cache
def without_a_kill() -> tuple[tuple[e.AnyEvent, ...], e.AnyEvent]:
    """The match but for a kill of its third round, and that kill."""
    events = list(whole())
    place = next(i for i, x in enumerate(events) if isinstance(x, e.Kill) and x.round_no == 3)
    late = events.pop(place)
    return tuple(events), late


def log_of(events: Sequence[e.AnyEvent]) -> list[RawEvent]:
    return [
        RawEvent(
            raw=encode(event),
            topic="raw-game-events",
            partition=0,
            offset=n,
            published_at=NOON + n * SECOND / 100,
        )
        for n, event in enumerate(events)
    ]


SECOND = timedelta(seconds=1)


class Store:
    """A client that has what a stream published which read these events; no more is asked of it."""

    def __init__(self, events: Sequence[e.AnyEvent]) -> None:
        fold = MatchFold(events[0].match_id, load_champion())
        told = valid([m for event in events for m in fold.step(event)])
        rows = [_row(m) for m in told if isinstance(m, Processed)]
        self.column_names = list(rows[0])
        self.result_rows = [tuple(row.values()) for row in rows]

    def query(self, sql: str, parameters: Mapping[str, object]) -> "Store":
        return self


def _row(m: Processed) -> dict[str, Any]:
    names = ("map_id", "round_no", "seq", "ts_event", "event_id", "match_tag")
    return {
        **{name: getattr(m, name) for name in names},
        "facts": msgspec.json.encode(m.facts),
        "withdrawn_seq": None,
    }


class Sent(list[Outgoing]):
    """What was appended."""

    def append_all(self, records: Sequence[Outgoing]) -> None:
        self.extend(records)

    @property
    def events(self) -> list[e.AnyEvent]:
        return [
            cast("e.AnyEvent", RawEvent(raw=r.value, headers={"format": "native+json"}).event) for r in self
        ]


def attempt(
    root: Path, log: Sequence[e.AnyEvent], told: Sequence[e.AnyEvent], *, sent: Sent, now: datetime = NOON
) -> Amended:
    """What becomes of a match whose log is `log` when a stream has read `told`."""
    match = raw.add(root, log[0].match_id, log_of(log), code_version="test").partition
    lineup = Lineup(CHAMPION, now=NOON)
    derive(root, match, begun_with(root, match, lineup), models=lineup)
    client = cast("Any", Store(told))
    return amend(root, match, client=client, models=lineup, append=sent.append_all, now=now)


@pytest.mark.proof
def test_a_late_kill_is_told_by_an_amendment_and_then_there_is_peace(tmp_path: Path) -> None:
    events, late = without_a_kill()
    log, sent = [*events, late], Sent()
    done = attempt(tmp_path, log, log, sent=sent)
    assert (done.outcome, done.reason, done.sent) == (amending.AMENDED, "late events", len(sent))
    assert {record.key for record in sent} == {whole()[0].match_id.encode()}
    champion = load_champion()
    amended = [*log, *sent.events]
    assert by_map(fold_events(amended, champion)) == by_map(fold_events(whole(), champion))
    again = attempt(tmp_path, amended, amended, sent=sent)
    assert (again.outcome, len(sent)) == (amending.AS_PUBLISHED, done.sent)


def test_what_became_of_a_match_is_kept_beside_its_scorecard(tmp_path: Path) -> None:
    """By the chain, for those who ask again: a match that goes on, and a stream that has told less of it."""
    log = whole()[:600]
    match = raw.add(tmp_path, log[0].match_id, log_of(log), code_version="test").partition
    maps = [replace(match, map_id=map_id) for map_id in {event.map_id for event in log} - {None}]
    for told, outcome in ((log[:-30], amending.BEHIND), (log, amending.AS_PUBLISHED)):
        chain = Chain(
            root=tmp_path,
            models=Lineup(CHAMPION, now=NOON),
            append=Sent().append_all,
            client=cast("Any", Store(told)),
            links=frozenset({*DERIVATION, PARITY, AMENDMENTS}),
        )
        done = followed(chain, match, maps)
        assert (done.wrong, [made["outcome"] for made in told_of(done)]) == ([], [outcome])
        assert [row["outcome"] for row in files.read(tmp_path, OUTCOMES, match).to_pylist()] == [outcome]
        assert [unsettled(tmp_path, at) for at in maps] == [outcome == amending.BEHIND]


def told_of(done: Followed) -> list[Metadata]:
    """What Dagster is told of the amendments."""
    return [metadata for (link, _), metadata in done.made.items() if link == AMENDMENTS]


@pytest.mark.proof
def test_what_was_told_and_not_heard_is_not_told_again(tmp_path: Path) -> None:
    events, late = without_a_kill()
    log, sent = [*events, late], Sent()
    attempt(tmp_path, log, log, sent=sent)
    again = attempt(tmp_path, [*log, *sent.events], log, sent=Sent())
    assert (again.outcome, again.sent) == (amending.KNOWN, 0)


def test_a_match_is_told_anew_where_the_stream_said_otherwise(tmp_path: Path) -> None:
    """As code that was mended since would have it: the stream counted one kill less."""
    events, _ = without_a_kill()
    done = attempt(tmp_path, whole(), events, sent=(sent := Sent()))
    assert (done.outcome, done.reason) == (amending.AMENDED, "told otherwise")
    assert len(done.changed) == 1
    assert sent


@pytest.mark.parametrize(
    ("length", "read", "outcome"),
    [
        (None, -30, amending.BEHIND),
        (BROKEN_OFF, None, amending.GOES_ON),
        (None, None, amending.AS_PUBLISHED),
    ],
)
def test_what_may_still_mend_itself_is_left_alone(
    tmp_path: Path, length: int | None, read: int | None, outcome: str
) -> None:
    """A stream that is behind, a match that goes on though its facts differ, and nothing at all."""
    log = whole()[:length]
    told = (without_a_kill()[0] if outcome == amending.GOES_ON else whole())[:length][:read]
    if outcome == amending.GOES_ON:
        told = tuple(x for x in without_a_kill()[0] if x.event_id in {y.event_id for y in log})
    done = attempt(tmp_path, log, told, sent=(sent := Sent()))
    assert (done.outcome, sent) == (outcome, [])


def test_a_match_that_was_broken_off_is_amended_once_it_is_silent(tmp_path: Path) -> None:
    """Here no map of it was decided: what it came to is not final, so there is nothing to amend."""
    log = whole()[:BROKEN_OFF]
    told = [x for x in without_a_kill()[0] if x.event_id in {y.event_id for y in log}]
    done = attempt(tmp_path, log, told, sent=(sent := Sent()), now=NOON + timedelta(hours=1))
    assert (done.outcome, sent) == (amending.UNDECIDED, [])


@pytest.mark.proof
@pytest.mark.parametrize("lost", [-6, -20])
def test_a_match_whose_end_waits_for_a_lost_event_is_told_to_its_end(tmp_path: Path, lost: int) -> None:
    """The stream saw no map decided: what came after the hole waits in it for ever."""
    log, sent = [event for event in whole() if event is not whole()[lost]], Sent()
    assert not is_decided(log)
    done = attempt(tmp_path, log, log, sent=sent)
    assert (done.outcome, done.reason) == (amending.AMENDED, "events not told")
    assert is_decided([*log, *sent.events])


def is_decided(log: Sequence[e.AnyEvent]) -> bool:
    """Whether a stream that read this saw a map decided."""
    fold = MatchFold(log[0].match_id, load_champion(), with_states=False)
    told = valid([m for event in log for m in fold.step(event)])
    return any(isinstance(fact, MapDecided) for m in told if isinstance(m, Processed) for fact in m.facts)


def test_a_match_from_files_is_nobody_s_to_amend(tmp_path: Path) -> None:
    events, late = without_a_kill()
    given = [RawEvent(raw=encode(event), file="a.ndjson") for event in (*events, late)]
    match = raw.add(tmp_path, late.match_id, given, code_version="test").partition
    lineup = Lineup(CHAMPION, now=NOON)
    derive(tmp_path, match, lineup.latest(), models=lineup)
    done = amend(
        tmp_path,
        match,
        client=cast("Any", Store(events)),
        models=lineup,
        append=(sent := Sent()).append_all,
        now=NOON,
    )
    assert (done.outcome, sent) == (amending.NOT_OF_THE_LOG, [])


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    settings = settings_on_free_ports(tmp_path_factory.mktemp("home"))
    with running(settings, ("broker", "store", "stream", "loader", "intake", "api")) as system:
        system.until_ready()
        yield system


def test_live_readers_and_tables_end_with_the_truth(system: System, tmp_path: Path) -> None:
    """A kill that comes after the end: amended through the log, told by the stream, in store, catalog's round and API;
    the lake calls the map amended, stream and batch agree, and nothing more is sent."""
    events, late = without_a_kill()
    with closing(sending.Intake(places.intake_url(system.settings))) as intake:
        sending.play(intake, events, speed=None, told=lambda _: None)
        settle(system, events)
        before = stored_kills(system, late)
        system.until(lambda: kills(system, late) == before > 0, what="the API to have what the store has")
        sending.play(intake, [late], speed=None, told=lambda _: None)
    with closing(connect(places.clickhouse_url(system.settings))) as client:
        match = awaited_raw(system, client, tmp_path, len(events) + 1)
        [final] = derived(tmp_path, match)
        assert (final.finality, kills(system, late)) == ("final", before)
        done = amended(system, client, tmp_path, match)
        assert done.outcome == amending.AMENDED
        truth = by_map(fold_events(whole(), load_champion()))
        system.until(
            lambda: by_map(published(client, match.match_id)) == truth, what="the truth in the store"
        )
        awaited_raw(system, client, tmp_path, len(events) + 1 + done.sent)
        [last] = derived(tmp_path, match)
        assert (last.finality, last.card.facts_digest) == ("amended", truth[last.card.map_id])
        assert last.card.stale == 0
        assert all(parity.holds for parity in compared(client, match.match_id, [last], is_of_log=True))
        assert amended(system, client, tmp_path, match).outcome == amending.AS_PUBLISHED
    system.until(lambda: stored_kills(system, late) == before + 1, what="the kill in the store")
    system.until(lambda: kills(system, late) == before + 1, what="the kill in the API")
    system.until(lambda: retold(system, match.match_id) == "late events", what="the reason in the store")
    assert system.said == []


KILLS = """
SELECT kills_a + kills_b AS kills FROM cs2_round_metrics FINAL
WHERE match_id = {match_id:String} AND round_no = {round_no:UInt16} AND NOT is_retracted
"""


def derived(root: Path, match: Partition) -> list[Any]:
    lineup = Lineup(CHAMPION, now=datetime.now(UTC))
    return derive(root, match, begun_with(root, match, lineup), models=lineup)


def amended(system: System, client: Any, root: Path, match: Partition) -> Amended:
    """What became of it, once stream and loader have told all of the match."""
    append, found = BrokerResource.of(system.settings).append, list[Amended]()
    lineup, now = Lineup(CHAMPION, now=datetime.now(UTC)), datetime.now(UTC)

    def is_told() -> bool:
        found.append(amend(root, match, client=client, models=lineup, append=append, now=now))
        return found[-1].outcome != amending.BEHIND

    system.until(is_told, what="all of the match to be told")
    return found[-1]


def awaited_raw(system: System, client: Any, root: Path, records: int) -> Partition:
    """The match in the lake once the store has so many records of it."""
    match_id, found = whole()[0].match_id, list[raw.Added]()

    def is_there() -> bool:
        found.append(gather(client, root, match_id))
        return found[-1].total == records

    system.until(is_there, what=f"{records} records")
    return found[-1].partition


def kills(system: System, of: e.AnyEvent) -> int:
    """Kills in the round of an event, as the API tells players' statistics of that round."""
    address = f"{system.url('api')}/api/v1/matches/{of.match_id}/players"
    answer = httpx.get(address, params={"scope": f"round:{of.round_no}"}, timeout=60)
    if answer.status_code == httpx.codes.NOT_FOUND:
        return 0  # it has not read of the match yet
    answer.raise_for_status()
    return int(sum(map_["stats"]["kills.all"] for line in answer.json() for map_ in line["maps"]))


def stored_kills(system: System, of: e.AnyEvent) -> int:
    """The same as the store has it."""
    with closing(connect(places.clickhouse_url(system.settings))) as client:
        found = query_rows(client, KILLS, {"match_id": of.match_id, "round_no": of.round_no})
    return sum(int(row["kills"]) for row in found)


def retold(system: System, match_id: str) -> str:
    with closing(connect(places.clickhouse_url(system.settings))) as client:
        sql = "SELECT DISTINCT reason FROM retractions FINAL WHERE match_id = {match_id:String} AND from_seq = 1"
        return ", ".join(row["reason"] for row in query_rows(client, sql, {"match_id": match_id}))
