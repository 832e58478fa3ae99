"""What was written: one dataclass per construct. ``offset`` is where it begins in the text, in characters.

Source: openCypher 9 grammar; stream clauses: STREAMS' contract. Only the parser makes these, only analysis and the
planner read them.
"""

from dataclasses import dataclass
from typing import TypeAlias

from memgraph_py.storage.view import Direction
from memgraph_py.values.types import Value

# -------------------------------------------------------------------------------------------------------- expressions


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, string, boolean or null."""

    value: Value
    offset: int


@dataclass(frozen=True, slots=True)
class Parameter:
    """`$name` or `{name}`-less; digits are names too."""

    name: str
    offset: int


@dataclass(frozen=True, slots=True)
class Variable:
    name: str
    offset: int


@dataclass(frozen=True, slots=True)
class PropertyAccess:
    """`subject.key`."""

    subject: "Expression"
    key: str
    offset: int


@dataclass(frozen=True, slots=True)
class LabelPredicate:
    """`n:A:B` inside an expression."""

    subject: "Expression"
    labels: tuple[str, ...]
    offset: int


@dataclass(frozen=True, slots=True)
class Infix:
    """`left symbol right`; symbol in upper case with single spaces: `+ - * / % ^ = <> < <= > >= AND OR XOR IN`,
    `STARTS WITH`, `ENDS WITH`, `CONTAINS`, `=~`."""

    symbol: str
    left: "Expression"
    right: "Expression"
    offset: int


@dataclass(frozen=True, slots=True)
class ComparisonChain:
    """`a < b <= c`: at least two symbols; each pair is compared and all joined by AND."""

    operands: tuple["Expression", ...]
    symbols: tuple[str, ...]
    offset: int


@dataclass(frozen=True, slots=True)
class Prefix:
    """`NOT x`, `-x`, `+x`; symbol `NOT`, `-` or `+`."""

    symbol: str
    operand: "Expression"
    offset: int


@dataclass(frozen=True, slots=True)
class NullCheck:
    """`x IS NULL`, `x IS NOT NULL` (``negated``)."""

    operand: "Expression"
    negated: bool
    offset: int


@dataclass(frozen=True, slots=True)
class Subscript:
    """`list[index]`, `map[key]`."""

    subject: "Expression"
    index: "Expression"
    offset: int


@dataclass(frozen=True, slots=True)
class Slice:
    """`list[start..stop]`."""

    subject: "Expression"
    start: "Expression | None"
    stop: "Expression | None"
    offset: int


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """`name(arguments)`, name as written with its dots; `count(*)` has ``star``."""

    name: str
    arguments: tuple["Expression", ...]
    distinct: bool
    star: bool
    offset: int


@dataclass(frozen=True, slots=True)
class ListLiteral:
    items: tuple["Expression", ...]
    offset: int


@dataclass(frozen=True, slots=True)
class MapLiteral:
    keys: tuple[str, ...]
    values: tuple["Expression", ...]
    offset: int


@dataclass(frozen=True, slots=True)
class MapProjection:
    """`variable{.key, .*, name: expression, variable}`; `.key` and `variable` items are written out as (key,
    expression).
    """

    subject: Variable
    all_properties: bool
    keys: tuple[str, ...]
    values: tuple["Expression", ...]
    offset: int


@dataclass(frozen=True, slots=True)
class Case:
    """``subject`` is None in the generic form; ``otherwise`` None when there is no ELSE."""

    subject: "Expression | None"
    conditions: tuple["Expression", ...]
    results: tuple["Expression", ...]
    otherwise: "Expression | None"
    offset: int


@dataclass(frozen=True, slots=True)
class ListComprehension:
    variable: str
    list: "Expression"
    predicate: "Expression | None"
    result: "Expression | None"
    offset: int


@dataclass(frozen=True, slots=True)
class PatternComprehension:
    """`[path = (a)-->(b) WHERE predicate | result]`."""

    pattern: "PatternPart"
    predicate: "Expression | None"
    result: "Expression"
    offset: int


@dataclass(frozen=True, slots=True)
class Quantifier:
    """kind: `all`, `any`, `none`, `single`."""

    kind: str
    variable: str
    list: "Expression"
    predicate: "Expression | None"
    offset: int


@dataclass(frozen=True, slots=True)
class Reduce:
    accumulator: str
    initial: "Expression"
    variable: str
    list: "Expression"
    step: "Expression"
    offset: int


@dataclass(frozen=True, slots=True)
class PatternPredicate:
    """A pattern used as an expression: `(a)-->(b)`; it has at least one relationship."""

    pattern: "PatternPart"
    offset: int


@dataclass(frozen=True, slots=True)
class ExistsSubquery:
    """`EXISTS { … }`: a query, or a pattern with WHERE written as MATCH … RETURN-less query."""

    query: "Query"
    offset: int


@dataclass(frozen=True, slots=True)
class CountSubquery:
    """`COUNT { … }`."""

    query: "Query"
    offset: int


@dataclass(frozen=True, slots=True)
class CollectSubquery:
    """`COLLECT { … }`."""

    query: "Query"
    offset: int


Expression: TypeAlias = (
    Literal
    | Parameter
    | Variable
    | PropertyAccess
    | LabelPredicate
    | Infix
    | ComparisonChain
    | Prefix
    | NullCheck
    | Subscript
    | Slice
    | FunctionCall
    | ListLiteral
    | MapLiteral
    | MapProjection
    | Case
    | ListComprehension
    | PatternComprehension
    | Quantifier
    | Reduce
    | PatternPredicate
    | ExistsSubquery
    | CountSubquery
    | CollectSubquery
)

# ----------------------------------------------------------------------------------------------------------- patterns


@dataclass(frozen=True, slots=True)
class NodePattern:
    """`(variable:A:B {…} WHERE …)`; ``variable`` None when not written; properties: MapLiteral or Parameter."""

    variable: str | None
    labels: tuple[str, ...]
    properties: "MapLiteral | Parameter | None"
    predicate: Expression | None
    offset: int


@dataclass(frozen=True, slots=True)
class RelationshipPattern:
    """`-[variable:A|B *minimum..maximum {…}]->`. ``variable_length`` True where a `*` stands; minimum and maximum
    None where not written (1, unbounded). direction: OUT `-->`, IN `<--`, BOTH `--` and `<-->`."""

    variable: str | None
    types: tuple[str, ...]
    direction: Direction
    variable_length: bool
    minimum: int | None
    maximum: int | None
    properties: "MapLiteral | Parameter | None"
    predicate: Expression | None
    offset: int


@dataclass(frozen=True, slots=True)
class PatternPart:
    """`variable = (a)-[r]->(b)…`: nodes one more than relationships. function: None, `shortestpath`,
    `allshortestpaths`.
    """

    variable: str | None
    nodes: tuple[NodePattern, ...]
    relationships: tuple[RelationshipPattern, ...]
    function: str | None
    offset: int


# ------------------------------------------------------------------------------------------------------------ clauses


@dataclass(frozen=True, slots=True)
class Match:
    optional: bool
    pattern: tuple[PatternPart, ...]
    where: Expression | None
    offset: int


@dataclass(frozen=True, slots=True)
class Unwind:
    list: Expression
    variable: str
    offset: int


@dataclass(frozen=True, slots=True)
class ProjectionItem:
    """`expression AS alias`; ``text`` is the expression as written, the column's name where there is no alias."""

    expression: Expression
    alias: str | None
    text: str
    offset: int


@dataclass(frozen=True, slots=True)
class SortItem:
    expression: Expression
    descending: bool


@dataclass(frozen=True, slots=True)
class Projection:
    """What WITH and RETURN share. ``star``: `*` stands first, then the items."""

    distinct: bool
    star: bool
    items: tuple[ProjectionItem, ...]
    order_by: tuple[SortItem, ...]
    skip: Expression | None
    limit: Expression | None


@dataclass(frozen=True, slots=True)
class With:
    projection: Projection
    where: Expression | None
    offset: int


@dataclass(frozen=True, slots=True)
class Return:
    projection: Projection
    offset: int


@dataclass(frozen=True, slots=True)
class Create:
    pattern: tuple[PatternPart, ...]
    offset: int


@dataclass(frozen=True, slots=True)
class SetPropertyItem:
    """`subject.key = value`."""

    subject: Expression
    key: str
    value: Expression
    offset: int


@dataclass(frozen=True, slots=True)
class SetPropertiesItem:
    """`variable = value`, `variable += value` (``merge``)."""

    variable: str
    value: Expression
    merge: bool
    offset: int


@dataclass(frozen=True, slots=True)
class SetLabelsItem:
    """`variable:A:B`."""

    variable: str
    labels: tuple[str, ...]
    offset: int


SetItem: TypeAlias = SetPropertyItem | SetPropertiesItem | SetLabelsItem


@dataclass(frozen=True, slots=True)
class Set:
    items: tuple[SetItem, ...]
    offset: int


@dataclass(frozen=True, slots=True)
class RemovePropertyItem:
    subject: Expression
    key: str
    offset: int


@dataclass(frozen=True, slots=True)
class RemoveLabelsItem:
    variable: str
    labels: tuple[str, ...]
    offset: int


@dataclass(frozen=True, slots=True)
class Remove:
    items: tuple[RemovePropertyItem | RemoveLabelsItem, ...]
    offset: int


@dataclass(frozen=True, slots=True)
class Merge:
    pattern: PatternPart
    on_create: tuple[SetItem, ...]
    on_match: tuple[SetItem, ...]
    offset: int


@dataclass(frozen=True, slots=True)
class Delete:
    expressions: tuple[Expression, ...]
    detach: bool
    offset: int


@dataclass(frozen=True, slots=True)
class YieldItem:
    column: str
    alias: str | None
    offset: int


@dataclass(frozen=True, slots=True)
class ProcedureCall:
    """`CALL name(arguments) YIELD …`; arguments None when no brackets stand (a standalone call takes parameters by
    name); yields None without YIELD; ``star`` for `YIELD *`."""

    name: str
    arguments: tuple[Expression, ...] | None
    yields: tuple[YieldItem, ...] | None
    star: bool
    where: Expression | None
    offset: int


@dataclass(frozen=True, slots=True)
class Foreach:
    """`FOREACH (variable IN list | clauses)`."""

    variable: str
    list: Expression
    clauses: "tuple[Clause, ...]"
    offset: int


@dataclass(frozen=True, slots=True)
class SubqueryCall:
    """`CALL { … }`, `CALL (x) { … }` (``imports``; None: by a leading WITH)."""

    query: "Query"
    imports: tuple[str, ...] | None
    offset: int


Clause: TypeAlias = (
    Match | Unwind | With | Return | Create | Set | Remove | Merge | Delete | ProcedureCall | Foreach | SubqueryCall
)


@dataclass(frozen=True, slots=True)
class SingleQuery:
    clauses: tuple[Clause, ...]
    offset: int


@dataclass(frozen=True, slots=True)
class Query:
    """One or more single queries joined by UNION; ``union_all[i]`` tells how part i + 1 joins. mode: None, `EXPLAIN`,
    `PROFILE`.
    """

    parts: tuple[SingleQuery, ...]
    union_all: tuple[bool, ...]
    mode: str | None
    offset: int


# ----------------------------------------------------------------------------------------------------------- commands


@dataclass(frozen=True, slots=True)
class CreateIndex:
    """name None where not written."""

    name: str | None
    label: str
    keys: tuple[str, ...]
    if_not_exists: bool
    offset: int


@dataclass(frozen=True, slots=True)
class DropIndex:
    """By name, or by label and keys."""

    name: str | None
    label: str | None
    keys: tuple[str, ...]
    if_exists: bool
    offset: int


@dataclass(frozen=True, slots=True)
class ShowIndexes:
    offset: int


@dataclass(frozen=True, slots=True)
class CreateStream:
    """Each of uri, topic, transform, batch_interval, batch_size is a Literal or a Parameter; the last two may be
    None.
    """

    name: str
    uri: Literal | Parameter
    topic: Literal | Parameter
    transform: Literal | Parameter
    batch_interval: Literal | Parameter | None
    batch_size: Literal | Parameter | None
    offset: int


@dataclass(frozen=True, slots=True)
class DropStream:
    name: str
    offset: int


@dataclass(frozen=True, slots=True)
class StartStream:
    name: str
    limit: Literal | Parameter | None
    offset: int


@dataclass(frozen=True, slots=True)
class StopStream:
    name: str
    offset: int


@dataclass(frozen=True, slots=True)
class StartAllStreams:
    offset: int


@dataclass(frozen=True, slots=True)
class StopAllStreams:
    offset: int


@dataclass(frozen=True, slots=True)
class TestStream:
    name: str
    limit: Literal | Parameter | None
    offset: int


@dataclass(frozen=True, slots=True)
class ShowStreams:
    offset: int


@dataclass(frozen=True, slots=True)
class ShowStream:
    """`SHOW STREAM name`: one row per fact."""

    name: str
    offset: int


StreamCommand: TypeAlias = (
    CreateStream
    | DropStream
    | StartStream
    | StopStream
    | StartAllStreams
    | StopAllStreams
    | TestStream
    | ShowStreams
    | ShowStream
)
Command: TypeAlias = CreateIndex | DropIndex | ShowIndexes | StreamCommand
Statement: TypeAlias = Query | Command
