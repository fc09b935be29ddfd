"""What a document may ask for: depth, cost, aliases, and how deep it may look into the schema itself.

Belongs here: measuring a parsed document, the bounds, what to say when one is passed. Does not belong here: where in a
request that happens (`guard`), the bounds of rates and pages.

Cost: a field costs 1, one that may ask the store `STORE`; what stands below a list costs its length times, the length
being the argument `first` where there is one, else what such a list usually has. Documents are measured before they
are validated, so they may hold anything; a `first` that is no whole number counts as the longest page.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    Node,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    Undefined,
    ValueNode,
    VariableNode,
    get_named_type,
    is_list_type,
)

from api.public.graphql.pages import FIRST_MAX

DOCUMENT_MAX = 32 * 1024
"""Characters of a document."""
BODY_MAX = 64 * 1024
"""Bytes of a request, or of a message on the socket."""
TOKENS_MAX = 1_500
DEPTH_MAX = 10
COST_MAX = 5_000
ALIASES_MAX = 20
FIELDS_MAX = 2_000
"""Fields after every fragment has been put in its places."""
SAME_MAX = 50
"""How often one name of an answer may be asked for below fields of one name, or any fragment at all: a validator
compares each with each."""
_FRAGMENT = "..."
SCHEMA_LISTS_MAX = 3
"""Lists inside each other of a question about the schema itself; GraphiQL's has no more."""

STORE = 20
STORED: Final = frozenset(
    {"rounds", "players", "prediction", "predictionHistory", "roundMetrics", "swings", "events", "match",
     "matches", "searchMatches", "career", "team", "teams", "player", "teamA", "teamB", "quality"}
)  # fmt: skip
"""Fields that may ask the store."""
DEAR: Final = {"scores": 400, "models": 400, "calibration": 200, "explanation": 100, "leaderboard": 100,
        "swingLeaderboard": 100, "highlights": 50}  # fmt: skip
"""Fields that compute, or ask of all matches: cost after what they take beside a question of one match."""
USUAL = {
    "nodes": 1,
    "rounds": 24,
    "roundMetrics": 48,
    "players": 10,
    "maps": 3,
    "byMap": 8,
    "bySide": 2,
    "form": 20,
    "teams": 2,
    "stats": 40,
    "credits": 10,
    "quality": 3,
    "rules": 5,
    "calibration": 10,
    "bins": 10,
    "mapScores": 40,
    "totals": 20,
    "handicaps": 20,
}
USUAL_LENGTH = 5
LENGTH_MAX = 2**31 - 1
"""The graph has no larger numbers; what is said to be longer counts as this."""
_SCHEMA_LISTS = frozenset({"fields", "inputFields", "interfaces", "possibleTypes"})


class Measure(msgspec.Struct, kw_only=True):
    """What one operation of a document asks for. It ends early once a bound is passed."""

    depth: int = 0
    cost: int = 0
    aliases: int = 0
    fields: int = 0
    schema_lists: int = 0

    @property
    def refusal(self) -> str | None:
        """Which bound is passed, and what to do; None where none is."""
        bounds = (
            (self.depth, DEPTH_MAX, "levels deep", "ask for what lies deeper in a request of its own"),
            (self.aliases, ALIASES_MAX, "aliases", "ask for fewer at once"),
            (self.fields, FIELDS_MAX, "fields", "ask for fewer at once"),
            (self.schema_lists, SCHEMA_LISTS_MAX, "lists of the schema deep", "ask for __type by name"),
            (self.cost, COST_MAX, "cost", "ask for fewer fields, or for shorter pages with first"),
        )
        passed = ((found, most, what, advice) for found, most, what, advice in bounds if found > most)
        return next((f"{found} {what} are more than {most}: {do}" for found, most, what, do in passed), None)


def refusal(
    text: str,
    document: DocumentNode,
    schema: GraphQLSchema,
    *,
    variables: Mapping[str, Any] | None = None,
    operation_name: str | None = None,
) -> str | None:
    """Why an operation is not done; None where nothing is against it."""
    if len(text) > DOCUMENT_MAX:
        return f"{len(text)} characters are more than {DOCUMENT_MAX}: send the document in parts"
    name, count = _most_repeated(document)
    if count > SAME_MAX:
        return f"{count} times {name} are more than {SAME_MAX}: ask for it once in each place, or in requests apart"
    return measure(document, schema, variables=variables, operation_name=operation_name).refusal


def _most_repeated(document: DocumentNode) -> tuple[str, int]:
    """The name that stands most often below fields of one name, and how often. All fragments count as one name, and
    what stands in any of them as if it stood in one."""
    found: Counter[tuple[str, str]] = Counter()
    waiting: list[tuple[str, Node]] = [
        (_FRAGMENT if isinstance(each, FragmentDefinitionNode) else "", each) for each in document.definitions
    ]
    while waiting:
        place, node = waiting.pop()
        if isinstance(node, FieldNode):
            name = (node.alias or node.name).value
            found[place, name] += 1
            place = name
        elif isinstance(node, FragmentSpreadNode):
            found["", _FRAGMENT] += 1
        selections = getattr(node, "selection_set", None)
        waiting += [] if selections is None else [(place, each) for each in selections.selections]
    return max(
        ((name, count) for (_, name), count in found.items()), key=lambda each: each[1], default=("", 0)
    )


def measure(
    document: DocumentNode,
    schema: GraphQLSchema,
    *,
    variables: Mapping[str, Any] | None = None,
    operation_name: str | None = None,
) -> Measure:
    """The measure of the operation of this name, of the first one without."""
    operation = next(
        (
            each
            for each in document.definitions
            if isinstance(each, OperationDefinitionNode)
            and (operation_name is None or (each.name is not None and each.name.value == operation_name))
        ),
        None,
    )
    found = Measure()
    if operation is not None:
        known = {**_defaults(operation), **(variables or {})}
        walk = _Walk(document, schema, variables=known, found=found)
        found.cost = walk.cost(operation.selection_set, walk.root(operation.operation), depth=1, inside=())
    return found


class _Walk:
    """One way through the selections of an operation."""

    def __init__(
        self,
        document: DocumentNode,
        schema: GraphQLSchema,
        *,
        variables: Mapping[str, Any],
        found: Measure,
    ) -> None:
        self._variables, self._found = variables, found
        self._schema = schema
        self._fragments = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }

    def root(self, operation: OperationType) -> GraphQLNamedType | None:
        return self._schema.get_root_type(operation)

    def cost(
        self,
        selections: SelectionSetNode | None,
        parent: GraphQLNamedType | None,
        *,
        depth: int,
        inside: tuple[str, ...],
        lists: int | None = None,
    ) -> int:
        """Cost of what is selected of `parent`. `inside` names the fragments that it stands in, `lists` counts those of
        the schema; None outside of questions about it."""
        if selections is None or self._found.refusal is not None:
            return 0
        self._found.depth = max(self._found.depth, depth if lists is None else 0)
        return sum(
            self._cost_of(field, parent, depth=depth, inside=within, lists=lists)
            for field, within in self._fields(selections, inside)
        )

    def _cost_of(
        self,
        field: FieldNode,
        parent: GraphQLNamedType | None,
        *,
        depth: int,
        inside: tuple[str, ...],
        lists: int | None,
    ) -> int:
        name = field.name.value
        self._found.fields += 1
        self._found.aliases += field.alias is not None
        if lists is not None or name in {"__schema", "__type"}:
            lists = (lists or 0) + (name in _SCHEMA_LISTS)
            self._found.schema_lists = max(self._found.schema_lists, lists)
            return 1 + self.cost(field.selection_set, None, depth=depth, inside=inside, lists=lists)
        declared = _declared(parent, name)
        below = None if declared is None else get_named_type(declared.type)
        each = self.cost(field.selection_set, below, depth=depth + 1, inside=inside)
        return _own(name) + self._length(field, declared) * each

    def _fields(
        self, selections: SelectionSetNode, inside: tuple[str, ...]
    ) -> Iterator[tuple[FieldNode, tuple[str, ...]]]:
        """The fields that are selected, those of fragments in their places; a fragment inside itself has none."""
        for each in selections.selections:
            if self._found.refusal is not None:
                return
            if isinstance(each, FieldNode):
                yield each, inside
            elif isinstance(each, InlineFragmentNode):
                yield from self._fields(each.selection_set, inside)
            elif isinstance(each, FragmentSpreadNode) and each.name.value not in inside:
                self._found.fields += 1
                fragment = self._fragments.get(each.name.value)
                if fragment is not None:
                    yield from self._fields(fragment.selection_set, (*inside, each.name.value))

    def _length(self, field: FieldNode, declared: GraphQLField | None) -> int:
        """How many items come back at most, or usually."""
        if declared is None:
            return 1
        if "first" in declared.args:
            return self._first(field, declared.args["first"].default_value)
        kind = declared.type.of_type if isinstance(declared.type, GraphQLNonNull) else declared.type
        if not is_list_type(kind):
            return 1
        named = self._named(field)
        return USUAL.get(field.name.value, USUAL_LENGTH) if named is None else named

    def _named(self, field: FieldNode) -> int | None:
        """How many items are named by `ids`; None where they are not."""
        told = self._told(field, "ids")
        return len(told) if isinstance(told, list) else None

    def _first(self, field: FieldNode, default: Any) -> int:
        """How long a page is at most."""
        told = self._told(field, "first")
        return _whole(default if told is Undefined else told)

    def _told(self, field: FieldNode, name: str) -> Any:
        """What an argument of this name says; Undefined where it says nothing and its own default holds."""
        node = next((each.value for each in field.arguments if each.name.value == name), None)
        if isinstance(node, VariableNode):
            return self._variables.get(node.name.value, Undefined)
        return Undefined if node is None else _literal(node)


def _defaults(operation: OperationDefinitionNode) -> dict[str, Any]:
    """What variables are where none are given."""
    declared = operation.variable_definitions
    return {
        each.variable.name.value: _literal(each.default_value)
        for each in declared
        if each.default_value is not None
    }


def _literal(node: ValueNode) -> Any:
    """A number, or a list of whatever; None for anything else."""
    if isinstance(node, IntValueNode):
        return int(node.value[:12])
    return list(node.values) if isinstance(node, ListValueNode) else None


def _whole(told: object) -> int:
    """The length that is told. 100.0 is 100, as the graph takes it."""
    if isinstance(told, float) and told.is_integer():
        told = int(told)
    if isinstance(told, bool) or not isinstance(told, int):
        return FIRST_MAX
    return min(max(1, told), LENGTH_MAX)


def _declared(parent: GraphQLNamedType | None, name: str) -> GraphQLField | None:
    if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
        fields: dict[str, GraphQLField] = parent.fields
        return fields.get(name)
    return None


def _own(name: str) -> int:
    """What a field costs without what stands below it."""
    return DEAR.get(name, STORE if name in STORED else 1)
