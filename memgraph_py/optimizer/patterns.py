"""A pattern taken apart: what a run of scans, expansions, filters and uniqueness checks demands, in no order.

Expected rows follow from the degrees of nodes with a label, the labels at the ends of relationships of a type, and the
elements per value of an index, which the store counts.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from memgraph_py.optimizer.access import Access, accesses, find_parts
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
from memgraph_py.plan.variables import columns, free_variables
from memgraph_py.storage.schema_rules import Entity
from memgraph_py.storage.view import REVERSED, Direction

Expansion: TypeAlias = Expand | ExpandInto | VariableExpand

PIECES = (AllNodes, LabelScan, Expand, ExpandInto, VariableExpand, Filter, UniqueRelationships)
SCAN_ROWS_MIN = 100.0
"""A scan looks at so many rows at least: a plan outlives the small graph on which it was made."""
SELECTIVITY_MIN = 0.001
DEGREE_MIN = 0.01
"""Where there are relationships, but none at nodes like these: there may be some tomorrow."""
_NO_NAMES = frozenset[str]()


@dataclass(slots=True, eq=False)
class Predicate:
    """share: of the rows that it keeps."""

    expression: Expression
    needs: frozenset[str]
    share: float


class Seek(NamedTuple):
    """A way to find a node once ``needs`` is bound, and the rows that it gives."""

    needs: frozenset[str]
    rows: float


class Way(NamedTuple):
    """An expansion from one of its ends. needs: what it reads beside that. fan_out: relationships, or paths, per row.
    share: of what it reaches that has the labels which are demanded of the other end."""

    expansion: Expansion
    start: str
    end: str
    relationship: str
    direction: Direction
    needs: frozenset[str]
    fan_out: float
    share: float


class Sought(NamedTuple):
    """A relationship that is found by an index, and its ends by it."""

    expansion: Expand | ExpandInto
    access: Access
    rows: float

    @property
    def relationship(self) -> str:
        """The variable of the relationship."""
        return self.expansion.relationship


@dataclass(slots=True)
class Pattern:
    """bound: what it is given. nodes: those that it binds, with the labels that it demands of each. rivals: by
    relationship, those from which it must differ."""

    bound: frozenset[str]
    nodes: dict[str, list[str]] = field(default_factory=dict)
    rarest: dict[str, str | None] = field(default_factory=dict)
    """Of the labels that a node has for sure, the one of the fewest nodes."""
    populations: dict[str, float] = field(default_factory=dict)
    """How many nodes each may be, at least one."""
    everything: float = 1.0
    """The same of one that was bound before."""
    scans: dict[str, float] = field(default_factory=dict)
    """Rows that a scan of each looks at."""
    seeks: dict[str, list[Seek]] = field(default_factory=dict)
    expansions: list[Expansion] = field(default_factory=list)
    ways: dict[str, tuple[Way, Way]] = field(default_factory=dict)
    """By relationship, of its expansion: from the source and from the target."""
    sought: list[Sought] = field(default_factory=list)
    predicates: list[Predicate] = field(default_factory=list)
    waiting: list[Predicate] = field(default_factory=list)
    """Of the predicates those that read what the pattern binds."""
    rivals: dict[str, list[str]] = field(default_factory=dict)

    def scan_rows(self, name: str, bound: AbstractSet[str]) -> float:
        """Rows that a scan of the node, or the best seek that is possible now, looks at."""
        handled = self.scans[name]
        for needs, found in self.seeks[name]:
            if found < handled and needs <= bound:
                handled = found
        return handled

    def count(self, name: str) -> float:
        """How many nodes it may be."""
        return self.populations.get(name, self.everything)


def take_apart(pieces: list[Operator], base: Operator, statistics: Statistics) -> Pattern:
    """The pattern of these pieces over the base."""
    pattern = Pattern(frozenset(columns(base)))
    filters: list[Expression] = []
    for piece in pieces:
        match piece:
            case Expand() | ExpandInto() | VariableExpand():
                pattern.expansions.append(piece)
                if piece.target not in pattern.bound:
                    pattern.nodes.setdefault(piece.target, [])
            case Filter(_, HasLabels(Variable(name), labels)) if labels and name in pattern.nodes:
                pattern.nodes[name] += [label for label in labels if label not in pattern.nodes[name]]
            case Filter(_, predicate):
                filters.append(predicate)
            case LabelScan(_, variable, label):
                pattern.nodes.setdefault(variable, []).append(label)
            case AllNodes(_, variable):
                pattern.nodes.setdefault(variable, [])
            case UniqueRelationships(_, variables, known):
                for place in range(max(known, 1), len(variables)):
                    for other in variables[:place]:
                        pattern.rivals.setdefault(variables[place], []).append(other)
                        pattern.rivals.setdefault(other, []).append(variables[place])
            case _:
                raise AssertionError(f"no piece of a pattern: {piece}")
    for name, demanded in pattern.nodes.items():
        pattern.rarest[name] = min(demanded, key=statistics.nodes, default=None)
    for expansion in pattern.expansions:
        if len(expansion.types) == 1:
            for name, direction in (
                (expansion.source, expansion.direction),
                (expansion.target, REVERSED[expansion.direction]),
            ):
                if pattern.rarest.get(name, "") is None:
                    pattern.rarest[name] = statistics.label_at_ends(expansion.types[0], direction)
    pattern.everything = float(max(statistics.nodes(None), 1))
    pattern.populations = {name: float(max(statistics.nodes(one), 1)) for name, one in pattern.rarest.items()}
    for expansion in pattern.expansions:
        pattern.ways[relationship_variable(expansion)] = _ways(expansion, pattern.rarest, statistics)
    shares = [max(selectivity(expression, statistics), SELECTIVITY_MIN) for expression in filters]
    needs = [*map(free_variables, filters)]
    _find_seeks(pattern, filters, needs, shares, statistics)
    _find_relationships(pattern, filters, shares, statistics)
    pattern.predicates = [Predicate(*parts) for parts in zip(filters, needs, shares, strict=True)]
    pattern.waiting = [predicate for predicate in pattern.predicates if not predicate.needs <= pattern.bound]
    return pattern


def _ways(expansion: Expansion, rarest: dict[str, str | None], statistics: Statistics) -> tuple[Way, Way]:
    """Forward and backward."""
    ends = expansion.source, expansion.target
    name, needs = relationship_variable(expansion), _NO_NAMES
    if isinstance(expansion, VariableExpand) and expansion.properties is not None:
        needs = free_variables(expansion.properties)
    ways = []
    for (start, end), direction in ((ends, expansion.direction), (ends[::-1], REVERSED[expansion.direction])):
        fan_out = _fan_out(expansion, direction, rarest.get(start), statistics)
        share, label = 1.0, rarest.get(end)
        if label is not None:
            share = max(statistics.share_of_ends(expansion.types, direction, label), SELECTIVITY_MIN)
        ways.append(Way(expansion, start, end, name, direction, needs, fan_out, share))
    return ways[0], ways[1]


def _fan_out(expansion: Expansion, direction: Direction, label: str | None, statistics: Statistics) -> float:
    """Relationships, or paths, per row with such a node; one where the graph has none of the types yet."""
    types = expansion.types
    if statistics.relationships(types) == 0:
        return 1.0
    degree = statistics.degree(types, direction, label)
    if isinstance(expansion, VariableExpand):
        further = statistics.degree(types, direction)
        longer = paths(further, max(expansion.minimum - 1, 0), expansion.maximum and expansion.maximum - 1)
        return max(degree * longer, 1.0)
    return max(degree, DEGREE_MIN)


def relationship_variable(expansion: Expansion) -> str:
    """The variable of the relationship, or of the list of them."""
    return expansion.relationships if isinstance(expansion, VariableExpand) else expansion.relationship


def _find_seeks(
    pattern: Pattern,
    filters: list[Expression],
    needs: list[frozenset[str]],
    shares: list[float],
    statistics: Statistics,
) -> None:
    """The ways to find nodes by the filters, which need these variables; what one of these finds alone is its share."""
    indexes = statistics.indexes(Entity.NODE)
    for name, demanded in pattern.nodes.items():
        found = min(map(statistics.nodes, demanded)) if demanded else statistics.nodes(None)
        count = max(float(found), 1.0)
        pattern.scans[name] = max(count, SCAN_ROWS_MIN)
        places = [place for place, needed in enumerate(needs) if name in needed]
        seeks = pattern.seeks[name] = []
        if not places:
            continue
        for access in accesses(name, demanded, [filters[place] for place in places], indexes):
            rows = access_rows(access, statistics)
            seeks.append(Seek(access.needs, rows))
            _note_share(access, rows / count, filters, shares)
        for place in places:
            parts = find_parts(name, demanded, filters[place], None, indexes)
            if parts is not None:
                rows = sum(access_rows(access, statistics) for access in parts)
                seeks.append(Seek(_NO_NAMES.union(*(access.needs for access in parts)), rows))
                shares[place] = min(shares[place], rows / count)


def _find_relationships(
    pattern: Pattern, filters: list[Expression], shares: list[float], statistics: Statistics
) -> None:
    """The relationships that an index finds, likewise."""
    indexes = statistics.indexes(Entity.RELATIONSHIP)
    if not filters or not indexes.exist:
        return
    for expansion in pattern.expansions:
        if isinstance(expansion, VariableExpand) or len(expansion.types) != 1 or expansion.source == expansion.target:
            continue
        name = expansion.relationship
        about = [expression for expression in filters if name in free_variables(expression)]
        count = max(float(statistics.relationships(expansion.types)), 1.0)
        for access in accesses(name, list(expansion.types), about, indexes) if about else ():
            if access.token is not None:
                rows = access_rows(access, statistics, Entity.RELATIONSHIP)
                pattern.sought.append(Sought(expansion, access, rows))
                _note_share(access, rows / count, filters, shares)


def _note_share(access: Access, share: float, filters: list[Expression], shares: list[float]) -> None:
    if len(access.uses) == 1:
        for place, expression in enumerate(filters):
            if expression is access.uses[0]:
                shares[place] = min(shares[place], share)
