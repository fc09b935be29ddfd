"""The dashboard's idea of the contract beside the structs that the API sends: no field is made up."""

import re
from typing import Any

import msgspec
import pytest

from api.problems import Problem
from api.public.calibration.resources import Bin, Reliability
from api.public.careers.resources import Career, CareerMap, CareerSplit, Known, Leader, Leaderboard
from api.public.definitions.resources import DefinitionView
from api.public.events.resources import EventView
from api.public.live import frames
from api.public.maps.resources import OutlineView
from api.public.matches.resources import MatchDetail, MatchSummary, RunningMap
from api.public.models.resources import ModelView
from api.public.paging import Page
from api.public.players.resources import MapLine, PlayerView
from api.public.predictions.resources import Chance, PointView, PredictionView
from api.public.quality.resources import LiveQuality, QualityView
from api.public.rounds.resources import RoundView
from api.public.search.resources import FoundMatch
from api.public.swings.resources import Swing, SwingsView
from api.public.teams.resources import Record, Team, TeamDetail
from api.public.what_if.resources import Chances, WhatIfView
from game import messages, state
from game.payloads import PlayerPosition
from game.rules import Rules
from game.what_if import BombChange, PlayerChange, WhatIf
from models.shadow import Shadowed
from tests.house.tree import ROOT

SENT: dict[str, tuple[type[msgspec.Struct], ...]] = {
    "Bin": (Bin,),
    "Bomb": (state.Bomb,),
    "BombChange": (BombChange,),
    "Career": (Career,),
    "CareerMap": (CareerMap,),
    "CareerSplit": (CareerSplit,),
    "Chance": (Chance,),
    "Chances": (Chances,),
    "DefinitionView": (DefinitionView,),
    "DeltaFrame": (messages.StateDelta,),
    "EventView": (EventView,),
    "FoundMatch": (FoundMatch,),
    "HeartbeatFrame": (frames.HeartbeatFrame,),
    "Known": (Known,),
    "Leader": (Leader,),
    "Leaderboard": (Leaderboard,),
    "LiveQuality": (LiveQuality,),
    "MapLine": (MapLine,),
    "MapResult": (state.MapResult,),
    "MapState": (state.MapState,),
    "MatchDetail": (MatchDetail,),
    "MatchState": (state.MatchState,),
    "MatchSummary": (MatchSummary,),
    "ModelView": (ModelView,),
    "OutlineView": (OutlineView,),
    "Page": (Page,),
    "Player": (state.Player,),
    "PlayerChange": (PlayerChange,),
    "PlayerPosition": (PlayerPosition,),
    "PlayerView": (PlayerView,),
    "PointView": (PointView,),
    "Prediction": (PredictionView,),
    "Probability": (messages.Probability,),
    "Problem": (Problem,),
    "QualityView": (QualityView,),
    "Reliability": (Reliability,),
    "RetractionFrame": (frames.RetractionFrame,),
    "Round": (state.Round,),
    "RoundResult": (state.RoundResult,),
    "RoundView": (RoundView,),
    "Rules": (Rules,),
    "RunningMap": (RunningMap,),
    "ShadowView": (Shadowed,),
    "SnapshotFrame": (messages.StateSnapshot, frames.SnapshotFrame),
    "Swing": (Swing,),
    "SwingsView": (SwingsView,),
    "TeamDetail": (TeamDetail,),
    "TeamView": (Team,),
    "WhatIf": (WhatIf,),
    "WhatIfView": (WhatIfView,),
    "WonLost": (Record,),
}
"""Interface to what it is sent as, or read from; a snapshot comes in two ways."""
INTERFACE = re.compile(r"export interface (?P<name>\w+)(?:<T>)? \{\n(?P<body>.*?)\n\}", re.DOTALL)
FIELD = re.compile(r"^  (?P<name>\w+)(?P<optional>\??):", re.MULTILINE)


def interfaces() -> dict[str, dict[str, bool]]:
    """Each interface with its fields, and whether a field may be left out."""
    files = sorted((ROOT / "api" / "dashboard" / "src").glob("contract*.ts"))
    source = "\n".join(file.read_text(encoding="utf-8") for file in files)
    return {
        found["name"]: {field["name"]: bool(field["optional"]) for field in FIELD.finditer(found["body"])}
        for found in INTERFACE.finditer(source)
    }


def known(struct: Any) -> set[str]:
    tag = struct.__struct_config__.tag_field
    return {*struct.__struct_encode_fields__, *([tag] if tag else [])}


def test_every_interface_stands_for_a_struct() -> None:
    assert set(interfaces()) == set(SENT)


@pytest.mark.parametrize("name", SENT)
def test_no_field_is_made_up(name: str) -> None:
    fields = set(interfaces()[name])
    assert fields
    assert fields <= set().union(*(known(struct) for struct in SENT[name]))


@pytest.mark.parametrize("name", SENT)
def test_what_one_way_leaves_out_is_optional(name: str) -> None:
    fields = interfaces()[name]
    needed = {field for field, is_optional in fields.items() if not is_optional}
    assert all(needed <= known(struct) for struct in SENT[name])
