"""Rollback as one click: the champion before the present one on air again, in files, catalog and registry.

Belongs here: the job. Does not belong here: what a rollback is (`models.promotion`), who is told
(`orchestration.succession`).

The files come first: they are what the stream reads. A catalog that is away, a registry that cannot be reached, or that
never knew the champion before, leaves the rollback on air and is told in the run. `midround models rollback` does the
same. Where the champion before was refuted on air itself, only a person who starts the job brings it back, and is told.
A run that fails is not run again by itself: where the files had changed already, that would bring the withdrawn
champion back.
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
    """`why` is kept with the promotion and in the registry. `refuted` is the hash of the champion that is to go; where
    another one is champion by then, or the one before was refuted too, nothing is done. Empty: whoever is champion
    goes, for a person wants it."""

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
    """The bundle that is champion now. What was done is told to the webhook of the settings too: whoever heard the
    alarm heard only that this was asked for."""
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
