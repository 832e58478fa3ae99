"""Rule: rows of which the first ones in an order are wanted come in this order, where an index has it.

    MATCH (p:Post) WHERE p.day > 5 RETURN p ORDER BY p.day LIMIT 10

    Top 10 BY p.day ← Filter p.day > 5 ← IndexRangeSeek p:Post(day >= 5)
    Limit 10 ← Filter p.day > 5 ← IndexOrder p:Post(day >= 5 ASC)            which stops once it has ten

What lies between keeps the order: filters and expansions. Worth it where few of the elements have to be looked at
before there are enough rows. Only in statements that change nothing, as a sort takes all rows before anything is
changed.
"""

from typing import Any

from memgraph_py.optimizer.cost import estimate_output
from memgraph_py.optimizer.statistics import Statistics
from memgraph_py.plan.expressions import Call, Expression, Literal, Property, Variable
from memgraph_py.plan.operators import (
    Argument,
    Expand,
    ExpandInto,
    Filter,
    IndexOrder,
    IndexRangeSeek,
    LabelScan,
    Limit,
    Operator,
    Skip,
    Top,
    UniqueRelationships,
    Unit,
)
from memgraph_py.plan.substitution import rewrite_operators
from memgraph_py.plan.tree import stacked, writes
from memgraph_py.plan.variables import free_variables
from memgraph_py.storage.schema_rules import Entity

ELEMENTS_MIN = 1_000.0
"""Fewer are sorted as fast."""
IN_ORDER_ROWS = 8.0
"""To look at an element in order takes as long as to scan so many."""
LIMIT_ROWS = 100.0
"""What a LIMIT or SKIP by a parameter is taken to be."""
_KEEPING = (Filter, Expand, ExpandInto, UniqueRelationships)
_DROPPING_NULL = frozenset(("=", "<", "<=", ">", ">=", "STARTS WITH", "IS NOT NULL"))


def order_by_index(plan: Operator, statistics: Statistics) -> Operator:
    """The plan with IndexOrder and Limit in place of Top, where that is expected to be cheaper."""

    def change(node: Any) -> Any:
        match node:
            case Top(_, (Property(Variable(name), key),), (descending,)):
                return _ordered(node, name, key, statistics, descending=descending) or node
            case _:
                return node

    found = rewrite_operators(plan, change)
    return plan if found is plan or writes(plan) else found


def sorts_by_property(operator: Operator) -> bool:
    """True of a Top whose one key is a property."""
    return isinstance(operator, Top) and len(operator.keys) == 1 and isinstance(operator.keys[0], Property)


def _ordered(top: Top, name: str, key: str, statistics: Statistics, *, descending: bool) -> Operator | None:
    above: list[Operator] = []
    below = top.input
    while isinstance(below, _KEEPING):
        above.append(below)
        below = below.input
    bounds: tuple[Expression | None, Expression | None, bool] = (None, None, False)
    match below:
        case LabelScan(Unit() | Argument() as leaf, variable, token):
            pass
        case IndexRangeSeek(Unit() | Argument() as leaf, variable, token, (on,), (), lower, upper, is_prefix):
            if on != key:
                return None
            bounds = (lower, upper, is_prefix)
        case _:
            return None
    if variable != name or not statistics.indexes(Entity.NODE).covers(token, key):
        return None
    if any(bound is not None and free_variables(bound) for bound in bounds[:2]):
        return None
    elements = estimate_output(below, statistics)
    share = estimate_output(top.input, statistics) / max(elements, 1.0)
    wanted = (_number(top.count) + _number(top.skipped)) / max(share, 1e-9)
    if elements < ELEMENTS_MIN or IN_ORDER_ROWS * wanted > elements:
        return None
    is_present = any(_drops_null(piece.predicate, name, key) for piece in above if isinstance(piece, Filter))
    ordered: Operator = IndexOrder(leaf, name, token, key, *bounds, is_present, descending)
    ordered = stacked(reversed(above), ordered)
    if top.skipped is not None:
        ordered = Skip(ordered, top.skipped)
    return Limit(ordered, top.count)


def _number(expression: Expression | None) -> float:
    match expression:
        case None:
            return 0.0
        case Literal(int() as number):
            return float(number)
        case _:
            return LIMIT_ROWS


def _drops_null(predicate: Expression, name: str, key: str) -> bool:
    """True where a row whose property is NULL does not pass."""
    match predicate:
        case Call(sign, arguments) if sign in _DROPPING_NULL:
            return Property(Variable(name), key) in arguments
        case _:
            return False
