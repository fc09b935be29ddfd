"""Documents by their hash: within bounds, and never another one than was named."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.public.graphql.persisted import MISMATCH, NOT_FOUND, UNSUPPORTED, Persisted, PersistedError


def named(query: str, version: int = 1) -> dict[str, object]:
    return {"persistedQuery": {"version": version, "sha256Hash": hashlib.sha256(query.encode()).hexdigest()}}


def test_a_document_is_known_after_it_was_sent_with_its_hash() -> None:
    kept = Persisted()
    with pytest.raises(PersistedError, match=NOT_FOUND):
        kept.document(None, named("{ a }"))
    assert kept.document("{ a }", named("{ a }")) == "{ a }"
    assert kept.document(None, named("{ a }")) == "{ a }"


def test_without_a_hash_nothing_is_kept() -> None:
    kept = Persisted()
    assert kept.document("{ a }", None) == "{ a }"
    assert kept.document(None, {"other": 1}) is None
    assert len(kept) == 0


@pytest.mark.parametrize("query", [None, "{ a }"])
@pytest.mark.parametrize(
    "told", [{"version": 2, "sha256Hash": "00"}, {"version": 1}, {"version": 1, "sha256Hash": 5}, 7, "x", []]
)
def test_other_ways_are_refused(query: str | None, told: object) -> None:
    with pytest.raises(PersistedError, match=UNSUPPORTED):
        Persisted().document(query, {"persistedQuery": told})


def test_a_hash_of_something_else_is_refused() -> None:
    kept = Persisted()
    with pytest.raises(PersistedError, match=MISMATCH):
        kept.document("{ b }", named("{ a }"))
    assert len(kept) == 0


@given(st.lists(st.text(max_size=30), max_size=40))
def test_it_stays_within_its_bounds_and_keeps_the_newest(queries: list[str]) -> None:
    kept = Persisted(documents_max=5, characters_max=60)
    for query in queries:
        kept.document(query, named(query))
        assert len(kept) <= 5
        assert kept.characters <= 60
        assert kept.document(None, named(query)) == query
