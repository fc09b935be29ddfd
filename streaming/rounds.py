"""Builds the row of a round from the facts of its many messages: pure, and bounded in memory.

Belongs here: the facts of rounds in progress, and the row that follows from them. Does not belong here: rows that
follow from a single message (`streaming.rows`).

After a restart in the middle of a round, the earlier facts are read back from the store, so the row is the same.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from adapters.clickhouse.store import FactsOfMessage
from game.facts import (
    AnyFact,
    BombChanged,
    Killed,
    RoundBegan,
    RoundDecided,
    RoundStats,
    RoundWentLive,
    SidesSwapped,
)
from streaming.rows import FACTS, Row, Told

ROUNDS_KEPT = 4096
"""The number of rounds held at once: enough for more than 1,000 matches with a few rounds each. The least recently
updated are evicted."""

RoundKey = tuple[str, str, int]
"""Match id, map id, round number."""

_OF_A_ROUND = RoundBegan | SidesSwapped | RoundWentLive | RoundDecided | Killed | BombChanged | RoundStats


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """A fact of a round, with the sequence number and time of its message."""

    seq: int
    ts_event: datetime
    fact: AnyFact


class RoundBook:
    """The facts of the rounds in progress."""

    def __init__(self, rounds_kept: int = ROUNDS_KEPT) -> None:
        self._rounds: OrderedDict[RoundKey, list[Moment]] = OrderedDict()
        self._rounds_kept = rounds_kept

    def add(self, told: Told) -> RoundKey | None:
        """Add the message's facts; a repeated message counts once. Returns the round's key if this message decided the
        round."""
        key = round_key(told)
        if key is None:
            return None
        found = moments(told)
        if found:
            kept = self._rounds.setdefault(key, [])
            if not any(moment.seq == told.seq for moment in kept):
                kept.extend(found)
            self._rounds.move_to_end(key)
            while len(self._rounds) > self._rounds_kept:
                self._rounds.popitem(last=False)
        return key if any(isinstance(moment.fact, RoundDecided) for moment in found) else None

    def known(self, key: RoundKey) -> Sequence[Moment]:
        """The facts of one round so far."""
        return self._rounds.get(key, ())

    def is_whole(self, key: RoundKey) -> bool:
        """Whether the round was seen from its beginning, so that nothing needs to be read back."""
        return any(isinstance(moment.fact, RoundBegan) for moment in self.known(key))

    def retract(self, match_id: str, *, from_seq: int, to_seq: int) -> None:
        """Remove the facts of messages that a retraction invalidates."""
        for key, kept in self._rounds.items():
            if key[0] == match_id:
                kept[:] = [moment for moment in kept if not from_seq <= moment.seq <= to_seq]


def round_key(told: Told) -> RoundKey | None:
    """The key of the round that a message belongs to; None outside of rounds."""
    if told.map_id is None or told.round_no is None:
        return None
    return told.match_id, told.map_id, told.round_no


def moments(told: Told) -> list[Moment]:
    """The message's facts that contribute to a round's row."""
    return _moments(told.facts, seq=told.seq, ts_event=told.ts_event)


def read_back(kept: Iterable[FactsOfMessage]) -> list[Moment]:
    """The same facts, decoded from messages read back from the store."""
    return [
        moment
        for message in kept
        for moment in _moments(FACTS.decode(message.facts), seq=message.seq, ts_event=message.ts_event)
    ]


def _moments(facts: Iterable[AnyFact], *, seq: int, ts_event: datetime) -> list[Moment]:
    return [
        Moment(seq=seq, ts_event=ts_event, fact=_kept(fact))
        for fact in facts
        if isinstance(fact, _OF_A_ROUND)
    ]


def _kept(fact: AnyFact) -> AnyFact:
    """The fact without the players' stat lines, which are rows of their own and take most of its memory."""
    return msgspec.structs.replace(fact, lines={}) if isinstance(fact, RoundStats) else fact


def merged(kept: Iterable[Moment], read_back: Iterable[Moment]) -> list[Moment]:
    """Both lists in order of seq; a message in both counts once."""
    seen = {moment.seq for moment in kept}
    return sorted([*kept, *(m for m in read_back if m.seq not in seen)], key=lambda moment: moment.seq)


def round_row(key: RoundKey, told: Sequence[Moment]) -> Row | None:
    """The row of `cs2_round_metrics`, or None if the round is not decided.

    Only the last decision and the facts up to it count, so a repeated decision produces the same row.
    """
    decisions = [moment for moment in told if isinstance(moment.fact, RoundDecided)]
    if not decisions:
        return None
    last = decisions[-1]
    told = [moment for moment in told if moment.seq <= last.seq]
    match_id, map_id, round_no = key
    return {
        "match_id": match_id,
        "map_id": map_id,
        "round_no": round_no,
        "seq": last.seq,
        "ended_at": last.ts_event,
        "is_retracted": False,
        "version": last.seq,
        **_decision(last.fact),
        **_beginning(told),
        **_equipment(told),
        **_economy(told),
        **_kills(told),
        **_bomb(told),
    }


def _decision(fact: AnyFact) -> dict[str, Any]:
    assert isinstance(fact, RoundDecided)
    return {
        "winner_team": fact.winner_team,
        "winner_side": fact.winner_side,
        "reason": fact.reason,
        "score_a": fact.score_a,
        "score_b": fact.score_b,
        "duration_s": fact.round_time_s,
        "survivors": fact.survivors,
    }


def _beginning(told: Sequence[Moment]) -> dict[str, Any]:
    row: dict[str, Any] = {"a_side": None, "is_pistol": False, "is_overtime": False, "started_at": None}
    for moment in told:
        if isinstance(moment.fact, RoundBegan):
            row = {
                "a_side": moment.fact.a_side,
                "is_pistol": moment.fact.is_pistol,
                "is_overtime": moment.fact.is_overtime,
                "started_at": moment.ts_event,
            }
        elif isinstance(moment.fact, SidesSwapped):
            row["a_side"] = moment.fact.a_side
    return row


def _equipment(told: Sequence[Moment]) -> dict[str, Any]:
    row: dict[str, Any] = {"equipment_a": None, "equipment_b": None}
    for moment in told:
        if isinstance(moment.fact, RoundWentLive):
            row = {"equipment_a": moment.fact.equipment_a, "equipment_b": moment.fact.equipment_b}
    return row


def _economy(told: Sequence[Moment]) -> dict[str, Any]:
    classes = [moment.fact.economy for moment in told if isinstance(moment.fact, RoundStats)]
    last = classes[-1] if classes else {}
    return {"economy_a": last.get("A"), "economy_b": last.get("B")}


def _kills(told: Sequence[Moment]) -> dict[str, Any]:
    kills = [m.fact for m in told if isinstance(m.fact, Killed) and _is_enemy_kill(m.fact)]
    return {
        "kills_a": sum(kill.killer_team == "A" for kill in kills),
        "kills_b": sum(kill.killer_team == "B" for kill in kills),
        "headshots": sum(kill.is_headshot for kill in kills),
    }


def _is_enemy_kill(kill: Killed) -> bool:
    is_own = kill.is_team_kill or kill.is_suicide or kill.killer_id is None
    return not is_own and not kill.is_post_round


def _bomb(told: Sequence[Moment]) -> dict[str, Any]:
    plants = [m.fact for m in told if isinstance(m.fact, BombChanged) and m.fact.status == "planted"]
    return {"is_bomb_planted": bool(plants), "site": plants[-1].site if plants else None}
