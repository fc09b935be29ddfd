"""The registry's aliases as the folder of models has it: `champion` and `challenger` are what its pointers name.

Belongs here: which alias follows which pointer, and what is said where it cannot. Does not belong here: MLflow
(`models.registry`), the pointers (`models.promotion`).
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple, TypeVar

from models import registry
from models.bundle import BundleError, Champion

P = TypeVar("P", Champion, Champion | None)


class Problems(NamedTuple):
    """Why an alias is not as its pointer says; empty where it is."""

    champion: str = ""
    challenger: str = ""

    def __str__(self) -> str:
        return "; ".join(dict.fromkeys(filter(None, self)))


def follow(
    store: registry.Store, on_air: Callable[[], Champion], in_shadow: Callable[[], Champion | None]
) -> Problems:
    """Aliases as the pointers say that `on_air` and `in_shadow` read. Each follows whatever hinders the other.
    Moving them takes seconds, and who follows another promotion may have been quicker: a pointer is read again
    then.

    What was never registered leaves its alias pointing nowhere: no notebook then takes the champion that was
    withdrawn for the one on air, nor who challenged before for who does. Of a challenger that is no problem: who
    names one by hand registers nothing. Raises nothing for a registry that is gone or damaged: what is on air
    stays."""
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
    """The version of that model, of several the one of that name: maps learned from again give the same bytes."""
    same = [one for one in registry.versions(store) if one.model_hash == named.hash]
    return next((one for one in same if one.model_version == named.bundle), same[0] if same else None)
