"""Rule: what EXISTS asks of many rows is found out once, from its other end, where that is expected to be less work.

    MATCH (n:User) WHERE NOT EXISTS { (n)-[:FRIEND]->()-[:LIKES]->(:Post {id: 5}) }

    Filter NOT EXISTS { … Expand n → @1 ← Argument n }       for each user all friends and all that these like
    Filter NOT n IN { … Expand p ← @1 ← IndexSeek p }        who has a friend that likes the post, once; then a look-up

A pattern that touches one node of the outer row alone is a question about that node: the nodes for which the answer is
yes are those that the pattern gives by itself. A pattern that touches none has one answer for all rows. Only in
statements that change nothing: others might be asked again after a change.
"""

from dataclasses import dataclass
from typing import Any

from memgraph_py.optimizer.access import is_deterministic
from memgraph_py.optimizer.cost import estimate_output, largest_rows
from memgraph_py.optimizer.order_expansions import order_expansions
from memgraph_py.optimizer.patterns import PIECES
from memgraph_py.optimizer.statistics import Statistics
from memgraph_py.optimizer.use_indexes import use_indexes
from memgraph_py.plan.expressions import Exists, ExistsOnce, Expression, Literal
from memgraph_py.plan.operators import (
    Aggregate,
    AllNodes,
    Argument,
    Distinct,
    Eager,
    Expand,
    ExpandInto,
    Filter,
    Limit,
    Operator,
    Project,
    Sort,
    Top,
    Unit,
    VariableExpand,
)
from memgraph_py.plan.substitution import rewrite_operators_below
from memgraph_py.plan.tree import EXPRESSION_TYPES, OPERATOR_TYPES, changed, children, rewrite_children, writes
from memgraph_py.plan.variables import bound_variables, facts, read_variables

LIMIT_ROWS = 16.0
"""What a LIMIT by a parameter is taken to be."""
LOOKED_AT_PER_ROW = 16.0
"""How many rows may be looked at before one is found that a LIMIT lets through."""
TAKES_ALL = (Aggregate, Distinct, Eager, Sort, Top)


def check_existence_once(plan: Operator, statistics: Statistics) -> Operator:
    """The plan with ExistsOnce where it is expected to be cheaper than Exists."""
    found = _visited(plan, None, statistics)
    return plan if found is plan or writes(plan) else found


def _visited(operator: Operator, wanted: float | None, statistics: Statistics) -> Operator:
    """``wanted``: how many of its rows are taken, where a LIMIT above says so."""
    match operator:
        case Limit(_, Literal(int() as count)):
            wanted = float(count)
        case Limit():
            wanted = LIMIT_ROWS
        case _ if isinstance(operator, TAKES_ALL):
            wanted = None
    operator = rewrite_operators_below(operator, lambda below: _visited(below, wanted, statistics))
    below = getattr(operator, "input", None)
    if below is None or not any(map(_holds_plan, children(operator))):
        return operator
    return rewrite_children(operator, _Asking(below, wanted, statistics).replaced, leaves=False)


def _holds_plan(part: Any) -> bool:
    return type(part) in EXPRESSION_TYPES and facts(part).holds_plan


def _ordered(plan: Operator, statistics: Statistics) -> Operator:
    """As the rules to come will have it."""
    return use_indexes(order_expansions(plan, statistics), statistics)


@dataclass(slots=True)
class _Asking:
    """Who asks: an operator over the plan ``below``, of so many of its rows."""

    below: Operator
    wanted: float | None
    statistics: Statistics

    def replaced(self, part: Any) -> Any:
        """A part of the operator, or of its expressions, with what is cheaper."""
        if type(part) in OPERATOR_TYPES or not _holds_plan(part):
            return part
        if isinstance(part, Exists):
            return self._once(part)
        return rewrite_children(part, self.replaced, leaves=False)

    def _once(self, asked: Exists) -> Expression:
        pieces, leaf = _pattern(asked.plan)
        if not isinstance(leaf, Argument) or not pieces or (len(pieces) == 1 and isinstance(pieces[0], Expand)):
            return asked  # one expansion is answered by degrees
        if not all(is_deterministic(piece.predicate) for piece in pieces if isinstance(piece, Filter)):
            return asked
        outer = _outer_variables(pieces)
        if not outer:
            return ExistsOnce(Limit(_over(pieces, Unit()), Literal(1)), None)
        (node, *others) = outer
        if others or not _is_end(node, pieces):
            return asked
        alone, statistics = _over(pieces, AllNodes(Unit(), node)), self.statistics
        per_row = largest_rows(_ordered(asked.plan, statistics), statistics)
        if 2 * largest_rows(_ordered(alone, statistics), statistics) > self._rows() * per_row:
            return asked
        return ExistsOnce(Distinct(alone, (node,)), node)

    def _rows(self) -> float:
        rows = estimate_output(_ordered(self.below, self.statistics), self.statistics)
        return rows if self.wanted is None else min(rows, self.wanted * LOOKED_AT_PER_ROW)


def _pattern(plan: Operator) -> tuple[list[Operator], Operator]:
    """The pieces of a plan that is a pattern, lowest first, and what is below; what only shapes rows is left out."""
    while isinstance(plan, Project | Distinct):
        plan = plan.input
    pieces: list[Operator] = []
    while isinstance(plan, PIECES):
        pieces.append(plan)
        plan = plan.input
    return pieces[::-1], plan


def _over(pieces: list[Operator], base: Operator) -> Operator:
    for piece in pieces:
        base = changed(piece, input=base)
    return base


def _outer_variables(pieces: list[Operator]) -> list[str]:
    read, bound = dict[str, None](), set[str]()
    for piece in pieces:
        read.update(dict.fromkeys(read_variables(piece) - bound))
        bound.update(bound_variables(piece))
    return list(read)


def _is_end(name: str, pieces: list[Operator]) -> bool:
    """True when an expansion leads to or from it, so that it is a node."""
    expansions = [piece for piece in pieces if isinstance(piece, Expand | ExpandInto | VariableExpand)]
    return any(name in (piece.source, piece.target) for piece in expansions)
