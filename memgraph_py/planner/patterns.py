"""Graph patterns to scans and expansions.

A MATCH is first read into a PatternGraph: nodes and relationships by name, anonymous ones under names like `@0`. Then
the plan grows from what is bound already, one relationship after another, always one that touches what is bound:

    MATCH (a:A {x: 1})-[r]->(b)<--(c)       c  ─@0→  b                 Expand b ← c
                                                     ↑ r       ⇒       Expand a → b
                                                     a                 LabelScan a, Filter a.x = 1

Each predicate (labels, property maps, WHERE split at AND) is filtered as soon as its variables are bound. A
relationship is compared with the others of the same MATCH that could be the same (openCypher 9, "Uniqueness").
"""

from dataclasses import dataclass, field, replace

from memgraph_py.cypher import ast
from memgraph_py.cypher.construction.labels import label_test, named_labels
from memgraph_py.plan.expressions import Call, Expression, HasLabels, PathOf, Property, Quantifier, Variable
from memgraph_py.plan.operators import (
    AllNodes,
    Circles,
    Expand,
    ExpandInto,
    Extend,
    Filter,
    LabelScan,
    Operator,
    ScanRelationships,
    UniqueRelationships,
    VariableExpand,
)
from memgraph_py.plan.variables import free_variables, holds_subquery
from memgraph_py.planner.scope import Scope
from memgraph_py.planner.shortest_paths import Search, search
from memgraph_py.planner.translate import conjuncts, equalities, translate
from memgraph_py.storage.view import REVERSED


@dataclass(slots=True)
class PatternNode:
    """A node of the pattern; what all its occurrences say together."""

    variable: str
    labels: tuple[str, ...] = ()
    labels_named: tuple[ast.LabelsNamed, ...] = ()
    properties: ast.MapLiteral | ast.Parameter | None = None
    predicates: list[ast.Expression] = field(default_factory=list)


@dataclass(slots=True)
class PatternRelationship:
    """A relationship of the pattern, from its left to its right node as written; selector: of the path along it, whose
    variable is ``path``."""

    variable: str
    left: str
    right: str
    written: ast.RelationshipPattern
    selector: ast.Selector | None = None
    path: str | None = None

    @property
    def is_searched(self) -> bool:
        """True where not all paths are listed."""
        return self.selector is not None or self.written.search is not None


@dataclass(slots=True)
class PatternGraph:
    """A pattern by names. paths: variable and the alternating names along it. named: what the user named, in order.
    searches: those of shortestPath() and allShortestPaths()."""

    nodes: dict[str, PatternNode]
    relationships: list[PatternRelationship]
    paths: list[tuple[str, tuple[str, ...]]]
    named: list[str]
    searches: list[Search]


def pattern_graph(parts: tuple[ast.PatternPart, ...], scope: Scope) -> PatternGraph:
    """The parts as one graph, each anonymous element with a fresh name."""
    graph = PatternGraph({}, [], [], [], [])
    for part in parts:
        if part.function is not None:
            _add_search(graph, part, scope)
            continue
        along = [_add_node(graph, part.nodes[0], scope)]
        for written, node in zip(part.relationships, part.nodes[1:], strict=True):
            name = _name(graph, written.variable, scope)
            right = _add_node(graph, node, scope)
            path = part.variable if part.selector is not None else None
            graph.relationships.append(PatternRelationship(name, along[-1], right, written, part.selector, path))
            along += (name, right)
        if part.variable is not None:
            graph.named.append(part.variable)
            if part.selector is None:
                graph.paths.append((part.variable, tuple(along)))
    return graph


def _add_search(graph: PatternGraph, part: ast.PatternPart, scope: Scope) -> None:
    left, right = (_add_node(graph, node, scope) for node in part.nodes)
    (written,) = part.relationships
    name = _name(graph, written.variable, scope)
    every = part.function == "allshortestpaths"
    graph.searches.append(
        Search(written, left, right, name, written.direction, part.variable, every=every, circles=Circles.REFUSED)
    )
    if part.variable is not None:
        graph.named.append(part.variable)


def match_pattern(
    graph: PatternGraph, where: ast.Expression | None, start: Operator, scope: Scope
) -> tuple[Operator, Scope]:
    """The start's rows with every match of the pattern; a scope that has the pattern's names."""
    inner = scope.bind(*graph.named)
    growth = _Growth(graph, inner, start, set(scope.variables), _predicates(graph, where, inner, scope))
    return growth.run(), inner


def _name(graph: PatternGraph, written: str | None, scope: Scope) -> str:
    if written is None:
        return scope.fresh()
    graph.named.append(written)
    return written


def _add_node(graph: PatternGraph, written: ast.NodePattern, scope: Scope) -> str:
    name = _name(graph, written.variable, scope)
    node = graph.nodes.setdefault(name, PatternNode(name))
    node.labels += tuple(label for label in written.labels if label not in node.labels)
    if written.properties is not None:
        if node.properties is not None:
            node.predicates += equalities(name, written.properties)
        else:
            node.properties = written.properties
    if written.label_expression is not None:
        node.labels_named += named_labels(written.label_expression) or ()
        variable = ast.Variable(name, written.offset)
        node.predicates.append(label_test(variable, written.label_expression, written.offset))
    if written.predicate is not None:
        node.predicates.append(written.predicate)
    return name


@dataclass(slots=True)
class _Predicate:
    expression: Expression
    needs: frozenset[str]


def _predicates(graph: PatternGraph, where: ast.Expression | None, inner: Scope, outer: Scope) -> list[_Predicate]:
    """What filters the pattern, in the order in which it is tried: labels, property maps, inline WHERE, WHERE; last
    what holds a subquery."""
    found: list[Expression] = []
    for node in graph.nodes.values():
        if node.labels and node.variable in outer.variables:
            found.append(HasLabels(Variable(node.variable), node.labels))
    written: list[ast.Expression] = []
    for node in graph.nodes.values():
        if node.properties is not None:
            written += equalities(node.variable, node.properties)
        written += [part for predicate in node.predicates for part in conjuncts(predicate)]
    for relationship in graph.relationships:
        pattern = relationship.written
        if pattern.properties is not None and not pattern.variable_length:
            written += equalities(relationship.variable, pattern.properties)
        if pattern.type_expression is not None and not relationship.is_searched:
            written += conjuncts(_type_test(relationship, pattern.type_expression, inner))
        if pattern.predicate is not None and not pattern.variable_length:
            written += conjuncts(pattern.predicate)
    if where is not None:
        written += conjuncts(where)
    found += [translate(predicate, inner) for predicate in written]
    found += _of_each_repeated(graph, inner)
    found.sort(key=holds_subquery)  # these cost most, and may be asked of rows alone that all others leave
    return [_Predicate(predicate, free_variables(predicate)) for predicate in found]


def _of_each_repeated(graph: PatternGraph, scope: Scope) -> list[Expression]:
    """What stands in the brackets of relationships that are repeated, but for those that a search looks at itself."""
    found: list[Expression] = []
    for relationship in graph.relationships:
        written = relationship.written
        if written.predicate is not None and written.variable_length and relationship.selector is None:
            name = relationship.variable  # of their list, and there of each
            found.append(Quantifier("all", name, Variable(name), translate(written.predicate, scope)))
    return found


def _type_test(relationship: PatternRelationship, types: ast.LabelExpression, scope: Scope) -> ast.Expression:
    """The relationship, or each of a variable length, has a type as demanded."""
    written, at = relationship.written, relationship.written.offset
    variable = ast.Variable(relationship.variable, at)
    if not written.variable_length:
        return label_test(variable, types, at)
    each = scope.fresh()
    return ast.Quantifier("all", each, variable, label_test(ast.Variable(each, at), types, at), at)


@dataclass(slots=True)
class _Growth:
    """A plan that grows until the whole pattern is bound."""

    graph: PatternGraph
    scope: Scope
    operator: Operator
    bound: set[str]
    predicates: list[_Predicate]
    done: list[PatternRelationship] = field(default_factory=list)
    sought: set[str] = field(init=False)
    """The nodes of which a property equals a value."""

    def __post_init__(self) -> None:
        self.sought = {name for predicate in self.predicates for name in _compared(predicate.expression)}

    def run(self) -> Operator:
        outer = frozenset(self.bound)
        self._reject_nulls(outer)
        self._filter()
        remaining = list(self.graph.relationships)
        while remaining or not self.bound.issuperset(self.graph.nodes):
            relationship = self._next_relationship(remaining, outer)
            if relationship is None:
                self._scan(self._next_start(remaining))
            else:
                remaining.remove(relationship)
                self._expand(relationship, outer)
            self._filter()
        for found in self.graph.searches:
            self._search(found)
        for variable, along in self.graph.paths:
            self.operator = Extend(self.operator, (variable,), (PathOf(along),))
            self.bound.add(variable)
        self._filter()
        assert not self.predicates, "analysis knows every variable of a predicate"
        return self.operator

    def _reject_nulls(self, outer: frozenset[str]) -> None:
        """A bound node that stands alone must be one: what an OPTIONAL MATCH did not find is NULL, and is no match."""
        ends = {name for relationship in self.graph.relationships for name in (relationship.left, relationship.right)}
        for name, node in self.graph.nodes.items():
            if name in outer and name not in ends and not node.labels:
                self.operator = Filter(self.operator, Call("IS NOT NULL", (Variable(name),)))

    def _filter(self) -> None:
        waiting: list[_Predicate] = []
        for predicate in self.predicates:
            if predicate.needs <= self.bound:
                self.operator = Filter(self.operator, predicate.expression)
            else:
                waiting.append(predicate)
        self.predicates = waiting

    def _next_relationship(
        self, remaining: list[PatternRelationship], outer: frozenset[str]
    ) -> PatternRelationship | None:
        """One between two bound nodes, else one at a bound node, else one that is bound itself; fixed length first."""
        bound = self.bound
        best: PatternRelationship | None = None
        best_rank = 6
        for relationship in remaining:
            ends = (relationship.left in bound) + (relationship.right in bound)
            if ends == 0 and (relationship.variable not in outer or relationship.written.variable_length):
                continue
            if relationship.written.variable_length and not self._can_check(relationship.written.properties):
                continue
            if relationship.is_searched and ends == 1 and self._needs_both_ends(relationship):
                continue
            rank = (2 - ends) * 2 + relationship.written.variable_length
            if rank < best_rank:
                best, best_rank = relationship, rank
        return best

    def _needs_both_ends(self, relationship: PatternRelationship) -> bool:
        """True where the other end of a search has to be found first, or costs less when it is: a search between two
        nodes looks at less than one for all, and several paths are looked for by pairs of nodes."""
        other = relationship.right if relationship.left in self.bound else relationship.left
        selector, written = relationship.selector, relationship.written
        if other in self.sought:
            return True
        if selector is None:
            return False
        if selector.predicate is not None or (selector.count > 1 and self.graph.nodes[other].labels):
            return True
        return any(
            other in free_variables(translate(part, self.scope))
            for part in (written.predicate, written.properties)
            if part is not None
        )

    def _can_check(self, properties: ast.MapLiteral | ast.Parameter | None) -> bool:
        return properties is None or free_variables(translate(properties, self.scope)) <= self.bound

    def _next_start(self, remaining: list[PatternRelationship]) -> PatternNode:
        """Of the first unbound node's connected part, the node that promises the fewest rows."""
        unbound = [name for name in self.graph.nodes if name not in self.bound]
        if not unbound:
            at = remaining[0].written.offset
            raise self.scope.not_supported("a variable length whose properties name another one's relationships", at)
        connected = unbound[:1]
        for name in connected:
            for relationship in remaining:
                if name in (relationship.left, relationship.right):
                    other = relationship.right if relationship.left == name else relationship.left
                    if other not in connected:
                        connected.append(other)
        return min([self.graph.nodes[name] for name in unbound if name in connected], key=self._promise)

    def _promise(self, node: PatternNode) -> int:
        """0 is best: a label and an equality, a label, an equality, nothing."""
        return 2 * (not node.labels) + (node.variable not in self.sought)

    def _scan(self, node: PatternNode) -> None:
        if not node.labels:
            self.operator = AllNodes(self.operator, node.variable)
        else:
            self.operator = LabelScan(self.operator, node.variable, node.labels[0])
            if len(node.labels) > 1:
                self.operator = Filter(self.operator, HasLabels(Variable(node.variable), node.labels[1:]))
        self.bound.add(node.variable)

    def _expand(self, relationship: PatternRelationship, outer: frozenset[str]) -> None:
        if relationship.variable in outer:
            self._bound_relationship(relationship)
        elif relationship.written.variable_length:
            self._variable_length(relationship, relationship.variable)
        else:
            self._single(relationship)
        self.bound.add(relationship.variable)
        self._compare(relationship)
        for name in (relationship.left, relationship.right):
            self._bind_node(name)

    def _bind_node(self, name: str) -> None:
        if name not in self.bound:
            self.bound.add(name)
            labels = self.graph.nodes[name].labels
            if labels:
                self.operator = Filter(self.operator, HasLabels(Variable(name), labels))

    def _single(self, relationship: PatternRelationship) -> None:
        left, right, written = relationship.left, relationship.right, relationship.written
        name, types, direction = relationship.variable, written.types, written.direction
        if left not in self.bound:
            left, right, direction = right, left, REVERSED[direction]
        make = ExpandInto if right in self.bound else Expand
        self.operator = make(self.operator, left, name, right, types, direction)

    def _variable_length(self, relationship: PatternRelationship, name: str) -> None:
        left, right, written = relationship.left, relationship.right, relationship.written
        reverse = left not in self.bound
        direction = written.direction
        if reverse:
            left, right, direction = right, left, REVERSED[direction]
        if relationship.is_searched:
            into = right in self.bound
            found = Search(written, left, right, name, direction, relationship.path, into=into, reverse=reverse)
            self._search_along(found, relationship.selector)
            return
        properties = written.properties
        minimum = 1 if written.minimum is None else written.minimum
        self.operator = VariableExpand(
            self.operator,
            left,
            name,
            right,
            written.types,
            direction,
            minimum,
            written.maximum,
            into=right in self.bound,
            properties=None if properties is None else translate(properties, self.scope),
            reverse=reverse,
        )

    def _search_along(self, found: Search, selector: ast.Selector | None) -> None:
        predicates: list[Expression] = []
        if selector is not None:
            found = replace(found, count=selector.count, every=selector.groups, circles=Circles.FOUND)
            if selector.predicate is not None:
                predicates = [translate(part, self.scope) for part in conjuncts(selector.predicate)]
        self.operator = search(found, predicates, self.operator, self.scope)
        if found.path is not None:
            self.bound.add(found.path)

    def _search(self, found: Search) -> None:
        names = {found.relationships} if found.path is None else {found.relationships, found.path}
        known = self.bound | names
        mine = [one for one in self.predicates if not one.needs.isdisjoint(names) and one.needs <= known]
        self.predicates = [one for one in self.predicates if one not in mine]
        self.operator = search(found, [one.expression for one in mine], self.operator, self.scope)
        self.bound |= names
        self._filter()

    def _bound_relationship(self, relationship: PatternRelationship) -> None:
        """A relationship, or the list of a variable length, that an earlier clause bound."""
        name, left, right, written = (
            relationship.variable,
            relationship.left,
            relationship.right,
            relationship.written,
        )
        if written.variable_length:
            found = self.scope.fresh()
            self._variable_length(relationship, found)
            self.operator = Filter(self.operator, Call("=", (Variable(found), Variable(name))))
            return
        other = self.scope.fresh() if left == right and left not in self.bound else right
        self.operator = ScanRelationships(
            self.operator, name, left, other, written.types, written.direction, left in self.bound, other in self.bound
        )
        if other != right:
            self.operator = Filter(self.operator, Call("=", (Variable(left), Variable(other))))

    def _compare(self, relationship: PatternRelationship) -> None:
        """Adds the check that the relationship is none of the earlier ones."""
        types = relationship.written.types
        rivals = [earlier for earlier in self.done if _may_coincide(earlier.written.types, types)]
        self.done.append(relationship)
        if rivals:
            names = (*(rival.variable for rival in rivals), relationship.variable)
            self.operator = UniqueRelationships(self.operator, names, known=len(rivals))


def _compared(predicate: Expression) -> list[str]:
    """The variables of which the predicate says what a property is."""
    match predicate:
        case Call("=", sides):
            pass
        case Call("IN", (element, _)):
            sides = (element,)
        case _:
            return []
    properties = [side for side in sides if isinstance(side, Property)]
    return [one.subject.name for one in properties if isinstance(one.subject, Variable)]


def _may_coincide(first: tuple[str, ...], second: tuple[str, ...]) -> bool:
    return not first or not second or not set(first).isdisjoint(second)
