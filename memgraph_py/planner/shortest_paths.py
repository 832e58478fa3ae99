"""shortestPath(), allShortestPaths(), `*BFS`, ANY SHORTEST and its like: searches between nodes that the rest of the
pattern has bound.

What WHERE demands of each relationship or node of the path is demanded while searching; so is that of the WHERE within
the brackets of selected paths, while the one behind them is asked of what was selected. Any other predicate on the path
may need a longer path than the shortest one: then all paths are tried, shorter ones first, until one of them fits.
"""

from memgraph_py.cypher import ast
from memgraph_py.cypher.construction.labels import label_test
from memgraph_py.immutable import immutable
from memgraph_py.plan.expressions import Call, Expression, Literal, PathOf, Quantifier, Variable
from memgraph_py.plan.operators import (
    Apply,
    Argument,
    Circles,
    Extend,
    Filter,
    Limit,
    Operator,
    Project,
    ShortestPaths,
    VariableExpand,
)
from memgraph_py.plan.substitution import substituted
from memgraph_py.plan.variables import columns, free_variables, holds_subquery
from memgraph_py.planner.scope import Scope, narrowed
from memgraph_py.planner.translate import equalities, translate
from memgraph_py.storage.view import Direction


@immutable
class Search:
    """A search from ``source`` to ``target``, from left to right as written unless ``reverse``. relationships: name of
    their list; path: name of the path, or None. count, every, circles: as of ShortestPaths."""

    written: ast.RelationshipPattern
    source: str
    target: str
    relationships: str
    direction: Direction
    path: str | None = None
    into: bool = True
    every: bool = False
    reverse: bool = False
    count: int = 1
    circles: Circles = Circles.NONE

    @property
    def minimum(self) -> int:
        """The least length."""
        return 1 if self.written.minimum is None or not self.written.variable_length else self.written.minimum

    @property
    def maximum(self) -> int | None:
        """The greatest length."""
        return self.written.maximum if self.written.variable_length else 1


def search(found: Search, predicates: list[Expression], operator: Operator, scope: Scope) -> Operator:
    """The operator's rows with the shortest paths that meet the predicates; binds relationships and path."""
    relationship, node = _names(found.written, scope)
    demands = _written_demands(found.written, relationship, node, scope)
    others: list[Expression] = []
    for predicate in predicates:
        each = _of_each(predicate, found, relationship, node)
        if each is None:
            others.append(predicate)
            continue
        demands.append(each)
        if node in free_variables(each):  # the first node is reached by no relationship
            operator = Filter(operator, substituted(each, {node: Variable(found.source)}))
    if others:
        return _tried(found, [*predicates, *_as_filters(found, scope)], operator, scope)
    result: Operator = ShortestPaths(
        operator,
        found.source,
        found.relationships,
        found.target,
        found.written.types,
        found.direction,
        found.minimum,
        found.maximum,
        found.into,
        found.every,
        relationship,
        node,
        _joined(demands),
        found.reverse,
        found.count,
        found.circles,
    )
    return _with_path(found, result)


def _with_path(found: Search, operator: Operator) -> Operator:
    if found.path is None:
        return operator
    along = (found.source, found.relationships, found.target)
    return Extend(operator, (found.path,), (PathOf(along[::-1] if found.reverse else along),))


def _written_demands(written: ast.RelationshipPattern, relationship: str, node: str, scope: Scope) -> list[Expression]:
    """What the pattern itself demands of each relationship."""
    inner = scope.bind(relationship, node)
    demands: list[ast.Expression] = []
    if written.properties is not None:
        demands += equalities(relationship, written.properties)
    if written.type_expression is not None:
        demands.append(label_test(ast.Variable(relationship, written.offset), written.type_expression, written.offset))
    result = [translate(demand, inner) for demand in demands]
    if written.predicate is not None:
        result.append(translate(written.predicate, inner))
    if written.search is not None and written.search.predicate is not None:
        result.append(translate(written.search.predicate, inner))
    return result


def _names(written: ast.RelationshipPattern, scope: Scope) -> tuple[str, str]:
    """What one relationship and the node that it leads to are called: as in the pattern's predicate, if it has one."""
    if written.search is not None and written.search.predicate is not None:
        return written.search.relationship, written.search.node
    if written.predicate is not None and written.variable is not None:  # that of their list, and there of each
        return written.variable, scope.fresh()
    return scope.fresh(), scope.fresh()


def _of_each(predicate: Expression, found: Search, relationship: str, node: str) -> Expression | None:
    """What `all(…)` or `none(…)` demands of each relationship or node of the path; None for any other predicate."""
    match predicate:
        case Quantifier("all" | "none" as kind, variable, elements, inner):
            pass
        case _:
            return None
    if elements == Variable(found.relationships) or _is_call(elements, "relationships", found.path):
        name = relationship
    elif _is_call(elements, "nodes", found.path):
        name = node
    else:
        return None
    if free_variables(inner) & {found.path, found.relationships} or holds_subquery(inner):
        return None
    renamed = substituted(inner, {variable: Variable(name)})
    return renamed if kind == "all" else Call("NOT", (renamed,))


def _is_call(expression: Expression, function: str, argument: str | None) -> bool:
    return argument is not None and expression == Call(function, (Variable(argument),))


def _as_filters(found: Search, scope: Scope) -> list[Expression]:
    """What the pattern demands beyond its types and properties, of the whole list."""
    written = found.written
    demands: list[Expression] = []
    each, _ = _names(written, scope)
    if written.type_expression is not None:
        test = label_test(ast.Variable(each, written.offset), written.type_expression, written.offset)
        demands.append(translate(test, scope.bind(each)))
    if written.predicate is not None:
        demands.append(translate(written.predicate, scope.bind(each)))
    return [Quantifier("all", each, Variable(found.relationships), demand) for demand in demands]


def _tried(found: Search, predicates: list[Expression], operator: Operator, scope: Scope) -> Operator:
    """All paths, shorter ones first, until one meets the predicates."""
    if found.every and found.count > 1:
        raise scope.not_supported(
            "a selection by GROUPS with a predicate on the whole path",
            found.written.offset,
            hint="demand it of each relationship, `-[r:R WHERE …]->+`, or select by number, `SHORTEST 3`",
        )
    if not found.every:
        return Apply(operator, _limited(found, predicates, operator, scope))
    length = scope.fresh()
    size = Call("size", (Variable(found.relationships),))
    shortest = _limited(found, predicates, operator, scope)
    operator = Apply(operator, Project(shortest, (length,), (size,)))
    as_short: Expression = Call("=", (size, Variable(length)))
    subplan = _filtered(found, [*predicates, as_short], operator, scope)
    return Apply(operator, narrowed(subplan, columns(operator)))


def _limited(found: Search, predicates: list[Expression], operator: Operator, scope: Scope) -> Operator:
    return narrowed(Limit(_filtered(found, predicates, operator, scope), Literal(found.count)), columns(operator))


def _filtered(found: Search, predicates: list[Expression], operator: Operator, scope: Scope) -> Operator:
    properties = found.written.properties
    subplan: Operator = VariableExpand(
        Argument(columns(operator)),
        found.source,
        found.relationships,
        found.target,
        found.written.types,
        found.direction,
        found.minimum,
        found.maximum,
        into=found.into,
        properties=None if properties is None else translate(properties, scope),
        reverse=found.reverse,
    )
    subplan = _with_path(found, subplan)
    for predicate in predicates:
        subplan = Filter(subplan, predicate)
    return subplan


def _joined(predicates: list[Expression]) -> Expression | None:
    joined: Expression | None = None
    for predicate in predicates:
        joined = predicate if joined is None else Call("AND", (joined, predicate))
    return joined
