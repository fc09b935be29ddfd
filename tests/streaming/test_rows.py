"""Records to rows: every topic, every defect of a record, and agreement with the full messages."""

import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.clickhouse.inserts import RowError
from adapters.clickhouse.inserts import encode as encode_rows
from adapters.clickhouse.tables import table
from adapters.kafka.records import DEAD_LETTERS, PREDICTIONS, PROCESSED, RAW, STATE, TOPICS, Record
from game.codec import encode
from game.facts import AnyFact, MapStats, RoundStats, SwingCredited
from game.messages import DeadLetter, Message, Processed, StateDelta, StateSnapshot
from streaming import rows
from tests.streaming import messages as m

EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def rows_of(record: Record) -> list[tuple[str, rows.Row]]:
    return list(rows.load(record).rows)


@pytest.mark.parametrize("topic", TOPICS)
@given(value=st.binary(max_size=200), key=st.binary(max_size=20), header=st.binary(max_size=20))
def test_no_record_is_too_broken_to_keep(topic: str, value: bytes, key: bytes, header: bytes) -> None:
    record = msgspec.structs.replace(m.record(topic, value, headers={"received_at": header}), key=key)
    for name, row in rows_of(record):
        encode_rows(table(name), [row])
    assert any(row.get("raw") == value for _, row in rows_of(record))


def test_a_raw_record_keeps_bytes_headers_and_place() -> None:
    headers = {"format": b"native+json", "source": b"demo", "received_at": b"2026-05-17T12:00:01+02:00"}
    [(name, row)] = rows_of(m.record(RAW, b"\xff{not json", offset=17, headers=headers))
    assert name == "cs2_events_raw"
    assert (row["raw"], row["match_id"], row["source"], row["format"]) == (
        b"\xff{not json",
        m.MATCH,
        "demo",
        "native+json",
    )
    assert (row["topic"], row["partition"], row["offset"], row["session"]) == (RAW, 3, 17, None)
    assert row["received_at"].utcoffset() == timedelta(hours=2)
    assert row["headers"]["format"] == "native+json"


def test_an_event_row_holds_what_the_message_says() -> None:
    message = m.processed(7, *m.round_facts())
    [name, row] = rows_of(m.on_topic(PROCESSED, message))[0]
    assert name == "game_events"
    for column in (
        "match_id",
        "map_id",
        "round_no",
        "seq",
        "prev_seq",
        "event_id",
        "ts_event",
        "type",
        "source",
    ):
        assert row[column] == getattr(message, column), column
    assert (row["session"], row["seq_no"]) == ("s1", 7)
    assert msgspec.json.decode(row["payload"]) == msgspec.to_builtins(message.event.payload)
    assert msgspec.json.decode(row["facts"], type=tuple[AnyFact, ...]) == message.facts
    assert (row["version"], row["is_retracted"]) == (7, False)


def test_the_lean_messages_know_every_field_of_the_real_ones() -> None:
    for lean, real in ((rows._Processed, Processed), (rows._Snapshot, StateSnapshot)):
        assert set(lean.__struct_fields__) == set(real.__struct_fields__) - {"schema_version"}
        assert lean.__struct_config__.tag == real.__struct_config__.tag


def test_statistics_and_swings_become_a_row_a_player() -> None:
    facts = (
        RoundStats(round_no=3, lines={"p1": {"kills": 2}, "p2": {"kills": 0}}),
        MapStats(
            map_number=1,
            rounds=3,
            players={"p1": {"adr": 81.5}},
            scopes={"half:1": {"p1": {"adr": 81.5, "rounds": 3.0}}, "side:t": {"p1": {"rounds": 2.0}}},
        ),
        SwingCredited(cause="damage", p_a_before=0.5, p_a_after=0.6, credits={"p1": 0.1, "p2": -0.1}),
    )
    found = rows_of(m.on_topic(PROCESSED, m.processed(9, *facts, round_no=3)))[1:]
    stats = [row for name, row in found if name == "player_stats"]
    assert [(row["scope"], row["player_id"], row["round_no"], row["rounds"]) for row in stats] == [
        ("round:3", "p1", 3, 1),
        ("round:3", "p2", 3, 1),
        ("map", "p1", 3, 3),
        ("half:1", "p1", 3, 3),
        ("side:t", "p1", 3, 2),
    ]
    assert stats[2]["stats"] == {"adr": 81.5}
    assert [row["player_id"] for name, row in found if name == "swings"] == ["p1", "p2"]
    assert sum(row["credit"] for name, row in found if name == "swings") == 0


def test_a_prediction_row_keeps_the_published_bytes() -> None:
    record = m.on_topic(PREDICTIONS, m.prediction(4))
    [(name, row)] = rows_of(record)
    assert name == "cs2_predictions"
    assert row["message"].encode() == record.value
    assert (row["receipt_id"], row["round_p_a"], row["map_lo"]) == ("receipt-4", 0.6123, 0.5)
    assert row["input_event_ids"] == ("event-4",)


def test_snapshots_are_kept_and_deltas_are_not() -> None:
    [(name, row)] = rows_of(m.on_topic(STATE, m.snapshot(5)))
    assert (name, row["seq"], row["offset"]) == ("match_states", 5, 5)
    delta = StateDelta(match_id=m.MATCH, seq=6, prev_seq=5, ts_event=m.moment(6))
    assert rows_of(m.on_topic(STATE, delta)) == []


@pytest.mark.parametrize("topic", [PROCESSED, STATE, PREDICTIONS])
def test_a_retraction_is_a_row_and_a_deed(topic: str) -> None:
    loaded = rows.load(m.on_topic(topic, m.retraction(20, from_seq=12, to_seq=19)))
    [(name, row)] = loaded.rows
    assert (name, row["channel"], row["from_seq"], row["to_seq"]) == ("retractions", topic, 12, 19)
    assert loaded.retraction is not None


def test_a_dead_letter_keeps_reason_and_bytes() -> None:
    letter = DeadLetter(
        field="$.payload.weapon", reason="Expected `str`", topic=RAW, partition=2, offset=5, raw=b"\x00\xff"
    )
    [(name, row)] = rows_of(m.record(DEAD_LETTERS, encode(letter)))
    assert (name, row["topic"], row["partition"], row["raw"]) == ("dead_letters", RAW, 2, b"\x00\xff")


@pytest.mark.parametrize(("partition", "offset"), [(-1, -1), (2**40, 2**70)])
def test_a_dead_letter_of_any_place_is_kept(partition: int, offset: int) -> None:
    letter = DeadLetter(field="$", reason="no", topic=RAW, partition=0, offset=0, raw=b"\xff")
    told = {**msgspec.to_builtins(letter), "partition": partition, "offset": offset}
    [(name, row)] = rows_of(m.record(DEAD_LETTERS, json.dumps(told).encode()))
    encode_rows(table(name), [row])
    assert row["raw"] == b"\xff"


@pytest.mark.parametrize("timestamp_ms", [-1, 1_700_000_000_000_000, 2**63])
@pytest.mark.parametrize("topic", TOPICS)
def test_a_record_of_any_time_is_kept(topic: str, timestamp_ms: int) -> None:
    record = msgspec.structs.replace(m.record(topic, b"{"), timestamp_ms=timestamp_ms)
    [(name, row)] = rows_of(record)
    encode_rows(table(name), [row])
    assert EARLIEST <= row["received_at"] <= LATEST


MESSAGES: dict[str, Message] = {
    PROCESSED: m.processed(7, *m.round_facts()),
    STATE: m.snapshot(7),
    PREDICTIONS: m.prediction(7),
}


@pytest.mark.parametrize("topic", MESSAGES)
@pytest.mark.parametrize("year", [1, 1960, 2107, 9999])
def test_a_time_of_arrival_that_retention_cannot_count_from_is_the_brokers(topic: str, year: int) -> None:
    received = m.moment(0).replace(year=year)
    record = m.on_topic(topic, msgspec.structs.replace(MESSAGES[topic], received_at=received))
    assert rows_of(record)[0][1]["received_at"] == record.appended_at


@pytest.mark.parametrize(
    "spoilt",
    [
        (b'"seq":7', b'"seq":-1'),
        (b'"seq":7', b'"seq":36893488147419103232'),
        (b'"round_no":1', b'"round_no":70000'),
        (b'"seq_no":7', b'"seq_no":-1'),
        (b'"ts_event":"2090-05-17T12:00:07.015625Z"', b'"ts_event":"2090-05-17T12:00:07"'),
    ],
)
def test_a_message_that_no_row_can_hold_is_refused_or_kept_as_a_dead_letter(
    spoilt: tuple[bytes, bytes],
) -> None:
    whole = encode(MESSAGES[PROCESSED])
    assert spoilt[0] in whole
    for name, row in rows_of(m.record(PROCESSED, whole.replace(*spoilt))):
        if name != "dead_letters":
            with pytest.raises(RowError):
                encode_rows(table(name), [row])


def test_what_cannot_be_read_names_its_place_and_reason() -> None:
    loaded = rows.load(m.record(PROCESSED, b'{"message":"processed"}', offset=8))
    [(name, row)] = loaded.rows
    assert (name, row["topic"], row["offset"]) == ("dead_letters", PROCESSED, 8)
    assert "match_id" in row["reason"]
    assert loaded.problem == row["reason"]
