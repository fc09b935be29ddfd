"""`midround fold PATH...`: reduces recorded matches without any server."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from adapters.exit_codes import WRONG_USE
from midround import console
from midround.commands.up import AsJson

if TYPE_CHECKING:
    from io import BufferedWriter

    from midround.fold import FoldedMatch, FoldLine
    from models.lineup import Lineup
    from models.predictor import Predictor

HELP = """
Reduce recorded matches (cs2df zips, NDJSON of envelopes, folders of them) and say what they come to, one line a map.

Examples:

  midround fold matches/*.zip

  midround fold matches --json --predictions predictions.jsonl

  midround fold map1.zip map2.zip map3.zip --series
"""


def fold(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files or folders.")],
    *,
    json: AsJson = False,
    predictions: Annotated[
        Path | None, typer.Option(help="Also write every prediction to FILE, one JSON object a line.")
    ] = None,
    series: Annotated[bool, typer.Option("--series", help="The files are the maps of one match.")] = False,
    champion: Annotated[
        Path | None,
        typer.Option(help="The folder of models.", show_default="as `up`, else the one that ships"),
    ] = None,
) -> None:
    """Print one line per map. An unusable file is reported and the others go on; the command then exits with 2, as for
    an unusable champion."""
    from contextlib import nullcontext

    from midround import inputs, places
    from models.bundle import BundleError

    options = {"stream.champion": None if champion is None else str(champion)}
    refusals = console.Refusals(inputs.InputError)
    try:
        lineup = places.lineup(console.settings(os.environ, None, options).settings)
        predictor = lineup.latest()
        with (
            console.progress("maps", len(list(inputs.files_in(paths)))) as advance,
            predictions.open("wb") if predictions is not None else nullcontext() as file,
        ):
            for named in inputs.apart(paths, is_series=series):
                with refusals.going_on():
                    for folded in _folds(named, predictor, lineup, is_series=series):
                        for line in folded.lines():
                            _say(line, as_json=json)
                            advance(1)
                        _keep(folded, file)
    except (inputs.InputError, BundleError, OSError) as error:
        console.fail(str(error), WRONG_USE)
    refusals.end(WRONG_USE)


def _folds(
    paths: Sequence[Path], predictor: "Predictor", lineup: "Lineup", *, is_series: bool
) -> Iterator["FoldedMatch"]:
    from midround import inputs
    from midround.fold import FoldedMatch

    for match in inputs.recorded(paths, is_series=is_series):
        files = inputs.files_of(match)
        for events in inputs.by_match(match).values():
            yield FoldedMatch(events, predictor, files=files, models=lineup)


def _say(line: "FoldLine", *, as_json: bool) -> None:
    if as_json:
        console.emit(line)
        return
    score = f"{line.final_score[0]}:{line.final_score[1]}"
    name, teams = line.map or "unknown map", f"{line.teams['A'] or 'A'} - {line.teams['B'] or 'B'}"
    console.out().print(
        f"{escape(f'{name:<12} {teams:<32}')} [bold]{score:>6}[/]  {line.events:>6,} events  "
        f"{line.predictions:>6,} predictions  {line.facts_digest[:12]}  {escape(line.file)}"
    )


def _keep(folded: "FoldedMatch", file: "BufferedWriter | None") -> None:
    import msgspec

    if file is not None:
        encoder = msgspec.json.Encoder()
        file.writelines(encoder.encode(row) + b"\n" for row in folded.predictions())
