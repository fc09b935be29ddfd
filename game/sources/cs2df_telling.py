"""Translates a checked cs2df recording into native events in chronological order.

Belongs here: the event for each row, and the order within one tick. Does not belong here: reading (`cs2df`), several
files as one series, ids and numbers of events (`cs2df_series`).

Within a tick causes precede effects: the end of freeze time, shots and grenades, bomb actions, damage, kills, items
dropped by the dead, the round's end, positions, the clock.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import IntEnum
from itertools import chain
from typing import NamedTuple

from msgspec import Struct

from game import events as e
from game import payloads as p
from game.sources import cs2df_rows as rows
from game.sources.cs2df import Recording
from game.sources.cs2df_bomb import KINDS, aborts
from game.sources.cs2df_presence import absent, changes, lives_again
from game.sources.cs2df_sides import PlayedRound, flipped
from game.sources.cs2df_tracks import Frame
from game.state import other_team

GRENADES: dict[str, p.Grenade] = {
    "smoke": "smoke",
    "flashbang": "flash",
    "hegrenade": "he",
    "molotov": "molotov",
    "incgrenade": "incendiary",
    "incendiary": "incendiary",
    "decoy": "decoy",
}


class Rank(IntEnum):
    """The order of events within one tick."""

    MAP_STARTED = 0
    ROUND_STARTED = 1
    ECONOMY = 2
    SPAWNED = 3
    FREEZE_ENDED = 4
    FIRED = 10
    GRENADE = 11
    BLIND = 12
    BOMB = 13
    DAMAGE = 14
    KILL = 15
    ABORTED = 16
    HANDED = 17
    ROUND_ENDED = 20
    SEEN = 30
    CLOCK = 31
    MAP_ENDED = 40


class Draft(NamedTuple):
    """An event without its ids and number. `key` is unique within the file: member, row and perhaps a part."""

    tick: int
    rank: Rank
    kind: type[e.Event]
    payload: Struct
    round_no: int
    key: str


class Telling:
    """One recording with its assignment of teams: `is_flipped` exchanges the file's teams A and B."""

    def __init__(self, recording: Recording, *, is_flipped: bool = False) -> None:
        self.recording, self.who = recording, recording.who
        self.rounds = tuple(flipped(r) for r in recording.rounds) if is_flipped else recording.rounds
        self.team: dict[str, p.Team] = {
            x.player_id: other_team(x.team) if is_flipped else x.team for x in recording.players
        }
        self.names = (recording.name_a, recording.name_b)[:: -1 if is_flipped else 1]
        ends = [r.start_tick - 1 for r in self.rounds[1:]]
        self.bounds = {
            r.number: (r.start_tick, end) for r, end in zip(self.rounds, [*ends, rows.MAX_TICK], strict=True)
        }

    def id_of(self, ref: str | int | None) -> str | None:
        return None if ref is None else self.who[ref]

    def team_of(self, ref: str | int | None) -> p.Team | None:
        return None if ref is None else self.team.get(self.who[ref])

    def within(self, round_no: int, tick: int) -> int:
        """The tick, limited to before the next round's start: a round's later events are placed while it is still the
        last."""
        first, last = self.bounds[round_no]
        return max(first, min(tick, last))


def drafts(telling: Telling, *, positions_hz: int = 0) -> list[Draft]:
    """All events of the map between its start and its end, in order."""
    told = chain(
        _rounds(telling),
        _presence(telling),
        _economies(telling),
        _shots(telling),
        _grenades(telling),
        _blinds(telling),
        _bombs(telling),
        _damages(telling),
        _kills(telling),
        _spawns(telling),
        _positions(telling, positions_hz),
        _ticks(telling),
    )
    return sorted(told, key=_order)


def _order(draft: Draft) -> tuple[int, int]:
    return draft.tick, draft.rank


def _rounds(telling: Telling) -> Iterator[Draft]:
    for i, r in enumerate(telling.rounds):
        started = p.RoundStartedData(a_side=r.a_side, score_a=r.score_a, score_b=r.score_b)
        yield Draft(r.start_tick, Rank.ROUND_STARTED, e.RoundStarted, started, r.number, f"rounds/{i}/start")
        yield Draft(
            r.freeze_end_tick,
            Rank.FREEZE_ENDED,
            e.FreezeEnded,
            p.FreezeEndedData(),
            r.number,
            f"rounds/{i}/freeze_end",
        )
        yield Draft(r.end_tick, Rank.ROUND_ENDED, e.RoundEnded, _ended(r), r.number, f"rounds/{i}/end")


def _ended(r: PlayedRound) -> p.RoundEndedData:
    return p.RoundEndedData(
        winner_side=r.winner_side,
        winner_team=r.winner_team,
        reason=r.reason,
        score_a=r.score_a + (r.winner_team == "A"),
        score_b=r.score_b + (r.winner_team == "B"),
    )


def _ticks(telling: Telling) -> Iterator[Draft]:
    """Each whole second from the end of freeze time to the round's decision."""
    rate = telling.recording.tickrate
    for r in telling.rounds:
        for second, tick in enumerate(range(r.freeze_end_tick + rate, r.end_tick, rate), start=1):
            data = p.ClockTickData(round_time_s=second)
            yield Draft(tick, Rank.CLOCK, e.ClockTick, data, r.number, f"clock/{r.number}/{second}")


def _presence(telling: Telling) -> Iterator[Draft]:
    """Listed substitutes and coaches leave and join at the start of a round."""
    starts = {r.number: r.start_tick for r in telling.rounds}
    names = {x.player_id: x.name for x in telling.recording.players}
    for number, player_id, is_there in changes(telling.recording):
        data = p.PresenceData(player_id=player_id, name=names[player_id], team=telling.team[player_id])
        kind = e.PlayerJoinedTeam if is_there else e.PlayerDisconnected
        yield Draft(starts[number], Rank.ECONOMY, kind, data, number, f"players/{player_id}/{number}")


def _economies(telling: Telling) -> Iterator[Draft]:
    """One event per round, right before freeze time ends, with every player's equipment. For a round that was played
    again each player has two rows; the later one counts."""
    loadouts: dict[int, dict[str, p.Loadout]] = defaultdict(dict)
    armor, gone = _armor(telling), absent(telling.recording)
    for row in telling.recording.economies:
        if telling.who[row.player] not in gone.get(row.round_number, ()):
            loadouts[row.round_number][telling.who[row.player]] = _loadout(telling, row, armor)
    for r in telling.rounds:
        if loadouts[r.number]:
            data = p.EconomyData(players=tuple(loadouts[r.number].values()))
            key = f"player-economies/{r.number}"
            yield Draft(r.freeze_end_tick, Rank.ECONOMY, e.Economy, data, r.number, key)


def _loadout(telling: Telling, row: rows.Economy, armor: dict[tuple[int, str], int]) -> p.Loadout:
    player_id = telling.who[row.player]
    points = armor.get((row.round_number, player_id), 100) if row.has_armor else 0
    return p.Loadout(
        player_id=player_id,
        money=max(0, row.start_money - row.money_spent),
        money_spent=max(0, row.money_spent),
        equipment_value=row.equipment_value,
        armor=points,
        has_helmet=row.has_helmet,
        has_kit=row.has_defuse_kit,
        has_primary=row.primary_weapon is not None,
        primary=row.primary_weapon,
        secondary=row.secondary_weapon,
        grenades=row.grenade_count,
    )


def _armor(telling: Telling) -> dict[tuple[int, str], int]:
    """Armour points at the end of freeze time by round and player, from the player's first sample of the round if that
    is less than a second after it."""
    limits = {r.number: r.freeze_end_tick + telling.recording.tickrate for r in telling.rounds}
    seen: dict[tuple[int, str], int] = {}
    for frame in telling.recording.frames:
        if frame.tick >= limits.get(frame.round_number, 0):
            continue
        for player in frame.players:
            if player.armor is not None and player.is_alive:
                seen.setdefault((frame.round_number, player.player_id), player.armor)
    return seen


def _shots(telling: Telling) -> Iterator[Draft]:
    for i, row in enumerate(telling.recording.shots):
        data = p.WeaponFireData(
            player_id=telling.who[row.player],
            weapon=row.weapon,
            position=row.position,
            yaw_deg=row.yaw,
            pitch_deg=row.pitch,
        )
        tick = telling.within(row.round_number, row.tick)
        yield Draft(tick, Rank.FIRED, e.WeaponFire, data, row.round_number, f"shots/{i}")


def _grenades(telling: Telling) -> Iterator[Draft]:
    for i, row in enumerate(telling.recording.grenades):
        stages = (
            (row.throw_tick, e.GrenadeThrown, row.throw_position, "thrown"),
            (row.effect_tick, e.GrenadeDetonated, row.effect_position, "detonated"),
            (row.destroy_tick, e.GrenadeExpired, row.effect_position, "expired"),
        )
        for at, kind, position, part in stages:
            if at is None:
                continue
            data = p.GrenadeData(
                grenade=GRENADES[row.grenade],
                player_id=telling.id_of(row.thrower),
                grenade_id=row.grenade_id,
                position=position,
            )
            tick = telling.within(row.round_number, at)
            yield Draft(tick, Rank.GRENADE, kind, data, row.round_number, f"grenades/{i}/{part}")


def _blinds(telling: Telling) -> Iterator[Draft]:
    for i, row in enumerate(telling.recording.blinds):
        data = p.BlindData(
            victim_player_id=telling.who[row.flashed],
            flasher_player_id=telling.id_of(row.flasher),
            duration_s=row.duration_seconds,
            grenade_id=row.flash_id,
        )
        tick = telling.within(row.round_number, row.tick)
        yield Draft(tick, Rank.BLIND, e.Blind, data, row.round_number, f"blinds/{i}")


def _damages(telling: Telling) -> Iterator[Draft]:
    for i, row in enumerate(telling.recording.damages):
        data = p.DamageData(
            victim_player_id=telling.who[row.victim],
            attacker_player_id=telling.id_of(row.attacker),
            attacker_team=telling.team_of(row.attacker),
            victim_team=telling.team_of(row.victim),
            health_damage=row.health_damage,
            armor_damage=row.armor_damage,
            health_before=row.victim_health_before,
            health_after=max(0, row.victim_health_before - row.health_damage),
            armor_after=row.victim_armor_after,
            weapon=row.weapon,
            hitgroup=row.hitgroup,
            attacker_position=row.attacker_position,
            victim_position=row.victim_position,
        )
        tick = telling.within(row.round_number, row.tick)
        yield Draft(tick, Rank.DAMAGE, e.Damage, data, row.round_number, f"damages/{i}")


def _kills(telling: Telling) -> Iterator[Draft]:
    for i, row in enumerate(telling.recording.kills):
        data = p.KillData(
            victim_player_id=telling.who[row.victim],
            killer_player_id=telling.id_of(row.killer),
            killer_team=telling.team_of(row.killer),
            victim_team=telling.team_of(row.victim),
            assister_player_id=telling.id_of(row.assister),
            flash_assister_player_id=telling.id_of(row.flash_assister),
            weapon=row.weapon,
            is_headshot=row.headshot,
            is_through_smoke=row.through_smoke,
            is_no_scope=row.no_scope,
            penetrated_objects=row.penetrated_objects,
            killer_position=row.killer_position,
            victim_position=row.victim_position,
        )
        tick = telling.within(row.round_number, row.tick)
        yield Draft(tick, Rank.KILL, e.Kill, data, row.round_number, f"kills/{i}")


def _spawns(telling: Telling) -> Iterator[Draft]:
    for life in lives_again(telling.recording, telling.within):
        data = p.PlayerSpawnedData(player_id=life.player_id)
        yield Draft(life.tick, Rank.SPAWNED, e.PlayerSpawned, data, life.round_no, life.key)


def _bombs(telling: Telling) -> Iterator[Draft]:
    by_round: dict[int, list[tuple[int, rows.Bomb]]] = defaultdict(list)
    for i, row in enumerate(telling.recording.bombs):
        by_round[row.round_number].append((i, row))
    kits = _kits(telling)
    deaths = _deaths(telling)
    for r in telling.rounds:
        told = by_round[r.number]
        with_kit = {i for i, row in told if row.type == "defuse_begin" and kits(row)}
        for i, row in told:
            yield _bomb(telling, i, row, has_kit=i in with_kit if row.type == "defuse_begin" else None)
        for abort in aborts(
            told,
            deaths[r.number],
            tickrate=telling.recording.tickrate,
            end_tick=r.end_tick,
            kits=with_kit,
        ):
            data = p.BombData(player_id=telling.id_of(abort.begun.actor), site=abort.begun.site)
            is_death = any(abort.tick in ticks for ticks in deaths[r.number].values())
            rank = Rank.ABORTED if is_death else Rank.GRENADE
            yield Draft(abort.tick, rank, abort.kind, data, r.number, f"bombs/{abort.row}/aborted")


def _bomb(telling: Telling, i: int, row: rows.Bomb, *, has_kit: bool | None) -> Draft:
    data = p.BombData(
        player_id=telling.id_of(row.actor), site=row.site, position=row.position, has_kit=has_kit
    )
    rank = Rank.HANDED if row.type in ("picked_up", "dropped") else Rank.BOMB
    tick = telling.within(row.round_number, row.tick)
    return Draft(tick, rank, KINDS[row.type], data, row.round_number, f"bombs/{i}")


def _deaths(telling: Telling) -> dict[int, dict[str | int, list[int]]]:
    """Ticks of deaths by round and player; a player may die twice in a round."""
    found: dict[int, dict[str | int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for row in telling.recording.kills:
        found[row.round_number][row.victim].append(row.tick)
    return found


def _kits(telling: Telling) -> Callable[[rows.Bomb], bool]:
    """A test whether the actor of a row holds a kit: as last seen before it, otherwise as at the end of freeze time."""
    bought = {
        (r.round_number, telling.who[r.player]) for r in telling.recording.economies if r.has_defuse_kit
    }
    frames: dict[int, list[Frame]] = defaultdict(list)
    for frame in telling.recording.frames:
        if frame.member == "positions-1s":
            frames[frame.round_number].append(frame)

    def has_kit(row: rows.Bomb) -> bool:
        actor = telling.id_of(row.actor) or ""
        for frame in reversed(frames[row.round_number]):
            if frame.tick <= row.tick and any(x.player_id == actor for x in frame.players):
                return actor in frame.kits
        return (row.round_number, actor) in bought

    return has_kit


def _positions(telling: Telling, positions_hz: int) -> Iterator[Draft]:
    for frame in _chosen(telling.recording, positions_hz):
        if frame.round_number not in telling.bounds:
            continue
        data = p.PositionSampleData(players=frame.players)
        tick = telling.within(frame.round_number, frame.tick)
        key = f"{frame.member}/{frame.row}"
        yield Draft(tick, Rank.SEEN, e.PositionSample, data, frame.round_number, key)


def _chosen(recording: Recording, positions_hz: int) -> Sequence[Frame]:
    if positions_hz == 0:
        return ()
    return recording.dense_frames if positions_hz > 1 and recording.dense_frames else recording.frames


def listed(telling: Telling) -> Iterable[tuple[str, str, p.Team]]:
    """(id, name, team) of every player of the file, with the teams of this telling."""
    return [(x.player_id, x.name, telling.team[x.player_id]) for x in telling.recording.players]
