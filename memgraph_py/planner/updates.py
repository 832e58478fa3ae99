"""Clauses that change the graph: CREATE, MERGE, SET, REMOVE, DELETE."""

from collections.abc import Iterator
from typing import TypeVar, assert_never

from memgraph_py.cypher import ast
from memgraph_py.plan import operators
from memgraph_py.plan.effects import effects, meet
from memgraph_py.plan.expressions import Collect, Count, Exists, Expression, MapOf, PathOf, Variable
from memgraph_py.plan.operators import (
    Argument,
    Create,
    Delete,
    Extend,
    Merge,
    NodeSpec,
    Operator,
    RelationshipSpec,
    Remove,
    Set,
)
from memgraph_py.plan.tree import changed, walk
from memgraph_py.plan.variables import bound_variables, free_variables, holds_subquery
from memgraph_py.planner.patterns import PatternGraph, match_pattern, pattern_graph
from memgraph_py.planner.scope import Scope, narrowed
from memgraph_py.planner.translate import translate
from memgraph_py.storage.view import Direction

Spec = TypeVar("Spec", NodeSpec, RelationshipSpec)


def create(clause: ast.Create, operator: Operator, scope: Scope) -> tuple[Operator, Scope]:
    """The input with what the pattern creates for each row."""
    graph = pattern_graph(clause.pattern, scope)
    inner = scope.bind(*graph.named)
    nodes, relationships = _specs(graph, scope, inner)
    if len(nodes) + len(relationships) > 1:
        before: dict[str, Expression] = {}
        nodes = tuple(_reading_before(spec, before, scope) for spec in nodes)
        relationships = tuple(_reading_before(spec, before, scope) for spec in relationships)
        operator = Extend(operator, tuple(before), tuple(before.values())) if before else operator
    if isinstance(operator, Create) and _can_join(operator, nodes, relationships):
        nodes, relationships = operator.nodes + nodes, operator.relationships + relationships
        operator = operator.input
    operator = Create(operator, nodes, relationships)
    if labels := _named_labels(graph, scope, inner):
        operator = Set(operator, labels)
    return _with_paths(operator, graph), inner


def _reading_before(spec: Spec, before: dict[str, Expression], scope: Scope) -> Spec:
    """The spec, with names in the place of subqueries over the graph as it is before anything is created."""
    if not isinstance(spec.properties, MapOf) or not holds_subquery(spec.properties):
        return spec
    values = []
    for value in spec.properties.values:
        if holds_subquery(value) and free_variables(value) <= set(scope.variables):
            name = scope.fresh()
            before[name] = value
            value = Variable(name)
        values.append(value)
    return changed(spec, properties=MapOf(spec.properties.keys, tuple(values)))


def merge(clause: ast.Merge, operator: Operator, scope: Scope) -> tuple[Operator, Scope]:
    """The input with what matches the pattern, or else is created, for each row."""
    graph = pattern_graph((clause.pattern,), scope)
    inner = scope.bind(*graph.named)
    nodes, relationships = _specs(graph, scope, inner)
    without_paths = PatternGraph(graph.nodes, graph.relationships, [], graph.named, [])
    match, _ = match_pattern(without_paths, None, Argument(scope.variables), scope)
    on_create = _named_labels(graph, scope, inner) + tuple(
        made for item in clause.on_create for made in _set_items(item, inner)
    )
    on_match = tuple(made for item in clause.on_match for made in _set_items(item, inner))
    match = narrowed(match, scope.variables)
    return _with_paths(Merge(operator, match, nodes, relationships, on_create, on_match), graph), inner


def set_items(clause: ast.Set, operator: Operator, scope: Scope) -> Operator:
    """The input after SET. Items of SET clauses that follow each other are one operator's, where neither clause reads
    what the other sets."""
    items = tuple(made for item in clause.items for made in _set_items(item, scope))
    if isinstance(operator, Set) and not _depend(operator.items, items, scope.plain):
        first, *others = items
        if isinstance(first, operators.SetProperty | operators.SetPropertyNamed):
            first = changed(first, begins=True)
        return Set(operator.input, (*operator.items, first, *others))
    return Set(operator, items)


def _depend(first: tuple[operators.SetItem, ...], second: tuple[operators.SetItem, ...], plain: frozenset[str]) -> bool:
    one, other = (effects(Set(Argument(()), items), plain=plain) for items in (first, second))
    return meet(one.changes, other.reads) or meet(other.changes, one.reads)


def remove_items(clause: ast.Remove, operator: Operator, scope: Scope) -> Operator:
    """The input after REMOVE."""
    items: list[operators.RemoveItem] = []
    for item in clause.items:
        match item:
            case ast.RemovePropertyItem(subject, key):
                items.append(operators.RemoveProperty(translate(subject, scope), key))
            case ast.RemovePropertyNamedItem(subject, key):
                items.append(operators.RemovePropertyNamed(translate(subject, scope), translate(key, scope)))
            case ast.RemoveLabelsItem(variable, labels, _, named):
                if labels:
                    items.append(operators.RemoveLabels(variable, labels))
                items += [operators.RemoveLabelsNamed(variable, translate(part.names, scope)) for part in named]
            case _:
                assert_never(item)
    return Remove(operator, tuple(items))


def delete(clause: ast.Delete, operator: Operator, scope: Scope) -> Operator:
    """The input after DELETE."""
    return Delete(operator, tuple(translate(expression, scope) for expression in clause.expressions), clause.detach)


def _specs(
    graph: PatternGraph, scope: Scope, inner: Scope
) -> tuple[tuple[NodeSpec, ...], tuple[RelationshipSpec, ...]]:
    """What to create: the nodes that are not bound, and every relationship; without direction it goes left to right."""
    nodes = tuple(
        NodeSpec(node.variable, node.labels, _properties(node.properties, inner))
        for node in graph.nodes.values()
        if node.variable not in scope.variables
    )
    relationships = []
    for relationship in graph.relationships:
        written = relationship.written
        ends = (relationship.left, relationship.right)
        source, target = reversed(ends) if written.direction is Direction.IN else ends
        properties = _properties(written.properties, inner)
        type, named = next(iter(written.types), None), None
        if isinstance(written.type_expression, ast.LabelsNamed):
            named = translate(written.type_expression.names, inner)
        relationships.append(RelationshipSpec(relationship.variable, source, target, type, properties, named))
    return nodes, tuple(relationships)


def _named_labels(graph: PatternGraph, scope: Scope, inner: Scope) -> tuple[operators.SetLabelsNamed, ...]:
    """The labels `$(names)` of the nodes to create."""
    return tuple(
        operators.SetLabelsNamed(node.variable, translate(part.names, inner))
        for node in graph.nodes.values()
        if node.variable not in scope.variables
        for part in node.labels_named
    )


def _properties(properties: ast.MapLiteral | ast.Parameter | None, scope: Scope) -> Expression | None:
    if properties is None or (isinstance(properties, ast.MapLiteral) and not properties.keys):
        return None
    return translate(properties, scope)


def _can_join(before: Create, nodes: tuple[NodeSpec, ...], relationships: tuple[RelationshipSpec, ...]) -> bool:
    """True when nothing that is created reads, in a property, what the Create before it makes, or reads the graph."""
    made = set(bound_variables(before))
    read = [node.properties for node in nodes]
    for spec in relationships:
        read += (spec.properties, spec.type_named)
    for expression in read:
        if expression is not None and not made.isdisjoint(free_variables(expression)):
            return False
        if expression is not None and any(isinstance(part, Exists | Collect | Count) for part in walk(expression)):
            return False
    return True


def _set_items(item: ast.SetItem, scope: Scope) -> Iterator[operators.SetItem]:
    match item:
        case ast.SetPropertyItem(subject, key, value):
            yield operators.SetProperty(translate(subject, scope), key, translate(value, scope))
        case ast.SetPropertyNamedItem(subject, name, value):
            named = translate(name, scope)
            yield operators.SetPropertyNamed(translate(subject, scope), named, translate(value, scope))
        case ast.SetPropertiesItem(variable, value, merge):
            yield operators.SetProperties(variable, translate(value, scope), merge)
        case ast.SetLabelsItem(variable, labels, _, named):
            if labels:
                yield operators.SetLabels(variable, labels)
            yield from (operators.SetLabelsNamed(variable, translate(part.names, scope)) for part in named)
        case _:
            assert_never(item)


def _with_paths(operator: Operator, graph: PatternGraph) -> Operator:
    for variable, along in graph.paths:
        operator = Extend(operator, (variable,), (PathOf(along),))
    return operator
