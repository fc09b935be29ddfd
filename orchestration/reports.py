"""Figures about the champion on maps played since its training: feature drift, evidence against it, calibration.

Belongs here: from the lake to the figures of `models.drift`, `models.watch` and `models.calibration`. Does not belong
here: those tests, the consequences of an alarm (`orchestration.sensors`).
"""

from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from adapters.lake.partitions import Partition
from adapters.lake.views import open_lake
from models.bundle import BundleError
from models.calibration import Interval, ece, ece_floor, losses, over_matches
from models.contest import Reigning, reigning
from models.dataset import RecordedMap, ids_of
from models.drift import FeatureDrift, drifted, round_rows
from models.folds import match_count
from models.logistic import Matrix
from models.predictor import Predictor, load_predictor
from models.retraining import published_sd
from models.watch import Watch, drawn_rows, watched

LEAST_MAPS = 6
"""Maps needed on each side of a comparison; with fewer, a single map would dominate."""
CLOCK = """
SELECT p.match_id AS match, p.match_id || '/' || p.map_id AS map, p.round_no, p.round_p_ct, s.ct_won
FROM predictions p JOIN states s USING (match_id, map_id, seq)
WHERE s.grid = 'clock' AND s.ct_won IS NOT NULL AND p.model_hash = ? AND map IN (SELECT unnest(?))
ORDER BY p.match_id, p.map_id, p.seq
"""


class Drifting(Struct, frozen=True, kw_only=True):
    """The champion's own maps compared with those since. `unseen_matches` counts the matches of the latter. `features`
    is empty if there are too few maps."""

    seen: int
    unseen: int
    unseen_matches: int
    features: tuple[FeatureDrift, ...] = ()
    alarms: tuple[str, ...] = ()
    watch: Watch = Watch()

    @property
    def is_alarm(self) -> bool:
        return bool(self.alarms) or self.watch.is_alarm()

    def lacking(self) -> list[str]:
        """Which side has too few maps to be compared, in words."""
        sides = (("its own maps in the lake", self.seen), ("maps since", self.unseen))
        return [f"{side}: {count} of {LEAST_MAPS}" for side, count in sides if count < LEAST_MAPS]


class Watched(Struct, frozen=True, kw_only=True):
    """The sequential test of the champion, and of the previous one on the maps that are new to both; `before` is null
    if there is no previous champion, or no map to judge it by."""

    champion: str
    model_hash: str
    watch: Watch
    before: Watch | None

    @property
    def is_refuted(self) -> bool:
        return self.watch.is_alarm()

    @property
    def can_go_back(self) -> bool:
        """Whether there is a previous champion that was tested and not refuted."""
        return self.before is not None and not self.before.is_alarm()


class Calibrated(Struct, frozen=True, kw_only=True):
    """One model's published chances at each second of live play, compared with the outcomes."""

    rows: int
    maps: int
    log_loss: Interval
    ece: float
    ece_floor: float
    p: Matrix
    y: Matrix
    map_index: Matrix
    round_no: Matrix


def drifting(maps: Sequence[RecordedMap], champion: Reigning, predictor: Predictor) -> Drifting:
    """Drift of the features, and the sequential test on the new maps in order of day."""
    seen, unseen = champion.own(maps), champion.unseen(maps)
    found = Drifting(
        seen=len(seen),
        unseen=len(unseen),
        unseen_matches=match_count(unseen),
        watch=watch_of(unseen, predictor, map_sd=published_sd(champion.files)),
    )
    if found.lacking():
        return found
    compared = drifted(round_rows(seen), round_rows(unseen))
    alarms = tuple(each.feature for each in compared.alarms())
    return replace(found, features=tuple(compared.features), alarms=alarms)


def watched_champion(maps: Sequence[RecordedMap], folder: Path, before: Path | None) -> Watched:
    """The test of the champion in the bundle `folder` on the maps new to it, in order of day, and of the previous one
    on those new to both, since its own maps would favour it. Raises `models.bundle.BundleError` for the champion; a
    previous one that cannot be loaded, or whose card does not list its maps, is no way back."""
    champion, predictor = reigning(folder), load_predictor(folder)
    unseen = champion.unseen(maps)
    return Watched(
        champion=champion.model_version,
        model_hash=predictor.model_hash,
        watch=watch_of(unseen, predictor, map_sd=published_sd(champion.files)),
        before=None if before is None else _watch_of_bundle(unseen, before),
    )


def _watch_of_bundle(maps: Sequence[RecordedMap], folder: Path) -> Watch | None:
    with suppress(BundleError):
        told = reigning(folder)
        unseen = told.unseen(maps)
        watch = watch_of(unseen, load_predictor(folder), map_sd=published_sd(told.files))
        return watch if watch.maps else None
    return None


def watch_of(maps: Sequence[RecordedMap], predictor: Predictor, *, map_sd: float) -> Watch:
    """The sequential test of the model on these maps, in the given order."""
    watch = Watch()
    for map_ in maps:
        p = [predictor.live(row.features).p for row in drawn_rows(map_)]
        if p:
            watch = watch.after(watched(map_, p), map_sd=map_sd)
    return watch


def calibrated(root: Path, model_hash: str, maps: Collection[Partition]) -> Calibrated | None:
    """The model's published chances at each second of live play on these maps of the lake; null if there are none."""
    ids = [ids_of(each.match_id, each.map_id or "") for each in maps]
    rows = open_lake(root, tables=["predictions", "states"]).execute(CLOCK, [model_hash, ids]).fetchnumpy()
    if not len(rows["round_p_ct"]):
        return None
    p, y = np.asarray(rows["round_p_ct"], dtype=np.float64), np.asarray(rows["ct_won"], dtype=np.float64)
    match, index = (
        np.unique(np.asarray(rows[name], dtype=str), return_inverse=True)[1] for name in ("match", "map")
    )
    round_no = np.asarray(rows["round_no"], dtype=np.float64)
    places = index * 1_000.0 + round_no
    return Calibrated(
        rows=len(p),
        maps=int(index.max()) + 1,
        log_loss=over_matches(losses(p, y), match.astype(np.float64), rounds=places),
        ece=ece(p, y),
        ece_floor=ece_floor(p, places),
        p=p,
        y=y,
        map_index=index.astype(np.float64),
        round_no=round_no,
    )
