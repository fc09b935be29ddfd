"""Mishaps of a match: restarts, restores, players leaving, bots.

Belongs here: changes to what happened, by replaying and inserting events. Does not belong here: disturbances of the
feed (`game.simulate.disorder`).

For a restore, a round or its beginning is played, taken back, and played again as in the clean match; the events of the
first attempt have ids of their own. Time goes on, so all later events are delayed, in the clean match too.
"""

from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Literal
from uuid import UUID, uuid5

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from game import events as e
from game import payloads as p

Undoing = Literal["restart", "restore", "silent"]
PAUSE = timedelta(seconds=20)
BOT = "sim-bot"


class Lived(Struct, frozen=True, kw_only=True):
    """The match with its mishaps, and the clean match at the same times."""

    events: list[e.AnyEvent]
    clean: list[e.AnyEvent]


def undergo(
    events: list[e.AnyEvent], *, restarts: int, restores: int, silent_restores: int, rng: Random
) -> Lived:
    """Undo some rounds: first rounds of maps by a restart, others by a restore with or without a message."""
    spans = round_spans(events)
    firsts = [span for span in spans if events[span[0]].round_no == 1]
    others = [span for span in spans if span not in firsts]
    doomed: dict[int, tuple[int, Undoing]] = {}
    for span in rng.sample(firsts, min(restarts, len(firsts))):
        doomed[span[0]] = span[1], "restart"
    chosen = rng.sample(others, min(restores + silent_restores, len(others)))
    for number, span in enumerate(chosen):
        doomed[span[0]] = span[1], "restore" if number < restores else "silent"
    return _lived(events, doomed, rng)


def round_spans(events: list[e.AnyEvent]) -> list[tuple[int, int]]:
    """(index of its start, index after its decision) of each round."""
    spans, start = [], 0
    for index, event in enumerate(events):
        if isinstance(event, e.RoundStarted):
            start = index
        elif isinstance(event, e.RoundEnded):
            spans.append((start, index + 1))
    return spans


def with_presence(
    events: list[e.AnyEvent], *, reconnects: int, renames: int, takeovers: int, rng: Random
) -> list[e.AnyEvent]:
    """Add players who reconnect in freeze time, change names, or are replaced by bots that teammates take over."""
    spans = round_spans(events)
    players = sorted(_players(events))
    for start, end in rng.sample(spans, min(takeovers, len(spans))):
        events[start:end] = _with_bot(events[start:end], rng)
    inserted: dict[int, list[e.AnyEvent]] = {}
    for kind, count in (("reconnect", reconnects), ("rename", renames)):
        for start, _ in rng.sample(spans, min(count, len(spans))):
            entries = _comings(events[start], rng.choice(players), kind)
            inserted.setdefault(start, []).extend(entries)
    return [event for index, own in enumerate(events) for event in (own, *inserted.get(index, ()))]


def _lived(events: list[e.AnyEvent], doomed: dict[int, tuple[int, Undoing]], rng: Random) -> Lived:
    lived: list[e.AnyEvent] = []
    clean: list[e.AnyEvent] = []
    delay = timedelta()
    for index, event in enumerate(events):
        if index in doomed:
            end, undoing = doomed[index]
            false_start = [_later(lost, delay) for lost in events[index : rng.randint(index + 1, end)]]
            lived += _told_apart(false_start)
            delay += false_start[-1].ts_event - false_start[0].ts_event + PAUSE
            lived += _message(_later(event, delay), undoing)
        lived.append(_later(event, delay))
        clean.append(lived[-1])
    return Lived(events=lived, clean=clean)


def _told_apart(events: list[e.AnyEvent]) -> list[e.AnyEvent]:
    return [replace(event, event_id=_other_id(event, "undone")) for event in events]


def _message(event: e.AnyEvent, undoing: Undoing) -> Iterator[e.AnyEvent]:
    """The server's message before `event`, the second start of the round; none for a silent restore."""
    round_no = event.round_no or 1
    if undoing == "restart":
        yield _beside(event, e.MatchRestarted, p.MatchRestartedData(reason="mp_restartgame"), name="restart")
    elif undoing == "restore":
        yield _beside(event, e.BackupRestored, p.BackupRestoredData(to_round=round_no), name="restore")


def _comings(event: e.AnyEvent, player_id: str, kind: str) -> Iterator[e.AnyEvent]:
    """Presence events right after a round's start, at the same time."""
    if kind == "rename":
        renamed = p.PresenceData(player_id=player_id, name=f"{player_id} (renamed)")
        yield _beside(event, e.PlayerRenamed, renamed, name=f"rename/{player_id}")
        return
    who = p.PresenceData(player_id=player_id, reason="timed out")
    yield _beside(event, e.PlayerDisconnected, who, name=f"leave/{player_id}")
    yield _beside(event, e.PlayerConnected, p.PresenceData(player_id=player_id), name=f"return/{player_id}")


def _with_bot(told: list[e.AnyEvent], rng: Random) -> list[e.AnyEvent]:
    """The round with a bot in place of one player; a teammate who dies earlier takes over the bot."""
    deaths = [event for event in told if isinstance(event, e.Kill) and event.payload.victim_team is not None]
    pairs = [(a, b) for a in deaths for b in deaths if a.ts_event < b.ts_event and _are_mates(a, b)]
    if not pairs:
        return told
    early, late = rng.choice(pairs)
    replaced, mate = late.payload.victim_player_id, early.payload.victim_player_id
    return list(_bot_round(told, replaced=replaced, mate=mate, taken_over_after=early))


def _bot_round(
    told: list[e.AnyEvent], *, replaced: str, mate: str, taken_over_after: e.Kill
) -> Iterator[e.AnyEvent]:
    """The player leaves and the bot joins, a teammate takes it over, and at the round's end the player returns."""
    team = taken_over_after.payload.victim_team
    first, last = told[0], told[-1]
    bot = p.PresenceData(player_id=BOT, name="Bot", team=team, is_bot=True)
    yield first
    yield _beside(first, e.PlayerDisconnected, p.PresenceData(player_id=replaced), name="bot/leave")
    yield _beside(first, e.PlayerConnected, bot, name="bot/come")
    stands_in = BOT
    for event in told[1:-1]:
        yield _renamed(event, replaced, stands_in)
        if event is taken_over_after:
            data = p.BotTakeoverData(player_id=mate, bot_player_id=BOT)
            yield _beside(event, e.BotTakeover, data, name="bot/taken")
            stands_in = mate
    yield last
    yield _beside(last, e.PlayerDisconnected, p.PresenceData(player_id=BOT), name="bot/gone")
    yield _beside(last, e.PlayerConnected, p.PresenceData(player_id=replaced), name="bot/return")


def _are_mates(one: e.Kill, other: e.Kill) -> bool:
    a, b = one.payload, other.payload
    return a.victim_team == b.victim_team and a.victim_player_id != b.victim_player_id


def _renamed(event: e.AnyEvent, player_id: str, other_id: str) -> e.AnyEvent:
    """The event with one player's id replaced everywhere."""
    raw = msgspec.json.encode(event)
    wanted, given = f'"{player_id}"'.encode(), f'"{other_id}"'.encode()
    if wanted not in raw:
        return event
    changed: e.AnyEvent = msgspec.json.decode(raw.replace(wanted, given), type=type(event))
    return changed


def _players(events: list[e.AnyEvent]) -> set[str]:
    return {event.payload.player_id for event in events if isinstance(event, e.PlayerJoinedTeam)}


def _later(event: e.AnyEvent, delay: timedelta) -> e.AnyEvent:
    return replace(event, ts_event=event.ts_event + delay) if delay else event


def _beside(event: e.AnyEvent, kind: type[e.Event], data: Struct, *, name: str) -> e.AnyEvent:
    """Another event with the same envelope and time, but its own id."""
    envelope = {field: getattr(event, field) for field in e.Event.__struct_fields__}
    made: e.AnyEvent = kind(**{**envelope, "event_id": _other_id(event, name)}, payload=data)  # type: ignore[call-arg,assignment]
    return made


def _other_id(event: e.AnyEvent, name: str) -> str:
    return str(uuid5(UUID(event.event_id), name))
