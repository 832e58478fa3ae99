"""Rule: what a subquery asks of many rows is found out once, where that is expected to be less work.

    MATCH (n:User) WHERE NOT EXISTS { (n)-[:FRIEND]->()-[:LIKES]->(:Post {id: 5}) }

    Filter NOT EXISTS { … Expand n → @1 ← Argument n }       for each user all friends and all that these like
    Filter NOT n IN { … Expand p ← @1 ← IndexSeek p }        who has a friend that likes the post, once; then a look-up

A pattern that touches one node of the outer row alone is a question about that node: the nodes for which EXISTS is
true are those that the pattern gives by itself, as often as COUNT says, with the elements that COLLECT has, in their
order. A pattern that touches none has one answer for all rows. Only in statements that change nothing: others might be
asked again after a change. What could fail is left, as it would be computed for nodes that no row has.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

from memgraph_py.optimizer.cost import estimate_output, largest_rows
from memgraph_py.optimizer.order_expansions import order_expansions
from memgraph_py.optimizer.patterns import PIECES
from memgraph_py.optimizer.push_down_filters import cannot_fail
from memgraph_py.optimizer.statistics import Statistics
from memgraph_py.optimizer.use_indexes import use_indexes
from memgraph_py.plan.expressions import (
    Collect,
    CollectOnce,
    Count,
    CountOnce,
    Exists,
    ExistsOnce,
    Expression,
    Literal,
    Variable,
)
from memgraph_py.plan.operators import (
    Aggregate,
    AllNodes,
    Argument,
    Distinct,
    Eager,
    Expand,
    ExpandInto,
    Limit,
    Operator,
    Project,
    Sort,
    Top,
    Unit,
    VariableExpand,
)
from memgraph_py.plan.substitution import rewrite_operators_below
from memgraph_py.plan.tree import EXPRESSION_TYPES, changed, children, rewrite_children, stacked, writes
from memgraph_py.plan.variables import bound_variables, columns, holds_subquery, is_deterministic, read_variables

ONCE_ROWS = 2.0
"""What is found once may look at half as many rows: all of them are kept."""
LIMIT_ROWS = 16.0
"""What a LIMIT by a parameter is taken to be."""
LOOKED_AT_PER_ROW = 16.0
"""How many rows may be looked at before one is found that a LIMIT lets through."""
COLLECTED_MAX = 1_000_000.0
"""More elements of lists are not held at once: a batch of rows has fewer."""
TAKES_ALL = frozenset((Aggregate, Distinct, Eager, Sort, Top))


def answer_once(plan: Operator, statistics: Statistics) -> Operator:
    """The plan with ExistsOnce, CountOnce and CollectOnce where they are expected to be cheaper."""
    found = _visited(plan, None, statistics)
    return plan if found is plan or writes(plan) else found


def _visited(operator: Operator, wanted: float | None, statistics: Statistics) -> Operator:
    """``wanted``: how many of its rows are taken, where a LIMIT above says so."""
    if isinstance(operator, Limit):
        count = operator.count.value if isinstance(operator.count, Literal) else None
        wanted = float(count) if isinstance(count, int) else LIMIT_ROWS
    elif operator.__class__ in TAKES_ALL:
        wanted = None
    operator = rewrite_operators_below(operator, lambda below: _visited(below, wanted, statistics))
    below = getattr(operator, "input", None)
    if below is None or not holds_subquery(operator):
        return operator
    return rewrite_children(operator, _Asking(below, wanted, statistics).replaced, leaves=False)


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
        if type(part) not in EXPRESSION_TYPES or not holds_subquery(part):
            return part
        match part:
            case Exists(plan):
                alone = self._alone(_pattern_of(plan))
                if alone is None:
                    return part
                node = alone.node
                once = Limit(alone.plan, Literal(1)) if node is None else Distinct(alone.plan, (node,))
                return ExistsOnce(once, node)
            case Count(plan):
                alone = self._alone(plan)
                return part if alone is None else CountOnce(alone.plan, alone.node)
            case Collect(plan, element):
                alone = self._alone(plan)
                if alone is None or estimate_output(alone.plan, self.statistics) > COLLECTED_MAX:
                    return part
                return CollectOnce(alone.plan, alone.node, element)
            case _:
                return rewrite_children(part, self.replaced, leaves=False)

    def _alone(self, plan: Operator) -> "_Alone | None":
        """The plan over Unit, with the node that it is about; None where that is not the same, or not cheaper."""
        shapes, pieces, leaf = _taken_apart(plan)
        if not isinstance(leaf, Argument) or not pieces or (len(pieces) == 1 and isinstance(pieces[0], Expand)):
            return None  # one expansion is answered by degrees
        expressions = [part for piece in (*pieces, *shapes) for part in _expressions(piece)]
        if not all(map(is_deterministic, expressions)):
            return None
        outer = _outer_variables([*pieces, *shapes])
        if not outer:
            return _Alone(stacked([*pieces, *shapes], Unit()), None)
        (node, *others) = outer
        if others or not _is_end(node, pieces) or not all(map(cannot_fail, expressions)):
            return None
        shapes = [_keeping(node, shape) for shape in shapes]
        if not all(node in columns(shape) for shape in shapes if isinstance(shape, Project | Distinct)):
            return None
        alone, statistics = stacked([*pieces, *shapes], AllNodes(Unit(), node)), self.statistics
        per_row = largest_rows(_ordered(plan, statistics), statistics)
        if ONCE_ROWS * largest_rows(_ordered(alone, statistics), statistics) > self._rows() * per_row:
            return None
        return _Alone(alone, node)

    def _rows(self) -> float:
        rows = estimate_output(_ordered(self.below, self.statistics), self.statistics)
        return rows if self.wanted is None else min(rows, self.wanted * LOOKED_AT_PER_ROW)


class _Alone(NamedTuple):
    plan: Operator
    node: str | None


def _pattern_of(plan: Operator) -> Operator:
    """The plan without what shapes rows only: EXISTS asks for any."""
    while isinstance(plan, Project | Distinct | Sort):
        plan = plan.input
    return plan


def _taken_apart(plan: Operator) -> tuple[list[Operator], list[Operator], Operator]:
    """Of a pattern's plan what shapes its rows, its pieces, both lowest first, and what is below."""
    shapes: list[Operator] = []
    while isinstance(plan, Project | Distinct | Sort):
        shapes.append(plan)
        plan = plan.input
    pieces: list[Operator] = []
    while isinstance(plan, PIECES):
        pieces.append(plan)
        plan = plan.input
    return shapes[::-1], pieces[::-1], plan


def _expressions(operator: Operator) -> list[Expression]:
    return [part for part in children(operator) if type(part) in EXPRESSION_TYPES]


def _keeping(node: str, shape: Operator) -> Operator:
    """What shapes the rows, with the node in each."""
    match shape:
        case Project(below, names, expressions) if node not in names:
            return Project(below, (*names, node), (*expressions, Variable(node)))
        case Project(_, names, expressions) if expressions[names.index(node)] != Variable(node):
            return changed(shape, names=(), expressions=())  # the name is another's
        case Distinct(below, variables) if node not in variables:
            return Distinct(below, (*variables, node))
        case _:
            return shape


def _outer_variables(pieces: list[Operator]) -> list[str]:
    read, bound = dict[str, None](), set[str]()
    for piece in pieces:
        read.update(dict.fromkeys(read_variables(piece) - bound))
        bound.update(piece.names if isinstance(piece, Project) else bound_variables(piece))
    return list(read)


def _is_end(name: str, pieces: list[Operator]) -> bool:
    """True when an expansion leads to or from it, so that it is a node."""
    expansions = [piece for piece in pieces if isinstance(piece, Expand | ExpandInto | VariableExpand)]
    return any(name in (piece.source, piece.target) for piece in expansions)
