"""A match sent while parts are disturbed, and what that leaves otherwise than a run in which nobody is. No tests here.

Two runs of the same match over a Kafka and a store of their own. One is left alone; in the other parts are disturbed
while they work. Store and catalog hold the same afterwards, the topics tell the same, and both are what a batch fold
says.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from random import Random

from msgspec import Struct

from game.events import AnyEvent
from midround import places, sending
from midround.supervisor import Say
from models.fold import fold_events
from models.predictor import load_champion
from tests.contracts.brokers import real_broker
from tests.proofs.settling import settle
from tests.proofs.system import System, running, settings_on_free_ports
from tests.proofs.tables import Contents, contents, differences, figures
from tests.proofs.tally import Tally, ends
from tests.proofs.witness import Witness

SEED = 20_261_122
PARTS = ("store", "stream", "loader", "intake")
BATCH = 100
PACE_S = 0.02
DELAY_MOST_S = 1.0

Disturb = Callable[[System, str], None]
"""What is done to a part of a system."""


class Turn(Struct, frozen=True, kw_only=True):
    """A part is disturbed `delay_s` after `place` events have been sent, while more are."""

    place: int
    delay_s: float
    name: str


def turns(names: Sequence[str], *, events: int, seed: int) -> list[Turn]:
    """One for each name, in another order, at places and moments that only the seed knows."""
    rng = Random(f"midround/proofs/kills/{seed}")
    places = sorted(rng.sample(range(events // 20, events - events // 20), len(names)))
    order = rng.sample(names, len(names))
    return [
        Turn(place=place, delay_s=rng.uniform(0, DELAY_MOST_S), name=name)
        for place, name in zip(places, order, strict=True)
    ]


class Disturber:
    """Disturbs as planned while events are sent: a part whose turn it is has got over the last one, and works."""

    def __init__(self, system: System, planned: Sequence[Turn], disturb: Disturb) -> None:
        self._system = system
        self._disturb = disturb
        self._due = list(planned)
        self._moment_s: float | None = None

    def look(self, sent: int) -> None:
        """To be called after each batch. `sent` counts events."""
        if self._moment_s is not None and time.monotonic() > self._moment_s:
            self._act()
        if self._moment_s is None and self._due and self._due[0].place < sent:
            self._system.until_ready()
            self._moment_s = time.monotonic() + self._due[0].delay_s

    def finish(self) -> None:
        """What is still due happens now."""
        while self._due:
            self._system.until_ready()
            self._act()

    def _act(self) -> None:
        self._disturb(self._system, self._due.pop(0).name)
        self._moment_s = None


def send(system: System, events: Sequence[AnyEvent], disturber: Disturber) -> None:
    """Send at a pace, and disturb as planned."""
    with closing(sending.Intake(system.url("intake"))) as intake:
        for begin in range(0, len(events), BATCH):
            intake.post(events[begin : begin + BATCH])
            system.step()
            disturber.look(begin + BATCH)
            time.sleep(PACE_S)
    disturber.finish()
    assert intake.sent.accepted == len(events)


class Run(Struct, frozen=True, kw_only=True):
    """What one run left behind."""

    tables: Contents
    tally: Tally
    fallen: list[str]
    seconds: float


def run(events: Sequence[AnyEvent], planned: Sequence[Turn], folder: Path, *, disturb: Disturb) -> Run:
    """Send a match into a system of its own on a Kafka of its own."""
    begun_s = time.monotonic()
    with real_broker(folder / "kafka") as kafka:
        servers = kafka.connection().bootstrap_servers
        settings = settings_on_free_ports(folder / "home", **{"kafka.bootstrap_servers": servers})
        with (
            running(settings, PARTS) as system,
            Witness(system.broker, is_loader=False) as witness,
        ):
            send(system, events, Disturber(system, planned, disturb))
            system.until_ready()
            settle(system, events)
            witness.wait(ends([events]), step=system.step)
            assert witness.failure is None
            assert witness.letters == []
            store, catalog = places.clickhouse_url(settings), f"sqlite:///{settings.home / 'catalog.sqlite'}"
            return Run(
                tables=contents(store, catalog),
                tally=witness.tallies[events[0].match_id],
                fallen=system.said,
                seconds=time.monotonic() - begun_s,
            )


def lost(
    events: Sequence[AnyEvent],
    names: Sequence[str],
    *,
    disturb: Disturb,
    falls: int,
    folder: Path,
    say: Say,
) -> list[str]:
    """What a run with parts disturbed, `falls` of which fall, leaves otherwise than one without: rows of tables, by
    name."""
    planned = turns(names, events=len(events), seed=SEED)
    undisturbed = run(events, (), folder / "undisturbed", disturb=disturb)
    disturbed = run(events, planned, folder / "disturbed", disturb=disturb)
    assert undisturbed.fallen == []
    assert len(disturbed.fallen) == falls
    expected = Tally.of(fold_events(events, load_champion())).summary()
    assert undisturbed.tally.summary() == disturbed.tally.summary() == expected
    assert not disturbed.tally.has_holes()
    say(
        f"{len(events):,} events; disturbed: {', '.join(f'{turn.name} at {turn.place:,}' for turn in planned)}; "
        f"{disturbed.tally.repeated:,} messages told twice, each the same; "
        f"{undisturbed.seconds:.0f} s undisturbed, {disturbed.seconds:.0f} s disturbed"
    )
    say(f"tables: {figures(disturbed.tables)}")
    return differences(disturbed.tables, undisturbed.tables)
