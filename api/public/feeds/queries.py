"""Reads latency from this process's measurements, coverage from catalog and store, system health from all parts.

Belongs here: plain functions. Does not belong here: SQL (`api.public.sql`), response types (`resources`).
"""

from collections import Counter
from collections.abc import Awaitable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec

from adapters.kafka.records import PREDICTIONS, PROCESSED, STATE
from adapters.metrics import Metrics
from api.public import sql
from api.public.away import AwayError
from api.public.backends import Backends
from api.public.feeds.resources import (
    Coverage,
    DataQuality,
    DeadLetterReason,
    DeadLetters,
    DeadLetterView,
    Format,
    Latency,
    MapCovered,
    MatchesCovered,
    Period,
    Shares,
    SourceCovered,
    Stage,
    System,
    Throughput,
    stage_latency,
)
from api.public.history import History, Row
from api.public.lags import Lag
from api.public.moments import iso, iso_or_none
from api.public.recent import Figures, Recent
from game.events import OUR_OWN

INTAKE = Stage(
    stage="intake",
    begins="arrival at the intake",
    ends="raw record handed to the log's client",
    measured_by="store",
)
STAGES = tuple(
    Stage(stage=stage, begins=begins, ends=ends, measured_by="api")
    for stage, begins, ends in (
        ("stream", "arrival at the intake", "result of the stream"),
        ("prediction", "arrival at the intake", "answer of the model"),
        ("publish", "result of the stream", "state handed to the log's client"),
        ("api", "state handed to the log's client", "state in this process"),
        ("end_to_end", "arrival at the intake", "state in this process"),
        ("prediction_end_to_end", "arrival at the intake", "prediction in this process"),
    )
)
T = TypeVar("T")
NOW_S = 10
"""Window in seconds over which current throughput is measured."""
REASONS = 50
FACETS = tuple(Shares.__struct_fields__)


async def latency(behind: Backends, window_s: int) -> Latency:
    """Return latency within the last `window_s` seconds. Stages that only the store measures are unknown while it is
    unavailable."""
    now, recent = behind.now(), behind.recent
    told = [stage_latency(stage, recent.figures(stage.stage, window_s)) for stage in STAGES]
    since_ms = int(now.timestamp() * 1000) - window_s * 1000
    return Latency(
        measured_at=iso(now),
        window_s=window_s,
        since=iso(datetime.fromtimestamp(recent.since_s, UTC)),
        is_fed=behind.board.is_fed,
        stages=(stage_latency(INTAKE, await _intake(behind.history, since_ms)), *told),
    )


async def _intake(history: History, since_ms: int) -> Figures | None:
    try:
        found = await history.rows(sql.INTAKE_LATENCY, since_ms=since_ms)
    except AwayError:
        return None
    if not found or not found[0]["messages"]:
        return Figures(messages=0)
    p50, p95, p99 = (round(ms, 2) for ms in found[0]["ms"])
    return Figures(messages=found[0]["messages"], p50_ms=p50, p95_ms=p95, p99_ms=p99)


async def coverage(behind: Backends) -> Coverage:
    """Return the coverage of all matches, at most a minute old. Raises AwayError."""
    return await behind.coverage.answer(lambda: _coverage(behind))


async def _coverage(behind: Backends) -> Coverage:
    formats = await behind.directory.formats()
    sources = await behind.history.rows(sql.COVERED_SOURCES, ours=sorted(OUR_OWN))
    maps = await behind.history.rows(sql.COVERED_MAPS)
    return Coverage(
        measured_at=iso(behind.now()),
        matches=_matches(formats),
        period=_period(formats),
        formats=_formats(formats),
        sources=tuple(msgspec.convert(row | _moments(row), SourceCovered) for row in sources),
        rounds=sum(row["rounds"] for row in maps),
        shares=_shares(maps),
        maps=tuple(_map(row) for row in maps),
        quality=await data_quality(behind.history),
    )


async def data_quality(history: History) -> DataQuality:
    """Sum the scorecards of all maps. Raises AwayError."""
    found = await history.rows(sql.QUALITY_SUMS)
    nothing: dict[str, int] = dict.fromkeys(DataQuality.__struct_fields__, 0)
    return msgspec.convert(found[0] if found else nothing, DataQuality)


async def system(behind: Backends, *, hours: int, letters: int) -> System:
    """Return what can be read. Never raises AwayError."""
    now, away = behind.now(), set[str]()
    since = now - timedelta(hours=hours)
    lags = await _told(behind.lags.read(), away)
    return System(
        measured_at=iso(now),
        is_fed=behind.board.is_fed,
        throughput=_throughput(behind.recent),
        lag=(*(lags or ()), *_own_lag(behind.metrics)),
        dead_letters=await _told(_dead_letters(behind.history, since, letters), away),
        quality=await _told(data_quality(behind.history), away),
        away=tuple(sorted(away)),
    )


async def _told(asked: Awaitable[T], away: set[str]) -> T | None:
    """Return the answer; None if its part is unavailable, whose name is then added to `away`."""
    try:
        return await asked
    except AwayError as error:
        away.add(error.part)
        return None


def _throughput(recent: Recent) -> Throughput:
    events, states, predictions = (
        round(recent.rate(topic, NOW_S), 2) for topic in (PROCESSED, STATE, PREDICTIONS)
    )
    return Throughput(window_s=NOW_S, events_per_s=events, states_per_s=states, predictions_per_s=predictions)


def _own_lag(metrics: Metrics) -> list[Lag]:
    (gauge,) = metrics.consumer_lag.collect()
    found = [
        Lag(
            reader="api",
            topic=sample.labels["topic"],
            partition=int(sample.labels["partition"]),
            messages=int(sample.value),
        )
        for sample in gauge.samples
    ]
    return sorted(found, key=lambda lag: (lag.topic, lag.partition))


async def _dead_letters(history: History, since: datetime, letters: int) -> DeadLetters:
    since_ms = int(since.timestamp() * 1000)
    reasons = await history.rows(sql.DEAD_LETTER_REASONS, since_ms=since_ms, reasons=REASONS)
    latest = await history.rows(sql.DEAD_LETTERS, since_ms=since_ms, limit=letters)
    return DeadLetters(
        since=iso(since),
        total=reasons[0]["total"] if reasons else 0,
        reasons=tuple(
            msgspec.convert(row | {"last_at": iso(row["last_at"])}, DeadLetterReason) for row in reasons
        ),
        latest=tuple(
            msgspec.convert(row | {"received_at": iso(row["received_at"])}, DeadLetterView) for row in latest
        ),
    )


def _matches(formats: Sequence[Mapping[str, Any]]) -> MatchesCovered:
    by_status: Counter[str] = Counter()
    for row in formats:
        by_status[row["status"]] += row["matches"]
    return MatchesCovered(total=by_status.total(), by_status=dict(by_status))


def _formats(formats: Sequence[Mapping[str, Any]]) -> tuple[Format, ...]:
    by_format: Counter[int] = Counter()
    for row in formats:
        by_format[row["best_of"]] += row["matches"]
    return tuple(Format(best_of=best_of, matches=n) for best_of, n in sorted(by_format.items()))


def _period(formats: Sequence[Mapping[str, Any]]) -> Period:
    begun = [row for row in formats if row["status"] != "announced"]
    return Period(
        first_at=iso_or_none(min((row["first_at"] for row in begun), default=None)),
        last_at=iso_or_none(max((row["last_at"] for row in begun), default=None)),
    )


def _map(row: Row) -> MapCovered:
    return MapCovered(
        map_name=row["map_name"] or None,
        matches=row["matches"],
        maps=row["maps"],
        rounds=row["rounds"],
        shares=_shares([row]),
        **_moments(row),
    )


def _shares(maps: Sequence[Row]) -> Shares:
    rounds = sum(row["rounds"] for row in maps)
    if not rounds:
        return Shares(**dict.fromkeys(FACETS))
    return Shares(**{facet: round(sum(row[facet] for row in maps) / rounds, 4) for facet in FACETS})


def _moments(row: Row) -> dict[str, str]:
    return {"first_at": iso(row["first_at"]), "last_at": iso(row["last_at"])}
