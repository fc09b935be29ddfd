"""kill -9 of stream and loader at random points of a three-map replay on real Kafka: nothing is lost.

Two runs of the same match over a Kafka and a store of their own. One is left alone; in the other parts are killed while
they work. Store and catalog hold the same afterwards, the topics tell the same, and both are what a batch fold says.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from msgspec import Struct

from game.events import AnyEvent
from game.simulate.series import simulate
from game.simulate.setting import Setting
from midround import inputs, places, sending
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
SERIES = (
    "2026-02-09_de_nuke_team-ash-vs-team-juniper.zip",
    "2026-02-09_de_mirage_team-ash-vs-team-juniper.zip",
    "2026-02-09_de_inferno_team-juniper-vs-team-ash.zip",
)


class Kill(Struct, frozen=True, kw_only=True):
    """A part dies `delay_s` after `place` events have been sent, while more are."""

    place: int
    delay_s: float
    name: str


def kills(names: Sequence[str], *, events: int, seed: int) -> list[Kill]:
    """One kill for each name, in another order, at places and moments that only the seed knows."""
    rng = Random(f"midround/proofs/kills/{seed}")
    places = sorted(rng.sample(range(events // 20, events - events // 20), len(names)))
    order = rng.sample(names, len(names))
    return [
        Kill(place=place, delay_s=rng.uniform(0, DELAY_MOST_S), name=name)
        for place, name in zip(places, order, strict=True)
    ]


class Executioner:
    """Kills as planned while events are sent: a part that is to die has come back from its last death, and works."""

    def __init__(self, system: System, planned: Sequence[Kill]) -> None:
        self._system = system
        self._due = list(planned)
        self._moment_s: float | None = None

    def look(self, sent: int) -> None:
        """To be called after each batch. `sent` counts events."""
        if self._moment_s is not None and time.monotonic() > self._moment_s:
            self._kill()
        if self._moment_s is None and self._due and self._due[0].place < sent:
            self._system.until_ready()
            self._moment_s = time.monotonic() + self._due[0].delay_s

    def finish(self) -> None:
        """What is still due happens now."""
        while self._due:
            self._system.until_ready()
            self._kill()

    def _kill(self) -> None:
        self._system.kill(self._due.pop(0).name)
        self._moment_s = None


def send(system: System, events: Sequence[AnyEvent], planned: Sequence[Kill]) -> None:
    """Send at a pace, and kill as planned."""
    executioner = Executioner(system, planned)
    with closing(sending.Intake(system.url("intake"))) as intake:
        for begin in range(0, len(events), BATCH):
            intake.post(events[begin : begin + BATCH])
            system.step()
            executioner.look(begin + BATCH)
            time.sleep(PACE_S)
    executioner.finish()
    assert intake.sent.accepted == len(events)


class Run(Struct, frozen=True, kw_only=True):
    """What one run left behind."""

    tables: Contents
    tally: Tally
    fallen: list[str]
    seconds: float


def run(events: Sequence[AnyEvent], planned: Sequence[Kill], folder: Path) -> Run:
    """Send a match into a system of its own on a Kafka of its own."""
    begun_s = time.monotonic()
    with real_broker(folder / "kafka") as kafka:
        servers = kafka.connection().bootstrap_servers
        settings = settings_on_free_ports(folder / "home", **{"kafka.bootstrap_servers": servers})
        with (
            running(settings, PARTS) as system,
            Witness(system.broker, is_loader=False) as witness,
        ):
            send(system, events, planned)
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


def lost(events: Sequence[AnyEvent], names: Sequence[str], *, folder: Path, say: Say) -> list[str]:
    """What a run with kills leaves otherwise than a run without them: rows of tables, by name."""
    planned = kills(names, events=len(events), seed=SEED)
    undisturbed = run(events, (), folder / "undisturbed")
    disturbed = run(events, planned, folder / "disturbed")
    assert undisturbed.fallen == []
    assert len(disturbed.fallen) == len(names)
    expected = Tally.of(fold_events(events, load_champion())).summary()
    assert undisturbed.tally.summary() == disturbed.tally.summary() == expected
    assert not disturbed.tally.has_holes()
    say(
        f"{len(events):,} events; killed: {', '.join(f'{k.name} at {k.place:,}' for k in planned)}; "
        f"{disturbed.tally.repeated:,} messages told twice, each the same; "
        f"{undisturbed.seconds:.0f} s undisturbed, {disturbed.seconds:.0f} s with kills"
    )
    say(f"tables: {figures(disturbed.tables)}")
    return differences(disturbed.tables, undisturbed.tables)


@pytest.fixture(scope="session")
def three_maps(recorded: Path) -> list[AnyEvent]:
    """Three recorded maps as one match."""
    paths = [recorded / "cs2df" / "pro" / name for name in SERIES]
    return [event for match in inputs.recorded(paths, is_series=True) for event in match.events()]


@pytest.fixture(scope="session")
def simulated_maps() -> Iterator[list[AnyEvent]]:
    """A simulated best of three that took three maps."""
    for seed in range(SEED, SEED + 100):
        events = list(simulate(Setting(seed=seed, best_of=3, position_hz=0)))
        if len({event.map_id for event in events if event.map_id is not None}) == 3:
            yield events
            return


@pytest.mark.proof
def test_two_kills_of_a_simulated_series_lose_nothing(
    simulated_maps: list[AnyEvent], tmp_path: Path, say: Say
) -> None:
    assert lost(simulated_maps, ("stream", "loader"), folder=tmp_path, say=say) == []


@pytest.mark.proof
@pytest.mark.timeout(1800)
def test_eight_kills_of_a_recorded_series_lose_nothing(
    three_maps: list[AnyEvent], tmp_path: Path, say: Say
) -> None:
    assert lost(three_maps, ("stream", "loader") * 4, folder=tmp_path, say=say) == []


@pytest.mark.proof
@pytest.mark.timeout(1800)
def test_eight_kills_of_a_simulated_series_lose_nothing(
    simulated_maps: list[AnyEvent], tmp_path: Path, say: Say
) -> None:
    assert lost(simulated_maps, ("stream", "loader") * 4, folder=tmp_path, say=say) == []
