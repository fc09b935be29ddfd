"""`bench throughput`: a backlog of recorded maps through one stream process.

The baseline is a bare loop in its own process on the same broker: consume, the same functions, produce; no Bytewax, no
recovery, no exact position. Both are measured from the first event to the last result.
"""

import asyncio
import gc
import multiprocessing
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import zip_longest
from pathlib import Path

from confluent_kafka import TopicPartition
from msgspec.structs import replace

from adapters.kafka.connection import STREAM_GROUP, Connection
from adapters.kafka.producer import AcknowledgedProducer, Sender
from adapters.kafka.reading import consumer, record_of
from adapters.kafka.records import PROCESSED, RAW, Outgoing, Record
from adapters.kafka.topics import DEFAULT_PARTITIONS, check_topics
from adapters.metrics import metrics
from adapters.settings import Settings
from game.codec import encode
from game.events import AnyEvent
from midround import inputs, ports
from midround.bench.brokers import broker, name_of, written
from midround.bench.figures import Report, Watch, at_least
from midround.part import COLLECTIONS
from models.predictor import load_champion
from streaming import process
from streaming.matches import MatchLogic
from streaming.steps import translated

BATCH = 500
PATIENCE_S = 900.0
COMMIT_S = 1.0
SIMULATED = 6
HEADERS = {"format": b"native+json", "source": b"bench"}
Body = Callable[[Connection, int, str], None]


def measured(settings: Settings, files: Sequence[Path]) -> Report:
    """Measure the maps in `files`, or simulated ones if there are none."""
    raws = _raws(files)
    watch = Watch()
    seconds: dict[str, float] = {}
    for name, body in (("loop", _loop), ("stream", _stream)):
        with broker(settings) as at:
            seconds[name] = _through(at, raws, body)
    rate, base = (len(raws) / seconds[name] for name in ("stream", "loop"))
    return Report(
        bench="throughput",
        load=f"{len(files) or SIMULATED} maps, {len(raws):,} events, one stream process, {name_of(settings)}",
        machine=watch.machine(),
        values={
            "stream_events_per_s": round(rate, 1),
            "loop_events_per_s": round(base, 1),
            "stream_to_loop_ratio": round(rate / base, 3),
        },
        targets=(
            at_least("of the bare loop", asked=0.8, found=rate / base),
            at_least("events/s", asked=5_000, found=rate),
        ),
    )


def _raws(files: Sequence[Path]) -> list[Outgoing]:
    """Return the events of all maps interleaved, one of each map in turn."""
    told = (
        [match.events() for match in inputs.recorded(files)]
        if files
        else [inputs.simulated(seed=n, best_of=1, position_hz=0).events() for n in range(SIMULATED)]
    )
    return [_outgoing(event) for turn in zip_longest(*told) for event in turn if event is not None]


def _outgoing(event: AnyEvent) -> Outgoing:
    return Outgoing(topic=RAW, key=event.match_id.encode(), value=encode(event), headers=HEADERS)


def _through(at: Connection, raws: Sequence[Outgoing], body: Body) -> float:
    """Return the seconds from the first event in to the last result out."""
    before = written(at, PROCESSED)
    with _child(at, body):
        begun_s = time.perf_counter()
        sending = threading.Thread(target=_send, args=(at, raws), daemon=True)
        sending.start()
        while written(at, PROCESSED) - before < len(raws):
            if time.perf_counter() - begun_s > PATIENCE_S:
                raise TimeoutError(f"not through within {PATIENCE_S:g} s")
            time.sleep(0.1)
        seconds = time.perf_counter() - begun_s
        sending.join()
    return seconds


def _send(at: Connection, raws: Sequence[Outgoing]) -> None:
    async def send() -> None:
        for start in range(0, len(raws), BATCH):
            await producer.acknowledged(raws[start : start + BATCH], timeout_s=60)

    with closing(AcknowledgedProducer(at)) as producer:
        asyncio.run(send())


@contextmanager
def _child(at: Connection, body: Body) -> Iterator[None]:
    """Run `body` in a fresh process, ready when the block begins."""
    (port,) = ports.free_ports(1)
    with tempfile.TemporaryDirectory() as folder:
        unpaced = replace(at, readers={})  # nothing here reads the results
        child = multiprocessing.get_context("spawn").Process(target=body, args=(unpaced, port, folder))
        child.start()
        try:
            while not ports.answers("127.0.0.1", port):
                if not child.is_alive():
                    raise RuntimeError(f"the process under test ended with {child.exitcode}")
                time.sleep(0.05)
            time.sleep(1.0)
            yield
        finally:
            child.terminate()
            child.join(15)
            child.kill()


def _stream(at: Connection, port: int, folder: str) -> None:
    gc.set_threshold(*COLLECTIONS)  # as the stream's part does
    process.run(at, partitions=DEFAULT_PARTITIONS, recovery=Path(folder) / "recovery", metrics_port=port)


def _loop(at: Connection, port: int, _folder: str) -> None:
    """The bare loop: consume, the same functions, produce."""
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    fold = Fold()
    places = [(RAW, partition) for partition in range(check_topics(at, [RAW])[RAW])]
    reader = consumer(at, STREAM_GROUP)
    ends = {p: reader.get_watermark_offsets(TopicPartition(*p))[1] for p in places}
    reader.assign([TopicPartition(*place, offset) for place, offset in ends.items()])
    sender = Sender(at, delivery_timeout_s=60, only_failures=True)
    listener = ports.listening(port)
    committed_s = time.monotonic()
    while not stopping.is_set():
        for message in reader.consume(1000, 0.01):
            record = record_of(message)
            ends[record.topic, record.partition] = record.offset + 1
            for outgoing in fold(record):
                sender.send(outgoing, lambda _outcome: None)
        sender.poll(0)
        if time.monotonic() - committed_s > COMMIT_S:
            committed_s = time.monotonic()
            reader.commit(
                offsets=[TopicPartition(*p, offset) for p, offset in ends.items()], asynchronous=True
            )
    listener.close()


class Fold:
    """The functions of the flow, without the flow."""

    def __init__(self) -> None:
        self._matches: dict[str, MatchLogic] = {}
        self._make = process.match_logic(load_champion(), metrics())

    def __call__(self, record: Record) -> list[Outgoing]:
        told = translated(record)
        match_id = record.key.decode()
        logic = self._matches.get(match_id) or self._matches.setdefault(match_id, self._make(None))
        found, _ = logic.on_batch([told])
        return [outgoing for each in found for outgoing in each]
