"""What the dashboard has written by hand of the live feed, beside the structs that are sent: no field is made up. The
shapes of REST are made from the exported contract."""

import re
from typing import Any

import msgspec
import pytest

from api.public.live import frames
from game import messages, state
from game.payloads import PlayerPosition
from game.positions import Placed
from game.rules import Rules
from tests.house.tree import ROOT

SENT: dict[str, tuple[type[msgspec.Struct], ...]] = {
    "BeatFrame": (frames.BeatFrame,),
    "Bomb": (state.Bomb,),
    "ConflatedFrame": (frames.ConflatedFrame,),
    "DeltaFrame": (messages.StateDelta,),
    "MapResult": (state.MapResult,),
    "MapState": (state.MapState,),
    "MatchState": (state.MatchState,),
    "MovesFrame": (frames.MovesFrame,),
    "Player": (state.Player,),
    "PlayerPosition": (PlayerPosition, Placed),
    "PositionsFrame": (frames.PositionsFrame,),
    "RefusedFrame": (frames.RefusedFrame,),
    "ResumeFrame": (frames.ResumeFrame,),
    "RetractionFrame": (frames.RetractionFrame,),
    "Round": (state.Round,),
    "RoundResult": (state.RoundResult,),
    "Rules": (Rules,),
    "SnapshotFrame": (messages.StateSnapshot, frames.SnapshotFrame),
    "SubscribedFrame": (frames.SubscribedFrame,),
    "SuspendFrame": (frames.SuspendFrame,),
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
