"""One order of a pattern's pieces, grown greedily: always the piece that handles and leaves the fewest rows.

Two growths over the same pattern can meet: where both have bound a node, or an equality stands between them, the rows
of one are joined to those of the other by hash.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from memgraph_py.optimizer.cost import paths
from memgraph_py.optimizer.patterns import SELECTIVITY_MIN, Expansion, Pattern, Predicate, Sought
from memgraph_py.optimizer.push_down_filters import cannot_fail
from memgraph_py.optimizer.statistics import Statistics
from memgraph_py.plan.expressions import Call, Expression
from memgraph_py.plan.operators import VariableExpand
from memgraph_py.plan.variables import free_variables
from memgraph_py.storage.view import REVERSED, Direction

DEGREE_MIN = 0.01
"""Where there are relationships, but none at nodes like these: there may be some tomorrow."""
INTO_ROWS = 3.0
"""To look for relationships between two nodes takes as long as to expand to so many."""
JOIN_ROWS = 1_000.0
"""A join by hash takes as long as an expansion to so many rows before it has found any."""
_NO_NAMES = frozenset[str]()


class Step(NamedTuple):
    """An expansion from one of its ends."""

    expansion: Expansion
    start: str


class Joined(NamedTuple):
    """A join with what another growth gives, whose pieces these are: on the nodes that both have bound, and on
    expressions of this side and of the other one. equal: the predicates that say so; taken: those of the other side."""

    order: list["Piece"]
    nodes: list[str]
    keys: list[tuple[Expression, Expression]]
    equal: list[Predicate]
    taken: list[Predicate]


Piece: TypeAlias = str | Step | Sought | Joined
"""A node to scan, an expansion, a relationship to seek, or a join."""


@dataclass(slots=True)
class Growth:
    """expansions: those that nobody has taken yet, which two growths that are to meet share. waiting: predicates that
    read what is not bound."""

    pattern: Pattern
    statistics: Statistics
    bound: set[str]
    expansions: list[Expansion]
    predicates: list[Predicate]
    rows: float = 1.0
    cost: float = 0.0
    order: list[Piece] = field(default_factory=list)
    nodes: list[str] = field(init=False)
    waiting: list[Predicate] = field(init=False)

    def __post_init__(self) -> None:
        self.nodes = [name for name in self.pattern.nodes if name not in self.bound]
        self.waiting = [predicate for predicate in self.predicates if not predicate.needs <= self.bound]

    def run(self, limit: float) -> bool:
        """Grows to the whole pattern; False once the cost reaches the limit."""
        while self.nodes or self.expansions:
            touched = {name for expansion in self.expansions for name in (expansion.source, expansion.target)}
            best: tuple[float, float, Piece] | None = None
            least = 0.0
            for piece in (*self.steps(), *self.nodes):
                if best is not None and isinstance(piece, str) and self._scanned(piece) >= least:
                    continue
                rows, handled = self.after(piece)
                later = rows if isinstance(piece, str) and piece in touched else 0.0
                if best is None or rows + handled + later < least:
                    best, least = (rows, handled, piece), rows + handled + later
            assert best is not None, "an unbound node can be scanned, and an expansion between bound ones taken"
            self.take(best[2], best[:2])
            if self.cost >= limit:
                return False
        return self.cost < limit

    def steps(self) -> Iterator[Piece]:
        """Expansions from a bound node, and relationships that can be sought."""
        bound = self.bound
        for expansion in self.expansions:
            if not _needs(expansion) <= bound:
                continue
            if expansion.source in bound:
                yield Step(expansion, expansion.source)
            elif expansion.target in bound:
                yield Step(expansion, expansion.target)
        for sought in self.pattern.sought:
            if sought.access.needs <= bound and any(sought.expansion is one for one in self.expansions):
                yield sought

    def after(self, piece: Piece) -> tuple[float, float]:
        """Rows after the piece with the filters that it makes possible, and rows that it handles."""
        answered: tuple[Expression, ...] = ()
        match piece:
            case str(name):
                new = [name]
                handled = self._scanned(name)
                rows = self.rows * self._count(name)
            case Step(expansion, start):
                end = expansion.target if start == expansion.source else expansion.source
                new = [end, relationship_variable(expansion)]
                handled = self.rows * self._fan_out(expansion, start)
                rows = handled * self._share_of_ends(expansion, start, end)
                if end in self.bound:
                    rows = min(self.rows, rows / self._count(end))
                    handled = handled if isinstance(expansion, VariableExpand) else INTO_ROWS * self.rows
            case Sought(expansion, access, found):
                new = [expansion.source, expansion.relationship, expansion.target]
                answered = access.uses
                rows = handled = self.rows * found * (2 if expansion.direction is Direction.BOTH else 1)
                for start, end in ((new[2], new[0]), (new[0], new[2])):
                    rows *= self._share_of_ends(expansion, start, end)
                    if end in self.bound:
                        rows /= self._count(end)
            case _:
                raise AssertionError("a join knows its rows")
        for predicate in self.waiting:
            needs = predicate.needs
            is_decided = not needs.isdisjoint(new) and all(name in self.bound or name in new for name in needs)
            if is_decided and not any(predicate.expression is one for one in answered):
                rows *= predicate.share
        return min(rows, handled), handled

    def _scanned(self, name: str) -> float:
        """Rows that are handled where the node is scanned, or sought, next."""
        return self.rows * self.pattern.scan_rows(name, self.bound)

    def _count(self, name: str) -> float:
        """How many nodes it may be."""
        return float(max(self.statistics.nodes(self.pattern.rarest.get(name)), 1))

    def _fan_out(self, expansion: Expansion, start: str) -> float:
        """Relationships, or paths, per row; one where the graph has none of the types yet."""
        if self.statistics.relationships(expansion.types) == 0:
            return 1.0
        direction = direction_from(expansion, start)
        degree = self.statistics.degree(expansion.types, direction, self.pattern.rarest.get(start))
        if isinstance(expansion, VariableExpand):
            further = self.statistics.degree(expansion.types, direction)
            longer = paths(further, max(expansion.minimum - 1, 0), expansion.maximum and expansion.maximum - 1)
            return max(degree * longer, 1.0)
        return max(degree, DEGREE_MIN)

    def _share_of_ends(self, expansion: Expansion, start: str, new: str) -> float:
        """The share of what an expansion reaches that has the labels that are demanded of the node."""
        label = self.pattern.rarest.get(new)
        if label is None:
            return 1.0
        direction = direction_from(expansion, start)
        return max(self.statistics.share_of_ends(expansion.types, direction, label), SELECTIVITY_MIN)

    def take(self, piece: Piece, after: tuple[float, float]) -> None:
        """Adds the piece."""
        self.order.append(piece)
        self.rows, handled = after
        self.cost += handled
        if isinstance(piece, str):
            self._bind(piece)
        elif isinstance(piece, Step | Sought):
            expansion = piece.expansion
            self.expansions[:] = [one for one in self.expansions if one is not expansion]
            self._bind(expansion.source, expansion.target)
            self.bound.add(relationship_variable(expansion))
        self.waiting = [predicate for predicate in self.waiting if not predicate.needs <= self.bound]

    def _bind(self, *names: str) -> None:
        self.bound.update(names)
        self.nodes = [name for name in self.nodes if name not in names]

    def meeting(self, other: "Growth") -> Joined | None:
        """How this growth can be joined with the other one; None where they have nothing in common yet."""
        nodes = sorted(self.bound & other.bound)
        found = [(sides, predicate) for predicate in self.waiting if (sides := self._equality(predicate, other))]
        if not nodes and not found:
            return None
        taken = [predicate for predicate in other.predicates if predicate not in other.waiting]
        return Joined(other.order, nodes, [sides for sides, _ in found], [predicate for _, predicate in found], taken)

    def _equality(self, predicate: Predicate, other: "Growth") -> tuple[Expression, Expression] | None:
        """The sides of an equality that connects the two, this growth's first."""
        match predicate.expression:
            case Call("=", (one, another)) as equality if cannot_fail(equality) and not predicate.needs <= other.bound:
                for left, right in ((one, another), (another, one)):
                    read_left, read_right = free_variables(left), free_variables(right)
                    if read_left and read_right and read_left <= self.bound and read_right <= other.bound - self.bound:
                        return left, right
        return None

    def join(self, joined: Joined, other: "Growth") -> None:
        """Goes on with the rows of both, where they meet."""
        rows = self.rows * other.rows
        for name in joined.nodes:
            rows /= self._count(name)
        self.bound |= other.bound
        for predicate in self.waiting:
            if predicate.needs <= self.bound and predicate not in joined.taken:
                rows *= predicate.share
        self.waiting = [predicate for predicate in self.waiting if not predicate.needs <= self.bound]
        self.nodes = [name for name in self.nodes if name not in self.bound]
        self.cost += other.cost + self.rows + 2 * other.rows + JOIN_ROWS + rows
        self.rows = rows
        self.order.append(joined)


def _needs(expansion: Expansion) -> frozenset[str]:
    """What it reads beside its ends."""
    if isinstance(expansion, VariableExpand) and expansion.properties is not None:
        return free_variables(expansion.properties)
    return _NO_NAMES


def direction_from(expansion: Expansion, start: str) -> Direction:
    """As seen from that end."""
    return expansion.direction if start == expansion.source else REVERSED[expansion.direction]


def relationship_variable(expansion: Expansion) -> str:
    """The variable of the relationship, or of the list of them."""
    return expansion.relationships if isinstance(expansion, VariableExpand) else expansion.relationship
