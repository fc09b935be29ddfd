"""The lake that the notebooks open: the one in the settings if it has data, else a small example lake.

Belongs here: finding or filling that lake. Does not belong here: what notebooks do with it, opening it
(`adapters.lake.views`), the training data in it (`orchestration.learning`).
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Mapping
from itertools import chain
from pathlib import Path

from adapters.lake import raw
from adapters.lake.partitions import partitions
from adapters.lake.raw import RawEvent
from adapters.lake.tables import QUALITY, RAW_EVENTS
from adapters.recordings import recording_paths
from adapters.settings import Settings
from game.codec import encode
from midround import console, inputs
from models.code import code_version
from models.dataset import RecordedMap
from models.registry import Store, local_store
from orchestration.derivation import derive_many
from orchestration.learning import learnable
from orchestration.resources import TrackingResource

MAPS = 4


class ExampleError(Exception):
    """Which example could not be derived, and why."""


def settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings as every command sees them: from `MIDROUND_...` variables and the configuration file."""
    return console.settings(os.environ if environ is None else environ, None, {}).settings


def example_lake(environ: Mapping[str, str] | None = None, *, maps: int = MAPS) -> Path:
    """Return the lake of the settings if it holds derived maps. Otherwise build a temporary one, removed when this
    process exits, from some recorded maps (`MIDROUND_DATA`) or, without any, from simulated ones. Raises
    `ExampleError`."""
    environ = os.environ if environ is None else environ
    named = settings(environ).lake_path
    if partitions(named, QUALITY.name):
        return named
    root = Path(tempfile.mkdtemp(prefix="midround-lake-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    folder = console.data_folder(environ) / "cs2df"
    found = list(recording_paths([folder] if folder.is_dir() else []))
    fill(root, found[:: max(1, len(found) // maps)][:maps], maps=maps)
    return root


def registry_of(lake: Path, environ: Mapping[str, str] | None = None) -> Store:
    """Return the model registry of a lake: the configured one for the lake of the settings, a local one for an example
    lake."""
    told = settings(environ)
    if lake != told.lake_path:
        return local_store(lake / "mlflow")
    if not told.mlflow.url:
        (told.home / "mlflow").mkdir(parents=True, exist_ok=True)
    return TrackingResource.of(told).store()


def fill(root: Path, files: list[Path], *, maps: int = MAPS) -> None:
    """Import the recordings, add simulated maps up to `maps`, and derive all tables. Raises `ExampleError`."""
    simulated = (inputs.simulated(seed=seed, best_of=1, position_hz=0) for seed in range(maps - len(files)))
    for match in chain(inputs.recorded(files, positions_hz=inputs.POSITIONS_HZ), simulated):
        events = list(match.events())
        told = [RawEvent(raw=encode(event), file=match.name) for event in events]
        raw.add(root, events[0].match_id, told, code_version=code_version())
    for attempt in derive_many(root, partitions(root, RAW_EVENTS.name)):
        if attempt.error is not None:
            raise ExampleError(attempt.error)


def training_maps(root: Path) -> list[RecordedMap]:
    """Return the decided maps of the lake, ordered by name, as every retraining uses them."""
    return [each.map_ for each in learnable(root)]
