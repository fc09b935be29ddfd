"""All parts on free ports, for proofs: send matches, wait for what follows, read it back. No tests here."""

import hashlib
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import chain, zip_longest
from pathlib import Path

from adapters.clickhouse.client import connect, query_rows
from adapters.clickhouse.tables import table
from adapters.settings import Settings, load
from game.events import AnyEvent
from midround import inputs, machine, parts, sending
from midround.supervisor import Supervisor
from midround.verify import published
from models.fold import facts_digest, fold_events
from models.predictor import Predictor

BATCH = 200
PATIENCE_S = 240.0
VOLATILE = {
    "received_at",
    "published_at",
    "processed_at",
    "predicted_at",
    "version",
    "partition",
    "offset",
    "message",
}
"""Columns that tell when and where something was, not what; `message` holds such times."""
COMPARED = ("game_events", "cs2_predictions", "cs2_round_metrics", "player_stats", "swings")
WINDOW = 8

Events = list[AnyEvent]
Variant = Callable[[Sequence[Events]], Events]


class Live:
    """A running machine. Whoever waits here also steps its supervisor."""

    def __init__(self, settings: Settings, supervisor: Supervisor) -> None:
        self.settings = settings
        self.supervisor = supervisor
        self.store = connect(parts.clickhouse_url(settings))
        self.said: list[str] = []

    def close(self) -> None:
        self.store.close()

    def send(self, events: Events, between: Callable[[int], None] = lambda _: None) -> None:
        """Through the true intake, in order; `between` hears how many are sent after each batch."""
        with closing(sending.Intake(parts.intake_url(self.settings))) as intake:
            for n, batch in enumerate(sending.batches(events, BATCH), start=1):
                intake.post(batch)
                self.supervisor.step()
                between(n * BATCH)

    def await_part(self, name: str) -> None:
        """Until the part runs and is ready, again after a fall."""
        begun_s = time.monotonic()
        while name not in self.supervisor.pids() or name in self.supervisor.waiting_for():
            assert time.monotonic() - begun_s < PATIENCE_S, f"{name} never came back"
            self.supervisor.step()
            time.sleep(0.1)

    def await_store(self, match_id: str, count: int) -> None:
        """Until the match's `count` different events are loaded raw and processed, all parts run, and nothing moves."""
        before, since_s, begun_s = (-1, -1, -1), time.monotonic(), time.monotonic()
        while not self._is_whole(before, count) or time.monotonic() - since_s < 2.0:
            assert time.monotonic() - begun_s < PATIENCE_S, (
                f"{match_id}: {before}, {count} events, {self.said}"
            )
            self.supervisor.step()
            now = self._counts(match_id)
            if now != before:
                before, since_s = now, time.monotonic()
            time.sleep(0.2)

    def _is_whole(self, counts: tuple[int, int, int], count: int) -> bool:
        return min(counts[:2]) >= count and not self.supervisor.waiting_for()

    def digest(self, match_id: str) -> str:
        """Over the facts that were published and still hold."""
        return facts_digest(published(self.store, match_id))

    def contents(self, match_id: str) -> dict[str, str]:
        """By table and column, a digest of all rows of the match that hold, without times and places."""
        return {key: value for name in COMPARED for key, value in self._content(name, match_id).items()}

    def _content(self, name: str, match_id: str) -> dict[str, str]:
        columns = [c.name for c in table(name).columns if c.name not in VOLATILE]
        known = {"is_retracted"} & set(columns)
        valid = " AND is_retracted = 0" if known else ""
        listed = ", ".join(columns)
        sql = f"SELECT {listed} FROM {name} FINAL WHERE match_id = {{id:String}}{valid} ORDER BY ALL"
        rows = query_rows(self.store, sql, {"id": match_id})
        assert rows, f"{name} has nothing of {match_id}"
        return {
            f"{name}.{column}": hashlib.sha256(repr([row[column] for row in rows]).encode()).hexdigest()
            for column in columns
        }

    def _counts(self, match_id: str) -> tuple[int, int, int]:
        raw = self._count("cs2_events_raw", match_id, "1")
        told = self._count("game_events", match_id, "is_retracted = 0")
        return raw, told, self._count("cs2_predictions", match_id, "1")

    def _count(self, name: str, match_id: str, which: str) -> int:
        sql = f"SELECT count() AS n FROM {name} FINAL WHERE match_id = {{id:String}} AND {which}"
        return int(query_rows(self.store, sql, {"id": match_id})[0]["n"])


@contextmanager
def live(home: Path, *, bootstrap_servers: str = "") -> Iterator[Live]:
    """All parts with their data in `home`, stopped at the end whatever happens."""
    settings = load({}, options={"home": str(home), "kafka.bootstrap_servers": bootstrap_servers}).settings
    for name, port in machine.free_ports(parts.plan(settings)).items():
        section, field = name.split(".")
        moved = getattr(settings, section).model_copy(update={field: port})
        settings = settings.model_copy(update={section: moved})
    said: list[str] = []
    with machine.running(settings, say=said.append) as supervisor:
        machine.until_ready(supervisor, stopping=threading.Event(), timeout_s=120)
        with closing(Live(settings, supervisor)) as running:
            running.said = said
            yield running


def matches(files: Sequence[Path]) -> list[Events]:
    """Each recorded map as a match of its own."""
    return [list(match.events()) for match in inputs.recorded(files)]


def expected_digest(events: Events, predictor: Predictor) -> str:
    """That of `midround fold`."""
    return facts_digest(fold_events(events, predictor))


def one_after_another(told: Sequence[Events]) -> Events:
    return list(chain.from_iterable(told))


def interleaved(told: Sequence[Events]) -> Events:
    """One event of each match in turn."""
    return [event for row in zip_longest(*told) for event in row if event is not None]


def duplicated(told: Sequence[Events]) -> Events:
    """Every fifth event again, up to 20 places later."""
    chance = random.Random(5)
    return _shifted(interleaved(told), lambda: chance.randrange(1, 20) if chance.random() < 0.2 else None)


def shuffled(told: Sequence[Events]) -> Events:
    """Within each match no event further than `WINDOW` places from its own."""
    chance = random.Random(7)
    return interleaved([_shuffled(events, chance) for events in told])


VARIANTS: dict[str, Variant] = {
    "plain": one_after_another,
    "interleaved": interleaved,
    "duplicated": duplicated,
    "shuffled": shuffled,
}


def _shuffled(events: Events, chance: random.Random) -> Events:
    keyed = [(place + chance.randrange(WINDOW), place, event) for place, event in enumerate(events)]
    return [event for _, _, event in sorted(keyed, key=lambda row: row[:2])]


def _shifted(events: Events, delay: Callable[[], int | None]) -> Events:
    keyed = [(place, 0, event) for place, event in enumerate(events)]
    for place, event in enumerate(events):
        later = delay()
        if later is not None:
            keyed.append((place + later, 1, event))
    return [event for _, _, event in sorted(keyed, key=lambda row: row[:2])]
