"""The command `midround` and its subcommands. Each is a module of `midround.commands`; heavy imports wait until a
command runs."""

import typer

from midround.commands import (
    backfill,
    bench,
    bench_serving,
    clients,
    config,
    demo,
    evaluate,
    fold,
    lake,
    maps,
    models,
    replay,
    run,
    schema,
    simulate,
    strength,
    train,
    up,
    verify,
    webhooks,
)

app = typer.Typer(
    name="midround",
    help="Live state, statistics and win probabilities of Counter-Strike 2 matches.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
tenants = typer.Typer(help="Clients: who may ask the API, with which keys.", no_args_is_help=True)
grounds = typer.Typer(help="Maps: the walkable ground that the simulator plays on.", no_args_is_help=True)
schemas = typer.Typer(
    help="Tables and contracts: what the store is made of, what clients rely on.", no_args_is_help=True
)
targets = typer.Typer(
    help="Webhooks: where clients are told of what happens, and what became of it.", no_args_is_help=True
)
lineup = typer.Typer(help="Models: which is on air, since when and why; another one.", no_args_is_help=True)
benches = typer.Typer(help="Figures: each beside a baseline of the same run.", no_args_is_help=True)
lakes = typer.Typer(
    help="The lake: everything that happened, as immutable Parquet files.", no_args_is_help=True
)
app.add_typer(benches, name="bench")
app.add_typer(tenants, name="clients")
app.add_typer(lakes, name="lake")
app.add_typer(grounds, name="maps")
app.add_typer(lineup, name="models")
app.add_typer(schemas, name="schema")
app.add_typer(targets, name="webhooks")

app.command("up", help=up.HELP)(up.up)
app.command("demo", help=demo.HELP)(demo.demo)
app.command("run", help=run.HELP)(run.run)
app.command("config", help=config.HELP)(config.config)
app.command("fold", help=fold.HELP)(fold.fold)
app.command("replay", help=replay.HELP)(replay.replay)
app.command("simulate", help=simulate.HELP)(simulate.simulate)
app.command("train", help=train.HELP)(train.train)
app.command("verify", help=verify.HELP)(verify.verify)
app.command("backfill", help=backfill.HELP)(backfill.backfill)
app.command("strength", help=strength.HELP)(strength.strength)
app.command("evaluate", help=evaluate.HELP)(evaluate.evaluate)


@schemas.callback()
def _schemas() -> None:
    """Tables and contracts: what the store is made of, what clients rely on."""


@grounds.callback()
def _grounds() -> None:
    """Maps: the walkable ground that the simulator plays on."""


@lineup.callback()
def _lineup() -> None:
    """Models: which is on air, since when and why; another one."""


tenants.command("create", help=clients.CREATE)(clients.create)
tenants.command("list", help=clients.LIST)(clients.list_)
tenants.command("rotate", help=clients.ROTATE)(clients.rotate)
tenants.command("revoke", help=clients.REVOKE)(clients.revoke)
tenants.command("plan", help=clients.PLAN)(clients.plan)
tenants.command("grant", help=clients.GRANT)(clients.grant)
tenants.command("usage", help=clients.USAGE)(clients.usage)
tenants.command("audit", help=clients.AUDIT)(clients.audit)
targets.command("create", help=webhooks.CREATE)(webhooks.create)
targets.command("list", help=webhooks.LIST)(webhooks.list_)
targets.command("rotate", help=webhooks.ROTATE)(webhooks.rotate)
targets.command("delete", help=webhooks.DELETE)(webhooks.delete)
targets.command("resend", help=webhooks.RESEND)(webhooks.resend)
targets.command("deliveries", help=webhooks.DELIVERIES)(webhooks.deliveries)
targets.command("attempts", help=webhooks.ATTEMPTS)(webhooks.attempts)
lineup.command("list", help=models.LIST)(models.list_)
lineup.command("promote", help=models.PROMOTE)(models.promote)
lineup.command("rollback", help=models.ROLLBACK)(models.rollback)
lineup.command("compare", help=models.COMPARE)(models.compare)
lineup.command("challenge", help=models.CHALLENGE)(models.challenge)
lineup.command("shadow", help=models.SHADOW)(models.shadow)
grounds.command("build", help=maps.HELP)(maps.build)
lakes.command("import", help=lake.IMPORT)(lake.import_)
lakes.command("verify", help=lake.VERIFY)(lake.verify)
lakes.command("compact", help=lake.COMPACT)(lake.compact)
schemas.command("export", help=schema.HELP)(schema.export)
schemas.command("check", help=schema.CHECK)(schema.check)
benches.command("reduce", help=bench.REDUCE)(bench.reduce)
benches.command("backfill", help=bench.BACKFILL)(bench.backfill)
benches.command("beside", help=bench.BESIDE)(bench.beside)
benches.command("cold", help=bench.COLD)(bench.cold)
benches.command("throughput", help=bench.THROUGHPUT)(bench.throughput)
benches.command("latency", help=bench.LATENCY)(bench.latency)
benches.command("finals", help=bench.FINALS)(bench.finals)
benches.command("marts", help=bench.MARTS)(bench.marts)
benches.command("retraining", help=bench.RETRAINING)(bench.retraining)
benches.command("feed", help=bench_serving.FEED)(bench_serving.feed)
benches.command("subscriptions", help=bench_serving.SUBSCRIPTIONS)(bench_serving.subscriptions)
benches.command("requests", help=bench_serving.REQUESTS)(bench_serving.requests)
benches.command("what-if", help=bench_serving.WHAT_IF)(bench_serving.what_if)
benches.command("neighbours", help=bench_serving.NEIGHBOURS)(bench_serving.neighbours)
benches.command("restart", help=bench_serving.RESTART)(bench_serving.restart)
benches.command("frame", help=bench_serving.FRAME)(bench_serving.frame)
benches.command("replay", help=bench_serving.REPLAY)(bench_serving.replay)
benches.command("queries", help=bench_serving.QUERIES)(bench_serving.queries)
