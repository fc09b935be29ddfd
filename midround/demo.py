"""The demo: starts all parts on this machine, plays matches through the real intake, shows them, and verifies the
results.

Belongs here: the sequence of a demo. Does not belong here: parts (`midround.machine`), display (`midround.view`),
verification (`midround.verify`).
"""

import shutil
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from clickhouse_connect.driver.client import Client
from msgspec import Struct

from adapters.clickhouse.client import connect, query_rows
from adapters.configuration import Loaded
from adapters.exit_codes import WRONG_USE
from adapters.kafka.records import PREDICTIONS, PROCESSED, STATE, Record
from adapters.kafka.tail import Tail
from adapters.masking import masked
from adapters.ports import address
from adapters.settings import Settings
from game.events import AnyEvent
from midround import inputs, machine, parts, places, sending
from midround.chains import Chain, chains
from midround.scene import Watcher
from midround.supervisor import Supervisor
from midround.verify import Verdict, verified
from midround.view import Feed, Show

LIMIT_S = 180.0
"""Time limit from readiness to the verdict, for a demo that plays once."""
BATCH_LIMIT_S = 600.0
"""The same with the batch path, which adds its own start and one run per map."""
LOOK_S = 0.1
SETTLE_S = 1.0
PATIENCE_S = 90.0
KEPT = ("kafka", "store", "recovery", "logs", "lake", "dagster", "mlflow", "marts", "models")
"""What the parts keep in the data folder, besides the catalog."""
MARK = "emptied-by-each-demo"
"""The file that marks a data folder as a demo's own."""


class DemoError(Exception):
    """Why the demo could not go on."""


class Player(threading.Thread):
    """Sends a match in its own thread."""

    def __init__(
        self, url: str, match: inputs.Match, *, speed: float | None, stopping: threading.Event
    ) -> None:
        super().__init__(name="player", daemon=True)
        self.match = match
        self.sent = 0
        self.match_ids: set[str] = set()
        self.failure: Exception | None = None
        self._url, self._speed, self._stopping = url, speed, stopping

    def run(self) -> None:
        intake = sending.Intake(self._url)
        try:
            sending.play(intake, self._events(), speed=self._speed, told=self._told)
            sending.check(intake.take_sent())
        except Exception as error:  # noqa: BLE001 - any error means that the match was not played
            self.failure = error
        finally:
            intake.close()

    def _events(self) -> Iterator[AnyEvent]:
        for event in self.match.events():
            if self._stopping.is_set():
                return
            self.match_ids.add(event.match_id)
            yield event

    def _told(self, count: int) -> None:
        self.sent += count


class Outcome(Struct, frozen=True, kw_only=True):
    """The result of one match."""

    name: str
    events: int
    seconds: float
    verdicts: tuple[Verdict, ...]
    chains: tuple[Chain, ...] | None = None
    """The chains of its decided maps in Dagster; None without the batch path."""

    @property
    def holds(self) -> bool:
        is_in_batch = self.chains is None or (bool(self.chains) and all(c.holds for c in self.chains))
        return is_in_batch and bool(self.verdicts) and all(v.holds_whole for v in self.verdicts)


def perform(
    settings: Settings,
    supervisor: Supervisor,
    matches: Iterable[inputs.Match],
    *,
    stopping: threading.Event,
    show: Show,
    speed: float | None,
    is_batch: bool = False,
) -> Iterator[Outcome]:
    """Play the matches one after the other until `stopping` is set, and yield their outcomes. At full speed everything
    must be done within `LIMIT_S` (`BATCH_LIMIT_S` with the batch path).

    Call it from the main thread, since it also steps the supervisor. Raises DemoError, InputError, PartError.
    """
    if stopping.is_set():
        return
    course = Course(
        settings, supervisor, stopping=stopping, show=show, is_limited=speed is None, is_batch=is_batch
    )
    with closing(course):
        for match in matches:
            outcome = course.play(match, speed=speed)
            if outcome is None:
                return
            yield outcome


class Course:
    """The resources held open while matches are played: the topic tail and the store. Also steps the supervisor."""

    def __init__(
        self,
        settings: Settings,
        supervisor: Supervisor,
        *,
        stopping: threading.Event,
        show: Show,
        is_limited: bool,
        is_batch: bool = False,
    ) -> None:
        self._is_batch = is_batch
        self._limit_s = BATCH_LIMIT_S if is_batch else LIMIT_S
        self._settings = settings
        self._supervisor = supervisor
        self._stopping = stopping
        self._show = show
        self._deadline_s = time.monotonic() + self._limit_s if is_limited else None
        self._tail = Tail(places.broker(settings), (PROCESSED, STATE, PREDICTIONS))
        self._store = connect(places.clickhouse_url(settings), settings.clickhouse.options)
        self._lineup = places.lineup(settings)

    def close(self) -> None:
        self._tail.close()
        self._store.close()

    def play(self, match: inputs.Match, *, speed: float | None) -> Outcome | None:
        """Play a match to its end and verify it; None if stopped before. Raises DemoError."""
        begun_s = time.monotonic()
        player = Player(places.intake_url(self._settings), match, speed=speed, stopping=self._stopping)
        player.start()
        watcher = Watcher()
        for _ in self._while(player.is_alive):
            self._look(watcher, player, begun_s)
        if player.failure is not None:
            why = f"{type(player.failure).__name__}: {player.failure}"
            raise DemoError(f"{match.name} was not played to its end: {why}")
        for _ in self._while(Settling(player, self._store).goes_on):
            self._look(watcher, player, begun_s)
        if self._stopping.is_set():
            return None
        seconds = time.monotonic() - begun_s
        outcome = Outcome(
            name=match.name,
            events=player.sent,
            seconds=seconds,
            verdicts=tuple(self._verdict(match_id) for match_id in player.match_ids),
            chains=self._chains(player.match_ids) if self._is_batch else None,
        )
        return None if self._stopping.is_set() else outcome

    def _chains(self, match_ids: Iterable[str]) -> tuple[Chain, ...]:
        """Wait for the matches' Dagster chains, at most until the deadline, and return them."""

        def wait(is_done: Callable[[], bool]) -> None:
            for _ in self._while(lambda: not is_done()):
                self._stopping.wait(SETTLE_S)

        return tuple(
            each for match_id in sorted(match_ids) for each in chains(self._settings, match_id, wait=wait)
        )

    def _while(self, condition: Callable[[], bool]) -> Iterator[None]:
        while condition() and not self._stopping.is_set():
            if self._deadline_s is not None and time.monotonic() > self._deadline_s:
                raise DemoError(f"not done within {self._limit_s:g} s of ready")
            self._supervisor.step()
            yield

    def _look(self, watcher: Watcher, player: Player, begun_s: float) -> None:
        for record in self._tail.poll(LOOK_S):
            _watch(watcher, record)
        feed = Feed(
            name=player.match.name,
            sent=player.sent,
            rate=player.sent / max(time.monotonic() - begun_s, 1e-9),
            restarts=self._supervisor.restarts(),
            waiting_for=tuple(self._supervisor.waiting_for()),
            urls=urls(self._settings),
        )
        self._show(watcher, feed)

    def _verdict(self, match_id: str) -> Verdict:
        """Return the verdict once it holds, or the last one after `PATIENCE_S`."""
        patient_until_s = time.monotonic() + PATIENCE_S
        while True:
            verdict = verified(self._store, match_id, self._lineup, now=datetime.now(UTC))
            if verdict.holds_whole or time.monotonic() > patient_until_s or self._stopping.is_set():
                return verdict
            self._supervisor.step()
            self._stopping.wait(SETTLE_S)


class Settling:
    """Tells whether the store is still ingesting: until it has every raw record and its row counts have stopped
    growing."""

    def __init__(self, player: Player, store: Client) -> None:
        self._player = player
        self._store = store
        self._counts: tuple[int, ...] = ()
        self._changed_s = self._asked_s = time.monotonic()

    def goes_on(self) -> bool:
        """Whether to wait longer; queries the store at intervals."""
        now_s = time.monotonic()
        if now_s - self._asked_s < SETTLE_S / 2:
            return True
        self._asked_s = now_s
        counts = tuple(self._count(table) for table in ("cs2_events_raw", "game_events", "cs2_predictions"))
        if counts != self._counts:
            self._counts, self._changed_s = counts, now_s
        return counts[0] < self._player.sent or now_s - self._changed_s < SETTLE_S

    def _count(self, table: str) -> int:
        sql = f"SELECT count() AS n FROM {table} FINAL WHERE match_id IN {{ids:Array(String)}}"
        ids = sorted(self._player.match_ids)
        return int(query_rows(self._store, sql, {"ids": ids})[0]["n"])


def settled(loaded: Loaded, home: Path | None, *, is_batch: bool = False) -> Settings:
    """Return the settings of a demo: its own data folder, and a free port in place of each that is taken."""
    folder = home if home is not None else loaded.settings.home / "demo"
    settings = loaded.settings.model_copy(update={"home": folder})
    planned = (*parts.plan(settings, is_batch=is_batch), parts.webhooks_part(settings))
    return parts.moved(settings, machine.free_ports(planned))


def fresh(folder: Path, *, is_own: bool) -> None:
    """Remove what an earlier demo left: its broker is gone, so its offsets mean nothing now. The caller must hold the
    folder.

    A folder that was named by the user is emptied only if a demo marked it, which it does only if the folder was empty
    at that time. Any other folder may hold someone's data. Raises MachineError.
    """
    mark = folder / MARK
    others = sorted(each.name for each in folder.iterdir() if each.name != machine.LOCK)
    if others and not is_own and not mark.is_file():
        raise machine.MachineError(
            f"{folder} holds {others[0]} and was not made by a demo, which would empty it: name another folder",
            code=WRONG_USE,
        )
    mark.write_text("`midround demo` empties this folder each time that it begins.\n", encoding="utf-8")
    for name in KEPT:
        shutil.rmtree(folder / name, ignore_errors=True)
    for file in folder.glob("catalog.sqlite*"):
        file.unlink()


def urls(settings: Settings, *, is_batch: bool = False) -> dict[str, str]:
    """Return the URLs to look at while the demo plays, by name."""
    api = f"http://{address(settings.api.host, settings.api.port)}"
    found = {
        "dashboard": f"{api}/",
        "matches": f"{api}/api/v1/matches",
        "API": f"{api}/api",
        "intake": f"{places.intake_url(settings)}/events",
        "metrics": f"{api}/metrics",
        "store": str(masked("url", places.clickhouse_url(settings))),
    }
    if is_batch:
        found["Dagster"] = f"http://{address(settings.dagster.host, settings.dagster.port)}"
        found["MLflow"] = (
            settings.mlflow.url or f"http://{address(settings.mlflow.host, settings.mlflow.port)}"
        )
    return found


def matches(paths: Sequence[Path], *, seed: int, best_of: int, is_once: bool) -> Iterator[inputs.Match]:
    """Return the recorded matches in `paths`, or without paths an endless series of simulated ones (only the first if
    `is_once`)."""
    if paths:
        return inputs.recorded(paths, positions_hz=inputs.POSITIONS_HZ)
    seeds = (seed,) if is_once else count(seed)
    return (inputs.simulated(seed=number, best_of=best_of) for number in seeds)


def _watch(watcher: Watcher, record: Record) -> None:
    if record.topic == PROCESSED:
        watcher.processed(record.value, record.appended_at)
    elif record.topic == STATE:
        watcher.state(record.value)
    else:
        watcher.predicted(record.value)


def quiet(_line: object) -> None:
    """Discard the supervisor's messages, so that they do not disturb the live view; the logs have them."""
