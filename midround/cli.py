"""The command `midround`: which commands there are. Each is a module of `midround.commands`; nothing heavy is
imported before one runs."""

import typer

from midround.commands import config, run, up

app = typer.Typer(
    name="midround",
    help="Live state, statistics and win probabilities of Counter-Strike 2 matches.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
maps = typer.Typer(help="Maps: the walkable ground that the simulator plays on.", no_args_is_help=True)
schema = typer.Typer(help="Tables: what the store and the catalog are made of.", no_args_is_help=True)
bench = typer.Typer(help="Figures: each beside a baseline of the same run.", no_args_is_help=True)
app.add_typer(bench, name="bench")
app.add_typer(maps, name="maps")
app.add_typer(schema, name="schema")

app.command("up", help=up.HELP)(up.up)
app.command("run", help=run.HELP)(run.run)
app.command("config", help=config.HELP)(config.config)
