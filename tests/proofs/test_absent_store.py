"""A store that is killed and comes back: the loader waits it out, and nothing is missing.

The match goes through the true intake, broker, stream and loader. Tables and catalog are those of a run whose store was
never away.
"""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from adapters.kafka.connection import LOADER_GROUP
from adapters.kafka.reading import consumer_lag
from adapters.kafka.records import RAW
from game.events import AnyEvent
from game.simulate.series import simulate
from game.simulate.setting import Setting
from midround import health, sending
from midround.supervisor import Say
from tests.proofs.settling import settle
from tests.proofs.system import System, running, settings_on_free_ports
from tests.proofs.tables import Contents, contents, differences, figures
from tests.stores import EmbeddedStore, embedded_store

PARTS = ("broker", "stream", "loader", "intake")
BATCH = 100
WITHOUT = 600
"""Events sent while the store is away."""
UNREAD_MOST = 1_000
"""Events that the loader may be behind when more are sent while the store is there. With `WITHOUT` more they are less
than the embedded broker holds for readers (about 4,500 of these), so that the intake never has to refuse."""


@pytest.fixture(scope="module")
def match() -> list[AnyEvent]:
    return list(simulate(Setting(seed=21, best_of=1, position_hz=0)))


def send(system: System, events: Sequence[AnyEvent]) -> None:
    with closing(sending.Intake(system.url("intake"))) as intake:
        for some in sending.batches(events, BATCH):
            intake.post(some)
            system.step()
    assert intake.sent.accepted == len(events)


def send_slowly(system: System, events: Sequence[AnyEvent]) -> None:
    """Send no faster than the store takes it."""
    for some in sending.batches(events, BATCH):
        system.until(lambda: unread(system) <= UNREAD_MOST, what="the loader to come near")
        send(system, some)


def unread(system: System) -> int:
    """Messages of the raw log that the loader has not committed."""
    return sum(consumer_lag(system.broker, LOADER_GROUP, topics=(RAW,)).values())


def is_waiting(system: System) -> bool:
    """Whether the loader says that it is not ready."""
    return not health.is_ready(system.parts["loader"])


def lose_store(system: System, store: EmbeddedStore, events: Sequence[AnyEvent]) -> None:
    """Kill the store, send more, and bring it back once the loader has noticed."""
    store.kill()
    send(system, events)
    system.until(lambda: is_waiting(system), what="the loader to notice")
    store.start()


def run(match: Sequence[AnyEvent], folder: Path, *, absences: int) -> Contents:
    """The tables after a run in which the store was away so often."""
    with embedded_store(folder / "store") as store:
        settings = settings_on_free_ports(folder / "home", **{"clickhouse.url": store.url})
        with running(settings, PARTS) as system:
            step = -(-len(match) // (absences + 1))
            for begin in range(0, len(match), step):
                part = match[begin : begin + step]
                is_last = begin + step >= len(match)
                send_slowly(system, part if is_last else part[:-WITHOUT])
                if not is_last:
                    lose_store(system, store, part[-WITHOUT:])
            settle(system, match)
            assert system.said == []
            return contents(store.url, f"sqlite:///{settings.home / 'catalog.sqlite'}")


@pytest.mark.proof
def test_a_store_that_was_away_has_everything(match: list[AnyEvent], tmp_path: Path, say: Say) -> None:
    undisturbed = run(match, tmp_path / "undisturbed", absences=0)
    disturbed = run(match, tmp_path / "disturbed", absences=1)
    assert len(undisturbed["game_events"]) == len(match)
    assert differences(disturbed, undisturbed) == []
    say(f"equal tables though the store was killed and came back: {figures(disturbed)}")
