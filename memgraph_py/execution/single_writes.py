"""Plans of at most one row that write, composed once into functions on Python values.

As in ``single.py``, an operator has a second form beside its runner, made of its input's. What it writes goes into the
ChangeSet that a transaction would make, a block of one row each; nothing is applied before the whole plan has run, so
it can give up, by SeveralRows, wherever it is not sure. It runs on the newest version under the store's commit lock:
nothing can come between what it reads and its commit, so it never conflicts.

    Drain                           write(snapshot, parameters, writing)
    └─ Set n.age = $age                 └─ write(…): found 7, a property written
       └─ IndexSeek n:Person(id = $id)      └─ run(snapshot, parameters) -> {"n": NodeReference(7)}

Values of RETURN are read from the version that the commit makes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from memgraph_py.columnar import Column
from memgraph_py.execution.executor import Counters
from memgraph_py.execution.single import (
    DEPTH_MAX,
    SIMPLE,
    Parameters,
    Row,
    SeveralRows,
    SingleRow,
    SingleValue,
    single_row,
    single_value,
)
from memgraph_py.plan.expressions import Expression, MapOf, Parameter, Property, Variable
from memgraph_py.plan.operators import Drain, Operator
from memgraph_py.plan.tree import walk
from memgraph_py.storage.changes import ChangeSet, CreatedNodes, CreatedRelationships, PropertyWrite
from memgraph_py.storage.schema import Schema
from memgraph_py.storage.single import single_column, single_id, value_of
from memgraph_py.storage.snapshot import Snapshot
from memgraph_py.storage.transaction import IdSource
from memgraph_py.values.types import NodeReference, Value

__all__ = [
    "Composition",
    "SingleElements",
    "SingleProperties",
    "SingleWrite",
    "WholeWrite",
    "Writing",
    "followed",
    "single_properties",
    "whole_single_write",
    "writes",
]

TEXT_BYTES_MAX = 4_096
"""What a longer text takes is counted where transactions are."""

OperatorType = TypeVar("OperatorType")


class Writing:
    """One execution: what it has written so far, and the row that it ended with. For ``GraphStore.commit_at_tip``."""

    __slots__ = ("_form", "_ids", "_parameters", "_schema", "changes", "counters", "row")

    def __init__(self, form: "WholeWrite", parameters: Parameters, ids: IdSource, schema: Schema) -> None:
        self._form = form
        self._parameters = parameters
        self._ids = ids
        self._schema = schema
        self.changes = ChangeSet([], [], [], [], [], [], [], {}, set(), [], [], [], [])
        self.counters = Counters()
        self.row: Row | None = None

    def run(self, tip: Snapshot) -> None:
        """Fills ``changes``. Raises SeveralRows; what it has drawn stands in ``changes`` then too."""
        row = self.row = self._form.write(tip, self._parameters, self)
        if row is not None:
            for name in self._form.nodes:
                if row[name].__class__ is not NodeReference:
                    raise SeveralRows

    def values(self, snapshot: Snapshot) -> Row | None:
        """What RETURN gives, in the version that has the changes."""
        row, parameters = self.row, self._parameters
        if row is None or not self._form.values:
            return None
        return {name: value(row, snapshot, parameters) for name, value in self._form.values}

    def create_node(self, label_set: int, properties: dict[int, Value]) -> NodeReference:
        """A node with the label set. None stands for no property."""
        columns = self._columns(properties)
        ids = self._ids.draw_node_ids(1)
        self.changes.created_nodes.append(CreatedNodes(ids, label_set, columns))
        counters = self.counters
        counters.nodes_created += 1
        counters.labels_added += len(self._schema.label_set(label_set))
        counters.properties_set += len(columns)
        return NodeReference(ids.item())

    def create_relationship(self, source: Value, target: Value, type: int, properties: dict[int, Value]) -> None:
        """A relationship between two nodes."""
        if source.__class__ is not NodeReference or target.__class__ is not NodeReference:
            raise SeveralRows
        columns = self._columns(properties)
        ids = self._ids.draw_relationship_ids(1)
        ends = single_id(source.id), single_id(target.id)
        self.changes.created_relationships.append(CreatedRelationships(ids, *ends, type, columns))
        self.counters.relationships_created += 1
        self.counters.properties_set += len(columns)

    def set_property(self, subject: Value, key: int, value: Value, tip: Snapshot) -> None:
        """Set the node's property, or remove it with None."""
        if subject.__class__ is not NodeReference:
            raise SeveralRows
        node: int = subject.id
        changes = self.changes
        for block in changes.created_nodes:
            if block.ids.item() == node:
                self._set_created(block, key, value)
                return
        for write in changes.node_properties:
            if write.key == key and write.ids.item() == node:
                raise SeveralRows  # whether it counts depends on what was written before
        if value is not None or value_of(tip.node_columns.get(key), node) is not None:
            self.counters.properties_set += 1
        column = Column.nulls(1) if value is None else _checked_column(value)
        changes.node_properties.append(PropertyWrite(single_id(node), key, column))

    def _set_created(self, block: CreatedNodes, key: int, value: Value) -> None:
        """What is set of a node that this creates it is created with."""
        if value is not None:
            block.properties[key] = _checked_column(value)
            self.counters.properties_set += 1
        elif block.properties.pop(key, None) is not None:
            self.counters.properties_set += 1

    def _columns(self, properties: dict[int, Value]) -> dict[int, Column]:
        return {key: _checked_column(value) for key, value in properties.items() if value is not None}


SingleWrite: TypeAlias = Callable[[Snapshot, Parameters, Writing], Row | None]
"""Gives the row by its variables, or None. Raises SeveralRows."""
SingleProperties: TypeAlias = Callable[[Row, Snapshot, Parameters], dict[str, Value]]
SingleElements: TypeAlias = Callable[[Row, Snapshot, Parameters, Writing], None]


@dataclass(frozen=True, slots=True)
class WholeWrite:
    """The form of a whole plan. values: what RETURN gives, by name; nodes: the variables whose properties it reads."""

    write: SingleWrite
    values: tuple[tuple[str, SingleValue], ...]
    nodes: frozenset[str]


def _checked_column(value: Value) -> Column:
    if value.__class__ not in SIMPLE or (value.__class__ is str and len(value) > TEXT_BYTES_MAX):
        raise SeveralRows
    return single_column(value)


class Composition:
    """What is known while the form of a plan is made, from its leaf on.

    own: nodes that the plan itself makes; relationships: variables of what it makes; writes: an operator so far does.
    returned: what is read when all is written, by name; returned_nodes: the variables whose properties that reads.
    """

    __slots__ = ("own", "relationships", "returned", "returned_nodes", "schema", "writes")

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.own: set[str] = set()
        self.relationships: set[str] = set()
        self.writes = False
        self.returned: tuple[tuple[str, SingleValue], ...] | None = None
        self.returned_nodes: frozenset[str] = frozenset()

    def read(self, operator: Operator) -> SingleRow | None:
        """The form of a plan that only reads."""
        return single_row(operator, self.schema)

    def write(self, operator: Operator) -> SingleWrite | None:
        """The form of an operator, or of an operator's input, which may write or not."""
        composer = _COMPOSERS.get(type(operator))
        if composer is not None and (form := composer(operator, self)) is not None:
            return form
        if self.writes or (run := self.read(operator)) is None:
            return None
        return lambda snapshot, parameters, writing: run(snapshot, parameters)

    def give(self, names: Sequence[str], expressions: Sequence[Expression]) -> bool:
        """These values are what RETURN gives; False where they cannot be."""
        values = [_returned(expression, self) for expression in expressions]
        known = [value for value in values if value is not None]
        if self.returned is not None or len(known) < len(values):
            return False
        self.returned = tuple(zip(names, known, strict=True))
        self.returned_nodes = frozenset(
            node.subject.name
            for expression in expressions
            for node in walk(expression)
            if isinstance(node, Property) and isinstance(node.subject, Variable)
        )
        return True

    def value(self, expression: Expression) -> SingleValue | None:
        """The form of a value to be written: it reads nothing that may have been written before."""
        if self.writes and any(isinstance(node, Property) for node in walk(expression)):
            return None
        for node in walk(expression):
            if isinstance(node, Variable) and node.name in self.own | self.relationships:
                return None
        return single_value(expression, self.schema)

    def properties(self, expression: Expression | None) -> SingleProperties | None:
        """The form of the properties of what is created."""
        match expression:
            case None:
                return lambda row, snapshot, parameters: {}
            case Parameter(name):
                return single_properties(name)
            case MapOf(keys, expressions) if len(set(keys)) == len(keys):
                values = [self.value(value) for value in expressions]
                known = [value for value in values if value is not None]
                if len(known) < len(values):
                    return None
                pairs = tuple(zip(keys, known, strict=True))
                return lambda row, snapshot, parameters: {
                    name: value(row, snapshot, parameters) for name, value in pairs
                }
            case _:
                return None


def single_properties(name: str) -> SingleProperties:
    """The properties that a parameter gives as a map."""

    def read(row: Row, snapshot: Snapshot, parameters: Parameters) -> dict[str, Value]:
        given = parameters[name]
        if given.__class__ is not dict:
            raise SeveralRows
        return given

    return read


_COMPOSERS: dict[type, Callable[[Any, Composition], SingleWrite | None]] = {}


def writes(
    kind: type[OperatorType],
) -> Callable[
    [Callable[[OperatorType, Composition], SingleWrite | None]],
    Callable[[OperatorType, Composition], SingleWrite | None],
]:
    """Register how the second form of an operator that writes is made; None where this one has none."""

    def register(
        composer: Callable[[OperatorType, Composition], SingleWrite | None],
    ) -> Callable[[OperatorType, Composition], SingleWrite | None]:
        _COMPOSERS[kind] = composer
        return composer

    return register


def followed(inner: SingleWrite | None, effect: SingleElements | None, composition: Composition) -> SingleWrite | None:
    """What the input writes, then the effect with its row; None where one has no form, or RETURN stands below."""
    if inner is None or effect is None or composition.returned is not None:
        return None

    def write(snapshot: Snapshot, parameters: Parameters, writing: Writing) -> Row | None:
        row = inner(snapshot, parameters, writing)
        if row is not None:
            effect(row, snapshot, parameters, writing)
        return row

    return write


def whole_single_write(plan: Operator, columns: Sequence[str], schema: Schema) -> WholeWrite | None:
    """The form of a whole plan, which gives these columns; None where it has none."""
    depth, operator = 0, plan
    while (input := getattr(operator, "input", None)) is not None:
        depth, operator = depth + 1, input
    if depth > DEPTH_MAX:
        return None
    composition = Composition(schema)
    write = composition.write(plan.input if isinstance(plan, Drain) else plan)
    if write is None or not composition.writes:
        return None
    if composition.returned is None:
        composition.give(columns, [Variable(name) for name in columns])
    values, nodes = composition.returned, composition.returned_nodes
    return None if values is None else WholeWrite(write, values, nodes)


def _returned(expression: Expression, composition: Composition) -> SingleValue | None:
    """The form of a value of RETURN. It is read when all is written, so it must not give up."""
    match expression:
        case Variable(name) if name not in composition.relationships:
            return lambda row, snapshot, parameters: row[name]
        case Property(Variable(name), key) if name not in composition.relationships:
            return _property_afterwards(name, key, composition.schema)
        case _:
            return None


def _property_afterwards(name: str, key: str, schema: Schema) -> SingleValue:
    def value(row: Row, snapshot: Snapshot, parameters: Parameters) -> Value:
        subject, id = row[name], schema.keys.find(key)
        if id is None:
            return None
        assert isinstance(subject, NodeReference), "seen before the commit"
        return value_of(snapshot.node_columns.get(id), subject.id)

    return value
