"""Native events of one map as a cs2df export, in both versions and with their defects. Not a test.

The opposite of `game.sources.cs2df`, so that laws about exports hold without recorded ones. Version 2.0 swaps the sides
of the first and third overtime, names the wrong winners there, and knows nothing of what follows a round's end;
version 3.0 names players by index and codes tracks by differences.
"""

import json
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from game import events as e
from game.advance import advance
from game.payloads import Position, Side, Team
from game.simulate.series import simulate
from game.simulate.setting import Setting
from game.sources.cs2df import Version
from game.state import MatchState, Player, initial_state, other_side

TICKRATE = 64
SWAPPED_ROUNDS = frozenset([*range(25, 31), *range(37, 43)])
BOMB_TYPES: dict[type[e.Event], str] = {
    e.BombPickedUp: "picked_up",
    e.BombDropped: "dropped",
    e.BombPlantBegun: "plant_begin",
    e.BombPlanted: "planted",
    e.BombDefuseBegun: "defuse_begin",
    e.BombDefused: "defused",
    e.BombExploded: "exploded",
}

Row = dict[str, Any]


@cache
def simulated() -> tuple[e.AnyEvent, ...]:
    """A map with all that an export tells, shots and positions too."""
    return tuple(simulate(Setting(seed=11, best_of=1, has_warmup=False, has_pauses=False, position_hz=1)))


def members(
    events: Iterable[e.AnyEvent], version: Version, *, demo_hash: str = "0" * 64, map_name: str = "de_mirage"
) -> dict[str, bytes]:
    """The members of the export of one map, by their names in the zip."""
    export = _Export(version)
    for event in events:
        export.take(event)
    tables = export.tables() | {
        "manifest": {
            "schemaVersion": f"cs2-demo-format/{version}",
            "demo": {"hash": demo_hash, "sourceFileName": "2026-03-01_de_mirage.dem"},
            "mapName": map_name,
            "tickrate": TICKRATE,
        }
    }
    return {f"{name}.json": json.dumps(table).encode() for name, table in tables.items()}


def zipped(path: Path, contents: dict[str, bytes]) -> Path:
    """The zip of these members at `path`."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return path


class _Export:
    def __init__(self, version: Version) -> None:
        self.version = version
        self.state: MatchState = initial_state("writer")
        self.rows: dict[str, list[Row]] = {
            name: []
            for name in ("rounds", "kills", "damages", "blinds", "bombs", "grenades", "player-economies")
        }
        self.shots: list[Row] = []
        self.samples: list[tuple[int, int, e.PositionSample]] = []
        self.index: dict[str, int] = {}
        self.labelled = {"A": 0, "B": 0}

    def take(self, event: e.AnyEvent) -> None:
        self.state, _ = advance(self.state, event)
        for player_id, player in self.state.players.items():
            if player.team is not None:
                self.index.setdefault(player_id, len(self.index))
        if self.state.match_tag not in ("live", "overtime") or self.state.round is None:
            return
        if (
            self.version == "2.0"
            and self.state.round.ended_at is not None
            and not isinstance(event, e.RoundEnded)
        ):
            return
        self._told(event)

    def _told(self, event: e.AnyEvent) -> None:
        match event:
            case e.RoundStarted():
                self._begin(event)
            case e.FreezeEnded():
                self.rows["rounds"][-1]["freezeEndTick"] = _tick(event.ts_event)
                self._economies()
            case e.RoundEnded():
                self._end(event)
            case e.Kill():
                self._kill(event)
            case e.Damage():
                self._damage(event)
            case e.WeaponFire():
                self._shot(event)
            case e.PositionSample():
                self.samples.append((self._number(), _tick(event.ts_event), event))
            case _:
                if type(event) in BOMB_TYPES:
                    self._bomb(event)

    def _number(self) -> int:
        assert self.state.round is not None
        return self.state.round.number

    def _a_label(self) -> Side:
        """The side that the file gives to team A, which is wrong in some overtimes of version 2.0."""
        assert self.state.map is not None
        is_swapped = self.version == "2.0" and self._number() in SWAPPED_ROUNDS
        return other_side(self.state.map.a_side) if is_swapped else self.state.map.a_side

    def _begin(self, event: e.RoundStarted) -> None:
        label = self._a_label()
        self.rows["rounds"].append(
            {
                "roundNumber": self._number(),
                "startTick": _tick(event.ts_event),
                "teamASide": label,
                "teamBSide": other_side(label),
                "teamAScoreBefore": self.labelled["A"],
                "teamBScoreBefore": self.labelled["B"],
            }
        )

    def _end(self, event: e.RoundEnded) -> None:
        side = event.payload.winner_side
        winner: Team = "A" if side == self._a_label() else "B"
        self.labelled[winner] += 1
        self.rows["rounds"][-1] |= {
            "endTick": _tick(event.ts_event),
            "winnerTeamKey": f"team{winner}",
            "winnerSide": side,
            "endReason": event.payload.reason,
        }

    def _who(self, role: str, player_id: str | None) -> Row:
        """How a row names a player: by id, team and side, or by index alone."""
        if self.version == "3.0":
            return {_camel(role, "Index"): None if player_id is None else self.index[player_id]}
        team = None if player_id is None else self.state.players[player_id].team
        side = None if team is None else (self._a_label() if team == "A" else other_side(self._a_label()))
        return {
            _camel(role, "SteamId64"): player_id,
            _camel(role, "TeamKey"): f"team{team}" if team else None,
            _camel(role, "Side"): side,
        }

    def _at(self, event: e.AnyEvent) -> Row:
        return {"roundNumber": self._number(), "tick": _tick(event.ts_event)}

    def _kill(self, event: e.Kill) -> None:
        said = event.payload
        self.rows["kills"].append(
            self._at(event)
            | self._who("killer", said.killer_player_id)
            | self._who("victim", said.victim_player_id)
            | self._who("assister", said.assister_player_id)
            | self._who("flashAssister", said.flash_assister_player_id)
            | {"weapon": said.weapon or "world", "headshot": said.is_headshot, "killerActiveWeapon": None}
        )

    def _damage(self, event: e.Damage) -> None:
        said = event.payload
        row = self._at(event) | self._who("attacker", said.attacker_player_id)
        row |= self._who("victim", said.victim_player_id)
        self.rows["damages"].append(
            row
            | {
                "weapon": said.weapon or "world",
                "hitgroup": said.hitgroup or "chest",
                "healthDamage": said.health_damage,
                "healthDamageRaw": said.health_damage,
                "armorDamage": said.armor_damage or 0,
                "victimHealthBefore": said.health_damage + (said.health_after or 0),
                "victimArmorAfter": said.armor_after or 0,
            }
        )

    def _bomb(self, event: e.AnyEvent) -> None:
        said: Any = event.payload
        row = self._at(event) | self._who("actor", said.player_id)
        self.rows["bombs"].append(row | {"type": BOMB_TYPES[type(event)], "site": said.site})

    def _shot(self, event: e.WeaponFire) -> None:
        said = event.payload
        position = said.position or Position(x=0.0, y=0.0, z=0.0)
        self.shots.append(
            self._at(event)
            | {"player": said.player_id, "weapon": said.weapon or "knife"}
            | {"x": position.x, "y": position.y, "z": position.z}
            | {"yaw": said.yaw_deg or 0.0, "pitch": said.pitch_deg or 0.0}
        )

    def _economies(self) -> None:
        for player in self.state.players.values():
            if player.team is not None:
                self.rows["player-economies"].append(self._economy(player))

    def _economy(self, player: Player) -> Row:
        return {
            "roundNumber": self._number(),
            **self._who("", player.player_id),
            "startMoney": player.money or 0,
            "moneySpent": 0,
            "equipmentValue": player.equipment_value,
            "hasArmor": player.armor > 0,
            "hasHelmet": player.has_helmet,
            "hasDefuseKit": player.has_kit,
            "primaryWeapon": "AK-47" if player.has_primary else None,
            "grenadeCount": player.grenades,
        }

    def tables(self) -> dict[str, Any]:
        tracks = _tracks(self.shots, self.index) if self.version == "3.0" else [_shot2(s) for s in self.shots]
        positions: dict[str, Any] = (
            {"positions-1s": self._positions()} if self.version == "2.0" else {"replay": self._replay()}
        )
        return (
            self.rows
            | {"shots": tracks}
            | positions
            | {
                "players": [self._listed(k) for k in self.index],
                "match": {
                    f"team{team}": {
                        "teamKey": f"team{team}",
                        "name": f"Team {team}",
                        "score": self.labelled[team],
                    }
                    for team in ("A", "B")
                },
            }
        )

    def _listed(self, player_id: str) -> Row:
        player = self.state.players[player_id]
        return {"steamId64": player_id, "name": player.name or "", "teamKey": f"team{player.team}"}

    def _positions(self) -> list[Row]:
        return [
            {
                "roundNumber": number,
                "tick": tick,
                "steamId64": x.player_id,
                "alive": bool(x.is_alive),
                "position": {"x": x.x, "y": x.y, "z": x.z},
                "yaw": x.yaw_deg or 0.0,
                "pitch": x.pitch_deg or 0.0,
                "health": x.health or 0,
                "armor": x.armor or 0,
                "money": 0,
            }
            for number, tick, event in self.samples
            for x in event.payload.players
        ]

    def _replay(self) -> Row:
        """One frame a second; a round is left out where its samples do not hold the same players throughout."""
        rounds: list[Row] = []
        for number in dict.fromkeys(n for n, _, _ in self.samples):
            told = [(tick, event.payload.players) for n, tick, event in self.samples if n == number]
            ids = [x.player_id for x in told[0][1]]
            if any([x.player_id for x in players] != ids for _, players in told):
                continue
            rounds.append(
                {
                    "roundNumber": number,
                    "startTick": told[0][0],
                    "tickStep": TICKRATE,
                    "frameCount": len(told),
                    "players": [
                        self._track(player_id, [players[i] for _, players in told])
                        for i, player_id in enumerate(ids)
                    ],
                }
            )
        return {
            "meta": {"sampleRate": 1, "coordScale": 1, "angleScale": 10},
            "weaponDict": [],
            "rounds": rounds,
        }

    def _track(self, player_id: str, told: Sequence[Any]) -> Row:
        return {
            "playerIndex": self.index[player_id],
            "x": _differences([round(x.x) for x in told]),
            "y": _differences([round(x.y) for x in told]),
            "z": _differences([round(x.z) for x in told]),
            "yaw": _differences([round(10 * (x.yaw_deg or 0.0)) for x in told]),
            "hp": [x.health or 0 for x in told],
            "armor": [x.armor or 0 for x in told],
        }


def _tick(moment: datetime) -> int:
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return round((moment - midnight).total_seconds() * TICKRATE)


def _camel(role: str, suffix: str) -> str:
    """`killerIndex`; without a role `playerIndex`, `steamId64`."""
    if not role:
        return "playerIndex" if suffix == "Index" else suffix[0].lower() + suffix[1:]
    return role + suffix


def _differences(values: Sequence[int]) -> list[int]:
    return [*values[:1], *(b - a for a, b in pairwise(values))]


def _shot2(shot: Row) -> Row:
    return {
        "roundNumber": shot["roundNumber"],
        "tick": shot["tick"],
        "steamId64": shot["player"],
        "weapon": shot["weapon"],
        "position": {"x": shot["x"], "y": shot["y"], "z": shot["z"]},
        "yaw": shot["yaw"],
        "pitch": shot["pitch"],
    }


def _tracks(shots: Sequence[Row], index: dict[str, int]) -> Row:
    words = sorted({s["weapon"] for s in shots})
    tracks: list[Row] = []
    for number, player_id in dict.fromkeys((s["roundNumber"], s["player"]) for s in shots):
        mine = [s for s in shots if (s["roundNumber"], s["player"]) == (number, player_id)]
        tracks.append(
            {
                "roundNumber": number,
                "playerIndex": index[player_id],
                "tick": _differences([s["tick"] for s in mine]),
                "weapon": [words.index(s["weapon"]) for s in mine],
                **{c: _differences([round(s[c]) for s in mine]) for c in ("x", "y", "z")},
                **{c: _differences([round(10 * s[c]) for s in mine]) for c in ("yaw", "pitch")},
            }
        )
    return {"meta": {"coordScale": 1, "angleScale": 10}, "weaponDict": words, "tracks": tracks}
