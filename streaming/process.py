"""The stream process: one Bytewax worker that processes its share of the partitions until SIGTERM.

Belongs here: connections, recovery, signals and the metrics port. Does not belong here: the dataflow graph
(`streaming.flow`).
"""

import gc
import logging
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import timedelta
from functools import partial
from pathlib import Path

from bytewax.run import cli_main

from adapters.kafka.connection import LAST_WORDS_S, STREAM_GROUP, BrokerError, Connection
from adapters.kafka.records import RAW
from adapters.kafka.topics import ensure_topics
from adapters.metrics import Exporter, Metrics, metrics
from models.clock import wall_clock
from models.lineup import Lineup
from models.predictor import CHAMPION, Predictor
from models.shelf import Shelf
from streaming.flow import FLOW, SOURCE, build_flow
from streaming.kafka import STOP_GRACE_S, KafkaSink, KafkaSource, Position, SourcePartition, stop_on_sigterm
from streaming.matches import MatchLogic
from streaming.recovery import open_recovery
from streaming.roster import Roster
from streaming.switching import lookout

LOGGER = logging.getLogger("midround.stream")
PAUSE_S = 0.1


class AnnouncedSource(KafkaSource):
    """A Kafka source that sets `ready` when its first partition is opened: only then is the process ready."""

    ready: threading.Event

    def build_part(self, step_id: str, for_part: str, resume_state: Position | None) -> SourcePartition:
        part = super().build_part(step_id, for_part, resume_state)
        self.ready.set()
        return part


def run(
    connection: Connection,
    *,
    partitions: int,
    recovery: Path,
    metrics_port: int,
    process_index: int = 0,
    process_count: int = 1,
    epoch_s: float = 0.8,
    champion: Path = CHAMPION,
) -> int:
    """Run until SIGTERM or SIGINT, then take a final snapshot, from which the next start resumes exactly. Returns 0.

    Creates the topics on a real broker. `recovery` belongs to this process alone and to one log: on a real Kafka,
    raises `ForeignRecoveryError` if it belongs to another log. Raises `models.bundle.BundleError` for a champion that
    does not match its hashes.
    """
    stopping = threading.Event()
    stop_on_sigterm(stopping)
    lineup, roster = Lineup(champion, now=wall_clock()), Roster()
    gc.freeze()
    measured = metrics()
    ready = threading.Event()
    with ExitStack() as opened:
        opened.enter_context(closing(Exporter(measured.registry, port=metrics_port, is_ready=ready.is_set)))
        if not _await_broker(connection, partitions, stopping=stopping):
            return 0
        recovered = open_recovery(
            connection, recovery, topics=(RAW,), source=f"{FLOW}.{SOURCE}", stopping=stopping
        )
        source = AnnouncedSource(
            connection,
            (RAW,),
            group=STREAM_GROUP,
            stopping=stopping,
            process_index=process_index,
            process_count=process_count,
            on_lag=partial(_tell_lag, measured),
            on_failed_commit=measured.error("commit").inc,
        )
        source.ready = ready
        logic = logic_of(lineup, roster, measured, is_carried=recovered.is_carried)
        grace_s = LAST_WORDS_S if connection.embedded else STOP_GRACE_S
        flow = build_flow(source, KafkaSink(connection, stopping=stopping, stop_grace_s=grace_s), logic=logic)
        watching = opened.enter_context(
            closing(lookout(connection, lineup, roster, measured=measured, now=wall_clock))
        )
        watching.start()
        cli_main(flow, epoch_interval=timedelta(seconds=epoch_s), recovery_config=recovered.config)  # type: ignore[no-untyped-call]
    return 0


def logic_of(
    lineup: Lineup, roster: Roster, measured: Metrics, *, is_carried: bool = False
) -> Callable[[bytes | None], MatchLogic]:
    """The factory of match folds for the flow. `is_carried`: the recovered matches were published to an earlier log,
    which no longer exists."""
    return partial(
        MatchLogic,
        models=lineup,
        starting=lineup.starting,
        roster=roster,
        measured=measured,
        now=wall_clock,
        clock=time.perf_counter,
        is_carried=is_carried,
    )


def match_logic(predictor: Predictor | None, measured: Metrics) -> Callable[[bytes | None], MatchLogic]:
    """The same factory with a single, fixed model."""
    return partial(
        MatchLogic,
        models=Shelf((predictor,)),
        starting=lambda _: predictor,
        roster=Roster(),
        measured=measured,
        now=wall_clock,
        clock=time.perf_counter,
    )


def _await_broker(connection: Connection, partitions: int, *, stopping: threading.Event) -> bool:
    """Wait for the broker and its topics. Returns False if the process is stopped first."""
    while not stopping.is_set():
        try:
            ensure_topics(connection, partitions, timeout_s=1.0)
        except BrokerError as error:
            LOGGER.info("waiting for the broker: %s", error)
            stopping.wait(PAUSE_S)
        else:
            return True
    return False


def _tell_lag(measured: Metrics, topic: str, partition: int, lag: int) -> None:  # noqa: PLR0917 - as OnLag calls it
    measured.consumer_lag.labels(topic, str(partition)).set(lag)
