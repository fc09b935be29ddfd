"""The contest: what the procedure makes of maps it has not seen, beside the champion on exactly the same rows.

Belongs here: the champion as an opponent, the split by date, nested folds. Does not belong here: which recipes are
tried (`models.candidates`), figures (`models.judgement`), verdicts (`models.gates`).

What is judged is the procedure, choice included: on the maps of an outer fold, or on maps later than all those it
learned from. Where the champion has seen maps it is judged by its recipe, fitted to the other folds; where all of them
are new to it, as after a change of the game, it is judged as it is on air. Its recipe fitted without some of its maps
is a weaker opponent than the champion: that is told (`Contest.lacking`), and no gate is passed against it.
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
"""Matches that a holdout in time needs, and folds of new maps to meet the champion as it is."""
HELD_OUT = 1 / 3
"""Of the maps that the champion has not seen, the newest."""
Mode = Literal["later in time", "out of fold"]


class Reigning(Struct, frozen=True, kw_only=True):
    """The champion as its bundle and card tell it: `seen` are the keys of its maps and `ids` what the events called
    them, which of older cards only the keys of partitions tell; the days are those of the first and of the last one."""

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
        """Those of the maps that are new to the champion, in the order of their days: not its own, and not of days
        before them. What a champion of later maps alone did not learn from is the game as it was, and not news."""
        new = (map_ for map_ in maps if map_.day >= self.first_day and not self._is_own(*_called(map_)))
        return sorted(new, key=lambda map_: (map_.day, map_.file))

    def is_new(self, file: str, ids: str, day: date) -> bool:
        """Whether a map of that name, ids and day is one of these."""
        return day >= self.first_day and not self._is_own(file, ids)

    def _is_own(self, *names: str) -> bool:
        known = {*self.seen, *self.ids} - {""}
        return not known.isdisjoint(names)

    def own(self, maps: Iterable[RecordedMap]) -> list[RecordedMap]:
        """Those of the maps that it learned from, under whatever name they come."""
        return [map_ for map_ in maps if self._is_own(*_called(map_))]

    def absent(self, maps: Iterable[RecordedMap]) -> tuple[str, ...]:
        """The keys of those of its maps that are not among these."""
        here = {name for map_ in self.own(maps) for name in _called(map_) if name}
        known = zip_longest(self.seen, self.ids, fillvalue="")
        return tuple(sorted(file for file, ids in known if not {file, ids} & here))


def _called(map_: RecordedMap) -> tuple[str, ...]:
    """What a map is known by, in whatever match."""
    return (map_.file, map_.ids, *map_.twins)


class Contest(Struct, frozen=True, kw_only=True):
    """The table has ours, the champion and the baselines on the round's rows, `starts` on the map's; there the champion
    is left out where its recipe stands for it, which is ours. `maps` are those that indices count. `lacking` are the
    maps of the champion that its recipe, where that stands for it, could not learn from."""

    mode: Mode
    table: Table
    starts: StartTable
    maps: tuple[RecordedMap, ...]
    choices: tuple[Choice, ...]
    lacking: tuple[str, ...] = ()


class Split(Struct, frozen=True, kw_only=True):
    """Maps to learn from, and maps of later days."""

    earlier: tuple[RecordedMap, ...]
    later: tuple[RecordedMap, ...]


def reigning(folder: Path) -> Reigning:
    """The champion in the bundle `folder`. Raises `BundleError` naming the file that is wrong and how."""
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
    """The round model of a bundle's files, for whole matrices of rows."""
    weights = msgspec.json.decode(files[ROUND], type=RoundWeights)
    return RoundFit(weights=(weights.intercept, *weights.weights), booster_text=files[BOOSTER].decode())


def split_by_date(maps: Sequence[RecordedMap], champion: Reigning) -> Split | None:
    """Whole days: the newest third of the maps that are new to the champion, and all maps before them.

    Null where fewer than `LEAST_LATER` matches would be held out: then the outer folds decide.
    """
    unseen = [map_ for map_ in champion.unseen(maps) if map_.day > champion.last_day]
    if not unseen:
        return None
    first = unseen[-max(1, round(len(unseen) * HELD_OUT))].day
    later = tuple(map_ for map_ in unseen if map_.day >= first)
    earlier = tuple(map_ for map_ in maps if map_.day < first)
    return Split(earlier=earlier, later=later) if match_count(later) >= LEAST_LATER and earlier else None


def contest_later(split: Split, tried: Sequence[Candidate], champion: Reigning) -> Contest:
    """The procedure on the earlier maps, the champion as it is on air; both judged on the later maps."""
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
    """The procedure and the champion's recipe, each fitted to the other folds; judged on every map. Maps of enough
    matches that are all new to the champion meet it as it is."""
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
