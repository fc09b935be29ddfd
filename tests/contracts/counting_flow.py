"""A flow for the contract of delivery: counts records by key, from one topic to another. Run as a process.

Arguments: bootstrap servers, "embedded" or "real", topic read, topic written, recovery folder, epoch in seconds.
"""

import sys
import threading
from datetime import timedelta
from pathlib import Path

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.testing import run_main

from adapters.kafka.connection import connection
from adapters.kafka.records import Outgoing, Record
from streaming.kafka import KafkaSink, KafkaSource, stop_on_sigterm
from streaming.recovery import open_recovery

GROUP = "counting"


def count(state: int | None, record: Record) -> tuple[int, tuple[int, Record]]:
    counted = (state or 0) + 1
    return counted, (counted, record)


def result(counted: tuple[int, Record], *, topic: str) -> list[Outgoing]:
    number, record = counted
    return [Outgoing(topic=topic, key=record.key, value=record.value + b" " + str(number).encode())]


def main(arguments: list[str]) -> None:
    servers, kind, origin, target, folder, epoch_s = arguments
    readers = {origin: [GROUP]} if kind == "embedded" else {}
    link = connection(servers, {}, embedded=kind == "embedded", readers=readers)
    stopping = threading.Event()
    stop_on_sigterm(stopping)
    flow = Dataflow("counting")
    records = op.input("read", flow, KafkaSource(link, [origin], group=GROUP, stopping=stopping))
    keyed = op.key_on("key", records, lambda record: record.key.decode())
    counted = op.stateful_map("count", keyed, count)
    results = op.map_value("result", counted, lambda counted: result(counted, topic=target))
    op.output("write", results, KafkaSink(link, stopping=stopping))
    run_main(  # type: ignore[no-untyped-call]
        flow,
        epoch_interval=timedelta(seconds=float(epoch_s)),
        recovery_config=open_recovery(link, Path(folder), topics=[origin], source="counting.read").config,
    )


if __name__ == "__main__":
    main(sys.argv[1:])
