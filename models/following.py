"""Keeps the registry's aliases `champion` and `challenger` in line with the pointers in the folder of models.

Belongs here: which alias follows which pointer, and what is reported if it cannot. Does not belong here: MLflow
(`models.registry`), the pointers (`models.promotion`).
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple, TypeVar

from models import registry
from models.bundle import BundleError, Champion

P = TypeVar("P", Champion, Champion | None)


class Problems(NamedTuple):
    """Why each alias is not as its pointer says; empty if it is."""

    champion: str = ""
    challenger: str = ""

    def __str__(self) -> str:
        return "; ".join(dict.fromkeys(filter(None, self)))


def follow(
    store: registry.Store, on_air: Callable[[], Champion], in_shadow: Callable[[], Champion | None]
) -> Problems:
    """Moves the aliases to what `on_air` and `in_shadow` read from the pointers. A failure of one does not stop the
    other. Moving takes seconds, during which another promotion may happen: the pointer is read again afterwards, until
    it is unchanged.

    If the model was never registered, its alias is removed, so that no notebook takes an old champion or challenger for
    the current one. For a challenger that is no problem: one named by hand is not registered. Raises nothing if the
    registry is gone or damaged, since the models on air do not depend on it.
    """
    return Problems(
        champion=_kept_up(on_air, partial(_champion, store)),
        challenger=_kept_up(in_shadow, partial(_challenger, store)),
    )


def _kept_up(read: Callable[[], P], move: Callable[[P], str]) -> str:
    try:
        while True:
            found = read()
            problem = move(found)
            if found == read():
                return problem
    except (registry.RegistryError, ImportError, BundleError) as error:
        return str(error)


def _champion(store: registry.Store, champion: Champion) -> str:
    known = _known(store, champion)
    if known is not None:
        who, why = (champion.who, champion.why) if champion.since else registry.SHIPPED
        registry.promote(store, known.round_version, who=who, why=why)
        return ""
    registry.retire(store)
    return (
        f"MLflow at {store.uri} knows no version with hash {champion.hash[:12]}: "
        f"no alias `{registry.CHAMPION}` until Dagster has registered it"
    )


def _challenger(store: registry.Store, challenger: Champion | None) -> str:
    known = None if challenger is None else _known(store, challenger)
    if known is None:
        registry.stand_down(store)
    else:
        registry.challenge(store, known.round_version)
    return ""


def _known(store: registry.Store, named: Champion) -> registry.Version | None:
    """The registered version with that model hash. If there are several (retraining on equal maps gives equal bytes),
    the one with the same name is preferred."""
    same = [one for one in registry.versions(store) if one.model_hash == named.hash]
    return next((one for one in same if one.model_version == named.bundle), same[0] if same else None)
