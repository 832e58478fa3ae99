"""Runs of one query text as one statement: an implicit UNWIND over the sets of parameters.

A stream's batch often holds the same query a thousand times. Run one after another, each sees what the ones before it
wrote; run as one, all read first and then all write. The two are the same where no write of the run can change what
the run reads. Proven here, and nothing else is vectorised:

1. Only CREATE: nothing is read.
2. Index seeks whose keys are parameters, then CREATE: an index on (label, key) can be changed only by a created node
   that carries the label, so the created nodes carry none of the labels sought.
3. Only MERGE, without ON CREATE and ON MATCH: the operator itself works row by row.

All expressions in them are made of parameters, literals and deterministic functions, or name a node that was sought.
"""

from memgraph_py.functions.registry import FUNCTIONS
from memgraph_py.plan.expressions import Call, Constant, Expression, ListOf, Literal, MapOf, Parameter, Variable
from memgraph_py.plan.operators import (
    Argument,
    Create,
    Drain,
    IndexSeek,
    Merge,
    NodeSpec,
    Operator,
    ParameterRows,
    RelationshipSpec,
    Unit,
)
from memgraph_py.plan.tree import rewrite, walk
from memgraph_py.storage.schema_rules import Entity


def vectorised(plan: Operator) -> Operator | None:
    """The plan over ``ParameterRows`` instead of Unit, or None where it is not proven to be the same."""
    if not isinstance(plan, Drain):
        return None
    writer = plan.input
    match writer:
        case Create():
            sought = _sought_labels(writer.input)
            created = {label for node in writer.nodes for label in node.labels}
            if sought is None or sought & created or not _is_pure(writer):
                return None
        case Merge():
            if writer.on_create or writer.on_match or not isinstance(writer.input, Unit) or not _is_pure(writer):
                return None
        case _:
            return None
    names = sorted({node.name for node in walk(plan) if isinstance(node, Parameter)})
    if not names:
        return None
    return rewrite(plan, lambda node: _over_rows(node, tuple(names)))


def _sought_labels(operator: Operator) -> set[str] | None:
    """Labels of a chain of index seeks by parameters down to Unit; None for any other plan."""
    labels: set[str] = set()
    while isinstance(operator, IndexSeek):
        if operator.many or operator.entity is not Entity.NODE:
            return None
        if any(isinstance(node, Variable) for value in operator.values for node in walk(value)):
            return None
        labels.add(operator.token)
        operator = operator.input
    return labels if isinstance(operator, Unit) else None


_PURE: tuple[type, ...] = (Literal, Parameter, Variable, ListOf, MapOf, Call, Constant)


def _is_pure(operator: Operator) -> bool:
    """True when no expression reads the graph or chance."""
    for node in walk(operator):
        if type(node).__module__ != Literal.__module__:
            continue
        expression: Expression = node
        if not isinstance(expression, _PURE):
            return isinstance(operator, Merge) and _only_matches(operator)
        if isinstance(expression, Call):
            function = FUNCTIONS.get(expression.name)
            if function is None or not function.deterministic:
                return False
    return True


def _only_matches(merge: Merge) -> bool:
    """A MERGE may read the graph in its own match plan, which the operator runs row by row."""
    specs: tuple[NodeSpec | RelationshipSpec, ...] = (*merge.nodes, *merge.relationships)
    return all(
        isinstance(node, _PURE) for spec in specs if spec.properties is not None for node in walk(spec.properties)
    )


def _over_rows(node: object, names: tuple[str, ...]) -> object:
    match node:
        case Unit():
            return ParameterRows(names)
        case Argument():
            return Argument((*node.variables, *(f"${name}" for name in names)))
        case Parameter():
            return Variable(f"${node.name}")
        case Constant(expression):  # it differs from row to row now
            return expression
        case _:
            return node
