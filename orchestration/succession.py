"""Another champion told on, once the files have it: who promoted it and why to the catalog, then MLflow's aliases.

Belongs here: what follows a promotion, whoever promotes (`midround models`, a retraining, a rollback). Does not belong
here: promoting (`models.promotion`), aliases (`models.following`), rows (`adapters.catalog`). Nothing of Dagster: the
command does without it.
"""

from collections.abc import Callable, Iterator
from contextlib import closing

from msgspec import Struct

from adapters.catalog.changes import CatalogAwayError, ChangeRefusedError, promoted
from adapters.catalog.store import open_catalog
from models.bundle import Champion, Manifest

NO_REGISTRY = "none"
"""The reason why aliases do not follow where nothing was ever registered: nobody is warned of that."""


class Told(Struct, frozen=True, kw_only=True):
    """Why the catalog does not know the promotion and the registry does not follow it; empty where they do."""

    catalog: str = ""
    registry: str = ""

    def warnings(self) -> Iterator[str]:
        """What whoever promoted is to hear. The promotion stands."""
        if self.catalog:
            yield f"the catalog does not know it: {self.catalog}"
        if self.registry not in {"", NO_REGISTRY}:
            yield f"the registry does not follow: {self.registry}"


def told(champion: Champion, manifest: Manifest, *, catalog_url: str, follow: Callable[[], object]) -> Told:
    """Has the catalog know the champion, of whose bundle the manifest is, and then the aliases `follow`, which
    returns what reads as the reason why they do not. Twice changes nothing. One that is away undoes nothing: the
    history of the files has who and why."""
    return Told(catalog=_recorded(catalog_url, champion, manifest), registry=str(follow()))


def _recorded(url: str, champion: Champion, manifest: Manifest) -> str:
    """Why it is not; nothing for the champion that ships, which nobody promoted."""
    if champion.since is None:
        return ""
    change = promoted(
        model_hash=manifest.model_hash,
        model_version=manifest.model_version,
        feature_schema_hash=manifest.feature_schema_hash,
        since=champion.since,
        who=champion.who,
        why=champion.why,
    )
    try:
        with closing(open_catalog(url)) as catalog:
            catalog.apply([change])
    except (CatalogAwayError, ChangeRefusedError) as error:
        return str(error)
    return ""
