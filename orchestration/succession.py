"""Announces a new champion after the files have it: to the catalog with who promoted it and why, then to MLflow.

Belongs here: what follows every promotion (by `midround models`, a retraining, a rollback). Does not belong here:
promoting (`models.promotion`), aliases (`models.following`), rows (`adapters.catalog`), and anything of Dagster, which
the command works without.
"""

from collections.abc import Callable, Iterator
from contextlib import closing

from msgspec import Struct

from adapters.catalog.changes import CatalogAwayError, ChangeRefusedError, promoted
from adapters.catalog.store import open_catalog
from models.bundle import Champion, Manifest

NO_REGISTRY = "none"
"""The value of `registry` if nothing was ever registered; it causes no warning."""


class Told(Struct, frozen=True, kw_only=True):
    """Why the catalog does not record the promotion and why the registry does not follow it; empty if they do."""

    catalog: str = ""
    registry: str = ""

    def warnings(self) -> Iterator[str]:
        """Warnings for whoever promoted. The promotion stands."""
        if self.catalog:
            yield f"the catalog does not know it: {self.catalog}"
        if self.registry not in {"", NO_REGISTRY}:
            yield f"the registry does not follow: {self.registry}"


def told(champion: Champion, manifest: Manifest, *, catalog_url: str, follow: Callable[[], object]) -> Told:
    """Records the champion (with its bundle's manifest) in the catalog, then calls `follow` to move the aliases; the
    string of its result is the reason if it failed. Idempotent. If either is unreachable nothing is undone: the history
    in the files has who and why."""
    return Told(catalog=_recorded(catalog_url, champion, manifest), registry=str(follow()))


def _recorded(url: str, champion: Champion, manifest: Manifest) -> str:
    """Why the catalog did not record it; empty for the shipped champion, which was never promoted."""
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
