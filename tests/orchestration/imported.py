"""Matches in a lake as an import leaves them, and Dagster's resources beside it, with no store. No tests here."""

from collections.abc import Sequence
from functools import cache
from itertools import islice
from pathlib import Path

from adapters.lake import raw
from adapters.lake.partitions import Partition
from adapters.lake.raw import RawEvent
from game.codec import encode
from game.events import AnyEvent
from midround import inputs
from models.predictor import CHAMPION
from orchestration.resources import BrokerResource, LakeResource, ModelsResource, StoreResource

NOBODY = "http://127.0.0.1:9/midround"
"""No store: the discard port."""
SEEDS = (11, 12)


@cache
def told(seed: int, events: int = 900) -> tuple[AnyEvent, ...]:
    return tuple(islice(inputs.simulated(seed=seed, best_of=1, position_hz=0).events(), events))


def import_match(root: Path, events: Sequence[AnyEvent]) -> Partition:
    given = [RawEvent(raw=encode(event), file="a.ndjson") for event in events]
    return raw.add(root, events[0].match_id, given, code_version="test").partition


def resources(root: Path) -> dict[str, object]:
    return {
        "lake": LakeResource(path=str(root)),
        "store": StoreResource(url=NOBODY, options={}, ttl_days={}, embedded=str(root / "store")),
        "models": ModelsResource(folder=str(CHAMPION)),
        "broker": BrokerResource(bootstrap_servers="127.0.0.1:9", options={}, is_embedded=True),
    }
