"""Limits on a document: depth, cost, aliases, and depth of introspection.

Belongs here: measuring a parsed document, the limits, the message when one is exceeded. Does not belong here: when this
is checked (`guard`), rate limits and page sizes.

Cost: a field costs 1, one that may query the store `STORE`. The cost of a list's selections is multiplied by its
length: the argument `first` if there is one, else the usual length of such a list. Documents are measured before they
are validated, so they may contain anything; a `first` that is not an integer counts as the longest page.
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
"""Characters per document."""
BODY_MAX = 64 * 1024
"""Bytes per request, or per message on the socket."""
TOKENS_MAX = 1_500
DEPTH_MAX = 10
COST_MAX = 5_000
ALIASES_MAX = 20
FIELDS_MAX = 2_000
"""Fields after expanding every fragment."""
SAME_MAX = 50
"""Most occurrences of one response name below fields of one name, and of fragment spreads in total: the validator
compares them pairwise."""
_FRAGMENT = "..."
SCHEMA_LISTS_MAX = 3
"""Nesting of lists in an introspection query; GraphiQL's own needs no more."""

STORE = 20
STORED: Final = frozenset(
    {"rounds", "players", "prediction", "predictionHistory", "roundMetrics", "swings", "events", "match",
     "matches", "searchMatches", "career", "team", "teams", "player", "teamA", "teamB", "quality"}
)  # fmt: skip
"""Fields that may query the store."""
DEAR: Final = {"scores": 400, "models": 400, "calibration": 200, "explanation": 100, "leaderboard": 100,
        "swingLeaderboard": 100, "highlights": 50}  # fmt: skip
"""Cost of fields that compute, or query all matches, relative to a query of one match."""
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
"""GraphQL's largest integer; longer lengths count as this."""
_SCHEMA_LISTS = frozenset({"fields", "inputFields", "interfaces", "possibleTypes"})


class Measure(msgspec.Struct, kw_only=True):
    """What one operation of a document requests. Measuring stops once a limit is exceeded."""

    depth: int = 0
    cost: int = 0
    aliases: int = 0
    fields: int = 0
    schema_lists: int = 0

    @property
    def refusal(self) -> str | None:
        """Return which limit is exceeded and what to do; None if none is."""
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
    """Return why an operation is refused; None if it may run."""
    if len(text) > DOCUMENT_MAX:
        return f"{len(text)} characters are more than {DOCUMENT_MAX}: send the document in parts"
    name, count = _most_repeated(document)
    if count > SAME_MAX:
        return f"{count} times {name} are more than {SAME_MAX}: ask for it once in each place, or in requests apart"
    return measure(document, schema, variables=variables, operation_name=operation_name).refusal


def _most_repeated(document: DocumentNode) -> tuple[str, int]:
    """Return the name that occurs most often below fields of one name, and how often. All fragments count as one name,
    and the contents of all fragments as if they were in one."""
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
    """Measure the operation of this name; without a name, the first one."""
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
    """One traversal of the selections of an operation."""

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
        """Return the cost of what is selected of `parent`. `inside` names the enclosing fragments. `lists` counts the
        enclosing lists of the schema; None outside introspection."""
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
        """Yield the selected fields, with fragments expanded in place; a fragment inside itself is skipped."""
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
        """Return the maximum or else the usual number of items."""
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
        """Return the number of items named by `ids`; None if the argument is absent."""
        told = self._told(field, "ids")
        return len(told) if isinstance(told, list) else None

    def _first(self, field: FieldNode, default: Any) -> int:
        """Return the maximum length of a page."""
        told = self._told(field, "first")
        return _whole(default if told is Undefined else told)

    def _told(self, field: FieldNode, name: str) -> Any:
        """Return the value of an argument; Undefined if it is not given, so that its default applies."""
        node = next((each.value for each in field.arguments if each.name.value == name), None)
        if isinstance(node, VariableNode):
            return self._variables.get(node.name.value, Undefined)
        return Undefined if node is None else _literal(node)


def _defaults(operation: OperationDefinitionNode) -> dict[str, Any]:
    """Return the default values of the operation's variables."""
    declared = operation.variable_definitions
    return {
        each.variable.name.value: _literal(each.default_value)
        for each in declared
        if each.default_value is not None
    }


def _literal(node: ValueNode) -> Any:
    """Return an integer or a list; None for any other literal."""
    if isinstance(node, IntValueNode):
        return int(node.value[:12])
    return list(node.values) if isinstance(node, ListValueNode) else None


def _whole(told: object) -> int:
    """Return the length given by a value. 100.0 counts as 100, as GraphQL accepts it."""
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
    """Return the cost of a field without its selections."""
    return DEAR.get(name, STORE if name in STORED else 1)
