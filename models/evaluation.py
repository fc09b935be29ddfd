"""Evaluates the models on maps they have not seen. Training only.

Belongs here: folds by map and by date, the tables of figures, out-of-fold predictions made by the same fold as on air.
Does not belong here: the figures' arithmetic (`models.calibration`), fitting (`models.fitting`).

The clock grid (each whole second) and the event grid (after each kill, plant, begun defuse and aborted defuse) are
different tests: both are reported, and never compared with each other.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Struct

from game.features import SCHEMA_HASH
from game.rules import MR12, half_of
from game.sources.cs2df import Recording
from models import baselines
from models.bundle import Bundle, Manifest, model_hash, readable, sha256
from models.calibration import Interval, ece, ece_floor, losses, over_maps
from models.chain_fit import effect_sd
from models.dataset import RecordedMap, recorded_map
from models.fitting import (
    BASE,
    Recipe,
    Rows,
    directions,
    fit_files,
    fit_round,
    inequalities,
    round_margin,
    rows_of,
)
from models.folds import Folds, folds_by_unit
from models.logistic import Matrix, sigmoid
from models.predictor import Predictor
from models.snapshots import evaluate_snapshots, read_states
from models.start_judgement import start_figures, starts_judged
from models.tables import OURS, Figures
from models.trees import grown, scores

Mask = npt.NDArray[np.bool_]
FOLDS = 8
PLAIN = "plain LightGBM"
MODELS = (OURS, PLAIN, "alive table", "rule", "constant")
LAST_TRAINING_DAY = date(2026, 5, 22)
EFFECT_SECOND = 20
"""The second at which a map's deviation from the model is measured: one row per round,
while the round is still open."""

Say = Callable[[str], None]
FoldLines = Callable[[Recording, Predictor], Iterable[Struct]]
"""Maps a recording and a predictor to the lines of `midround fold --predictions`."""
Learner = Callable[[Rows, Rows], dict[str, Matrix]]
"""Maps (training rows, test rows) to CT's probability on the test rows, by model; ours is among them."""


class Table(Struct, frozen=True, kw_only=True):
    """Out-of-fold probabilities of CT by model, with each row's outcome and place."""

    p: dict[str, Matrix]
    y: Matrix
    columns: Matrix
    map_index: Matrix
    round_no: Matrix
    second: Matrix
    is_clock: Mask

    def only(self, mask: Mask) -> "Table":
        return Table(
            p={name: values[mask] for name, values in self.p.items()},
            **{name: getattr(self, name)[mask] for name in TABLE_COLUMNS},
        )

    def rounds(self) -> Matrix:
        return np.asarray(self.map_index * 1_000 + self.round_no)

    def halves(self) -> Matrix:
        """The half of each row, unique across maps: within a half the teams keep their sides."""
        half = [float(half_of(MR12, int(number))) for number in self.round_no]
        return np.asarray(self.map_index * 1_000 + half)


TABLE_COLUMNS = ("y", "columns", "map_index", "round_no", "second", "is_clock")


class Figure(Struct, frozen=True, kw_only=True):
    """One model on one slice. `paired` is our loss minus this model's. Intervals are 95 %, from a bootstrap over maps,
    or over rounds if maps are few (`models.calibration`)."""

    model: str
    rows: int
    maps: int
    log_loss: Interval
    ece: float
    ece_floor: float | None = None
    paired: Interval | None = None


class Report(Struct, frozen=True, kw_only=True):
    """Figures by slice, those of the map model at round starts, and the spread of maps around the model in log odds."""

    slices: dict[str, tuple[Figure, ...]]
    starts: dict[str, tuple[Figures, ...]]
    map_sd: float


def folds_by_date(maps: Sequence[RecordedMap]) -> Folds:
    """1 for maps after the last day of training, else 0."""
    return np.array([int(map_.day > LAST_TRAINING_DAY) for map_ in maps], dtype=np.int64)


def out_of_fold(
    maps: Sequence[RecordedMap], folds: Folds, recipe: Recipe, *, only: Iterable[int] | None = None
) -> Table:
    """Every model on the maps of each fold, trained on the other folds' clock rows."""
    bounds = inequalities(maps, recipe)

    def learner(train: Rows, test: Rows) -> dict[str, Matrix]:
        ours = sigmoid(round_margin(fit_round(train, bounds, recipe), test))
        return {OURS: ours, **beside(train, test)}

    return judged_by(maps, folds, learner, only=only)


def judged_by(
    maps: Sequence[RecordedMap], folds: Folds, learner: Learner, *, only: Iterable[int] | None = None
) -> Table:
    """The learner's probabilities for the maps of each fold (or of those in `only`), trained on the other folds' clock
    rows. Raises `ValueError` if a model returns a value that is not finite."""
    rows = rows_of(maps, is_clock=False)
    samples = [sample for map_ in maps for sample in map_.samples]
    is_clock = np.array([sample.is_clock for sample in samples])
    p: dict[str, Matrix] = {}
    of_row = folds[rows.map_index.astype(int)]
    judged_rows = np.zeros(len(samples), dtype=np.bool_)
    for fold in sorted(set(folds.tolist())) if only is None else only:
        test = of_row == fold
        judged_rows |= test
        for name, values in learner(rows.only(~test & is_clock), rows.only(test)).items():
            p.setdefault(name, np.full(len(samples), np.nan))[test] = values
    table = Table(
        p=p,
        y=rows.y,
        columns=rows.columns,
        map_index=rows.map_index,
        round_no=np.array([sample.round_no for sample in samples]),
        second=np.array([sample.second for sample in samples]),
        is_clock=is_clock,
    )
    told = table.only(judged_rows)
    for name, values in told.p.items():
        if not np.isfinite(values).all():
            raise ValueError(
                f"{name} says something that is no number of {(~np.isfinite(values)).sum()} rows"
            )
    return told


def beside(train: Rows, test: Rows) -> dict[str, Matrix]:
    """The probabilities of the models that ours is compared with."""
    return {
        PLAIN: _plain(train, test),
        "alive table": baselines.alive_table(train.columns, train.y, test.columns),
        "rule": baselines.rule(test.columns),
        "constant": baselines.constant(train.y, test.columns),
    }


def _plain(train: Rows, test: Rows) -> Matrix:
    """Monotone LightGBM on the raw columns alone, of the size that did best."""
    told = {"objective": "binary", "num_leaves": 7, "min_data_in_leaf": 300, "learning_rate": 0.03}
    more = {"feature_fraction": 0.5, "lambda_l2": 10.0, "monotone_constraints": directions()}
    text = grown({**BASE, **told, **more}, train.columns, train.y, count=120)
    return sigmoid(scores(text, test.columns))


def judged(table: Table) -> tuple[Figure, ...]:
    """All models on these rows, ours first with the floor of its ECE."""
    ours = losses(table.p[OURS], table.y)
    return tuple(_figure(table, name, ours) for name in table.p)


def _figure(table: Table, name: str, ours: Matrix) -> Figure:
    p = table.p[name]
    loss, rounds = losses(p, table.y), table.rounds()
    is_ours = name == OURS
    return Figure(
        model=name,
        rows=len(p),
        maps=len(np.unique(table.map_index)),
        log_loss=over_maps(loss, table.map_index, rounds=rounds),
        ece=ece(p, table.y),
        ece_floor=ece_floor(p, rounds) if is_ours else None,
        paired=None if is_ours else over_maps(ours - loss, table.map_index, rounds=rounds),
    )


def slices(table: Table, maps: Sequence[RecordedMap]) -> Iterator[tuple[str, Mask]]:
    """Named masks over the rows: grids, overtime, phases, alive differences, buys, pistols, maps."""
    clock, at = table.is_clock, baselines.AT
    column = {name: table.columns[:, index] for name, index in at.items()}
    is_league = np.array([map_.day > date(2026, 5, 1) for map_ in maps])[table.map_index.astype(int)]
    until_24 = clock & (table.round_no <= MR12.max_rounds)
    yield "clock, all rounds", clock
    yield "clock, to round 24", until_24
    yield "clock, league to round 24", until_24 & is_league
    yield "events, all rounds", ~clock
    yield "planted", clock & (column["is_planted"] > 0)
    yield "not planted", clock & (column["is_planted"] == 0)
    yield "pistols", clock & (column["is_pistol"] > 0)
    yield "overtime", clock & (table.round_no > MR12.max_rounds)
    yield from _by_alive(clock, column["ct_alive"] - column["t_alive"])
    low = (column["ct_equipment"] < 2_000 * column["ct_alive"]) & (
        column["t_equipment"] < 2_000 * column["t_alive"]
    )
    yield "low buys, no pistol", clock & low & (column["is_pistol"] == 0)
    names = np.array([map_.map_name for map_ in maps])[table.map_index.astype(int)]
    for name in sorted(set(names.tolist())):
        yield f"map {name}", clock & (names == name)


def _by_alive(clock: Mask, difference: Matrix) -> Iterator[tuple[str, Mask]]:
    for least, most, name in ((-5, -2, "T two up or more"), (-1, -1, "T one up"), (0, 0, "level")):
        yield f"alive: {name}", clock & (difference >= least) & (difference <= most)
    yield "alive: CT one up", clock & (difference == 1)
    yield "alive: CT two up or more", clock & (difference >= 2)


def report(maps: Sequence[RecordedMap], recipe: Recipe, say: Say) -> Report:
    """Eight folds of whole days, or matches if days are few (`models.folds`), with every slice, then the holdout by
    date; rounds first, then maps."""
    folds, later = folds_by_unit(maps, FOLDS), folds_by_date(maps)
    has_later = 0 < later.sum() < len(maps)
    after = f"after {LAST_TRAINING_DAY}"
    table = out_of_fold(maps, folds, recipe)
    found: dict[str, tuple[Figure, ...]] = {}
    for name, mask in slices(table, maps):
        if mask.sum() >= 200:
            found[name] = judged(table.only(mask))
            say(line(name, found[name]))
    if has_later:
        held_out = out_of_fold(maps, later, recipe, only=[1])
        found[f"clock, {after}"] = judged(held_out.only(held_out.is_clock))
        say(line(f"clock, {after}", found[f"clock, {after}"]))
    starts = {"all maps": start_figures(starts_judged(maps, folds, seed=recipe.seed))}
    if has_later:
        starts[f"maps {after}"] = start_figures(starts_judged(maps, later, seed=recipe.seed, only=[1]))
    for name, figures in starts.items():
        say(line(f"map at round starts, {name}", figures))
    return Report(slices=found, starts=starts, map_sd=map_sd(table))


def map_sd(table: Table) -> float:
    """How far the rounds of a half deviate together from the model: the sd of a normal effect in log odds."""
    early = table.only(table.is_clock & (table.second == EFFECT_SECOND))
    p = np.clip(early.p[OURS], 0.001, 0.999)
    margin = np.log(p / (1 - p))
    half = early.halves()
    return round(effect_sd([(margin[half == h], early.y[half == h]) for h in np.unique(half)]), 2)


def line(name: str, figures: Sequence[Figure | Figures]) -> str:
    """A slice as text, one line per model."""
    rows = [f"{name}: {figures[0].rows} rows"]
    for f in figures:
        floor = "" if f.ece_floor is None else f" (floor {f.ece_floor:.4f})"
        paired = "" if f.paired is None else f"  ours minus it {f.paired.text()}"
        rows.append(f"  {f.model:<15} LL {f.log_loss.text()}  ECE {f.ece:.4f}{floor}{paired}")
    return "\n".join(rows)


def evaluate(
    recordings: Sequence[Recording],
    out: Path,
    *,
    fold: FoldLines,
    snapshots: Path | None = None,
    recipe: Recipe | None = None,
    say: Say = print,
) -> Report:
    """Evaluates the models, reports the figures through `say` and returns them. The folder `out` receives them too,
    with the out-of-fold lines of every map. Maps are sorted by file as in training, so the folds and figures match the
    card's.

    `snapshots` is a Parquet file of round states, evaluated with the same recipe; it is read before all else. Raises
    `models.snapshots.SnapshotsError`.
    """
    states = None if snapshots is None else read_states(snapshots)
    out.mkdir(parents=True, exist_ok=True)
    chosen = recipe or Recipe()
    ordered = sorted(recordings, key=lambda recording: recording.file)
    maps = [recorded_map(recording) for recording in ordered]
    told = report(maps, chosen, say)
    (out / "figures.json").write_bytes(readable(told))
    count = _written(ordered, maps, out / "predictions.jsonl", fold=fold, recipe=chosen, sd=told.map_sd)
    say(f"{count} out-of-fold predictions in {out / 'predictions.jsonl'}")
    if states is not None:
        evaluate_snapshots(states, say=say)
    return told


def _written(
    recordings: Sequence[Recording],
    maps: Sequence[RecordedMap],
    out: Path,
    *,
    fold: FoldLines,
    recipe: Recipe,
    sd: float,
) -> int:
    folds, count = folds_by_unit(maps, FOLDS), 0
    with out.open("wb") as lines:
        for number in sorted(set(folds.tolist())):
            unseen = [map_ for map_, of in zip(maps, folds, strict=True) if of != number]
            predictor = predictor_of(fit_files(unseen, recipe, map_sd=sd), f"fold-{number}")
            for recording, of in zip(recordings, folds, strict=True):
                for told in fold(recording, predictor) if of == number else ():
                    lines.write(msgspec.json.encode(told) + b"\n")
                    count += 1
    return count


def predictor_of(files: dict[str, bytes], version: str) -> Predictor:
    """A predictor from a bundle's files in memory."""
    hashes = {name: sha256(content) for name, content in files.items()}
    manifest = Manifest(
        model_version=version, model_hash=model_hash(hashes), feature_schema_hash=SCHEMA_HASH, files=hashes
    )
    return Predictor(Bundle(manifest=manifest, files=files), Path(version))
