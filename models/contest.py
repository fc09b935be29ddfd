"""The contest: the training procedure evaluated on unseen maps, beside the champion on exactly the same rows.

Belongs here: the champion as an opponent, the split by date, nested folds. Does not belong here: which recipes are
tried (`models.candidates`), figures (`models.judgement`), verdicts (`models.gates`).

What is evaluated is the whole procedure, including the choice of a recipe: on the maps of an outer fold, or on maps
later than all it learned from. If the champion has seen some of the maps, its recipe, refitted to the other folds,
stands in for it. If all maps are new to it, as after a change of the game, it is evaluated as it runs on air. A refit
that lacks some of the champion's maps is a weaker opponent: `Contest.lacking` lists those, and no gate is passed
against it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from itertools import zip_longest
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
from msgspec import Struct

from models.bundle import BOOSTER, CARD, MAP, ROUND, BundleError, read_bundle
from models.candidates import Candidate, Choice, choose, fit_candidate
from models.dataset import RecordedMap, ids_in
from models.evaluation import Table, beside, judged_by
from models.fitting import RoundFit, Rows, inequalities, round_margin
from models.folds import Folds, folds_by_unit, match_count, units
from models.logistic import Inequalities, Matrix, sigmoid
from models.map_model import Chain
from models.round_model import RoundWeights
from models.start_judgement import StartTable, starts_judged
from models.tables import OURS
from models.training import Card

CHAMPION = "champion"
OUTER_FOLDS = 4
LEAST_LATER = 12
"""Matches required for a holdout in time, and for folds of new maps to meet the champion as it is."""
HELD_OUT = 1 / 3
"""Share of the maps unseen by the champion that is held out: the newest."""
Mode = Literal["later in time", "out of fold"]


class Reigning(Struct, frozen=True, kw_only=True):
    """The champion as its bundle and card describe it. `seen` are the keys of its training maps and `ids` their ids in
    the events; for older cards only keys of partitions yield those. The days are those of its first and its last
    map."""

    model_version: str
    model_hash: str
    feature_schema_hash: str
    files: dict[str, bytes]
    candidate: Candidate
    seen: tuple[str, ...]
    first_day: date
    last_day: date
    ids: tuple[str, ...] = ()

    def chain(self) -> Chain:
        """Its map model."""
        return msgspec.json.decode(self.files[MAP], type=Chain)

    def unseen(self, maps: Iterable[RecordedMap]) -> list[RecordedMap]:
        """The maps that are new to the champion, ordered by day: neither its own nor older than its first day. Maps
        from before the champion's data show the game as it used to be, so they do not count as new."""
        new = (map_ for map_ in maps if map_.day >= self.first_day and not self._is_own(*_called(map_)))
        return sorted(new, key=lambda map_: (map_.day, map_.file))

    def is_new(self, file: str, ids: str, day: date) -> bool:
        """Whether a map with this file, ids and day counts as new to the champion."""
        return day >= self.first_day and not self._is_own(file, ids)

    def _is_own(self, *names: str) -> bool:
        known = {*self.seen, *self.ids} - {""}
        return not known.isdisjoint(names)

    def own(self, maps: Iterable[RecordedMap]) -> list[RecordedMap]:
        """The maps that the champion was trained on, by any of the names they are known by."""
        return [map_ for map_ in maps if self._is_own(*_called(map_))]

    def absent(self, maps: Iterable[RecordedMap]) -> tuple[str, ...]:
        """The keys of the champion's training maps that are not among `maps`."""
        here = {name for map_ in self.own(maps) for name in _called(map_) if name}
        known = zip_longest(self.seen, self.ids, fillvalue="")
        return tuple(sorted(file for file, ids in known if not {file, ids} & here))


def _called(map_: RecordedMap) -> tuple[str, ...]:
    """All names that identify a map, across matches."""
    return (map_.file, map_.ids, *map_.twins)


class Contest(Struct, frozen=True, kw_only=True):
    """`table` holds ours, the champion and the baselines on the rows of rounds, `starts` those of maps; there the
    champion is left out if its recipe stands in for it, since the recipe is ours. Map indices refer to `maps`.
    `lacking` are the champion's maps that the stand-in could not learn from."""

    mode: Mode
    table: Table
    starts: StartTable
    maps: tuple[RecordedMap, ...]
    choices: tuple[Choice, ...]
    lacking: tuple[str, ...] = ()


class Split(Struct, frozen=True, kw_only=True):
    """Maps to learn from, and maps of later days to evaluate on."""

    earlier: tuple[RecordedMap, ...]
    later: tuple[RecordedMap, ...]


def reigning(folder: Path) -> Reigning:
    """The champion in the bundle `folder`. Raises `BundleError` that names the bad file and what is wrong with it."""
    bundle = read_bundle(folder)
    try:
        card = msgspec.json.decode((folder / CARD).read_bytes(), type=Card)
        first_day, last_day = (date.fromisoformat(card.data[end]) for end in ("from", "to"))
        seen = msgspec.convert(card.data["files"], tuple[str, ...])
        told = msgspec.convert(card.data.get("ids", ()), tuple[str, ...])
        ids = tuple(known or ids_in(name) for name, known in zip_longest(seen, told, fillvalue=""))
    except (OSError, msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
        raise BundleError(folder / CARD, f"does not tell what the model was trained on: {error}") from error
    return Reigning(
        model_version=bundle.manifest.model_version,
        model_hash=bundle.manifest.model_hash,
        feature_schema_hash=bundle.manifest.feature_schema_hash,
        files=bundle.files,
        candidate=Candidate(name=CHAMPION, recipe=card.recipe, off=tuple(card.data.get("off", ()))),
        seen=seen,
        ids=ids,
        first_day=first_day,
        last_day=last_day,
    )


def round_fit(files: Mapping[str, bytes]) -> RoundFit:
    """The round model from a bundle's files, for whole matrices of rows."""
    weights = msgspec.json.decode(files[ROUND], type=RoundWeights)
    return RoundFit(weights=(weights.intercept, *weights.weights), booster_text=files[BOOSTER].decode())


def split_by_date(maps: Sequence[RecordedMap], champion: Reigning) -> Split | None:
    """Splits by whole days: `later` is the newest third of the maps new to the champion, `earlier` all maps before
    them.

    Null if fewer than `LEAST_LATER` matches would be held out: then the outer folds decide.
    """
    unseen = [map_ for map_ in champion.unseen(maps) if map_.day > champion.last_day]
    if not unseen:
        return None
    first = unseen[-max(1, round(len(unseen) * HELD_OUT))].day
    later = tuple(map_ for map_ in unseen if map_.day >= first)
    earlier = tuple(map_ for map_ in maps if map_.day < first)
    return Split(earlier=earlier, later=later) if match_count(later) >= LEAST_LATER and earlier else None


def contest_later(split: Split, tried: Sequence[Candidate], champion: Reigning) -> Contest:
    """Trains the procedure on the earlier maps and evaluates it and the champion, as it
    is on air, on the later maps."""
    maps = (*split.earlier, *split.later)
    folds = np.array([0] * len(split.earlier) + [1] * len(split.later), dtype=np.int64)
    fit = round_fit(champion.files)

    def opponent(train: Rows, test: Rows) -> Matrix:
        return sigmoid(round_margin(fit, test))

    recipe = tried[0].recipe
    table, choices = _contest(
        maps, folds, tried, opponent=opponent, bounds=inequalities(split.earlier, recipe), only=[1]
    )
    starts = starts_judged(maps, folds, seed=recipe.seed, beside={CHAMPION: champion.chain()}, only=[1])
    return Contest(mode="later in time", table=table, starts=starts, maps=maps, choices=choices)


def contest_by_fold(
    maps: Sequence[RecordedMap], tried: Sequence[Candidate], champion: Reigning, *, folds: int = OUTER_FOLDS
) -> Contest:
    """Fits the procedure and the champion's recipe to the other folds, and evaluates both on every map. If all maps are
    new to the champion and their matches are enough (`LEAST_LATER`), the champion takes part as it is."""
    bounds = inequalities(maps, tried[0].recipe)
    is_new = match_count(maps) >= LEAST_LATER and len(champion.unseen(maps)) == len(maps)
    on_air = round_fit(champion.files)

    def opponent(train: Rows, test: Rows) -> Matrix:
        if is_new:
            return sigmoid(round_margin(on_air, test))
        return sigmoid(round_margin(fit_candidate(train, bounds.without(), champion.candidate), test))

    of_map = folds_by_unit(maps, folds)
    table, choices = _contest(maps, of_map, tried, opponent=opponent, bounds=bounds)
    beside = {CHAMPION: champion.chain()} if is_new else {}
    lacking = () if is_new else champion.absent(maps)
    return Contest(
        mode="out of fold",
        table=table,
        starts=starts_judged(maps, of_map, seed=tried[0].recipe.seed, beside=beside),
        maps=tuple(maps),
        choices=choices,
        lacking=lacking,
    )


def _contest(
    maps: Sequence[RecordedMap],
    folds: Folds,
    tried: Sequence[Candidate],
    *,
    opponent: Callable[[Rows, Rows], Matrix],
    bounds: Inequalities,
    only: Sequence[int] | None = None,
) -> tuple[Table, tuple[Choice, ...]]:
    choices: list[Choice] = []
    of_unit = units(maps)
    named = {candidate.name: candidate for candidate in tried}

    def learner(train: Rows, test: Rows) -> dict[str, Matrix]:
        choice = choose(train, bounds.without(), tried, units=of_unit)
        choices.append(choice)
        ours = fit_candidate(train, bounds.without(), named[choice.name])
        return {
            OURS: sigmoid(round_margin(ours, test)),
            CHAMPION: opponent(train, test),
            **beside(train, test),
        }

    table = judged_by(maps, folds, learner, only=only)
    return table, tuple(choices)
