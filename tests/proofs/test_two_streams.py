"""Two streams over one real Kafka share the partitions: each match is processed by one of them, once, as in batch.

Matches over all partitions are sent twice over: first both streams run undisturbed, then the second half of each match
comes while one of them is killed with -9 and started again.
"""

import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from adapters.kafka.records import partition_of
from game.events import AnyEvent
from game.simulate.series import simulate
from game.simulate.setting import Setting
from midround import sending
from midround.supervisor import Say
from models.fold import fold_events
from models.predictor import load_champion
from streaming.kafka import partitions_of
from tests.contracts.brokers import real_broker
from tests.ports import free_ports
from tests.proofs.system import System, running, settings_on_free_ports
from tests.proofs.tally import Tally, ends
from tests.proofs.witness import Witness

pytestmark = pytest.mark.server

STREAMS = ("stream-0", "stream-1")
PARTITIONS = 4
MATCHES_EACH = 2
EVENTS, FIRST_HALF = 700, 350
BATCH = 50


def matches() -> list[list[AnyEvent]]:
    """The beginnings of simulated matches, as many in each partition."""
    found: dict[int, list[list[AnyEvent]]] = {partition: [] for partition in range(PARTITIONS)}
    for seed in range(1_000):
        events = list(islice(simulate(Setting(seed=seed, best_of=1, position_hz=0, has_shots=False)), EVENTS))
        placed = found[partition_of(events[0].match_id.encode(), PARTITIONS)]
        if len(placed) < MATCHES_EACH:
            placed.append(events)
        if all(len(each) == MATCHES_EACH for each in found.values()):
            break
    return [events for each in found.values() for events in each]


def owner(match_id: str) -> str:
    """The stream whose share the match is in."""
    partition = partition_of(match_id.encode(), PARTITIONS)
    shares = [partitions_of(index, len(STREAMS), partitions=PARTITIONS) for index in range(len(STREAMS))]
    [name] = [name for name, share in zip(STREAMS, shares, strict=True) if partition in share]
    return name


def consecutive_ports() -> int:
    """The first of two neighbouring ports that are free: the streams of one machine have consecutive ones."""
    while True:
        first, second = free_ports(2)
        if second == first + 1:
            return first


def folded(system: System, name: str) -> int:
    """How many events the stream's process has put through its fold since it started."""
    with urllib.request.urlopen(f"{system.url(name)}/metrics", timeout=60) as answer:
        families = text_string_to_metric_families(answer.read().decode())
        samples = [sample for family in families for sample in family.samples]
    return int(next(s.value for s in samples if s.name == "predictor_latency_ms_count"))


def send(system: System, parts_of_matches: Sequence[Sequence[AnyEvent]], *, dies: str | None = None) -> None:
    """All matches at once, a batch of each in turn; `dies` is killed in the middle of it."""
    longest = max(map(len, parts_of_matches))
    with closing(sending.Intake(system.url("intake"))) as intake:
        for begin in range(0, longest, BATCH):
            for events in parts_of_matches:
                intake.post(events[begin : begin + BATCH])
            if dies is not None and begin >= longest // 2:
                system.kill(dies)
                dies = None
            system.step()
        assert intake.sent.accepted == sum(map(len, parts_of_matches))


def check(witness: Witness, told: Sequence[Sequence[AnyEvent]]) -> None:
    """What was published of every match is the batch fold's, without holes."""
    predictor = load_champion()
    for events in told:
        tally = witness.tallies[events[0].match_id]
        assert tally.summary() == Tally.of(fold_events(events, predictor)).summary()
        assert not tally.has_holes()


def repeated(witness: Witness, told: Sequence[Sequence[AnyEvent]]) -> Mapping[str, int]:
    """Messages that were published twice, by the stream that owns their match."""
    owners = [(owner(events[0].match_id), witness.tallies[events[0].match_id]) for events in told]
    return {name: sum(tally.repeated for of, tally in owners if of == name) for name in STREAMS}


def test_each_match_is_processed_once_also_when_one_of_them_is_killed(tmp_path: Path, say: Say) -> None:
    whole, (survivor, dies) = matches(), STREAMS
    begun, rest = [e[:FIRST_HALF] for e in whole], [e[FIRST_HALF:] for e in whole]
    with real_broker(tmp_path / "kafka") as kafka:
        settings = settings_on_free_ports(
            tmp_path / "home",
            **{
                "kafka.bootstrap_servers": kafka.connection().bootstrap_servers,
                "kafka.partitions": PARTITIONS,
                "stream.count": len(STREAMS),
                "stream.metrics_port": consecutive_ports(),
            },
        )
        with (
            running(settings, (*STREAMS, "intake")) as system,
            Witness(system.broker, is_loader=False) as witness,
        ):
            send(system, begun)
            witness.wait(ends(begun), step=system.step)
            check(witness, begun)
            assert repeated(witness, begun) == dict.fromkeys(STREAMS, 0)
            shares = {name: sum(len(e) for e in begun if owner(e[0].match_id) == name) for name in STREAMS}
            assert {name: folded(system, name) for name in STREAMS} == shares

            pids = system.supervisor.pids()
            send(system, rest, dies=dies)
            system.until_ready()
            witness.wait(ends(whole), step=system.step)
            assert witness.failure is None
            check(witness, whole)
            twice = repeated(witness, whole)
            assert twice[survivor] == 0
            now = system.supervisor.pids()
            assert [name for name in STREAMS if now[name] != pids[name]] == [dies]
            assert folded(system, survivor) == 2 * shares[survivor]
            say(f"{len(whole)} matches in {PARTITIONS} partitions; {dies} killed: {twice[dies]} told twice")
