"""Files of the dashboard as HTTP responses: media type, compression, content security policy, caching.

Belongs here: responses. Does not belong here: reading the folder (`queries`).
"""

import gzip
import hashlib
from collections.abc import Mapping

import msgspec
from fastapi import Response

REVALIDATED = "no-cache"
HASHED = "public, max-age=31536000, immutable"
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
"""No inline code, nothing from another host."""
_GUARDS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
}
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


class PageFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file with its compressed form and the digest of its content."""

    media_type: str
    body: bytes
    zipped: bytes
    etag: str


def page_file(name: str, body: bytes) -> PageFile:
    """Build the file; the suffix of `name` decides its media type."""
    suffix = name[name.rfind(".") :]
    return PageFile(
        media_type=_TYPES.get(suffix, "application/octet-stream"),
        body=body,
        zipped=gzip.compress(body, 9, mtime=0),
        etag=f'"{hashlib.sha256(body).hexdigest()[:24]}"',
    )


def page_response(file: PageFile, asked: Mapping[str, str], *, cached: str, status: int = 200) -> Response:
    """Return the file, compressed if the client accepts gzip; 304 if the client's copy is current."""
    headers = {**_GUARDS, "cache-control": cached, "etag": file.etag, "vary": "accept-encoding"}
    if status == 200 and asked.get("if-none-match") == file.etag:
        return Response(status_code=304, headers=headers)
    is_zipped = "gzip" in asked.get("accept-encoding", "")
    if is_zipped:
        headers["content-encoding"] = "gzip"
    body = file.zipped if is_zipped else file.body
    return Response(body, status_code=status, headers=headers, media_type=file.media_type)


NOT_BUILT = page_file(
    "index.html",
    b"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Midround</title></head>
<body>
<h1>The dashboard is not built</h1>
<p>In a clone of the repository <code>make install</code> builds it; it needs Node 20.19 or newer. Then load this page
again: the API need not be started anew.</p>
<p>Everything else works without it: <a href="/api/v1/matches">the matches</a>, <a href="/api">the index</a>,
<a href="/api/openapi.json">the OpenAPI document</a>.</p>
</body>
</html>
""",
)
