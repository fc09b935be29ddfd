"""The bounds of documents: what passes them is refused before anything is asked, and never costs much to find out."""

from typing import Any

import pytest
from graphql import get_introspection_query, parse
from hypothesis import given
from hypothesis import strategies as st

from api.public.graphql import limits
from api.public.graphql.schema import schema

SCHEMA = schema()._schema
INTROSPECTION = get_introspection_query()


def refusal(text: str, **variables: Any) -> str | None:
    return limits.refusal(text, parse(text), SCHEMA, variables=variables)


def cost(text: str, **variables: Any) -> int:
    return limits.measure(parse(text), SCHEMA, variables=variables).cost


def test_what_people_ask_is_within() -> None:
    of_match = "{ id teamA { name players { name } } rounds { number } }"
    whole = "query($n: Int = 5) { matches(first: $n) { nodes " + of_match + " } }"
    assert refusal(whole, n=5) is None
    assert refusal(INTROSPECTION) is None
    each = "match(id: 1) { __typename id teamA { __typename name } teamB { __typename name } }"
    assert refusal("{ " + " ".join(f"m{n}: {each}" for n in range(18)) + " }") is None


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("{ " + "match(id: 1) { teamA { players { maps { stats { id " * 3 + "}" * 16, "deep"),
        ("{ " + " ".join(f"a{n}: __typename" for n in range(21)) + " }", "aliases"),
        ("{ matches(first: 50) { nodes { players { maps { stats { id value } } } } } }", "cost"),
        ("{ matches(first: 20) { nodes { scores { seq } } } }", "cost"),
        (
            "{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }",
            "schema",
        ),
        ("{ " + "...F " * 49 + "} fragment F on Query { " + "__typename " * 45 + "}", "fields"),
        ("{ match(id: 1) { " + "seq " * 51 + "} }", "times seq"),
        ("{ id } query other { match(id: 1) { " + "teamA { name } " * 51 + "} }", "times"),
        ("{ match(id: 1) { " + ("teamA { " + "name " * 13 + "} ") * 4 + "} }", "times name"),
        (
            "{ id ...F ...G } " + "".join(f"fragment {f} on Query {{ {'id ' * 26} }} " for f in "FG"),
            "times id",
        ),
        ("{ " + "...F " * 51 + "} fragment F on Query { __typename }", "times ..."),
        ("{ __typename #" + "x" * 40_000 + "\n}", "characters"),
    ],
    ids=[
        "depth",
        "aliases",
        "cost",
        "dear",
        "introspection",
        "fields",
        "same",
        "elsewhere",
        "merged",
        "in fragments",
        "fragments",
        "characters",
    ],
)
def test_too_much_is_refused_and_says_what_to_do(text: str, word: str) -> None:
    found = refusal(text)
    assert found is not None
    assert word in found
    assert ": " in found


def test_the_length_of_a_page_counts_as_literal_variable_and_default() -> None:
    one = "{ matches(first: 1) { nodes { id seq } } }"
    many = "{ matches(first: 40) { nodes { id seq } } }"
    named = "query($n: Int) { matches(first: $n) { nodes { id seq } } }"
    assert cost(many) - cost(one) == cost(named, n=40) - cost(named, n=1) > 0
    assert cost(named) == cost("{ matches { nodes { id seq } } }")


PAGE = "query($n: Int = 7) { matches(first: $n) { nodes { id seq } } }"


@pytest.mark.parametrize("told", [40, 40.0], ids=["whole", "float"])
def test_a_variable_counts_however_its_number_is_written(told: object) -> None:
    assert cost(PAGE, n=told) == cost("{ matches(first: 40) { nodes { id seq } } }")


def test_a_variable_that_is_not_given_counts_as_the_operation_declares() -> None:
    assert cost(PAGE) == cost("{ matches(first: 7) { nodes { id seq } } }")
    dear = "{ matches(first: $n) { nodes { players { maps { stats { id value } } } } } }"
    assert "cost" in (refusal(f"query($n: Int = 50) {dear}") or "")
    several = "query A($n: Int = 1) " + dear + " query B($n: Int = 50) " + dear
    of = [limits.measure(parse(several), SCHEMA, operation_name=name).refusal for name in ("A", "B")]
    assert [each is None for each in of] == [True, False]


@pytest.mark.parametrize("told", [None, "3", 1.5, True, [3], float("inf"), float("nan")])
def test_what_is_no_number_counts_as_the_longest_page(told: object) -> None:
    assert cost(PAGE, n=told) == cost("{ matches(first: 100) { nodes { id seq } } }")


@pytest.mark.parametrize("written", ["1.5", "100.0", "null", '"3"', "[3]"])
def test_a_literal_that_is_no_number_counts_as_the_longest_page(written: str) -> None:
    longest = cost("{ matches(first: 100) { nodes { id seq } } }")
    assert cost("{ matches(first: " + written + ") { nodes { id seq } } }") == longest
    assert cost("query($n: Int = " + written + ") { matches(first: $n) { nodes { id seq } } }") == longest


@pytest.mark.parametrize("told", [10**4000, 1e300], ids=["whole", "float"])
def test_a_number_beyond_all_bounds_is_refused_in_words(told: object) -> None:
    text = "query($n: Int) { matches(first: $n) { nodes { events(first: $n) { nodes { seq } } } } }"
    found = refusal(text, n=told)
    assert found is not None
    assert "cost" in found
    assert len(found) < 200


def test_a_page_counts_its_nodes_once() -> None:
    """20 for the field that asks the store, then 40 times the list and its field."""
    assert cost("{ matches(first: 40) { nodes { seq } } }") == 20 + 40 * (1 + 1)


def test_what_is_named_by_id_counts_as_often_as_it_is_named() -> None:
    def of(stats: str, **variables: Any) -> int:
        player = 'player(matchId: "m", id: "p") { maps { ' + stats + " } }"
        return cost("query($ids: [ID!]) { " + player + " }", **variables)

    two = of('stats(ids: ["adr", "kast"]) { value }')
    assert two == of("stats(ids: $ids) { value }", ids=["adr", "kast"])
    assert two < of("stats { value }") == of("stats(ids: $ids) { value }")


def test_what_is_named_by_a_declared_default_counts_as_often_as_it_is_named() -> None:
    def of(default: str, **variables: Any) -> int:
        player = 'player(matchId: "m", id: "p") { maps { stats(ids: $ids) { value } } }'
        return cost("query($ids: [ID!]" + default + ") { " + player + " }", **variables)

    many = " = [" + '"adr" ' * 60 + "]"
    assert of(many) == of("", ids=["adr"] * 60) > of("")
    assert of(many, ids=["adr"]) < of("") == of(many, ids=None)


def test_fragments_count_where_they_are_put() -> None:
    plain = "{ a: matches { nodes { id seq } } b: matches { nodes { id seq } } }"
    fragment = "fragment M on MatchPage { nodes { id seq } }"
    shared = "{ a: matches { ...M } b: matches { ... on MatchPage { ...M } } } " + fragment
    assert cost(plain) == cost(shared)


def test_fragments_that_multiply_end_at_the_bound() -> None:
    """2 to the power of 40 fields, were they put in their places."""
    doubling = " ".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(40))
    found = limits.measure(parse("{ ...F0 }" + doubling + " fragment F40 on Query { __typename }"), SCHEMA)
    assert found.fields <= limits.FIELDS_MAX + 2
    assert found.refusal is not None


def test_fragments_in_a_circle_have_an_end() -> None:
    assert (
        limits.measure(
            parse("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }"), SCHEMA
        ).cost
        == 0
    )


@given(
    st.recursive(st.sampled_from(["id", "seq", "x"]), lambda inner: st.lists(inner, min_size=1, max_size=4))
)
def test_any_document_is_measured(tree: Any) -> None:
    def written(node: Any) -> str:
        return node if isinstance(node, str) else "match(id: 1) { " + " ".join(map(written, node)) + " }"

    text = "{ " + written(tree) + " }"
    found = limits.measure(parse(text), SCHEMA)
    assert found.refusal is not None or found.cost >= 1
