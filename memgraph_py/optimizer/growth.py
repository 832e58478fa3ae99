"""One order of a pattern's pieces, grown greedily: always the piece that handles and leaves the fewest rows.

Two growths over the same pattern can meet: where both have bound a node, or an equality stands between them, the rows
of one are joined to those of the other by hash.
"""

from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from memgraph_py.optimizer.patterns import Pattern, Predicate, Sought, Way
from memgraph_py.optimizer.push_down_filters import cannot_fail
from memgraph_py.plan.expressions import Call, Expression
from memgraph_py.plan.operators import VariableExpand
from memgraph_py.plan.variables import free_variables
from memgraph_py.storage.view import Direction

INTO_ROWS = 3.0
"""To look for relationships between two nodes takes as long as to expand to so many."""
JOIN_ROWS = 1_000.0
"""A join by hash takes as long as an expansion to so many rows before it has found any."""


class Joined(NamedTuple):
    """A join with what another growth gives, whose pieces these are: on the nodes that both have bound, and on
    expressions of this side and of the other one. equal: the predicates that say so; taken: those of the other side."""

    order: list["Piece"]
    nodes: list[str]
    keys: list[tuple[Expression, Expression]]
    equal: list[Predicate]
    taken: list[Predicate]


Piece: TypeAlias = str | Way | Sought | Joined
"""A node to scan, an expansion from one of its ends, a relationship to seek, or a join."""


@dataclass(slots=True)
class Growth:
    """nodes: those that are not bound. ways: by relationship, of expansions that nobody has taken yet; two growths that
    are to meet share them. waiting: predicates that read what is not bound."""

    pattern: Pattern
    bound: set[str]
    nodes: list[str]
    ways: dict[str, tuple[Way, Way]]
    waiting: list[Predicate]
    rows: float = 1.0
    cost: float = 0.0
    order: list[Piece] = field(default_factory=list)

    @classmethod
    def begun(cls, pattern: Pattern) -> "Growth":
        """Of the whole pattern, with what is bound already."""
        return cls(pattern, set(pattern.bound), [*pattern.nodes], dict(pattern.ways), pattern.waiting)

    def run(self, limit: float) -> bool:
        """Grows to the whole pattern; False once the cost reaches the limit."""
        while self.nodes or self.ways:
            best: str | Way | Sought | None = None
            least = best_rows = best_handled = 0.0
            for step in self.steps():
                rows, handled = self.after(step)
                if best is None or rows + handled < least:
                    best, best_rows, best_handled, least = step, rows, handled, rows + handled
            for name in self.nodes:
                if best is not None and self._scanned(name) >= least:
                    continue
                rows, handled = self.after(name)
                later = rows if any(name in (way.start, way.end) for way, _ in self.ways.values()) else 0.0
                if best is None or rows + handled + later < least:
                    best, best_rows, best_handled, least = name, rows, handled, rows + handled + later
            assert best is not None, "an unbound node can be scanned, and an expansion between bound ones taken"
            self.take(best, (best_rows, best_handled))
            if self.cost >= limit:
                return False
        return self.cost < limit

    def steps(self) -> list[Way | Sought]:
        """Expansions from a bound node, and relationships that can be sought."""
        bound = self.bound
        steps: list[Way | Sought] = []
        for forward, backward in self.ways.values():
            if forward.needs <= bound:
                if forward.start in bound:
                    steps.append(forward)
                elif backward.start in bound:
                    steps.append(backward)
        for sought in self.pattern.sought:
            if sought.access.needs <= bound and sought.expansion.relationship in self.ways:
                steps.append(sought)
        return steps

    def after(self, piece: str | Way | Sought) -> tuple[float, float]:
        """Rows after the piece with the filters that it makes possible, and rows that it handles."""
        answered: tuple[Expression, ...] = ()
        new: tuple[str, ...]
        bound = self.bound
        if isinstance(piece, str):
            new = (piece,)
            handled = self._scanned(piece)
            rows = self.rows * self.pattern.count(piece)
        elif isinstance(piece, Way):
            new = (piece.end, piece.relationship)
            handled = self.rows * piece.fan_out
            rows = handled * piece.share
            if piece.end in bound:
                rows = min(self.rows, rows / self.pattern.count(piece.end))
                handled = handled if isinstance(piece.expansion, VariableExpand) else INTO_ROWS * self.rows
        else:
            expansion = piece.expansion
            new = (expansion.source, expansion.relationship, expansion.target)
            answered = piece.access.uses
            rows = handled = self.rows * piece.rows * (2 if expansion.direction is Direction.BOTH else 1)
            for way in reversed(self.ways[piece.relationship]):
                rows *= way.share
                if way.end in bound:
                    rows /= self.pattern.count(way.end)
        if self.waiting:
            known = bound.union(new)
            for predicate in self.waiting:
                if predicate.needs <= known and not any(predicate.expression is one for one in answered):
                    rows *= predicate.share
        return min(rows, handled), handled

    def _scanned(self, name: str) -> float:
        """Rows that are handled where the node is scanned, or sought, next."""
        return self.rows * self.pattern.scan_rows(name, self.bound)

    def take(self, piece: str | Way | Sought, after: tuple[float, float]) -> None:
        """Adds the piece."""
        self.order.append(piece)
        self.rows, handled = after
        self.cost += handled
        if isinstance(piece, str):
            self._bind(piece)
        else:
            forward, _ = self.ways.pop(piece.relationship)
            self.bound.add(piece.relationship)
            self._bind(forward.start)
            self._bind(forward.end)
        if self.waiting:
            self.waiting = [predicate for predicate in self.waiting if not predicate.needs <= self.bound]

    def _bind(self, name: str) -> None:
        self.bound.add(name)
        if name in self.nodes:
            self.nodes.remove(name)

    def meeting(self, other: "Growth", predicates: list[Predicate]) -> Joined | None:
        """How this growth can be joined with the other one, which began with these predicates; None where they have
        nothing in common yet."""
        nodes = sorted(self.bound & other.bound)
        found = [(sides, predicate) for predicate in self.waiting if (sides := self._equality(predicate, other))]
        if not nodes and not found:
            return None
        taken = [predicate for predicate in predicates if predicate not in other.waiting]
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
            rows /= self.pattern.count(name)
        self.bound |= other.bound
        for predicate in self.waiting:
            if predicate.needs <= self.bound and predicate not in joined.taken:
                rows *= predicate.share
        self.waiting = [predicate for predicate in self.waiting if not predicate.needs <= self.bound]
        self.nodes = [name for name in self.nodes if name not in self.bound]
        self.cost += other.cost + self.rows + 2 * other.rows + JOIN_ROWS + rows
        self.rows = rows
        self.order.append(joined)
