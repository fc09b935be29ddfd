"""How fast the feeds come, what they cover, how the parts behind them do: figures against the messages themselves."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.clickhouse.client import connect
from adapters.embedded_broker import EmbeddedBroker
from adapters.kafka.connection import STREAM_GROUP, connection
from adapters.kafka.producer import AcknowledgedProducer
from adapters.kafka.reading import commit, consumer
from adapters.kafka.records import RAW, Outgoing
from adapters.kafka.topics import check_topics
from adapters.metrics import metrics
from api.public import sql
from api.public.away import AwayError
from api.public.board import Board
from api.public.history import NoHistory, Row
from api.public.lags import Lag, Lags
from api.public.recent import Recent
from api.public.store import ClickHouseHistory
from game.facts import RoundDecided
from game.messages import Prediction, Processed, Retraction, StateDelta, StateSnapshot
from tests.api.public.conftest import Kept, whole_match
from tests.api.public.doubles import NOON, Desk, messages, records
from tests.api.public.office import OURS, Office


class Raw(NoHistory):
    """A store that has raw records of a second ago, or none that answers."""

    def __init__(self, *, is_away: bool = False) -> None:
        self.is_away = is_away
        self.asked: dict[str, object] = {}

    async def rows(self, question: str, **values: object) -> list[Row]:
        self.asked = values
        if self.is_away:
            raise AwayError("store", "is away")
        return [{"messages": 4, "ms": [1.004, 2.0, 3.5]}] if question == sql.INTAKE_LATENCY else []


def stages(told: Any) -> dict[str, Any]:
    return {each["stage"]: each for each in told["stages"]}


def test_stages_are_measured_from_the_stamps_of_messages() -> None:
    """All were received and processed at noon, handed to the client of the log 5 ms later, and are here after 20 ms."""
    told = Desk(history := Raw()).take(messages()).json("/api/v1/latency", window_s=60)
    found = stages(told)
    updates = sum(isinstance(m, StateSnapshot | StateDelta) for m in messages())
    assert {each["messages"] for name, each in found.items() if "prediction" not in name} == {4, updates}
    assert found["prediction"]["messages"] == sum(isinstance(m, Prediction) for m in messages())
    expected = {"publish": 5, "api": 15, "end_to_end": 20}
    for stage, ms in expected.items():
        assert [found[stage][f"p{n}_ms"] for n in (50, 95, 99)] == pytest.approx([ms] * 3, rel=0.011)
    assert found["stream"]["p99_ms"] <= 0.01
    assert [found["intake"][f"p{n}_ms"] for n in (50, 95, 99)] == [1.0, 2.0, 3.5]
    assert history.asked == {"since_ms": int(NOON.timestamp() * 1000) - 60_000}
    assert (told["window_s"], told["is_fed"], told["since"]) == (60, True, "2026-01-18T12:00:00.000Z")


def test_what_a_start_reads_again_is_not_measured() -> None:
    recent = Recent(lambda: NOON.timestamp() + 60)
    board = Board(metrics(), recent=recent, now_s=lambda: NOON.timestamp() + 60)
    for record in records(messages()):
        board.take(record)
    assert recent.figures("api", 600).messages == 0
    assert recent.figures("prediction", 600).messages == 0


def test_a_store_that_is_away_leaves_its_stage_open_and_no_other() -> None:
    found = stages(Desk(Raw(is_away=True)).take(messages()).json("/api/v1/latency"))
    assert [name for name, each in found.items() if not each["is_known"]] == ["intake"]
    assert found["intake"]["p50_ms"] is None
    assert found["api"]["messages"] > 100


def test_where_nothing_passed_nothing_is_told() -> None:
    found = stages(Desk().json("/api/v1/latency"))
    assert {each["messages"] for each in found.values()} == {0}
    assert {each["p50_ms"] for each in found.values()} == {None}


@pytest.mark.parametrize("window_s", [0, 9, 601, "a"])
def test_a_window_is_ten_seconds_to_ten_minutes(window_s: object) -> None:
    answer = Desk().ask("/api/v1/latency", window_s=window_s)
    assert (answer.status_code, answer.json()["field"]) == (400, "query.window_s")


@pytest.mark.slow
def test_who_is_granted_some_matches_sees_how_fast_they_come_and_not_how_many_there_are(
    office: Office,
) -> None:
    key = office.key("one", matches=[OURS])
    assert office.ask("/api/v1/latency", key).status_code == 200
    answer = office.ask("/api/v1/coverage", key)
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:midround:problem:not-granted")


@pytest.mark.slow
def test_coverage_is_that_of_what_was_loaded(finished: Desk) -> None:
    told = finished.json("/api/v1/coverage")
    void = [range(m.from_seq, m.to_seq + 1) for m in whole_match() if isinstance(m, Retraction)]
    valid = [m for m in whole_match() if isinstance(m, Processed) and not any(m.seq in v for v in void)]
    rounds = sum(isinstance(fact, RoundDecided) for m in valid for fact in m.facts)
    assert told["matches"] == {"total": 1, "by_status": {"over": 1}}
    assert told["formats"] == [{"best_of": 1, "matches": 1}]
    (played,) = told["maps"]
    assert (played["matches"], played["maps"], played["rounds"], told["rounds"]) == (1, 1, rounds, rounds)
    assert played["map_name"].startswith("de_")
    assert told["shares"] == played["shares"]
    assert played["shares"] == {"positions": 0, "economy": 1, "damage": 1, "utility": 1, "predictions": 1}
    (source,) = told["sources"]
    theirs = [m for m in valid if m.source not in {"clock", "champion", "batch"}]
    assert (source["matches"], source["events"]) == (1, len(theirs))
    assert source["first_at"] == told["period"]["first_at"]
    assert told["quality"]["maps"] == 0


def test_without_store_and_catalog_nothing_is_covered() -> None:
    told = Desk().json("/api/v1/coverage")
    assert (told["matches"], told["maps"], told["rounds"]) == ({"total": 0, "by_status": {}}, [], 0)
    assert (told["period"], told["shares"]["positions"]) == ({"first_at": None, "last_at": None}, None)


SYSTEM = "/api/v1/system"
HERE = {"host": "localhost"}


def here(desk: Desk, **parameters: Any) -> Any:
    """As asked from this machine."""
    answer = desk.ask(SYSTEM, headers=HERE, **parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_system_is_for_administrators(office: Office) -> None:
    assert office.status(SYSTEM) == 401
    assert office.status(SYSTEM, office.key("reader", scopes=("read", "live"))) == 403
    assert office.status(SYSTEM, office.key("office", scopes=("admin",))) == 200


def test_an_open_api_tells_of_the_system_to_this_machine_alone() -> None:
    assert Desk().ask(SYSTEM, headers=HERE | {"x-forwarded-for": "203.0.113.7"}).status_code == 403
    assert Desk().ask(SYSTEM, headers={"host": "api.example"}).status_code == 403
    assert here(Desk())["lag"] == []


def test_what_this_process_reads_is_told_by_topic() -> None:
    desk = Desk().take(messages())
    desk.metrics.consumer_lag.labels("predictions", "1").set(7)
    told = here(desk)
    assert told["lag"] == [{"reader": "api", "topic": "predictions", "partition": 1, "messages": 7}]
    assert told["throughput"]["window_s"] == 10
    assert (told["is_fed"], told["away"]) == (True, [])


def test_a_store_that_is_away_is_named() -> None:
    told = here(Desk(Raw(is_away=True)))
    assert (told["away"], told["dead_letters"], told["quality"]) == (["store"], None, None)


@pytest.mark.slow
def test_the_broker_tells_how_far_readers_are_behind() -> None:
    with EmbeddedBroker(partitions=1) as broker:
        to = connection(broker.bootstrap_servers, {}, embedded=True, readers={})
        with closing(AcknowledgedProducer(to)) as producer:
            for _ in range(5):
                producer.send(Outgoing(topic=RAW, key=b"k", value=b"v"))
            producer.flush_blocking(timeout_s=60)
        with closing(consumer(to, STREAM_GROUP)) as client:
            commit(client, [((RAW, 0), 3)])
        found = asyncio.run(Lags(to).read())
    assert Lag(reader="stream", topic=RAW, partition=0, messages=2) in found
    assert Lag(reader="loader", topic=RAW, partition=0, messages=5) in found
    assert len(found) == 7


@pytest.mark.slow
def test_a_broker_that_is_away_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    patience = check_topics.__kwdefaults__
    assert patience is not None
    monkeypatch.setitem(patience, "timeout_s", 1.0)
    with EmbeddedBroker(partitions=1) as broker:
        to = connection(
            broker.bootstrap_servers, {"socket.connection.setup.timeout.ms": "1000"}, embedded=True
        )
        broker.go_away()
        with pytest.raises(AwayError) as caught:
            asyncio.run(Lags(to).read())
    assert caught.value.part == "broker"


LATELY = datetime.now(UTC) - timedelta(minutes=5)


def letter(offset: int, reason: str, **told: Any) -> dict[str, Any]:
    place = {
        "topic": RAW,
        "partition": 2,
        "offset": offset,
        "match_id": "m",
        "source": "demo",
        "format": None,
    }
    when = {"received_at": LATELY + timedelta(seconds=offset)}
    return {**place, "field": "$.type", "reason": reason, **when, "raw": b"a secret", **told}


@pytest.fixture
def lettered(kept: Kept) -> Iterator[Desk]:
    """A store with three letters of today and one of the day before yesterday, one with its place in its source; two
    were delivered twice."""
    rows = [letter(1, "is none"), letter(2, "is none"), letter(3, "is too long")]
    rows += [letter(0, "is none", received_at=LATELY - timedelta(days=2))]
    raw = {"match_id": "m", "topic": RAW, "partition": 2, "offset": 2, "source_position": "line 9"}
    with closing(connect(kept.store)) as client:
        for told in (rows, rows[2:]):
            client.insert("dead_letters", [list(row.values()) for row in told], column_names=list(rows[0]))
        at = {"received_at": LATELY, "published_at": LATELY}
        client.insert("cs2_events_raw", [list((raw | at).values())], column_names=list(raw | at))
        yield Desk(ClickHouseHistory(kept.store), now=lambda: datetime.now(UTC))
        for table in ("dead_letters", "cs2_events_raw"):
            client.command(f"ALTER TABLE {table} DELETE WHERE match_id = 'm'", settings={"mutations_sync": 1})


@pytest.mark.slow
def test_dead_letters_are_told_by_reason_and_singly_without_their_bytes(lettered: Desk) -> None:
    told = here(lettered, letters=2)["dead_letters"]
    assert told["total"] == 3
    assert [(each["reason"], each["letters"]) for each in told["reasons"]] == [
        ("is none", 2),
        ("is too long", 1),
    ]
    assert [(each["offset"], each["source_position"]) for each in told["latest"]] == [
        (3, None),
        (2, "line 9"),
    ]
    first = told["latest"][0]
    assert (first["partition"], first["field"], first["match_id"], first["size_bytes"]) == (
        2,
        "$.type",
        "m",
        8,
    )
    assert "secret" not in str(told)
    assert here(lettered, hours=72)["dead_letters"]["total"] == 4
    assert here(lettered, letters=0)["dead_letters"]["latest"] == []


@pytest.mark.slow
def test_a_round_whose_predictions_were_all_withdrawn_has_none(kept: Kept) -> None:
    place = {"match_id": "withdrawn", "map_id": "1"}
    decided = [place | {"round_no": round_no, "seq": round_no, "ended_at": LATELY} for round_no in (1, 2)]
    said = [row | {"round_time_s": 9.0, "ts_event": LATELY, "version": row["seq"]} for row in decided]
    for row in said:
        del row["ended_at"]
    tables = {
        "cs2_round_metrics": [decided],
        "cs2_predictions": [said, [said[0] | {"is_retracted": True, "version": 9}]],
    }
    with closing(connect(kept.store)) as client:
        client.command("SYSTEM STOP MERGES cs2_predictions")
        for table, parts in tables.items():
            for rows in parts:
                client.insert(table, [list(row.values()) for row in rows], column_names=list(rows[0]))
        found = asyncio.run(ClickHouseHistory(kept.store).rows(sql.COVERED_MAPS))
        client.command("SYSTEM START MERGES cs2_predictions")
        for table in tables:
            gone = f"ALTER TABLE {table} DELETE WHERE match_id = 'withdrawn'"
            client.command(gone, settings={"mutations_sync": 1})
    assert [(row["rounds"], row["predictions"]) for row in found if not row["map_name"]] == [(2, 1)]
