"""Routes of the dashboard: /, /favicon.svg, /assets/{name}.

Belongs here: the routes. Does not belong here: reading files (`queries`), headers and caching (`resources`).
"""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from api.public.answers import not_found
from api.public.backends import Behind
from api.public.dashboard import queries
from api.public.dashboard.resources import HASHED, NOT_BUILT, REVALIDATED, page_response

ROUTER = APIRouter(include_in_schema=False)
Name = Annotated[str, Path(min_length=1, max_length=128)]


@ROUTER.get("/")
async def get_page(behind: Behind, request: Request) -> Response:
    """The dashboard; if it is not built, a page that says how to build it."""
    found = queries.page(behind.pages)
    if found is None:
        return page_response(NOT_BUILT, request.headers, cached=REVALIDATED, status=503)
    return page_response(found, request.headers, cached=REVALIDATED)


@ROUTER.get("/favicon.svg")
async def get_icon(behind: Behind, request: Request) -> Response:
    """The icon of the browser tab."""
    found = queries.icon(behind.pages)
    if found is None:
        raise not_found("path", "the dashboard is not built: make install")
    return page_response(found, request.headers, cached=REVALIDATED)


@ROUTER.get("/assets/{name}")
async def get_asset(*, behind: Behind, request: Request, name: Name) -> Response:
    """A script or style sheet, whose name changes with its content."""
    found = queries.asset(behind.pages, name)
    if found is None:
        raise not_found("path.name", f"no asset {name!r}")
    return page_response(found, request.headers, cached=HASHED)
