"""Trains a champion from recorded maps; `midround train` runs this.

Belongs here: fit, evaluate, write the bundle with its card, point the champion at it. Does not belong here: the steps
themselves (`models.fitting`, `models.evaluation`).

The same recordings give the same bytes. The licence of the maps must permit shipping weights trained on them.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from game.features import DEFINITION, SCHEMA_HASH
from game.sources.cs2df import Recording
from models.bundle import CARD, CARD_TEXT, SWING, Manifest, readable, write_bundle, write_champion
from models.calibration import LEAST_MAPS, Interval
from models.dataset import RecordedMap, recorded_map
from models.evaluation import FOLDS, LAST_TRAINING_DAY, Report, report
from models.fitting import Recipe, fit_files
from models.support_fit import left_out
from models.swing_fit import figures_of, fit_with_swings
from models.swing_gates import swing_verdicts
from models.tables import markdown
from models.verdict import Verdict

VERSION = "cs2-2026-11"
LICENCE = "MIT"
CARD_DECIMALS = 4
INTERVALS = f"intervals 95 %, by maps, of fewer than {LEAST_MAPS} maps by rounds"


class Card(Struct, frozen=True, kw_only=True):
    """The model card: what a model is and how good it is."""

    model_version: str
    licence: str
    features: str
    recipe: Recipe
    data: dict[str, Any]
    split: str
    figures: dict[str, Any]
    starts: dict[str, Any] = {}
    """Figures of the map model at the start of each round."""
    support: dict[str, Any] = {}
    """How much of left-out maps lies outside the support region."""
    swing: dict[str, Any] = {}
    """The swing model's figures and verdicts, which decide whether it is published."""


def train(
    recordings: Sequence[Recording],
    out: Path,
    *,
    version: str = VERSION,
    recipe: Recipe | None = None,
    say: Callable[[str], None] = print,
) -> Manifest:
    """Writes the bundle `out/version` and points `out/champion.json` at it. Raises `ValueError` for a map without
    finished rounds, or by other rules (`models.dataset.map_from`)."""
    chosen = recipe or Recipe()
    ordered = sorted(recordings, key=lambda recording: recording.file)
    maps = [recorded_map(recording) for recording in ordered]
    say(f"{len(maps)} maps, {sum(len(map_.clock()) for map_ in maps)} seconds of live play")
    told = report(maps, chosen, say)
    files = fit_files(maps, chosen, map_sd=told.map_sd) | fit_with_swings(maps, chosen)
    card = card_of(maps, told, chosen, version=version, swing=swing_card(files))
    files |= {CARD: readable(card), CARD_TEXT: card_text(card).encode()}
    manifest = write_bundle(out / version, files, model_version=version, schema_hash=SCHEMA_HASH)
    write_champion(out, version)
    say(f"{version}: model hash {manifest.model_hash}")
    return manifest


def swing_card(files: Mapping[str, bytes]) -> dict[str, Any]:
    """Figures and verdicts of a bundle's swing model."""
    figures = figures_of(files[SWING])
    return {
        "figures": msgspec.to_builtins(figures),
        "verdicts": msgspec.to_builtins(swing_verdicts(figures)),
    }


def card_of(
    maps: Sequence[RecordedMap], told: Report, recipe: Recipe, *, version: str, swing: dict[str, Any]
) -> Card:
    days = sorted(map_.day for map_ in maps)
    return Card(
        model_version=version,
        licence=LICENCE,
        features=DEFINITION,
        recipe=recipe,
        data={
            "maps": len(maps),
            "rounds": sum(len(map_.starts) for map_ in maps),
            "seconds_of_live_play": sum(len(map_.clock()) for map_ in maps),
            "maps_that_tell_of_defuses": sum(map_.tells_defuses for map_ in maps),
            "from": days[0].isoformat(),
            "to": days[-1].isoformat(),
            "files": [map_.file for map_ in maps],
            "ids": [map_.ids for map_ in maps],
        },
        split=f"{FOLDS} folds of whole days; holdout: maps after {LAST_TRAINING_DAY}; {INTERVALS}",
        figures=rounded({name: msgspec.to_builtins(figures) for name, figures in told.slices.items()}),
        starts=rounded({name: msgspec.to_builtins(figures) for name, figures in told.starts.items()}),
        support=msgspec.to_builtins(left_out(maps)),
        swing=swing,
    )


def rounded(value: Any) -> Any:
    """Plain data with floats rounded for the card."""
    if isinstance(value, float):
        return round(value, CARD_DECIMALS)
    if isinstance(value, dict):
        return {key: rounded(part) for key, part in value.items()}
    return [rounded(part) for part in value] if isinstance(value, list | tuple) else value


def card_text(card: Card) -> str:
    """The card for people."""
    data = card.data
    head = (
        f"# {card.model_version}\n\n"
        f"Win probabilities of the round, the map and the series in Counter-Strike 2. Licence: {card.licence}.\n\n"
        f"Data: {data['maps']} maps, {data['rounds']} rounds, {data['seconds_of_live_play']} seconds of live play, "
        f"{data['from']} to {data['to']}, overtime included; recordings under the MIT licence, named in `card.json`.\n"
        f"Split: {card.split}.\n\n"
        f"{defuses_text(card)}"
        "Not for: betting; other rules than five against five; players or teams as such (no input names them).\n\n"
        f"{support_text(card)}"
        "| slice | maps | rows | log loss | ECE | its floor | minus plain LightGBM |\n|---|---|---|---|---|---|---|\n"
    )
    return (
        head
        + "".join(_row(name, figures) for name, figures in card.figures.items())
        + f"\n{starts_text(card)}{swing_text(card)}"
    )


def starts_text(card: Card) -> str:
    """The map model's figures; empty if the card has none."""
    if not card.starts:
        return ""
    head = "| maps | model | rounds | log loss | ECE | its floor | ours minus it |\n|---|---|---|---|---|---|---|\n"
    lines = [
        f"| {name} | {f['model']} | {f['rows']} | {Interval(*f['log_loss']).text()} | {f['ece']:.4f} | "
        f"{f['ece_floor']:.4f} | {'' if f['paired'] is None else Interval(*f['paired']).text()} |\n"
        for name, figures in card.starts.items()
        for f in figures
    ]
    return f"## The map, at the start of each round\n\n{head}{''.join(lines)}\n"


def swing_text(card: Card) -> str:
    """The swing model with its gates; empty if the card has none."""
    if not card.swing:
        return ""
    found = msgspec.convert(card.swing["verdicts"], tuple[Verdict, ...])
    is_published = all(verdict.passed for verdict in found)
    said = "published at whole seconds" if is_published else "not published: it fails its gates"
    return f"## Swing of .15 within 5 s: {said}\n\n{markdown(found)}"


def defuses_text(card: Card) -> str:
    """A line on the maps in which a bomb that is being defused is indistinguishable from one that is not."""
    maps, telling = card.data["maps"], card.data["maps_that_tell_of_defuses"]
    return (
        f"Defuses: {maps - telling} of {maps} maps do not tell when one begins: what is said of a planted bomb that "
        "nobody is known to defuse holds for those too.\n\n"
    )


def support_text(card: Card) -> str:
    """A line on the support region; empty if the card has none."""
    told = card.support
    if not told:
        return ""
    share, rounds = told["outside"] / told["states"], told["rounds_outside"]
    return (
        f"Support region: {share:.2%} of the states of maps that were left out lie outside, in {rounds} of "
        f"{told['rounds']} rounds; a prediction for such a state says so.\n\n"
    )


def _row(name: str, figures: Sequence[dict[str, Any]]) -> str:
    ours = figures[0]
    plain = next(f for f in figures if f["paired"] is not None)
    loss, paired = Interval(*ours["log_loss"]), Interval(*plain["paired"])
    errors = f"{ours['ece']:.4f} | {ours['ece_floor']:.4f}"
    return f"| {name} | {ours['maps']} | {ours['rows']} | {loss.text()} | {errors} | {paired.text()} |\n"
