"""Retraining: from recorded maps to an evaluated bundle, as a graph of functions that a caller runs one by one.

Belongs here: the steps, their inputs and outputs, and `retrain`, which calls all of them. Does not belong here: each
step's work (`models.partitions`, `candidates`, `contest`, `judgement`, `worth`, `gates`), the registry
(`models.registry`), storage of the files.

    dataset -> contest -> choice -> bundle -> judged, worth, sound -> verdicts -> pictures and tables

Each step is deterministic: the same maps, champion and code give the same bytes.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
from msgspec import Struct

from game.features import DEFINITION, SCHEMA_HASH
from models import gates, plots
from models.bundle import CARD, CARD_TEXT, ROUND, SWING, Manifest, model_hash, readable, sha256
from models.candidates import Candidate, Choice, candidates, choose
from models.code import training_version
from models.contest import Contest, Reigning, contest_by_fold, contest_later, split_by_date
from models.dataset import RecordedMap
from models.evaluation import map_sd
from models.fitting import fit_files, inequalities, rows_of
from models.folds import units
from models.judgement import INTERVALS, Judged, judge
from models.partitions import Dataset, frozen, selected
from models.round_model import RoundWeights
from models.soundness import PROBED_STATES, soundness
from models.support_fit import left_out
from models.swing_fit import figures_of, fit_with_swings
from models.swing_gates import swing_verdicts
from models.tables import csv, markdown
from models.training import (
    LICENCE,
    Card,
    rounded,
    starts_text,
    support_text,
    swing_card,
    swing_text,
)
from models.verdict import Verdict
from models.worth import BlockWorth, Learned, block_worth, learning_curve

DATASET, VERDICTS, CHOICE = "dataset.json", "gates.json", "choice.json"


class Contests(Struct, frozen=True, kw_only=True):
    """The contest by outer folds over all maps, and that on maps later than the champion's, if there are enough.
    `against` is the champion's hash."""

    against: str

    by_fold: Contest
    later: Contest | None

    def deciding(self) -> Contest:
        """The contest that the gates use."""
        return self.later or self.by_fold


class Fitted(Struct, frozen=True, kw_only=True):
    """A candidate bundle in memory: `files` are the predictive ones."""

    candidate: Candidate
    choice: Choice
    map_sd: float
    files: dict[str, bytes]


class Worth(Struct, frozen=True, kw_only=True):
    curve: tuple[Learned, ...]
    blocks: tuple[BlockWorth, ...]


class Retrained(Struct, frozen=True, kw_only=True):
    """Everything that a run produces. `bundle` holds the predictive files, the card and the run's description.

    `tables` and `pictures` map file names to content.
    """

    model_version: str
    model_hash: str
    against: str
    """Hash of the champion that it was compared with."""
    dataset: Dataset
    fitted: Fitted
    judged: Judged
    by_fold: Judged
    worth: Worth
    verdicts: tuple[Verdict, ...]
    swing_verdicts: tuple[Verdict, ...]
    """They decide only whether swings are published."""
    bundle: dict[str, bytes]
    tables: dict[str, bytes]
    pictures: dict[str, bytes]

    def passed(self) -> bool:
        return gates.is_passed(self.verdicts)

    def manifest(self) -> Manifest:
        hashes = {name: sha256(content) for name, content in sorted(self.bundle.items())}
        return Manifest(
            model_version=self.model_version,
            model_hash=self.model_hash,
            feature_schema_hash=SCHEMA_HASH,
            files=hashes,
        )


def retrain(
    maps: Sequence[RecordedMap],
    champion: Reigning,
    *,
    version: str,
    tried: Sequence[Candidate] | None = None,
    code: str | None = None,
    probed_states: int = PROBED_STATES,
    say: Callable[[str], None] = lambda _: None,
) -> Retrained:
    """Runs all steps in order. Raises `DatasetError` for a partition that is unfit for training."""
    chosen_from = tuple(tried or candidates())
    dataset = frozen(maps, code or training_version())
    ordered = selected(dataset, maps)
    say(f"{len(ordered)} maps, dataset {dataset.digest[:12]}")
    contests = contest(ordered, chosen_from, champion)
    say(f"contest {contests.deciding().mode}")
    fitted = fit(ordered, chosen_from, map_sd=map_sd(contests.by_fold.table))
    say(f"chose {fitted.candidate.name}")
    judged = judge(contests.deciding(), map_sd=published_sd(fitted.files))
    by_fold = judged if contests.later is None else judge(contests.by_fold, map_sd=published_sd(fitted.files))
    worth = worth_of(ordered, fitted.candidate)
    sound = soundness(fitted.files, ordered, states=probed_states)
    found = gates.verdicts(judged, sound)
    for verdict in found:
        say(f"{'passed' if verdict.passed else 'REFUSED'}  {verdict.name}: {verdict.text}")
    return finished(
        dataset,
        ordered,
        contests,
        fitted,
        judged=judged,
        by_fold=by_fold,
        worth=worth,
        verdicts=found,
        version=version,
    )


def finished(  # noqa: PLR0917 - one argument per step's result
    dataset: Dataset,
    maps: Sequence[RecordedMap],
    contests: Contests,
    fitted: Fitted,
    *,
    judged: Judged,
    by_fold: Judged,
    worth: Worth,
    verdicts: tuple[Verdict, ...],
    version: str,
) -> Retrained:
    """The result of a run, from the results of its steps."""
    bundle = bundle_of(dataset, fitted, maps, judged=judged, verdicts=verdicts, version=version)
    return Retrained(
        model_version=version,
        model_hash=model_hash({name: sha256(content) for name, content in bundle.items()}),
        against=contests.against,
        dataset=dataset,
        fitted=fitted,
        judged=judged,
        by_fold=by_fold,
        worth=worth,
        verdicts=verdicts,
        swing_verdicts=swing_verdicts(figures_of(fitted.files[SWING])),
        bundle=bundle,
        tables=tables_of(judged, by_fold, worth=worth, verdicts=verdicts),
        pictures=pictures_of(contests.deciding(), judged, worth),
    )


def contest(maps: Sequence[RecordedMap], tried: Sequence[Candidate], champion: Reigning) -> Contests:
    """Compares the procedure with the champion on maps that ours has not seen."""
    split = split_by_date(maps, champion)
    return Contests(
        against=champion.model_hash,
        by_fold=contest_by_fold(maps, tried, champion),
        later=None if split is None else contest_later(split, tried, champion),
    )


def fit(maps: Sequence[RecordedMap], tried: Sequence[Candidate], *, map_sd: float) -> Fitted:
    """The bundle's predictive files: the recipe is chosen by inner folds over all maps and fitted to all maps."""
    choice = choose(rows_of(maps), inequalities(maps, tried[0].recipe), tried, units=units(maps))
    candidate = next(one for one in tried if one.name == choice.name)
    files = files_of(maps, candidate, map_sd=map_sd)
    return Fitted(candidate=candidate, choice=choice, map_sd=map_sd, files=files)


def published_sd(files: Mapping[str, bytes]) -> float:
    """The sd of a map's team effects in log odds that the published intervals assume."""
    return msgspec.json.decode(files[ROUND], type=RoundWeights).map_sd


def refit(dataset: Dataset, maps: Sequence[RecordedMap], fitted: Mapping[str, Any]) -> dict[str, bytes]:
    """The predictive files, reproduced from what a run kept: its dataset and its `choice.json`, decoded.

    Raises `DatasetError` if the maps are not those of the dataset.
    """
    candidate = msgspec.convert(fitted["candidate"], Candidate)
    ordered = selected(dataset, maps)
    return files_of(ordered, candidate, map_sd=fitted["map_sd"])


def files_of(maps: Sequence[RecordedMap], candidate: Candidate, *, map_sd: float) -> dict[str, bytes]:
    """All predictive files of the candidate's bundle."""
    files = fit_files(maps, candidate.recipe, map_sd=map_sd, off=candidate.off)
    return files | fit_with_swings(maps, candidate.recipe, off=candidate.off)


def worth_of(maps: Sequence[RecordedMap], candidate: Candidate) -> Worth:
    """The learning curve and the worth of the blocks: reported, but never used in a decision."""
    return Worth(curve=learning_curve(maps, candidate), blocks=block_worth(maps, candidate))


def bundle_of(
    dataset: Dataset,
    fitted: Fitted,
    maps: Sequence[RecordedMap],
    *,
    judged: Judged,
    verdicts: Sequence[Verdict],
    version: str,
) -> dict[str, bytes]:
    """All files of the bundle's folder except its manifest."""
    card = card_of(dataset, fitted, maps, judged=judged, version=version)
    return {
        **fitted.files,
        CARD: readable(card),
        CARD_TEXT: card_text(card, judged, verdicts).encode(),
        DATASET: readable(dataset),
        VERDICTS: readable(verdicts),
        CHOICE: readable({"candidate": fitted.candidate, "map_sd": fitted.map_sd, "choice": fitted.choice}),
    }


def card_of(
    dataset: Dataset, fitted: Fitted, maps: Sequence[RecordedMap], *, judged: Judged, version: str
) -> Card:
    days: list[date] = sorted(map_.day for map_ in maps)
    return Card(
        model_version=version,
        licence=LICENCE,
        features=DEFINITION,
        recipe=fitted.candidate.recipe,
        data={
            "maps": len(maps),
            "rounds": sum(len(map_.starts) for map_ in maps),
            "seconds_of_live_play": sum(len(map_.clock()) for map_ in maps),
            "from": days[0].isoformat(),
            "to": days[-1].isoformat(),
            "files": list(dataset.keys()),
            "ids": [map_.ids for map_ in maps],
            "dataset": dataset.digest,
            "code": dataset.code_version,
            "candidate": fitted.candidate.name,
            "off": list(fitted.candidate.off),
            "tiers": sorted({map_.tier or "unknown" for map_ in maps}),
        },
        split=f"{judged.mode}, {judged.maps} maps of {judged.matches} matches; recipe chosen by inner folds; "
        f"{INTERVALS}",
        figures=rounded(
            {"clock": msgspec.to_builtins(judged.clock), "events": msgspec.to_builtins(judged.events)}
        ),
        starts=rounded({judged.mode: msgspec.to_builtins(judged.starts)}),
        support=msgspec.to_builtins(left_out(maps)),
        swing=swing_card(fitted.files),
    )


def card_text(card: Card, judged: Judged, verdicts: Sequence[Verdict]) -> str:
    """The card for people. It becomes the registered version's description."""
    data = card.data
    passed = sum(verdict.passed for verdict in verdicts)
    return (
        f"# {card.model_version}\n\n"
        f"Win probabilities of the round, the map and the series in Counter-Strike 2. Licence: {card.licence}.\n\n"
        f"Data: {data['maps']} maps, {data['rounds']} rounds, {data['seconds_of_live_play']} seconds of live play, "
        f"{data['from']} to {data['to']}; tiers: {', '.join(data['tiers'])}; dataset `{data['dataset'][:12]}`, "
        f"code `{data['code']}`.\nRecipe: {data['candidate']}. Judged: {card.split}.\n\n"
        "Not for: betting; other rules than five against five; players or teams as such (no input names them).\n\n"
        f"{support_text(card)}"
        f"## Each second of live play\n\n{markdown(judged.clock)}\n"
        f"{starts_text(card)}"
        f"## Gates: {passed} of {len(verdicts)} passed\n\n{markdown(verdicts)}\n{swing_text(card)}"
    )


def tables_of(
    judged: Judged, by_fold: Judged, *, worth: Worth, verdicts: Sequence[Verdict]
) -> dict[str, bytes]:
    """Every table as CSV and as Markdown, by file name."""
    rows: dict[str, Sequence[Struct]] = {
        "clock": judged.clock,
        "events": judged.events,
        "starts": judged.starts,
        "slices": judged.slices,
        "drift": judged.drift,
        "coverage": (judged.coverage,),
        "clock_by_fold": by_fold.clock,
        "learning_curve": worth.curve,
        "blocks": worth.blocks,
        "gates": verdicts,
    }
    texts = {f"{name}.csv": csv(some) for name, some in rows.items()}
    texts |= {f"{name}.md": markdown(some) for name, some in rows.items()}
    return {name: text.encode() for name, text in sorted(texts.items()) if text}


def pictures_of(deciding: Contest, judged: Judged, worth: Worth) -> dict[str, bytes]:
    """Every picture as PNG, by file name."""
    return {
        "reliability.png": plots.reliability(deciding.table),
        "slices.png": plots.slices(judged.slices),
        "learning_curve.png": plots.learning_curve(worth.curve),
        "blocks.png": plots.blocks(worth.blocks),
    }
