"""Converts facts to changes of the SQL catalog: pure functions.

Belongs here: which fact creates or changes which row of matches, maps, rounds, players, teams and model versions. Does
not belong here: SQL (`adapters.catalog`), anything that changes with every event.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Literal

from adapters.catalog.announcers import announcer
from adapters.catalog.changes import OPEN, Change, Reopened, Seen, TeamTold, Undecided, Upsert, Withdrawal
from game.facts import (
    AnyFact,
    MapBegan,
    MapDecided,
    PlayerKnown,
    RoundDecided,
    RoundStats,
    SeriesDecided,
    SeriesKnown,
    Withdrawn,
)
from game.messages import Prediction, Retraction
from game.payloads import SeriesAnnouncedData, TeamSheet
from streaming.rows import Told


def changes(told: Told) -> Iterator[Change]:
    """The catalog changes that the facts of one message cause, the match itself first."""
    found = [change for fact in told.facts for change in _of_fact(told, fact)]
    if found:
        is_announced = any(isinstance(fact, SeriesKnown) for fact in told.facts)
        yield _match(told, {}, status="announced") if is_announced else seen(told)
        yield from found


def seen(told: Told) -> Upsert:
    """The match exists, and this is its latest event."""
    return _match(told, {})


def model_seen(prediction: Prediction) -> Upsert:
    """The model version that made a prediction."""
    receipt = prediction.receipt
    values = {
        "model_hash": receipt.model_hash,
        "model_version": receipt.model_version,
        "feature_schema_hash": receipt.feature_schema_hash,
        "first_predicted_at": prediction.ts_event,
    }
    return Upsert(table="model_versions", values=values)


def withdrawal(retraction: Retraction) -> Withdrawal:
    """Withdraws the rounds, map ends and series ends that a retraction invalidates."""
    return Withdrawal(match_id=retraction.match_id, from_seq=retraction.from_seq, to_seq=retraction.to_seq)


def _of_fact(told: Told, fact: AnyFact) -> Iterator[Change]:
    change = _BY_FACT.get(type(fact))
    if change is not None:
        yield from change(told, fact)


def _match(told: Told, values: Mapping[str, Any], **once: Any) -> Upsert:
    """An upsert of the match. `once` holds values that are written only when the match is new."""
    shared = {"match_id": told.match_id, "seq": told.seq, "last_event_at": told.ts_event}
    shared |= {} if told.heard_at is None else {"heard_at": told.heard_at}
    return Upsert(
        table="matches",
        values={**shared, **values},
        once={"first_event_at": told.ts_event, "plays_at": told.ts_event, **once},
    )


def _map(told: Told, values: Mapping[str, Any]) -> Iterator[Change]:
    if told.map_id is not None:
        shared = {"match_id": told.match_id, "map_id": told.map_id, "seq": told.seq}
        yield Upsert(table="maps", values={**shared, **values})


def _series_known(told: Told, fact: SeriesKnown) -> Iterator[Change]:
    announced = told.announced or SeriesAnnouncedData()
    said = {
        "starts_at": fact.starts_at,
        "plays_at": datetime.fromisoformat(fact.starts_at) if fact.starts_at else None,
        "external_ids": fact.external_ids,
        "announced_maps": announced.maps,
    }
    yield _match(told, {"best_of": fact.best_of} | {key: value for key, value in said.items() if value})
    yield _team(told, "a", name=fact.name_a, sheet=announced.team_a)
    yield _team(told, "b", name=fact.name_b, sheet=announced.team_b)
    for player_id, (name, side) in fact.players.items():
        yield _player(told, player_id, {"name": name}, by=announcer(told.source))
        yield _played(told, player_id, side)


def _team(told: Told, side: Literal["a", "b"], *, name: str | None, sheet: TeamSheet) -> TeamTold:
    return TeamTold(
        match_id=told.match_id,
        seq=told.seq,
        seen_at=told.ts_event,
        side=side,
        name=name,
        team_id=sheet.team_id,
        external_ids=sheet.external_ids,
        by=announcer(told.source),
    )


def _player(told: Told, player_id: str, values: Mapping[str, Any], *, by: str | None = None) -> Upsert:
    shared = {"player_id": player_id, "last_match_id": told.match_id, "last_seen_at": told.ts_event}
    return Upsert(table="players", values={**shared, **values}, by=by)


def _played(told: Told, player_id: str, side: str | None) -> Upsert:
    values = {"player_id": player_id, "match_id": told.match_id, "seq": told.seq}
    return Upsert(table="match_players", values=values | ({"team": side} if side else {}))


def _player_known(told: Told, fact: PlayerKnown) -> Iterator[Change]:
    yield _player(told, fact.player_id, {"name": fact.name, "is_bot": fact.is_bot})
    yield _played(told, fact.player_id, fact.team)


def _map_began(told: Told, fact: MapBegan) -> Iterator[Change]:
    """A new map also reopens a series that was considered over after fewer maps."""
    yield _match(told, {**OPEN, "began_at": told.ts_event, "plays_at": told.ts_event})
    yield from _map(
        told, {"number": fact.map_number, "name": fact.map_name, "rules_id": fact.rules_id, "status": "live"}
    )


def _round_decided(told: Told, fact: RoundDecided) -> Iterator[Change]:
    score = {"score_a": fact.score_a, "score_b": fact.score_b}
    yield from _map(told, score)
    if told.map_id is not None and told.round_no is not None:
        values = {
            "match_id": told.match_id,
            "map_id": told.map_id,
            "round_no": told.round_no,
            "winner_team": fact.winner_team,
            "winner_side": fact.winner_side,
            "reason": fact.reason,
            "ended_at": told.ts_event,
            "is_retracted": False,
            "seq": told.seq,
            **score,
        }
        yield Upsert(table="rounds", values=values)


def _round_played(told: Told, fact: RoundStats) -> Iterator[Change]:
    yield Seen(match_id=told.match_id, player_ids=(*fact.lines,), seen_at=told.ts_event)


def _map_decided(told: Told, fact: MapDecided) -> Iterator[Change]:
    values = {
        "score_a": fact.score_a,
        "score_b": fact.score_b,
        "status": "over",
        "winner_team": fact.winner_team,
        "reason": fact.reason,
    }
    yield Undecided(match_id=told.match_id, seq=told.seq)
    yield from _map(told, values)
    yield _match(told, {"maps_a": fact.maps_a, "maps_b": fact.maps_b})


def _series_decided(told: Told, fact: SeriesDecided) -> Iterator[Change]:
    values = {
        "status": "over",
        "winner_team": fact.winner_team,
        "maps_a": fact.maps_a,
        "maps_b": fact.maps_b,
        "ended_at": told.ts_event,
        "decided_seq": told.seq,
    }
    yield _match(told, values)


def _withdrawn(told: Told, fact: Withdrawn) -> Iterator[Change]:
    """Take back the effects of the map's end first, then update the map itself."""
    if told.map_id is not None:
        yield Reopened(match_id=told.match_id, map_id=told.map_id, seq=told.seq)
    yield from _map(told, {"score_a": fact.score_a, "score_b": fact.score_b, "status": "live"})


_BY_FACT: Mapping[type[AnyFact], Callable[[Told, Any], Iterator[Change]]] = {
    SeriesKnown: _series_known,
    PlayerKnown: _player_known,
    MapBegan: _map_began,
    RoundDecided: _round_decided,
    RoundStats: _round_played,
    MapDecided: _map_decided,
    SeriesDecided: _series_decided,
    Withdrawn: _withdrawn,
}
