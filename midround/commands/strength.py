"""`midround strength`: rates teams by map results, and estimates the win probability for an announcement."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from adapters.exit_codes import WRONG_USE
from midround import console

if TYPE_CHECKING:
    from models.strength import Played

HELP = """
Rate teams by the results of their maps (a CSV: match_id, date, map, team_A, team_B, winner, and ranks where they are
known). Says how the ratings did on later days, and, with two teams, the chance of the first to win a map: what
`map_chance_a` of a series announcement takes.

Examples:

  midround strength results.csv

  midround strength results.csv --team "Team Alder North" --team "Team Birch South" --map Nuke
"""
SHOWN = 10


def strength(
    path: Annotated[Path, typer.Argument(help="The CSV of results.")],
    *,
    team: Annotated[list[str] | None, typer.Option(help="Two of them: who meets whom.")] = None,
    map_: Annotated[
        str | None, typer.Option("--map", help="The map; without it, their chance on any.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Print the ratings, their scores on later days, and the win probability of the first of two teams; exits with 2 if
    the results cannot be used."""
    from midround.results import ResultsError, read_results
    from models import strength as strengths

    teams = team or []
    try:
        if len(teams) not in {0, 2}:
            raise ResultsError(f"--team: expected two, got {len(teams)}")
        maps = read_results(path)
        weights, figures = strengths.judged(maps)
    except ValueError as error:
        console.fail(str(error), WRONG_USE)
    rated, _ = strengths.learned(maps, weights)
    chance = rated.chance(teams[0], teams[1], map_name=map_, ranks=_ranks(maps, teams)) if teams else None
    if json:
        told = {"weights": weights, "figures": figures, "ratings": rated.ratings(), "map_chance_a": chance}
        typer.echo(msgspec.json.encode(told))
        return
    for figure in figures:
        console.say(
            f"{figure.name:18} {figure.maps} later maps: log loss {figure.log_loss.text()}, ECE {figure.ece:.4f}; "
            f"minus one half's {figure.paired.text()}"
        )
    for name, rating in list(rated.ratings().items())[:SHOWN]:
        typer.echo(f"{rating:+.2f}  {name}")
    if chance is not None:
        typer.echo(f"map_chance_a {chance:.2f}")


def _ranks(maps: "list[Played]", teams: list[str]) -> tuple[int | None, int | None]:
    """Return the latest rank of each of the two teams in the results."""
    last: dict[str, int | None] = {}
    for map_ in sorted(maps, key=lambda one: one.day):
        last |= {map_.team_a: map_.rank_a, map_.team_b: map_.rank_b}
    return last.get(teams[0]), last.get(teams[1])
