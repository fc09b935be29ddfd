"""The interactive pages: GraphiQL at /graphql and the REST reference at /api/docs, built from `api/playground`.

Belongs here: finding the built files, and their content security policy. Does not belong here: the pages themselves,
the requests they make. The pages load nothing from other hosts, and the policy makes browsers enforce that.
"""

from pathlib import Path

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

BUILT = Path(__file__).parent.parent / "playground" / "dist"
POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)
"""CodeMirror and Swagger UI write style attributes, hence `unsafe-inline` for styles; scripts are our own files
only."""
SAFE = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
}
NOT_BUILT = """<!doctype html><html lang="en"><title>Not built</title>
<h1>This page has not been built</h1>
<p>Run <code>make playground</code> in the checkout (Node 20 or later), then load this page again.
Everything else works without it: <a href="/api/openapi.json">OpenAPI</a>, GraphQL by POST to <code>/graphql</code>.</p>
</html>
"""

ROUTER = APIRouter(tags=["status"])


@ROUTER.get("/api/docs", include_in_schema=False)
async def get_docs() -> Response:
    """The REST reference."""
    return page("docs")


def page(name: str, *, built: Path = BUILT) -> Response:
    """Return a page by its name; a 503 page with instructions if it has not been built."""
    file = built / f"{name}.html"
    if not file.is_file():
        return HTMLResponse(NOT_BUILT, status_code=503, headers=SAFE)
    return HTMLResponse(file.read_text(encoding="utf-8"), headers=SAFE)


def assets(*, built: Path = BUILT) -> Mount:
    """Serve the files that the pages load; their names contain a hash of their content."""
    return Mount("/playground/assets", StaticFiles(directory=built / "assets", check_dir=False))
