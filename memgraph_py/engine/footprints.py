"""Footprints: what a vectorised plan reads and writes, and whether calls of two such plans may change places.

Two calls may, where neither reads or writes what the other writes. Names tell most of it: of properties that are set
and read, of types of relationships that are created and merged. Of nodes, values do: one that is created is found by
those alone that seek its label and its key's value, and both are parameters mostly.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from memgraph_py.plan.expressions import Expression, MapOf, Property, Variable
from memgraph_py.plan.operators import (
    Create,
    Drain,
    IndexSeek,
    Merge,
    NodeSpec,
    Operator,
    ParameterRows,
    RelationshipSpec,
    Set,
    SetItem,
    SetProperty,
)
from memgraph_py.plan.tree import walk


@dataclass(frozen=True, slots=True)
class Sought:
    """Nodes that are looked for: with this label, or any; with this property, or any. value: the column of its values,
    one a call; None where they are computed."""

    label: str | None
    key: str | None
    value: str | None


@dataclass(frozen=True, slots=True)
class Made:
    """A node that may be created: its labels, and by property the column of its values, None where they are computed.
    Without ``values`` any property may be there. once: the first call with a value sees to it that there is one, and
    later ones create no other; behind a seek it may be any of them that does."""

    labels: frozenset[str]
    values: dict[str, str | None] | None
    once: bool


@dataclass(frozen=True, slots=True)
class Meeting:
    """Columns of two plans: calls with one value in both stay in order. once, others_once: of a value only the first
    call matters."""

    column: str
    once: bool
    others: str
    others_once: bool


@dataclass(frozen=True, slots=True)
class Footprint:
    """seeks: whether it looks nodes up in an index. read, written: property keys, those of seeks and patterns among the
    read; those that new elements come with are not among the written. types: of relationships that may be created;
    merged: of those that are looked for first."""

    seeks: bool
    sought: tuple[Sought, ...]
    made: tuple[Made, ...]
    read: frozenset[str]
    written: frozenset[str]
    types: frozenset[str | None]
    merged: frozenset[str | None]

    def meetings(self, other: "Footprint") -> list[Meeting] | None:
        """Where calls of the two with equal values meet; None where they may not change places, whatever the values."""
        if self.read & other.written or self.written & (other.read | other.written):
            return None
        if self.merged & other.types or self.types & other.merged or None in self.types | other.types:
            return None
        made, sought = _crossings(self.made, other.sought), _crossings(other.made, self.sought)
        if made is None or sought is None:
            return None
        return [
            *(Meeting(created, once, seeks, others_once=False) for created, once, seeks in made),
            *(Meeting(seeks, False, created, others_once=once) for created, once, seeks in sought),
        ]


def _crossings(made: Sequence[Made], sought: Sequence[Sought]) -> list[tuple[str, bool, str]] | None:
    """Where a node that may be created may be found: the column of its value, whether only the first call of a value
    matters, and the column of the value that is sought. None where one of these is computed, or any value is found."""
    found: list[tuple[str, bool, str]] = []
    for one in made:
        for other in sought:
            if other.label is not None and other.label not in one.labels:
                continue
            if one.values is None or other.key is None:
                return None
            if other.key in one.values:
                value = one.values[other.key]
                if value is None or other.value is None:
                    return None
                found.append((value, one.once, other.value))
    return found


def footprint_of(plan: Operator) -> Footprint:
    """Of the plan of a ``Vectorised``: index seeks, then CREATE or MERGE, then SET, each where it is there."""
    assert isinstance(plan, Drain), "what is vectorised gives no rows"
    operator = plan.input
    items: list[SetItem] = []
    nodes: tuple[NodeSpec, ...] = ()
    made: list[Made] = []
    sought: list[Sought] = []
    read: set[str] = set()
    types: frozenset[str | None] = frozenset()
    merges = False
    if isinstance(operator, Set):
        items += operator.items
        operator = operator.input
    if isinstance(operator, Create | Merge):
        nodes, types = operator.nodes, frozenset(one.type for one in operator.relationships)
        merges = isinstance(operator, Merge)
        once = merges and not operator.relationships and isinstance(operator.input, ParameterRows)
        made += [_made(node, once=once) for node in nodes]
        if isinstance(operator, Merge):
            items += (*operator.on_create, *operator.on_match)
            sought += [one for node in nodes for one in _pattern(node)]
            read |= pattern_keys((*nodes, *operator.relationships))
        operator = operator.input
    seeks = isinstance(operator, IndexSeek)
    while isinstance(operator, IndexSeek):
        sought.append(Sought(operator.token, operator.keys[0], _column(operator.values[0])))
        read.update(operator.keys)
        operator = operator.input
    sets = [item for item in items if isinstance(item, SetProperty)]
    assert len(sets) == len(items), "nothing else is vectorised"
    read |= {key for item in sets for key in properties_read(item.value)}
    written = frozenset(item.key for item in sets)
    merged = types if merges else frozenset()
    return Footprint(seeks, tuple(sought), tuple(made), frozenset(read), written, types, merged)


def pattern_keys(specs: Iterable[NodeSpec | RelationshipSpec]) -> set[str]:
    """Keys that the pattern of a vectorised plan names; it reads no others."""
    return {key for spec in specs if isinstance(spec.properties, MapOf) for key in spec.properties.keys}


def properties_read(value: Expression) -> set[str]:
    """Keys of the properties that the expression names."""
    return {node.key for node in walk(value) if isinstance(node, Property)}


def _made(node: NodeSpec, *, once: bool) -> Made:
    labels, properties = frozenset(node.labels), node.properties
    if properties is None:
        return Made(labels, {}, once=False)
    if not isinstance(properties, MapOf):
        return Made(labels, None, once=False)
    values = dict(zip(properties.keys, map(_column, properties.values), strict=True))
    return Made(labels, values, once=once and len(values) == 1)


def _pattern(node: NodeSpec) -> list[Sought]:
    """What a MERGE looks for, by the first of its labels and properties: others only make it find less."""
    label = node.labels[0] if node.labels else None
    if not isinstance(node.properties, MapOf) or not node.properties.keys:
        return [Sought(label, None, None)]
    return [Sought(label, node.properties.keys[0], _column(node.properties.values[0]))]


def _column(value: Expression) -> str | None:
    return value.name if isinstance(value, Variable) else None
