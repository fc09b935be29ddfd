"""`midround maps build`: derives outlines of the walkable ground from recorded positions."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from adapters.exit_codes import WRONG_USE
from midround import console
from midround.commands.train import Paths

if TYPE_CHECKING:
    from game.maps.building import Sample

HELP = """
Build the outline of each map's walkable ground, as small figures, from the positions in recorded maps.

Examples:

  midround maps build

  midround maps build matches --out build/maps
"""


def build(
    paths: Paths = None,
    *,
    out: Annotated[Path, typer.Option(help="The folder that the outlines are written to.")] = Path(
        "game/maps"
    ),
    source: Annotated[
        str,
        typer.Option(help="Where the positions come from, told in the files; default: as in those shipped."),
    ] = "",
) -> None:
    """Write an outline for each map and print its file; exits with 2 if recordings cannot be read or the folder cannot
    be written."""
    from game.maps import building
    from game.maps.outline import encode, map_names, shipped
    from midround.inputs import InputError

    told = source or shipped(map_names()[0]).source
    try:
        outlines = building.build(_samples(paths), figures=building.shipped_figures(), source=told)
        out.mkdir(parents=True, exist_ok=True)
        for name, outline in outlines.items():
            file = out / f"{name}.json"
            file.write_bytes(encode(outline))
            console.out().print(str(file), markup=False)
    except (InputError, OSError) as error:
        console.fail(str(error), WRONG_USE)


def _samples(paths: list[Path] | None) -> "Iterator[Sample]":
    from game.maps import building
    from midround import inputs

    found = list(inputs.files_in(paths or [console.recorded_folder()]))
    with console.progress("maps", len(found)) as advance:
        for match in inputs.recorded(found, positions_hz=1):
            yield from building.samples_of(match.events())
            advance(1)
