"""Rollback with one click: puts the previous champion back on air, in files, catalog and registry.

Belongs here: the job. Does not belong here: the rollback itself (`models.promotion`), informing catalog and registry
(`orchestration.succession`).

The files come first, since the stream reads them. If the catalog or the registry is unreachable, or the registry does
not know the previous champion, the rollback stands and the run logs a warning. `midround models rollback` does the
same. A previous champion that was itself refuted on air is brought back only if a person starts the job, with a
warning. A failed run is not retried: if the files had already changed, a retry would bring the withdrawn champion
back.
"""

from functools import partial

import dagster as dg

from models import promotion
from models.bundle import read_pointer
from models.following import follow
from orchestration.resources import CatalogResource, ModelsResource, TrackingResource, WebhookResource
from orchestration.succession import told

WHO = "dagster"


class Rollback(dg.Config):
    """`why` is kept with the promotion and in the registry. `refuted` is the hash of the champion to be replaced: if
    another one is champion by then, or the previous one was refuted too, nothing is done. Empty, as when a person
    decides: the present champion is replaced, whichever it is."""

    why: str = "rolled back in Dagster"
    refuted: str = ""


@dg.op
def roll_back(  # noqa: PLR0917 - resources as Dagster passes them
    context: dg.OpExecutionContext,
    config: Rollback,
    models: ModelsResource,
    catalog: CatalogResource,
    tracking: TrackingResource,
    webhook: WebhookResource,
) -> str:
    """Rolls back and returns the bundle that is champion now. The result also goes to the webhook, since the alarm said
    only that a rollback was requested."""
    folder = models.writable()
    try:
        done = promotion.rollback(folder, who=WHO, why=config.why, instead_of=config.refuted)
    except (promotion.SucceededError, promotion.RefutedError) as error:
        _tell(context, webhook, f"nothing to do: {error}")
        return read_pointer(folder).bundle
    champion, previous = done.champion, done.previous
    warning = f"; {champion.bundle} was refuted on air: {done.refuted}" if done.refuted else ""
    _tell(
        context,
        webhook,
        f"{champion.bundle} is champion from {champion.since}, instead of {previous.bundle}{warning}",
    )
    following = partial(follow, tracking.store(), models.pointer, models.challenger)
    for problem in told(champion, done.manifest, catalog_url=catalog.url, follow=following).warnings():
        context.log.warning("%s", problem)
    return champion.bundle


def _tell(context: dg.OpExecutionContext, webhook: WebhookResource, message: str) -> None:
    context.log.info("%s", message)
    webhook.tell({"event": "rollback", "message": message})


@dg.job(
    executor_def=dg.in_process_executor,
    tags={"dagster/max_retries": "0"},
    description="The champion before the present one on air again; matches that run switch where their log says so.",
)
def rollback_champion() -> None:
    roll_back()
