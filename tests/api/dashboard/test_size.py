"""What the pages weigh, as they are built."""

import gzip

import pytest

from api.public.dashboard.queries import BUILT

pytestmark = pytest.mark.slow
FIRST_VIEW_MOST = 200_000
"""Bytes, compressed, of everything that the page can load."""


def test_all_of_it_is_small() -> None:
    files = [path for path in BUILT.rglob("*") if path.is_file()]
    assert {".js", ".css", ".html"} <= {path.suffix for path in files}
    assert sum(len(gzip.compress(path.read_bytes(), 9)) for path in files) <= FIRST_VIEW_MOST
