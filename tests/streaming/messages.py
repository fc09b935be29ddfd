"""Small messages of one match, as they stand on the topics, for the tests of the loader. No tests here."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from adapters.kafka.records import PREDICTIONS, PROCESSED, STATE, Record
from game.codec import encode
from game.events import Kill, SeriesAnnounced
from game.facts import AnyFact, BombChanged, Killed, RoundBegan, RoundDecided, RoundWentLive
from game.messages import (
    Message,
    Prediction,
    Probability,
    Processed,
    Receipt,
    Retraction,
    StateSnapshot,
)
from game.payloads import KillData, SeriesAnnouncedData
from game.state import initial_state

MATCH = "match-1"
MAP = "map-1"
START = datetime(2090, 5, 17, 12, 0, 0, 15625, tzinfo=UTC)
"""Far ahead: retention must not take the rows of a test away."""


def moment(seq: int) -> datetime:
    """The event time of a seq: one second apart."""
    return START + timedelta(seconds=seq)


def record(
    topic: str, value: bytes, *, offset: int = 0, headers: Mapping[str, bytes] | None = None
) -> Record:
    """A record of match-1 in partition 3, published an hour after START and `offset` ms."""
    return Record(
        topic=topic,
        partition=3,
        offset=offset,
        key=MATCH.encode(),
        value=value,
        headers=headers or {},
        timestamp_ms=int(START.timestamp() * 1000) + 3_600_000 + offset,
    )


def processed(seq: int, *facts: AnyFact, round_no: int | None = 1, map_id: str | None = MAP) -> Processed:
    """A kill as event `seq`, with the facts given."""
    kill = Kill(
        event_id=f"event-{seq}",
        match_id=MATCH,
        ts_event=moment(seq),
        source="demo",
        map_id=map_id,
        round_no=round_no,
        seq_no=seq,
        session="s1",
        payload=KillData(victim_player_id="p2", killer_player_id="p1"),
    )
    return Processed(
        match_id=MATCH,
        seq=seq,
        prev_seq=seq - 1,
        event_id=kill.event_id,
        map_id=map_id,
        round_no=round_no,
        ts_event=kill.ts_event,
        type="kill",
        source="demo",
        match_tag="live",
        is_post_round=False,
        event=kill,
        facts=facts,
        received_at=moment(seq) + timedelta(milliseconds=5),
        processed_at=moment(seq) + timedelta(milliseconds=9),
    )


def announced(
    seq: int, fact: AnyFact, payload: SeriesAnnouncedData, *, source: str = "api", match_id: str = MATCH
) -> Processed:
    """An announcement as event `seq`, with its fact."""
    event = SeriesAnnounced(
        event_id=f"event-{seq}", match_id=match_id, ts_event=moment(seq), source=source, payload=payload
    )
    told = replace(processed(seq, fact), type="series_announced", event=event)
    return replace(told, match_id=match_id, source=source)


def retraction(seq: int, *, from_seq: int, to_seq: int) -> Retraction:
    """What event `seq` makes void."""
    return Retraction(
        match_id=MATCH, seq=seq, from_seq=from_seq, to_seq=to_seq, reason="late_event", map_id=MAP
    )


def prediction(seq: int) -> Prediction:
    """A prediction after event `seq`."""
    chance = Probability(p_a=0.6123, p_b=0.3877, lo=0.5, hi=0.7, confidence=0.8)
    receipt = Receipt(
        receipt_id=f"receipt-{seq}",
        model_version="v1",
        model_hash="hash-1",
        feature_schema_hash="schema-1",
        input_event_ids=(f"event-{seq}",),
        features=None,
        score={"score_a": 3},
        previous="",
        digest="digest",
    )
    return Prediction(
        match_id=MATCH,
        seq=seq,
        prev_seq=seq - 1,
        map_id=MAP,
        map_name="de_nuke",
        round_no=1,
        round_time_s=12.5,
        ts_event=moment(seq),
        event_id=f"event-{seq}",
        round=chance,
        map=chance,
        series=chance,
        receipt=receipt,
        received_at=moment(seq),
        predicted_at=moment(seq),
    )


def snapshot(seq: int) -> StateSnapshot:
    """The state after event `seq`."""
    return StateSnapshot(
        match_id=MATCH, seq=seq, prev_seq=seq - 1, ts_event=moment(seq), state=initial_state(MATCH)
    )


def killed(*, killer_team: str = "A", is_headshot: bool = False, is_team_kill: bool = False) -> Killed:
    """A death of p2 by p1."""
    return Killed(
        victim_id="p2",
        victim_team="B",
        victim_side="t",
        killer_id="p1",
        killer_team="A" if killer_team == "A" else "B",
        killer_side="ct",
        weapon="ak47",
        is_headshot=is_headshot,
        is_team_kill=is_team_kill,
        is_suicide=False,
        is_post_round=False,
        round_time_s=3.0,
    )


def round_facts(round_no: int = 1) -> tuple[AnyFact, ...]:
    """What a round says, one fact a message: 2 kills of A (one by headshot), 1 of B, a team kill, a plant, A wins."""
    return (
        RoundBegan(
            round_no=round_no, a_side="ct", score_a=0, score_b=0, is_overtime=False, is_pistol=round_no == 1
        ),
        RoundWentLive(equipment_a=4000, equipment_b=3500, money={}, equipment={}),
        killed(is_headshot=True),
        killed(killer_team="B"),
        killed(is_team_kill=True),
        BombChanged(status="planted", player_id="p2", site="a", has_kit=None, round_time_s=40.0),
        killed(),
        RoundDecided(
            winner_team="A",
            winner_side="ct",
            reason="ct_win",
            score_a=1,
            score_b=0,
            round_time_s=55.5,
            survivors=("p1", "p3"),
        ),
    )


def round_records(first_seq: int = 1, round_no: int = 1) -> list[Record]:
    """The round as records of processed-game-events with predictions and a snapshot at its start."""
    facts = round_facts(round_no)
    told = [
        on_topic(PROCESSED, processed(first_seq + place, fact, round_no=round_no))
        for place, fact in enumerate(facts)
    ]
    guesses = [on_topic(PREDICTIONS, prediction(first_seq + place)) for place in range(len(facts))]
    return [on_topic(STATE, snapshot(first_seq)), *told, *guesses]


def on_topic(topic: str, message: Message) -> Record:
    """The message as the stream would publish it; its offset is its seq."""
    return record(topic, encode(message), offset=message.seq)
