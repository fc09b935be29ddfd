"""Routes of models: /models, /models/shadow, /models/{model}, /models/{model}/card.

Belongs here: routes and their parameters. Does not belong here: reading bundles (`queries`).
"""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import BeforeValidator

from api.public.answers import ResourceResponse, shows, shows_text
from api.public.backends import Behind
from api.public.identifiers import identifier
from api.public.models import queries
from api.public.models.resources import ModelDetail, ModelView
from models.shadow import Shadowed

ROUTER = APIRouter(tags=["models"])
Model = Annotated[
    str,
    BeforeValidator(identifier),
    Path(min_length=1, max_length=128, description="a name or version of /models"),
]
MARKDOWN = "text/markdown"


@ROUTER.get("/models", responses=shows(list[ModelView]))
async def list_models(behind: Behind) -> ResourceResponse:
    """Every model in the folder that the stream reads: which one is champion, since when, by whom and why."""
    return ResourceResponse(await asyncio.to_thread(queries.models, behind.models.folder))


@ROUTER.get("/models/shadow", responses=shows(list[Shadowed]))
async def list_shadows(behind: Behind) -> ResourceResponse:
    """Challengers in shadow mode compared with the champion, on exactly the same live states."""
    return ResourceResponse(await queries.shadows(behind.history))


@ROUTER.get("/models/{model}", responses=shows(ModelDetail))
async def get_model(behind: Behind, model: Model) -> ResourceResponse:
    """One model: its training data, its metrics compared with baselines, and their intervals."""
    return ResourceResponse(await asyncio.to_thread(queries.model, behind.models.folder, model))


@ROUTER.get("/models/{model}/card", responses=shows_text(MARKDOWN), response_class=Response)
async def get_card(behind: Behind, model: Model) -> Response:
    """The model card as a document in Markdown."""
    found = await asyncio.to_thread(queries.card, behind.models.folder, model)
    return Response(found, media_type=f"{MARKDOWN}; charset=utf-8")
