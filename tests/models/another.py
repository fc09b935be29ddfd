"""A second model for the tests of switches: the shipped one with another constant, under its own name and hash."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from game.events import AnyEvent, ModelSwitched
from game.payloads import ModelSwitchedData
from models.bundle import CARD, ROUND, Manifest, read_bundle, read_champion, write_bundle
from models.predictor import CHAMPION

SHIFT = 0.2
"""In log odds: every live chance that is not decided differs."""


def other_bundle(folder: Path, name: str, *, shift: float = SHIFT, with_card: bool = False) -> Manifest:
    """Writes the bundle `name` into `folder`; the card, where it has one, is the shipped one's."""
    bundle = read_bundle(read_champion(CHAMPION))
    weights = json.loads(bundle.files[ROUND])
    weights["intercept"] += shift
    files = {**bundle.files, ROUND: json.dumps(weights).encode()}
    if with_card:
        files[CARD] = (read_champion(CHAMPION) / CARD).read_bytes()
    return write_bundle(
        folder / name, files, model_version=name, schema_hash=bundle.manifest.feature_schema_hash
    )


def at(moment: datetime) -> Callable[[], datetime]:
    """A clock that stands, for promotions of that moment."""
    return lambda: moment


def switched(after: AnyEvent, to: Manifest, *, event_id: str = "switch") -> ModelSwitched:
    """The event that the stream appends when `after` was the match's last."""
    return ModelSwitched(
        event_id=event_id,
        match_id=after.match_id,
        ts_event=after.ts_event,
        source="champion",
        payload=ModelSwitchedData(model_version=to.model_version, model_hash=to.model_hash),
    )
