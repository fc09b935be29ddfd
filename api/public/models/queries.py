"""Reads models from the folder that the stream reads, and shadow comparisons from the store.

Belongs here: plain functions. Does not belong here: loading models (`api.public.predictors`), response types
(`resources`).
"""

from pathlib import Path

import msgspec

from api.problems import ProblemError, problem
from api.public import sql
from api.public.answers import not_found
from api.public.history import History
from api.public.models.resources import ModelDetail, ModelView
from api.public.moments import iso_or_none
from models.bundle import BundleError
from models.lineup import Listed, listed
from models.shadow import Shadowed

CARD, CARD_TEXT = "card.json", "card.md"


def models(folder: Path) -> list[ModelView]:
    """Return every bundle, ordered by name. Raises a 503 problem if no champion is named."""
    try:
        return [_view(each) for each in listed(folder)]
    except BundleError as error:
        raise ProblemError(problem(503, "model-away", field="model", reason=str(error))) from error


def model(folder: Path, name: str) -> ModelDetail:
    """Return one bundle by its name or version. Raises a 404 problem."""
    found = _named(folder, name)
    return ModelDetail(model=found, card=msgspec.json.decode(_read(folder, found.name, CARD)))


def card(folder: Path, name: str) -> bytes:
    """Return the model card in Markdown. Raises a 404 problem."""
    return _read(folder, _named(folder, name).name, CARD_TEXT)


async def shadows(history: History) -> list[Shadowed]:
    """Return a comparison for each pair of champion and challenger. Raises AwayError."""
    from models.shadow_report import shadow_report

    return shadow_report(await history.rows(sql.SHADOWED))


def _named(folder: Path, name: str) -> ModelView:
    """Find a listed bundle. Only listed bundles are opened: a name from a request is never used as a path."""
    for each in models(folder):
        if name in {each.name, each.model_version}:
            return each
    raise not_found("path.model", f"no model {name!r} is here; /api/v1/models names them")


def _read(folder: Path, bundle: str, file: str) -> bytes:
    try:
        return (folder / bundle / file).read_bytes()
    except OSError as error:
        raise not_found("path.model", f"{bundle} has no card") from error


def _view(each: Listed) -> ModelView:
    return ModelView(
        name=each.bundle,
        model_version=each.model_version,
        model_hash=each.model_hash,
        roles=each.roles,
        since=iso_or_none(each.since),
        who=each.who,
        why=each.why,
        problem=each.problem,
    )
