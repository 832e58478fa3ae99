"""Rule: two parts of a pattern that only an equality connects are joined by hash, not row by row.

    MATCH (a:A), (b:B) WHERE a.x = b.y

    Filter a.x = b.y ← LabelScan b:B ← LabelScan a:A ← Unit     ⇒     HashJoin a.x = b.y ┬ LabelScan a:A ← Unit
                                                                                         └ LabelScan b:B ← Unit

A run of pattern operators is looked through for a scan that needs nothing of what is below it. What above it needs
nothing else either becomes the right side, which is run once; equalities between the sides become the keys; the rest
stays above. So rows of an UNWIND find their nodes without an index, too. A seek by a value of the left side is left as
it is, and so is what MERGE looks for, as that may change from row to row.
"""

from typing import Any

from memgraph_py.optimizer.cost import estimate_output
from memgraph_py.optimizer.patterns import PIECES as PATTERN_PIECES
from memgraph_py.optimizer.push_down_filters import cannot_fail
from memgraph_py.optimizer.statistics import Statistics
from memgraph_py.plan.expressions import Call, Expression
from memgraph_py.plan.operators import (
    AllNodes,
    Argument,
    Filter,
    HashJoin,
    IndexRangeSeek,
    IndexSeek,
    LabelScan,
    Merge,
    NodeById,
    Operator,
    Unit,
)
from memgraph_py.plan.substitution import rewrite_operators_below
from memgraph_py.plan.tree import changed, over, stacked
from memgraph_py.plan.variables import bound_variables, columns, free_variables, is_deterministic, read_variables

Keys = tuple[Expression, Expression]
"""What is equal: an expression of the left side, one of the right."""

SEEKS = (IndexSeek, IndexRangeSeek, NodeById)
SCANS = (AllNodes, LabelScan, *SEEKS)
PIECES = (*PATTERN_PIECES, *SEEKS)


def join_by_hash(plan: Operator, statistics: Statistics) -> Operator:
    """The plan with a HashJoin where a part of a pattern is found for many rows again and again."""

    def visit(node: Any) -> Any:
        if isinstance(node, Merge):
            return over(node, visit(node.input))
        if not isinstance(node, PIECES):
            return rewrite_operators_below(node, visit)
        pieces: list[Operator] = []
        below: Operator = node
        while isinstance(below, PIECES):
            pieces.append(below)
            below = below.input
        pieces = [_with_subplans(piece, visit) for piece in reversed(pieces)]
        return _joined(pieces, visit(below), statistics)

    def _with_subplans(piece: Operator, visit: Any) -> Operator:
        if not isinstance(piece, Filter):
            return piece
        predicate = rewrite_operators_below(piece.predicate, visit)
        return piece if predicate is piece.predicate else changed(piece, predicate=predicate)

    return visit(plan)  # type: ignore[no-any-return]  # an operator for an operator


def finds_again(operator: Operator) -> bool:
    """True of a scan or seek for each row of another operator."""
    return isinstance(operator, SCANS) and not isinstance(operator.input, Unit)


def _joined(pieces: list[Operator], base: Operator, statistics: Statistics) -> Operator:
    """The pieces over the base, a join at each scan where it is worth it."""
    known = bool(columns(base))
    for place, scan in enumerate(pieces):
        if not isinstance(scan, SCANS):
            continue
        if not known or read_variables(scan):
            known = True
            continue
        left = stacked(pieces[:place], base)
        outer_names = frozenset(columns(left))
        inner, keys, rest = _divided(pieces[place:], outer_names)
        right = stacked(inner, Unit())
        if keys and _is_worth(left, right, statistics):
            left_keys, right_keys = zip(*keys, strict=True)
            join = HashJoin(left, right, left_keys, right_keys)
            return _joined(rest, join, statistics)
    return stacked(pieces, base)


def _divided(pieces: list[Operator], outer: frozenset[str]) -> tuple[list[Operator], list[Keys], list[Operator]]:
    """Of the pieces from a scan on: those that need nothing of the outer variables, the equalities of both, others."""
    scan = pieces[0]
    inner, keys, rest = [scan], list[Keys](), list[Operator]()
    names = set(bound_variables(scan))
    for piece in pieces[1:]:
        reads = read_variables(piece)
        is_sure = not isinstance(piece, Filter) or is_deterministic(piece.predicate)
        if reads and reads <= names and is_sure:
            inner.append(piece)
            names.update(bound_variables(piece))
            continue
        found = _equality(piece, outer, names)
        if found is None:
            rest.append(piece)
        else:
            keys.append(found)
    return inner, keys, rest


def _equality(piece: Operator, outer: frozenset[str], inner: set[str]) -> Keys | None:
    match piece:
        case Filter(_, Call("=", (one, other)) as predicate) if cannot_fail(predicate):
            for left, right in ((one, other), (other, one)):
                read_left, read_right = free_variables(left), free_variables(right)
                if read_left and read_right and read_left <= outer and read_right <= inner:
                    return left, right
    return None


def _is_worth(left: Operator, right: Operator, statistics: Statistics) -> bool:
    """True where both sides have more than a row. How many rows an Argument has, nobody knows: a batch of them."""
    if estimate_output(right, statistics) <= 1:
        return False
    leaf = left
    while not isinstance(leaf, Unit | Argument) and hasattr(leaf, "input"):
        leaf = leaf.input
    return isinstance(leaf, Argument) or estimate_output(left, statistics) > 1
