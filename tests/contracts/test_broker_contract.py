"""What our producer, tail, source and sink hold on every broker."""

import asyncio
import threading
import uuid
from pathlib import Path

import pytest

from adapters.kafka.connection import DeliveryError, OversizedError
from adapters.kafka.guard import OffsetRemovedError, PositionAheadError
from adapters.kafka.origin import ForeignRecoveryError, recovery_directory
from adapters.kafka.producer import AcknowledgedProducer
from adapters.kafka.reading import committed_offsets, consumer_lag
from adapters.kafka.records import TOPICS, Gap, Outgoing, partition_of
from adapters.kafka.tail import Tail
from adapters.kafka.topics import BrokerAwayError, MissingTopicsError, check_topics, ensure_topics
from streaming.kafka import KafkaSink, SinkPartition
from tests.contracts.brokers import REFUSED_BYTES, Broker, Embedded
from tests.contracts.reading import PATIENCE_S, collect, numbered, part, patient, read, source, values, write

pytestmark = pytest.mark.slow

LARGER_THAN_IS_KEPT = 8 * 1024 * 1024


def sink(broker: Broker) -> SinkPartition:
    return KafkaSink(broker.connection(), stopping=threading.Event()).build_part("write", "p", None)


def test_the_topics_are_there_with_leaders(broker: Broker) -> None:
    assert set(ensure_topics(broker.connection())) == set(TOPICS)
    assert ensure_topics(broker.connection()) == check_topics(broker.connection())


def test_a_missing_topic_is_named(broker: Broker) -> None:
    def missing() -> list[str]:
        try:
            check_topics(broker.connection(), ["no-such-topic"], timeout_s=1.0)
        except MissingTopicsError as error:
            return [str(error)]
        except BrokerAwayError:  # it is busy
            return []
        raise AssertionError("it is there")

    assert "no-such-topic" in collect(missing, 1)[0]


def test_records_of_one_key_keep_their_order(broker: Broker, topic: str) -> None:
    write(broker.connection(), numbered(topic, 5000, keys=20))
    found = read(broker.connection(), topic, 5000)
    for key in {record.key for record in found}:
        of_key = [record for record in found if record.key == key]
        assert values(of_key) == sorted(values(of_key))
        assert {record.partition for record in of_key} == {partition_of(key, 4)}


def test_a_record_comes_back_as_it_was_written(broker: Broker, topic: str) -> None:
    sent = Outgoing(topic=topic, key=b"\x00k", value=b"\xff\x00", headers={"source": b"demo", "empty": b""})
    write(broker.connection(), [sent])
    (found,) = read(broker.connection(), topic, 1)
    assert (found.key, found.value, found.headers) == (sent.key, sent.value, sent.headers)
    assert found.timestamp_ms > 0


def test_acknowledgements_name_the_places_in_order(broker: Broker, narrow: str) -> None:
    async def places() -> list[int]:
        with patient(broker.connection()) as producer:
            told = await producer.acknowledged(numbered(narrow, 50), timeout_s=PATIENCE_S)
        return [place.offset for place in told]

    assert asyncio.run(places()) == list(range(50))


def test_an_oversized_record_is_refused_with_its_size(broker: Broker, narrow: str) -> None:
    producer = AcknowledgedProducer(broker.connection())
    with pytest.raises(OversizedError, match="2000098 bytes"):
        producer.send(Outgoing(topic=narrow, key=b"ab", value=bytes(2_000_000)))
    producer.close()
    write(broker.connection(), numbered(narrow, 1))
    assert values(read(broker.connection(), narrow, 1)) == [0]


def test_a_refused_record_is_raised_at_the_snapshot(broker: Broker, small: str) -> None:
    target = sink(broker)
    target.write_batch([[Outgoing(topic=small, key=b"k", value=bytes(REFUSED_BYTES))]])
    with pytest.raises(DeliveryError, match=r"MSG_SIZE_TOO_LARGE.*record of 2\d{4} bytes"):
        target.snapshot()


def test_an_oversized_record_is_raised_at_the_snapshot(broker: Broker, narrow: str) -> None:
    target = sink(broker)
    target.write_batch([[Outgoing(topic=narrow, key=b"k", value=bytes(2_000_000))]])
    with pytest.raises(OversizedError):
        target.snapshot()


def test_an_epoch_closes_when_the_broker_is_back(broker: Broker, narrow: str) -> None:
    target = sink(broker)
    target.write_batch([numbered(narrow, 10)])
    target.snapshot()
    broker.go_away()
    target.write_batch([numbered(narrow, 10, start=10)])
    back = threading.Timer(1.0, broker.come_back)
    back.start()
    target.snapshot()
    back.join()
    assert values(read(broker.connection(), narrow, 20)) == list(range(20))


def test_a_source_goes_on_when_the_broker_is_back(broker: Broker, narrow: str) -> None:
    reading = part(source(broker.connection(), narrow), narrow)
    write(broker.connection(), numbered(narrow, 10))
    assert values(collect(lambda: list(reading.next_batch()), 10)) == list(range(10))
    broker.go_away()
    assert list(reading.next_batch()) == []
    broker.come_back()
    write(broker.connection(), numbered(narrow, 10, start=10))
    assert values(collect(lambda: list(reading.next_batch()), 10)) == list(range(10, 20))
    reading.close()


def test_a_stopped_sink_does_not_wait_for_ever(broker: Broker, narrow: str) -> None:
    stopping = threading.Event()
    brief = KafkaSink(broker.connection(), stopping=stopping, stop_grace_s=0.5)
    target = brief.build_part("write", "p", None)
    broker.go_away()
    target.write_batch([numbered(narrow, 1)])
    stopping.set()
    with pytest.raises(Exception, match="without a final snapshot"):
        target.snapshot()
    broker.come_back()


def test_a_source_resumes_after_the_last_record_of_the_snapshot(broker: Broker, narrow: str) -> None:
    write(broker.connection(), numbered(narrow, 20))
    first = part(source(broker.connection(), narrow), narrow)
    collect(lambda: list(first.next_batch()), 20)
    offset = first.snapshot()["offset"]
    first.close()
    write(broker.connection(), numbered(narrow, 5, start=20))
    second = part(source(broker.connection(), narrow), narrow, resume_at=offset)
    assert values(collect(lambda: list(second.next_batch()), 5)) == list(range(20, 25))
    second.close()


def test_a_stopped_source_ends_at_once(broker: Broker, narrow: str) -> None:
    stopping = threading.Event()
    reading = part(source(broker.connection(), narrow, stopping=stopping), narrow)
    stopping.set()
    with pytest.raises(StopIteration):
        reading.next_batch()
    reading.close()


def test_only_offsets_of_closed_epochs_are_committed(broker: Broker, narrow: str) -> None:
    group = f"group-{uuid.uuid4().hex}"
    connection = broker.connection()
    write(connection, numbered(narrow, 30))
    reading = part(source(connection, narrow, group=group), narrow)
    collect(lambda: list(reading.next_batch()), 30)
    reading.snapshot()

    def committed() -> list[tuple[tuple[str, int], int]]:
        assert list(reading.next_batch()) == []
        return list(committed_offsets(connection, group, topics=[narrow]).items())

    assert collect(committed, 1) == [((narrow, 0), 0)]
    assert consumer_lag(connection, group, topics=[narrow]) == {(narrow, 0): 30}
    reading.snapshot()
    reading.close()
    assert committed_offsets(connection, group, topics=[narrow]) == {(narrow, 0): 30}


def test_an_offset_removed_by_retention_is_an_alarm(broker: Broker, narrow: str) -> None:
    write(broker.connection(), numbered(narrow, 100))
    broker.remove_before(narrow, 0, offset=50)
    with pytest.raises(OffsetRemovedError, match="begins at 50: 40 messages are lost"):
        part(source(broker.connection(), narrow), narrow, resume_at=10)


def test_a_position_beyond_the_end_is_an_alarm(broker: Broker, narrow: str) -> None:
    write(broker.connection(), numbered(narrow, 10))
    with pytest.raises(PositionAheadError, match=r"next offset is 5000, but the log ends at 10"):
        part(source(broker.connection(), narrow), narrow, resume_at=5000)


def test_a_tail_reports_what_retention_took(broker: Broker, narrow: str) -> None:
    write(broker.connection(), numbered(narrow, 100))
    broker.remove_before(narrow, 0, offset=50)
    tail = Tail(broker.connection(), [narrow], start={(narrow, 0): 10})
    assert values(collect(lambda: tail.poll(0.2), 50)) == list(range(50, 100))
    assert tail.take_gaps() == [Gap(topic=narrow, partition=0, first_missing=10, resumed_at=50)]
    assert tail.take_gaps() == []
    tail.close()


def test_a_tail_from_the_end_sees_only_what_comes_later(broker: Broker, narrow: str) -> None:
    write(broker.connection(), numbered(narrow, 10))
    tail = Tail(broker.connection(), [narrow])
    write(broker.connection(), numbered(narrow, 3, start=10))
    assert values(collect(lambda: tail.poll(0.2), 3)) == [10, 11, 12]
    assert tail.positions() == {(narrow, 0): 13}
    tail.close()


def test_a_slow_reader_finds_everything(broker: Broker, narrow: str, request: pytest.FixtureRequest) -> None:
    if isinstance(broker, Embedded):
        reason = (
            "keeps 5 MiB a partition and forgets the rest: producers are paced instead (test_pacing_contract)"
        )
        request.applymarker(pytest.mark.xfail(strict=True, reason=reason))
    body = b"x" * 8192
    count = LARGER_THAN_IS_KEPT // len(body)
    write(broker.connection(), [Outgoing(topic=narrow, key=b"k", value=body) for _ in range(count)])
    found = read(broker.connection(), narrow, count // 4, start={(narrow, 0): 0})
    assert found[0].offset == 0


def test_recovery_state_of_an_emptied_broker_is_not_used(broker: Broker, tmp_path: Path) -> None:
    ensure_topics(broker.connection())
    folder = recovery_directory(broker.connection(), tmp_path / "state", topics=["raw-game-events"])
    (folder / "part-0.sqlite3").write_bytes(b"offsets")
    assert recovery_directory(broker.connection(), folder, topics=["raw-game-events"]) == folder
    assert (folder / "part-0.sqlite3").exists()
    broker.restart_empty()
    ensure_topics(broker.connection())
    if isinstance(broker, Embedded):
        recovery_directory(broker.connection(), folder, topics=["raw-game-events"])
        assert not (folder / "part-0.sqlite3").exists()
    else:
        with pytest.raises(ForeignRecoveryError, match="another log"):
            recovery_directory(broker.connection(), folder, topics=["raw-game-events"])
        assert (folder / "part-0.sqlite3").exists()


def test_a_running_source_notices_an_emptied_broker(broker: Broker, narrow: str) -> None:
    write(broker.connection(), numbered(narrow, 100))
    reading = part(source(broker.connection(), narrow), narrow)
    collect(lambda: list(reading.next_batch()), 100)
    broker.restart_empty()
    broker.create_topic(narrow, 1)
    write(broker.connection(), numbered(narrow, 10))
    with pytest.raises(Exception, match=r"another one|is gone|beyond the end"):
        collect(lambda: list(reading.next_batch()), 1)


def test_a_running_tail_notices_an_emptied_broker_that_has_more_than_before(
    broker: Broker, narrow: str
) -> None:
    write(broker.connection(), numbered(narrow, 100))
    tail = Tail(broker.connection(), [narrow], start="beginning", guard_period_s=0.5)
    collect(lambda: tail.poll(0.2), 100)
    broker.restart_empty()
    broker.create_topic(narrow, 1)
    write(broker.connection(), numbered(narrow, 150))
    with pytest.raises(ForeignRecoveryError, match="another one"):
        collect(lambda: tail.poll(0.2), 51)
    tail.close()
