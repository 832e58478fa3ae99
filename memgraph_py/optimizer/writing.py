"""A pattern's order, written as operators."""

from dataclasses import dataclass

from memgraph_py.optimizer.growth import Joined, Piece
from memgraph_py.optimizer.patterns import Pattern, Predicate, Sought, Way
from memgraph_py.plan.expressions import HasLabels, Variable
from memgraph_py.plan.names import own
from memgraph_py.plan.operators import (
    AllNodes,
    Expand,
    ExpandInto,
    Filter,
    HashJoin,
    LabelScan,
    Operator,
    Project,
    ScanRelationships,
    UniqueRelationships,
    Unit,
    VariableExpand,
)
from memgraph_py.plan.tree import changed
from memgraph_py.plan.variables import columns
from memgraph_py.storage.schema_rules import Entity


def written(pattern: Pattern, order: list[Piece], base: Operator) -> Operator:
    """The pieces in this order over the base, each filter as soon as its variables are bound."""
    writer = _Writer(pattern, base, set(pattern.bound), list(pattern.predicates))
    writer.write(order)
    assert not writer.waiting, "all variables of the pattern are bound"
    return writer.operator


@dataclass(slots=True)
class _Writer:
    pattern: Pattern
    operator: Operator
    bound: set[str]
    waiting: list[Predicate]

    def write(self, order: list[Piece]) -> None:
        self._filter()
        for piece in order:
            match piece:
                case str():
                    self._scan(piece)
                case Way():
                    self._expand(piece)
                case Sought():
                    self._seek(piece)
                case Joined():
                    self._join(piece)
            self._filter()

    def _filter(self) -> None:
        """Filters by what can be decided now."""
        waiting: list[Predicate] = []
        for predicate in self.waiting:
            if predicate.needs <= self.bound:
                self.operator = Filter(self.operator, predicate.expression)
            else:
                waiting.append(predicate)
        self.waiting = waiting

    def _scan(self, name: str) -> None:
        """A scan by the first label, the others as a filter: ``use_indexes`` chooses between them."""
        labels = self.pattern.nodes[name]
        self.operator = LabelScan(self.operator, name, labels[0]) if labels else AllNodes(self.operator, name)
        self.bound.add(name)
        self._demand_labels(name, labels[1:])

    def _expand(self, way: Way) -> None:
        """The expansion from that end, into the other one where it is bound."""
        expansion, start, end, name, direction, *_ = way
        into = end in self.bound
        if isinstance(expansion, VariableExpand):
            self.operator = changed(
                expansion,
                input=self.operator,
                source=start,
                target=end,
                direction=direction,
                into=into,
                reverse=expansion.reverse is (start == expansion.source),
            )
        else:
            make = ExpandInto if into else Expand
            self.operator = make(self.operator, start, name, end, expansion.types, direction)
        self._compare(name)
        self.bound.add(name)
        if not into:
            self.bound.add(end)
            self._demand_labels(end, self.pattern.nodes.get(end, []))

    def _seek(self, sought: Sought) -> None:
        """The relationship by its index, and its ends by it."""
        expansion, access = sought.expansion, sought.access
        name = expansion.relationship
        ends = (expansion.source, expansion.target)
        is_bound = [end in self.bound for end in ends]
        found = access.operator(self.operator, name, Entity.RELATIONSHIP)
        self.operator = ScanRelationships(found, name, *ends, (), expansion.direction, *is_bound)
        self._compare(name)
        self.bound.update((name, *ends))
        self.waiting = [one for one in self.waiting if not any(one.expression is known for known in access.answered)]
        for end, was_bound in zip(ends, is_bound, strict=True):
            if not was_bound:
                self._demand_labels(end, self.pattern.nodes.get(end, []))

    def _join(self, joined: Joined) -> None:
        """The other side, written over Unit. A node that both sides have bound has another name there."""
        alone = _Writer(self.pattern, Unit(), set(), joined.taken)
        alone.write(joined.order)
        assert not alone.waiting, "these were decided on that side"
        names = columns(alone.operator)
        renamed = {name: self._fresh(name) for name in joined.nodes}
        expressions = tuple(map(Variable, names))
        right = Project(alone.operator, tuple(renamed.get(name, name) for name in names), expressions)
        keys = [Variable(name) for name in joined.nodes]
        right_keys = [Variable(renamed[name]) for name in joined.nodes]
        self.operator = HashJoin(
            self.operator,
            right if renamed else alone.operator,
            (*keys, *(key for key, _ in joined.keys)),
            (*right_keys, *(key for _, key in joined.keys)),
        )
        for name in names:
            if name in self.pattern.rivals:
                self._compare(name)
        self.bound.update(names)
        done = (*joined.taken, *joined.equal)
        self.waiting = [predicate for predicate in self.waiting if predicate not in done]

    def _fresh(self, name: str) -> str:
        """A name that no column has."""
        fresh = own(name)
        while fresh in self.bound or fresh in self.pattern.nodes:
            fresh = own(fresh)
        return fresh

    def _demand_labels(self, name: str, labels: list[str]) -> None:
        if labels:
            self.operator = Filter(self.operator, HasLabels(Variable(name), tuple(labels)))

    def _compare(self, name: str) -> None:
        rivals = [rival for rival in self.pattern.rivals.get(name, ()) if rival in self.bound]
        if rivals:
            self.operator = UniqueRelationships(self.operator, (*rivals, name), known=len(rivals))
