"""Expressions of a plan. Everything that has a name in openCypher is a ``Call``: `a + b` calls the function ``+``.

Expressions are evaluated over a batch and give a column (``execution/evaluation.py``). The few kinds below are those
whose arguments are not simply evaluated first: they bind variables, or skip what need not be computed.
"""

from dataclasses import field
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from memgraph_py.immutable import immutable
from memgraph_py.values.types import Value
from memgraph_py.values.value_types import ValueType

if TYPE_CHECKING:  # subqueries hold operators, operators hold expressions
    from memgraph_py.plan.operators import Operator


@immutable
class Remembering:
    """Room in each part of a plan for what is found out about it, once (``variables.py``). free: of an expression, the
    variables that the batch must have; None until someone asks. marks: what else holds, a sum of those below, less than
    nothing until someone asks; of an operator, or of what it carries out, such as an item of SET, those of all its
    expressions."""

    free: frozenset[str] | None = field(default=None, init=False, repr=False, compare=False)
    marks: int = field(default=-1, init=False, repr=False, compare=False)


VARIES = 1
"""The value may differ where the free variables do not: by chance, with the graph, or as an aggregate's does."""
RANDOM = 2
"""A call in it gives another value each time; of plans that it holds nothing is said."""
HOLDS_PLAN = 4
"""A subquery stands somewhere in it."""
HAS_PARAMETER = 8
"""A parameter stands in it, or may in a plan that it holds."""
HAS_AGGREGATE = 16
"""An aggregate stands in it; those in a plan that it holds are not its own."""
HAS_CONSTANT = 32
"""A call, list or map of literals alone stands in it, or may in a plan that it holds."""
TAKES_LONG = 64
"""A call in it, or in a plan that it holds, may take long between two looks at the time."""
HAS_COMPUTED = 128
"""What is computed of parameters alone stands in it, or may in a plan that it holds."""


@immutable
class Literal(Remembering):
    """A constant. Lists and maps of constants are literals too (``value`` is then not hashable: do not hash it)."""

    value: Value


@immutable
class Parameter(Remembering):
    """`$name`."""

    name: str


@immutable
class Variable(Remembering):
    """A column of the batch."""

    name: str


REMEMBERED_CHARACTERS_MAX = 100
"""Of a variable's name: it comes from a client, and may be as long as a query."""


def variable(name: str) -> Variable:
    """The column of this name; where it comes often the same object, as what is found out about it is the same."""
    return _variable(name) if len(name) <= REMEMBERED_CHARACTERS_MAX else Variable(name)


@lru_cache(1_024)
def _variable(name: str) -> Variable:
    return Variable(name)


@immutable
class Property(Remembering):
    """`subject.key` for a node, relationship, map (NULL where absent) or point; TypeError for other values."""

    subject: "Expression"
    key: str


@immutable
class HasLabels(Remembering):
    """`n:A:B` as a predicate: all labels are there; where none is named, any one. For a relationship: its type is the
    one."""

    subject: "Expression"
    labels: tuple[str, ...]


@immutable
class HasLabelsNamed(Remembering):
    """`n:$(names)`: all of the labels that the string or list of strings names, or one where ``any``; as HasLabels
    otherwise. SemanticError where one is no name."""

    subject: "Expression"
    names: "Expression"
    any: bool


@immutable
class HasType(Remembering):
    """`x IS :: INTEGER`: whether the value is of the type; never NULL."""

    subject: "Expression"
    type: ValueType


@immutable
class Call(Remembering):
    """A function of the registry over evaluated arguments: functions, infix symbols (`+`, `=`, `IN`, `AND`, `[]`,
    `[..]`), prefix symbols (`NOT`, `unary-`), `IS NULL`, `IS NOT NULL`. `distinct` only for aggregates.

    Names as the registry has them: functions in lower case (`tostring`), symbols as above in upper case.
    """

    name: str
    arguments: tuple["Expression", ...]
    distinct: bool = False


@immutable
class ListOf(Remembering):
    """`[a, b, c]`."""

    items: tuple["Expression", ...]


@immutable
class MapOf(Remembering):
    """`{a: 1, b: x}`, keys and values in order."""

    keys: tuple[str, ...]
    values: tuple["Expression", ...]


@immutable
class MapProjection(Remembering):
    """`n{.name, .*, x: 1}`: ``all_properties`` for `.*`, then items win over properties."""

    subject: "Expression"
    all_properties: bool
    keys: tuple[str, ...]
    values: tuple["Expression", ...]


@immutable
class Case(Remembering):
    """`CASE WHEN condition THEN result … ELSE otherwise END`; the simple form is rewritten to conditions with `=`."""

    conditions: tuple["Expression", ...]
    results: tuple["Expression", ...]
    otherwise: "Expression"


@immutable
class ListComprehension(Remembering):
    """`[variable IN list WHERE predicate | result]`; predicate and result may be None."""

    variable: str
    list: "Expression"
    predicate: "Expression | None"
    result: "Expression | None"


@immutable
class Quantifier(Remembering):
    """`all | any | none | single (variable IN list WHERE predicate)`, with ternary logic."""

    kind: str
    variable: str
    list: "Expression"
    predicate: "Expression"


@immutable
class Reduce(Remembering):
    """`reduce(accumulator = initial, variable IN list | step)`."""

    accumulator: str
    initial: "Expression"
    variable: str
    list: "Expression"
    step: "Expression"


@immutable
class PathOf(Remembering):
    """The path along these variables, alternating node, relationship, node …; a relationship variable may hold a list
    (variable length), whose inner nodes follow from the relationships. NULL if any is NULL."""

    variables: tuple[str, ...]


@immutable
class Exists(Remembering):
    """True where the plan gives a row. ``plan`` starts at an ``Argument`` that carries the outer columns it needs."""

    plan: "Operator"


@immutable
class Collect(Remembering):
    """The list of ``variable`` over the rows of the plan (pattern comprehension, COLLECT {}). As Exists otherwise."""

    plan: "Operator"
    variable: str


@immutable
class Count(Remembering):
    """The number of rows of the plan (COUNT {}, size of a pattern). As Exists otherwise."""

    plan: "Operator"


@immutable
class ExistsOnce(Remembering):
    """As Exists, of a plan that reads nothing of the batch, and so is run once for an execution: true where it gives a
    row; with ``variable``, one whose node is that of the batch's column of this name. Made by the optimiser only."""

    plan: "Operator"
    variable: str | None


@immutable
class CountOnce(Remembering):
    """As ExistsOnce: the number of rows that the plan gives, with ``variable`` of those for the batch's node."""

    plan: "Operator"
    variable: str | None


@immutable
class CollectOnce(Remembering):
    """As CountOnce: the list of ``element`` over these rows, in their order."""

    plan: "Operator"
    variable: str | None
    element: str


@immutable
class Constant(Remembering):
    """An expression that reads parameters alone, and has the same value in each row: computed once for an execution.
    Made by the optimiser only."""

    expression: "Expression"


Expression: TypeAlias = (
    Literal
    | Parameter
    | Variable
    | Property
    | HasLabels
    | HasLabelsNamed
    | HasType
    | Call
    | ListOf
    | MapOf
    | MapProjection
    | Case
    | ListComprehension
    | Quantifier
    | Reduce
    | PathOf
    | Exists
    | ExistsOnce
    | CountOnce
    | CollectOnce
    | Collect
    | Count
    | Constant
)
