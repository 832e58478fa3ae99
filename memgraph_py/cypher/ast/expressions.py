"""Expressions as written."""

from typing import TYPE_CHECKING, TypeAlias

from memgraph_py.immutable import immutable
from memgraph_py.values.types import Value
from memgraph_py.values.value_types import ValueType

if TYPE_CHECKING:  # expressions hold patterns and queries, and these hold expressions
    from memgraph_py.cypher.ast.clauses import Query
    from memgraph_py.cypher.ast.patterns import PatternPart


@immutable
class Literal:
    """A number, string, boolean or null."""

    value: Value
    offset: int


@immutable
class Parameter:
    """`$name` or `{name}`-less; digits are names too."""

    name: str
    offset: int


@immutable
class Variable:
    name: str
    offset: int


@immutable
class PropertyAccess:
    """`subject.key`."""

    subject: "Expression"
    key: str
    offset: int


@immutable
class LabelPredicate:
    """`n:A:B` inside an expression: all labels; none named: `n:%`, any label. A relationship has its type alone."""

    subject: "Expression"
    labels: tuple[str, ...]
    offset: int


@immutable
class LabelsNamedPredicate:
    """`n:$(names)`: all of the labels, or one where ``any``."""

    subject: "Expression"
    names: "Expression"
    any: bool
    offset: int


@immutable
class Infix:
    """`left symbol right`; symbol in upper case with single spaces: `+ - * / % ^ = <> < <= > >= AND OR XOR IN`,
    `STARTS WITH`, `ENDS WITH`, `CONTAINS`, `=~`."""

    symbol: str
    left: "Expression"
    right: "Expression"
    offset: int


@immutable
class ComparisonChain:
    """`a < b <= c`: at least two symbols; each pair is compared and all joined by AND."""

    operands: tuple["Expression", ...]
    symbols: tuple[str, ...]
    offset: int


@immutable
class Prefix:
    """`NOT x`, `-x`, `+x`; symbol `NOT`, `-` or `+`."""

    symbol: str
    operand: "Expression"
    offset: int


@immutable
class NullCheck:
    """`x IS NULL`, `x IS NOT NULL` (``negated``)."""

    operand: "Expression"
    negated: bool
    offset: int


@immutable
class TypePredicate:
    """`x IS :: INTEGER`, `x IS TYPED INTEGER`, `x IS NOT :: INTEGER` (``negated``)."""

    operand: "Expression"
    type: ValueType
    negated: bool
    offset: int


@immutable
class Subscript:
    """`list[index]`, `map[key]`."""

    subject: "Expression"
    index: "Expression"
    offset: int


@immutable
class Slice:
    """`list[start..stop]`."""

    subject: "Expression"
    start: "Expression | None"
    stop: "Expression | None"
    offset: int


@immutable
class FunctionCall:
    """`name(arguments)`, name as written with its dots; `count(*)` has ``star``."""

    name: str
    arguments: tuple["Expression", ...]
    distinct: bool
    star: bool
    offset: int


@immutable
class ListLiteral:
    items: tuple["Expression", ...]
    offset: int


@immutable
class MapLiteral:
    keys: tuple[str, ...]
    values: tuple["Expression", ...]
    offset: int


@immutable
class MapProjection:
    """`variable{.key, .*, name: expression, variable}`; `.key` and `variable` items are written out as (key,
    expression).
    """

    subject: Variable
    all_properties: bool
    keys: tuple[str, ...]
    values: tuple["Expression", ...]
    offset: int


@immutable
class Case:
    """``subject`` is None in the generic form; ``otherwise`` None when there is no ELSE."""

    subject: "Expression | None"
    conditions: tuple["Expression", ...]
    results: tuple["Expression", ...]
    otherwise: "Expression | None"
    offset: int


@immutable
class ListComprehension:
    variable: str
    list: "Expression"
    predicate: "Expression | None"
    result: "Expression | None"
    offset: int


@immutable
class PatternComprehension:
    """`[path = (a)-->(b) WHERE predicate | result]`."""

    pattern: "PatternPart"
    predicate: "Expression | None"
    result: "Expression"
    offset: int


@immutable
class Quantifier:
    """kind: `all`, `any`, `none`, `single`."""

    kind: str
    variable: str
    list: "Expression"
    predicate: "Expression | None"
    offset: int


@immutable
class Reduce:
    accumulator: str
    initial: "Expression"
    variable: str
    list: "Expression"
    step: "Expression"
    offset: int


@immutable
class PatternPredicate:
    """A pattern used as an expression: `(a)-->(b)`; it has at least one relationship."""

    pattern: "PatternPart"
    offset: int


@immutable
class ShortestPath:
    """`shortestPath((a)-[*]-(b))`, a path or NULL; `allShortestPaths(…)`, a list of paths."""

    pattern: "PatternPart"
    offset: int


@immutable
class ExistsSubquery:
    """`EXISTS { … }`: a query, or a pattern with WHERE written as MATCH … RETURN-less query."""

    query: "Query"
    offset: int


@immutable
class CountSubquery:
    """`COUNT { … }`."""

    query: "Query"
    offset: int


@immutable
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
    | LabelsNamedPredicate
    | Infix
    | ComparisonChain
    | Prefix
    | NullCheck
    | TypePredicate
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
    | ShortestPath
    | ExistsSubquery
    | CountSubquery
    | CollectSubquery
)
