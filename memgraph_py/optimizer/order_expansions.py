"""Rule: a pattern starts where the fewest rows are expected, and grows where they stay few.

A run of scans, expansions, filters and uniqueness checks is a join, and gives the same rows in any order that binds
each variable before it is read. It is taken apart into its pieces and put together again: for each possible start
greedily, always the piece that handles and leaves the fewest rows; the start with the fewest rows handled wins.

Expected rows follow from the degrees of nodes with a label, the labels at the ends of relationships of a type, and the
nodes per value of an index, which the store counts.

    MATCH (a:Big)-->(b:Small {id: 1})    Filter b.id = 1 ← Expand a → b ← LabelScan a:Big
                                    ⇒    Filter a:Big ← Expand b ← a ← Filter b.id = 1 ← LabelScan b:Small
"""

from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from memgraph_py.optimizer.access import accesses, find_parts
from memgraph_py.optimizer.cost import access_rows, paths, selectivity
from memgraph_py.optimizer.statistics import Statistics
from memgraph_py.plan.expressions import Expression, HasLabels, Variable
from memgraph_py.plan.operators import (
    AllNodes,
    Expand,
    ExpandInto,
    Filter,
    LabelScan,
    Operator,
    UniqueRelationships,
    VariableExpand,
)
from memgraph_py.plan.substitution import rewrite_operators_below
from memgraph_py.plan.tree import changed
from memgraph_py.plan.variables import columns, free_variables
from memgraph_py.storage.schema_rules import Entity
from memgraph_py.storage.view import Direction

Expansion: TypeAlias = Expand | ExpandInto | VariableExpand

PIECES = (AllNodes, LabelScan, Expand, ExpandInto, VariableExpand, Filter, UniqueRelationships)
NODES_MAX = 12
"""A pattern of more nodes keeps the order in which it stands: the search is cubic."""
SCAN_ROWS_MIN = 100.0
"""A scan looks at so many rows at least: a plan outlives the small graph on which it was made."""
SELECTIVITY_MIN = 0.001
DEGREE_MIN = 0.01
"""Where there are relationships, but none at nodes like these: there may be some tomorrow."""
REVERSED = {Direction.OUT: Direction.IN, Direction.IN: Direction.OUT, Direction.BOTH: Direction.BOTH}


def order_expansions(plan: Operator, statistics: Statistics) -> Operator:
    """The plan with each of its patterns in the order that is expected to be cheapest."""

    def visit(node: Any) -> Any:
        if not isinstance(node, PIECES):
            return rewrite_operators_below(node, visit)
        pieces: list[Operator] = []
        below: Operator = node
        while isinstance(below, PIECES):
            pieces.append(below)
            below = below.input
        pieces.reverse()
        base = visit(below)
        ordered = _ordered(pieces, base, statistics)
        if ordered is None:
            ordered = base
            for piece in pieces:
                ordered = changed(piece, input=ordered)
        return _with_subplans(ordered, base, visit)

    return visit(plan)  # type: ignore[no-any-return]  # an operator for an operator


def _with_subplans(operator: Operator, base: Operator, visit: Callable[[Operator], Operator]) -> Operator:
    """The run above the base with ``visit`` done to its predicates, which may hold subplans."""
    if operator is base or not isinstance(operator, PIECES):
        return operator
    below = _with_subplans(operator.input, base, visit)
    if isinstance(operator, Filter):
        return changed(operator, input=below, predicate=rewrite_operators_below(operator.predicate, visit))
    return operator if below is operator.input else changed(operator, input=below)


def _ordered(pieces: list[Operator], base: Operator, statistics: Statistics) -> Operator | None:
    """The pieces over the base in the best order found; None where there is nothing to choose."""
    scans = sum(isinstance(piece, AllNodes | LabelScan) for piece in pieces)
    expansions = sum(isinstance(piece, Expand | ExpandInto | VariableExpand) for piece in pieces)
    if scans + expansions < 2 or scans + expansions > NODES_MAX:
        return None
    pattern = _take_apart(pieces, base, statistics)
    best: _Growth | None = None
    starts: list[str | None] = [None, *sorted(pattern.nodes, key=lambda name: pattern.scan_rows(name, pattern.bound))]
    for start in starts:
        growth = _Growth(pattern, statistics, set(pattern.bound))
        if growth.run(start, limit=float("inf") if best is None else best.cost):
            best = growth
    assert best is not None, "the first start has no limit"
    return best.plan(base)


@dataclass(frozen=True, slots=True)
class _Predicate:
    expression: Expression
    needs: frozenset[str]
    share: float


@dataclass(frozen=True, slots=True)
class _Seek:
    """A way to find a node once ``needs`` is bound, and the rows that it gives."""

    needs: frozenset[str]
    rows: float


@dataclass(slots=True)
class _Pattern:
    """A run of pattern operators, taken apart. nodes: those that it binds, with the labels that it demands of each.
    rivals: by relationship, those from which it must differ."""

    bound: frozenset[str]
    nodes: dict[str, list[str]] = field(default_factory=dict)
    counts: dict[str, float] = field(default_factory=dict)
    seeks: dict[str, list[_Seek]] = field(default_factory=dict)
    expansions: list[Expansion] = field(default_factory=list)
    predicates: list[_Predicate] = field(default_factory=list)
    rivals: dict[str, list[str]] = field(default_factory=dict)

    def scan_rows(self, name: str, bound: AbstractSet[str]) -> tuple[float, float]:
        """Rows that a scan of the node, or the best seek that is possible now, gives before filters, and looks at."""
        rows = self.counts[name]
        handled = max(rows, SCAN_ROWS_MIN)
        for seek in self.seeks[name]:
            if seek.rows < handled and seek.needs <= bound:
                rows, handled = min(rows, seek.rows), seek.rows
        return rows, handled


def _take_apart(pieces: list[Operator], base: Operator, statistics: Statistics) -> _Pattern:
    pattern = _Pattern(frozenset(columns(base)))
    filters: list[Expression] = []
    for piece in pieces:
        match piece:
            case AllNodes(_, variable):
                pattern.nodes.setdefault(variable, [])
            case LabelScan(_, variable, label):
                pattern.nodes.setdefault(variable, []).append(label)
            case Expand() | ExpandInto() | VariableExpand():
                pattern.expansions.append(piece)
                if piece.target not in pattern.bound:
                    pattern.nodes.setdefault(piece.target, [])
            case UniqueRelationships(_, variables, known):
                for place in range(max(known, 1), len(variables)):
                    for other in variables[:place]:
                        pattern.rivals.setdefault(variables[place], []).append(other)
                        pattern.rivals.setdefault(other, []).append(variables[place])
            case Filter(_, HasLabels(Variable(name), labels)) if name in pattern.nodes:
                pattern.nodes[name] += [label for label in labels if label not in pattern.nodes[name]]
            case Filter(_, predicate):
                filters.append(predicate)
            case _:
                raise AssertionError(f"no piece of a pattern: {piece}")
    for name, demanded in pattern.nodes.items():
        count = min(map(statistics.nodes, demanded)) if demanded else statistics.nodes(None)
        pattern.counts[name] = max(float(count), 1.0)
        pattern.seeks[name] = _seeks(name, demanded, filters, statistics)
    for expression in filters:
        needs = free_variables(expression)
        share = max(selectivity(expression, statistics), SELECTIVITY_MIN)
        for name in needs & pattern.nodes.keys():
            for seek in _seeks(name, pattern.nodes[name], [expression], statistics):
                share = min(share, seek.rows / pattern.counts[name])
        pattern.predicates.append(_Predicate(expression, needs, share))
    return pattern


def _seeks(name: str, labels: list[str], filters: list[Expression], statistics: Statistics) -> list[_Seek]:
    found: list[_Seek] = []
    about = [predicate for predicate in filters if name in free_variables(predicate)]
    indexes = statistics.indexes(Entity.NODE)
    for access in accesses(name, labels, about, indexes):
        found.append(_Seek(access.needs, access_rows(access, statistics)))
    for predicate in about:
        parts = find_parts(name, labels, predicate, None, indexes)
        if parts is not None:
            needs = frozenset().union(*(access.needs for access in parts))
            found.append(_Seek(needs, sum(access_rows(access, statistics) for access in parts)))
    return found


@dataclass(slots=True)
class _Growth:
    """One order of a pattern's pieces: names of nodes to scan, and expansions with the end from which they start."""

    pattern: _Pattern
    statistics: Statistics
    bound: set[str]
    rows: float = 1.0
    cost: float = 0.0
    order: list[str | tuple[Expansion, str]] = field(default_factory=list)

    def run(self, start: str | None, limit: float) -> bool:
        """Grows to the whole pattern, from a scan of ``start`` if given; False once the cost reaches the limit."""
        nodes = [name for name in self.pattern.nodes if name not in self.bound]
        expansions = list(self.pattern.expansions)
        waiting = [predicate for predicate in self.pattern.predicates if not predicate.needs <= self.bound]
        if start is not None:
            waiting = self._take(start, self._after(start, waiting), nodes, expansions, waiting)
        while nodes or expansions:
            best: tuple[float, float, str | tuple[Expansion, str]] | None = None
            least = 0.0
            touched = {name for expansion in expansions for name in (expansion.source, expansion.target)}
            for candidate in self._candidates(nodes, expansions):
                rows, handled = self._after(candidate, waiting)
                later = rows if isinstance(candidate, str) and candidate in touched else 0.0
                if best is None or rows + handled + later < least:
                    best, least = (rows, handled, candidate), rows + handled + later
            assert best is not None, "an unbound node can be scanned, and an expansion between bound ones taken"
            waiting = self._take(best[2], best[:2], nodes, expansions, waiting)
            if self.cost >= limit:
                return False
        return True

    def _candidates(self, nodes: list[str], expansions: list[Expansion]) -> Iterator[str | tuple[Expansion, str]]:
        for expansion in expansions:
            if isinstance(expansion, VariableExpand) and expansion.properties is not None:
                needs = free_variables(expansion.properties)
                if not needs <= self.bound:
                    continue
            if expansion.source in self.bound:
                yield expansion, expansion.source
            elif expansion.target in self.bound:
                yield expansion, expansion.target
        yield from nodes

    def _after(self, candidate: str | tuple[Expansion, str], waiting: list[_Predicate]) -> tuple[float, float]:
        """Rows after the piece with the filters that it makes possible, and rows that it handles."""
        if isinstance(candidate, str):
            new = candidate
            rows, handled = (self.rows * count for count in self.pattern.scan_rows(candidate, self.bound))
        else:
            expansion, start = candidate
            new = expansion.target if start == expansion.source else expansion.source
            handled = self.rows * self._fan_out(expansion, start)
            rows = handled * self._share_of_ends(expansion, start, new)
            if new in self.bound:
                rows = min(self.rows, rows / self.pattern.counts.get(new, max(self.statistics.nodes(None), 1)))
                handled = handled if isinstance(expansion, VariableExpand) else self.rows
        for predicate in waiting:
            if new in predicate.needs and all(name == new or name in self.bound for name in predicate.needs):
                rows *= predicate.share
        return rows, handled

    def _fan_out(self, expansion: Expansion, start: str) -> float:
        """Relationships, or paths, per row; one where the graph has none of the types yet."""
        if self.statistics.relationships(expansion.types) == 0:
            return 1.0
        direction = _direction_from(expansion, start)
        degree = self.statistics.degree(expansion.types, direction, self._rarest(start))
        if isinstance(expansion, VariableExpand):
            further = self.statistics.degree(expansion.types, direction)
            longer = paths(further, max(expansion.minimum - 1, 0), expansion.maximum and expansion.maximum - 1)
            return max(degree * longer, 1.0)
        return max(degree, DEGREE_MIN)

    def _share_of_ends(self, expansion: Expansion, start: str, new: str) -> float:
        """The share of what an expansion reaches that has the labels that are demanded of the node."""
        label = self._rarest(new)
        if label is None:
            return 1.0
        direction = _direction_from(expansion, start)
        return max(self.statistics.share_of_ends(expansion.types, direction, label), SELECTIVITY_MIN)

    def _rarest(self, name: str) -> str | None:
        """Of the labels that the pattern demands of the node, the one of the fewest nodes."""
        return min(self.pattern.nodes.get(name, ()), key=self.statistics.nodes, default=None)

    def _take(
        self,
        piece: str | tuple[Expansion, str],
        after: tuple[float, float],
        nodes: list[str],
        expansions: list[Expansion],
        waiting: list[_Predicate],
    ) -> list[_Predicate]:
        """Adds the piece; gives the predicates that still wait."""
        self.order.append(piece)
        self.rows, handled = after
        self.cost += handled
        if isinstance(piece, str):
            self._bind(piece, nodes)
        else:
            expansion = piece[0]
            expansions.remove(expansion)
            self._bind(expansion.source, nodes)
            self._bind(expansion.target, nodes)
            self.bound.add(relationship_variable(expansion))
        return [predicate for predicate in waiting if not predicate.needs <= self.bound]

    def _bind(self, name: str, nodes: list[str]) -> None:
        if name not in self.bound:
            self.bound.add(name)
            nodes.remove(name)

    def plan(self, base: Operator) -> Operator:
        """The pieces in this order over the base, each filter as soon as its variables are bound."""
        writer = _Writer(self.pattern, base, set(self.pattern.bound), list(self.pattern.predicates))
        writer.filter()
        for piece in self.order:
            if isinstance(piece, str):
                writer.scan(piece)
            else:
                writer.expand(*piece)
            writer.filter()
        assert not writer.waiting, "all variables of the pattern are bound"
        return writer.operator


def _direction_from(expansion: Expansion, start: str) -> Direction:
    return expansion.direction if start == expansion.source else REVERSED[expansion.direction]


def relationship_variable(expansion: Expansion) -> str:
    """The variable of the relationship, or of the list of them."""
    return expansion.relationships if isinstance(expansion, VariableExpand) else expansion.relationship


@dataclass(slots=True)
class _Writer:
    """Writes an order as operators."""

    pattern: _Pattern
    operator: Operator
    bound: set[str]
    waiting: list[_Predicate]

    def filter(self) -> None:
        """Filters by what can be decided now."""
        waiting: list[_Predicate] = []
        for predicate in self.waiting:
            if predicate.needs <= self.bound:
                self.operator = Filter(self.operator, predicate.expression)
            else:
                waiting.append(predicate)
        self.waiting = waiting

    def scan(self, name: str) -> None:
        """A scan by the first label, the others as a filter: ``use_indexes`` chooses between them."""
        labels = self.pattern.nodes[name]
        self.operator = LabelScan(self.operator, name, labels[0]) if labels else AllNodes(self.operator, name)
        if len(labels) > 1:
            self.operator = Filter(self.operator, HasLabels(Variable(name), tuple(labels[1:])))
        self.bound.add(name)

    def expand(self, expansion: Expansion, start: str) -> None:
        """The expansion from that end, into the other one where it is bound."""
        forward = start == expansion.source
        end = expansion.target if forward else expansion.source
        direction = expansion.direction if forward else REVERSED[expansion.direction]
        name = relationship_variable(expansion)
        into = end in self.bound
        if isinstance(expansion, VariableExpand):
            reverse = expansion.reverse if forward else not expansion.reverse
            self.operator = changed(
                expansion,
                input=self.operator,
                source=start,
                target=end,
                direction=direction,
                into=into,
                reverse=reverse,
            )
        else:
            make = ExpandInto if into else Expand
            self.operator = make(self.operator, start, name, end, expansion.types, direction)
        self._compare(name)
        self.bound.add(name)
        if not into:
            self.bound.add(end)
            labels = self.pattern.nodes[end]
            if labels:
                self.operator = Filter(self.operator, HasLabels(Variable(end), tuple(labels)))

    def _compare(self, name: str) -> None:
        rivals = [rival for rival in self.pattern.rivals.get(name, ()) if rival in self.bound]
        if rivals:
            self.operator = UniqueRelationships(self.operator, (*rivals, name), known=len(rivals))
