"""Where a subquery or a FOREACH must take its rows one after another: what it does for one may be read by the next.

A plan carries out a clause for all rows of a batch before it goes on to the next clause. openCypher has the whole of a
CALL { } or FOREACH done for a row before it begins with the next (openCypher 9, "Clause composition"). Where the
effects within it meet over rows, an ``Eager`` hands on as many rows as surely hold different elements:

    CALL (row) { MERGE (a:A {id: row.a}) SET a.n = 1 }                 nothing meets: all at once
    CALL (n, m) { SET n.x = m.x }                                      different n, m
    CALL (row) { MERGE (a:A {id: row.a}) SET a.n = 1                   different row.a, row.b: what is found
                 MERGE (b:B {id: row.b}) SET b.n = 2 }                 or made for one row is not another's
    CALL (row) { MERGE (a:A {id: row.a}) SET a.n = 1                   different row.a, row.b where no node is A and B,
                 MERGE (b:B {key: row.b}) SET b.n = 2 }                else row by row
    CALL (row) { MERGE (a:A {id: row.a}) MERGE (b {of: COUNT { () }})} row by row
"""

from collections.abc import Collection, Iterator, Sequence
from itertools import product
from typing import TypeAlias

from memgraph_py.plan import operators
from memgraph_py.plan.effects import NO_TOKENS, Effects, Tokens, effects, meet
from memgraph_py.plan.expressions import (
    Expression,
    HasLabels,
    MapOf,
    Property,
    Variable,
)
from memgraph_py.plan.items import (
    NodeSpec,
    RelationshipSpec,
    RemoveLabels,
    RemoveLabelsNamed,
    RemoveProperty,
    RemovePropertyNamed,
    SetItem,
    SetLabels,
    SetLabelsNamed,
    SetProperties,
    SetProperty,
    SetPropertyNamed,
)
from memgraph_py.plan.operators import Apply, Argument, Create, Drain, Eager, Merge, Operator
from memgraph_py.plan.tree import walk, writes
from memgraph_py.plan.variables import free_variables, holds_subquery, newly_bound
from memgraph_py.planner.identified import Found
from memgraph_py.planner.scope import Scope, narrowed
from memgraph_py.storage.view import Direction

_Own: TypeAlias = tuple[Operator, Effects]


COUNTED_UNNAMED = (
    operators.Delete,
    SetPropertyNamed,
    SetLabelsNamed,
    RemovePropertyNamed,
    RemoveLabelsNamed,
)
"""What writes without names that a plan knows, a map's excepted."""


def apart(subplan: Operator, scope: Scope) -> Operator:
    """The subplan, over an Argument of the scope, carried out for one row after another where what it does for one may
    depend on what it did for those before; for as many as hold different elements, or values that tell all of their
    elements apart, where that is about these elements alone.

    A map may hold any property. It does not count where all rows would have to go one by one for it, nor as what
    changes a property that tells elements apart: `MERGE (n {id: row.id}) SET n += row` would be slow for nothing.
    """
    if not writes(subplan):
        return subplan
    rows = _Rows(subplan, scope, counts_maps=False).in_turn()
    if rows is None and _sets_map(subplan):
        rows = _Rows(subplan, scope, counts_maps=True).in_turn()
        if rows is not None and not rows.elements and not rows.keys:
            return subplan
    if rows is None:
        return subplan
    result = Apply(rows, narrowed(subplan, scope.variables))
    return Drain(result) if isinstance(subplan, Drain) else result


class _Rows:
    """What a subplan does for its rows."""

    def __init__(self, subplan: Operator, scope: Scope, *, counts_maps: bool) -> None:
        self._subplan = subplan
        self._scope = scope
        self._counts_maps = counts_maps
        self._chain = tuple(_chain(subplan))
        self._own = [
            (operator, self._counted(operator, effects(operator, (), scope.plain))) for operator in self._chain
        ]

    def in_turn(self) -> Eager | None:
        """The rows, as many at a time as nothing meets over; None for all of them."""
        if not _meet_over_rows(self._own, self._own):
            return None
        argument = Argument(self._scope.variables)
        elements = _elements(self._subplan, self._scope, self._own)
        if self._is_about(elements):
            return Eager(argument, singly=True, elements=elements)
        found = Found(self._subplan, self._chain, self._scope, self._written_beside(()))
        for identity in found.identities(self._written_beside):
            is_apart = not identity.labels or self._keeps_labels_apart(identity.labels)
            if is_apart and self._is_about((*elements, *identity.variables), identity.variables):
                return Eager(argument, True, elements, identity.values, identity.properties, identity.labels)
        return Eager(argument, singly=True)

    def _written_beside(self, beside: Collection[str]) -> Tokens:
        """What is changed other than through these variables, and by maps."""
        return NO_TOKENS.union(*(_named(one, effects(one, beside).changes) for one in self._chain))

    def _keeps_labels_apart(self, labels: Collection[str]) -> bool:
        """True where it gives no node two of the labels."""
        if any(kind == "label" for _, writing in self._own for kind, _ in writing.changes):
            return False
        made = [node for part in walk(self._subplan) if isinstance(part, Create | Merge) for node in part.nodes]
        return all(len(set(labels).intersection(node.labels)) < 2 for node in made)

    def _is_about(self, beside: Collection[str], found: Collection[str] = ()) -> bool:
        """True where nothing meets over rows that hold different elements in all of these variables. ``found``: those
        of them that the subplan binds."""
        others = [(operator, self._effects_on_others(operator, beside, found)) for operator in self._chain]
        return not _meet_over_rows(self._own, others) and not _meet_over_rows(others, self._own)

    def _effects_on_others(self, operator: Operator, beside: Collection[str], found: Collection[str]) -> Effects:
        """Without what is done to elements that ``beside`` hold; that these are found, or made, is among it."""
        left = self._counted(operator, effects(operator, beside, self._scope.plain))
        match operator:
            case operators.LabelScan() | operators.AllNodes() if operator.variable in found:
                return Effects()
            case Merge() if not holds_subquery(operator):
                if not operator.relationships and len(operator.nodes) == 1 and operator.nodes[0].variable in found:
                    return _without(left, "node")
                if not operator.nodes and all(end in beside for spec in operator.relationships for end in _ends(spec)):
                    return _without(left, "relationship")
        return left

    def _counted(self, operator: Operator, all: Effects) -> Effects:
        return all if self._counts_maps else Effects(all.reads, all.creates, _named(operator, all.changes))


def _ends(spec: RelationshipSpec) -> tuple[str, str]:
    return spec.source, spec.target


def _without(all: Effects, kind: str) -> Effects:
    return Effects(
        frozenset(token for token in all.reads if token[0] != kind),
        frozenset(token for token in all.creates if token[0] != kind),
        all.changes,
    )


def _named(operator: Operator, changes: Tokens) -> Tokens:
    """Without what maps set."""
    if any(isinstance(part, COUNTED_UNNAMED) for part in walk(operator)):
        return changes
    return frozenset(token for token in changes if token[1] is not None)


def _meet_over_rows(readers: Sequence[_Own], writers: Sequence[_Own]) -> bool:
    """True where what one does for a row may depend on what another wrote for an earlier one. SET goes row by row where
    it reads what it writes, and MERGE finds what it made."""
    maps = any(_sets_map(operator) for operator, _ in writers)
    for (reader, reading), (writer, writing) in product(readers, writers):
        if reader is writer and not isinstance(writer, Create | operators.Delete):
            continue
        if _make_alike(reader, writer):
            if meet(writing.changes, reading.reads):
                return True
            continue
        creates = NO_TOKENS if not maps and _never_finds(reader, writer) else writing.creates
        changed_too = NO_TOKENS if reader is writer else reading.changes
        if meet(writing.changes | creates, reading.reads) or meet(writing.changes, changed_too):
            return True
    return False


def _sets_map(plan: Operator) -> bool:
    return any(isinstance(part, SetProperties) and not isinstance(part.value, MapOf) for part in walk(plan))


def _make_alike(first: Operator, second: Operator) -> bool:
    """True of two MERGEs where it is the same which of them creates an element that both look for."""
    if not isinstance(first, Merge) or not isinstance(second, Merge):
        return False
    return _made(first) == _made(second) is not None


def _made(merge: Merge) -> tuple[object, ...] | None:
    """What a MERGE creates, but for names and the values of its keys, and what ON CREATE and ON MATCH set there; None
    where that is more than one element, or depends on the row, or is what it looks for. Whichever of two comes first to
    an element creates it, and each that comes later sets the same again."""
    if len(merge.nodes) + len(merge.relationships) != 1:
        return None
    specs: tuple[NodeSpec | RelationshipSpec, ...] = (*merge.nodes, *merge.relationships)
    spec = specs[0]
    keys = _keys_of(spec)
    kinds: tuple[str | None, ...] = (spec.type,) if isinstance(spec, RelationshipSpec) else spec.labels
    undirected = any(getattr(part, "direction", None) is Direction.BOTH for part in walk(merge.match))
    if keys is None or undirected or None in kinds:
        return None
    fixed = [_fixed(item, spec.variable, keys) for items in (merge.on_create, merge.on_match) for item in items]
    if None in fixed:
        return None
    return type(spec), frozenset(kinds), keys, len(merge.on_create), fixed


def _keys_of(spec: NodeSpec | RelationshipSpec) -> frozenset[str] | None:
    """None where they are known only when it runs."""
    if spec.properties is None:
        return frozenset()
    return frozenset(spec.properties.keys) if isinstance(spec.properties, MapOf) else None


def _fixed(item: SetItem, variable: str, keys: Collection[str]) -> tuple[str, Expression] | None:
    """Property and value of an item that sets the same in each row, and none of the keys."""
    if not isinstance(item, SetProperty) or item.subject != Variable(variable) or item.key in keys:
        return None
    return None if free_variables(item.value) or holds_subquery(item.value) else (item.key, item.value)


def _never_finds(reader: Operator, writer: Operator) -> bool:
    """True of two MERGEs of a node where the one looks for a property that what the other makes has not."""
    if not isinstance(reader, Merge) or not isinstance(writer, Merge) or holds_subquery(reader):
        return False
    if reader.relationships or writer.relationships or len(reader.nodes) != 1 or len(writer.nodes) != 1:
        return False
    sought, made = _keys_of(reader.nodes[0]), _keys_of(writer.nodes[0])
    if sought is None or made is None or not all(isinstance(item, SetProperty) for item in writer.on_create):
        return False
    return not sought <= made | {item.key for item in writer.on_create if isinstance(item, SetProperty)}


def _elements(subplan: Operator, scope: Scope, own: Sequence[_Own]) -> tuple[str, ...]:
    """Variables of the row through which the subplan writes to elements, or reads what it writes."""
    written = NO_TOKENS.union(*(writing.changes for _, writing in own))
    found: dict[str, None] = {}
    bound: set[str] = set()
    for part in walk(subplan):
        bound.update(newly_bound(part))
        match part:
            case Property(Variable(name), key):
                if meet(written, frozenset((("property", key),))):
                    found[name] = None
            case HasLabels(Variable(name)):
                found[name] = None
            case SetProperty(Variable(name)) | SetPropertyNamed(Variable(name)):
                found[name] = None
            case RemoveProperty(Variable(name)) | RemovePropertyNamed(Variable(name)):
                found[name] = None
            case SetProperties(name) | SetLabels(name) | SetLabelsNamed(name):
                found[name] = None
            case RemoveLabels(name) | RemoveLabelsNamed(name):
                found[name] = None
    return tuple(name for name in found if name in scope.variables and name not in scope.plain and name not in bound)


def _chain(plan: Operator) -> Iterator[Operator]:
    while not isinstance(plan, operators.Unit | operators.Argument | operators.ParameterRows):
        if isinstance(plan, operators.Union):
            yield from _chain(plan.left)
            plan = plan.right
            continue
        if isinstance(plan, operators.Apply) and isinstance(plan.input, operators.Argument):
            yield from _chain(plan.subplan)
        else:
            yield plan
        plan = plan.input
