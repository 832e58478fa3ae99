"""SET and REMOVE: a write per item and batch.

The values of neighbouring items that set properties of one element are computed before any of them is set:
`SET n.a = n.b, n.b = n.a` exchanges them. Rows count one after another: `UNWIND [1, 2] AS x MATCH (n)
SET n.c = n.c + 1` adds two. A batch is written at once only where no item reads what an item writes, and no two write
one property of an element that stands in several rows, or where each property is written in the order of the rows;
where a variable's own property is read (as here), the batch is cut before a repeated element; anything else goes row by
row (``set_ranges.py``).

Such neighbours are one map, as in `SET n += {…}`: of what a map names each key counts once as a property that is set,
also where its value is NULL and nothing was there. `SET n.a = NULL` alone counts what it removes. Source: Neo4j 5.
"""

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import partial
from itertools import zip_longest
from typing import TypeAlias

import numpy as np

from memgraph_py.columnar import Batch, Column, Kind
from memgraph_py.errors import CypherTypeError
from memgraph_py.execution.creation import SingleProperties, check_storable, single_properties, single_storable
from memgraph_py.execution.evaluation import (
    check_nodes,
    check_relationships,
    evaluate,
    node_ids,
    property_maps,
    relationship_ids,
)
from memgraph_py.execution.executor import ExecutionContext, executes
from memgraph_py.execution.labels import checked_name, names_by_rows
from memgraph_py.execution.memory import column_bytes
from memgraph_py.execution.set_ranges import ranges_at_once
from memgraph_py.execution.single import (
    Composition,
    Parameters,
    Row,
    SeveralRows,
    SingleStep,
    SingleValue,
    Writing,
    composes,
    element_of,
)
from memgraph_py.plan.expressions import (
    Variable,
)
from memgraph_py.plan.items import are_together
from memgraph_py.plan.operators import (
    Remove,
    RemoveLabels,
    RemoveLabelsNamed,
    RemoveProperty,
    RemovePropertyNamed,
    Set,
    SetItem,
    SetLabels,
    SetLabelsNamed,
    SetProperties,
    SetProperty,
    SetPropertyNamed,
)
from memgraph_py.storage.schema import Schema
from memgraph_py.storage.single import SingleView, properties_of, single_id
from memgraph_py.storage.view import Flags, KeyId, NodeIds
from memgraph_py.values.naming import type_name
from memgraph_py.values.types import NodeReference, RelationshipReference, Value

__all__ = ["apply_items", "single_items"]

_Write: TypeAlias = tuple[str | None, "partial[None]"]
"""Key and write of a property; None where each row names its own."""
_Change: TypeAlias = ExecutionContext | Writing
"""What knows the graph that is written to, and the counters."""


@executes(Set)
def set(operator: Set, context: ExecutionContext) -> Iterator[Batch]:
    """The input's rows, after the items."""
    for batch in context.run(operator.input):
        context.check()
        apply_items(operator.items, batch, context)
        yield batch


@composes(Set)
def _single_set(operator: Set, composition: Composition) -> Sequence[SingleStep] | None:
    return single_items(operator.items, composition)


@executes(Remove)
def remove(operator: Remove, context: ExecutionContext) -> Iterator[Batch]:
    """The input's rows, after the items; what is removed reads nothing, so a batch goes at once."""
    for batch in context.run(operator.input):
        context.check()
        for item in operator.items:
            match item:
                case RemoveProperty(subject, key):
                    _write_property(evaluate(subject, batch, context), key, Column.nulls(batch.rows), context)
                case RemovePropertyNamed(subject, key):
                    elements, keys = (evaluate(part, batch, context) for part in (subject, key))
                    _write_named(elements, keys, Column.nulls(batch.rows), context)
                case RemoveLabels(variable, labels):
                    _remove_labels(batch.columns[variable], labels, context)
                case RemoveLabelsNamed(variable, named):
                    for names, rows in names_by_rows(evaluate(named, batch, context), context):
                        _remove_labels(batch.columns[variable].take(rows), names, context)
        yield batch


@composes(Remove)
def _single_remove(operator: Remove, composition: Composition) -> Sequence[SingleStep] | None:
    removers: list[SingleStep] = []
    for item in operator.items:
        match item:
            case RemoveProperty(Variable(variable), key):
                removers.append(_single_properties(variable, [(key, _no_value)], composition.schema))
            case RemoveLabels(variable, labels):
                removers.append(_single_labels(variable, labels, _remove_from))
            case _:
                return None
    return removers


def apply_items(items: Sequence[SetItem], batch: Batch, context: ExecutionContext) -> None:
    """Carry out the items of SET, ON CREATE SET or ON MATCH SET for the rows of the batch."""
    ranges = ranges_at_once(items, batch, context.bounds)
    if ranges is None:
        _set_by_key([item for item in items if isinstance(item, SetProperty)], batch, context)
        return
    for start, stop in ranges:
        part = batch if stop - start == batch.rows else batch.slice(start, stop)
        waiting: list[_Write] = []
        for item, following in zip_longest(items, items[1:]):
            match item:
                case SetProperty(subject, key, value):
                    values = check_storable(evaluate(value, part, context), key)
                    elements = evaluate(subject, part, context)
                    waiting.append((key, partial(_write_property, elements, key, values, context)))
                case SetPropertyNamed(subject, key, value):
                    elements, keys, values = (evaluate(one, part, context) for one in (subject, key, value))
                    waiting.append((None, partial(_write_named, elements, keys, values, context)))
                case SetProperties(variable, value, merge):
                    maps = property_maps(evaluate(value, part, context), context)
                    _write_maps(part.columns[variable], maps, context, merge=merge)
                case SetLabels(variable, labels):
                    _add_labels(part.columns[variable], labels, context)
                case SetLabelsNamed(variable, named):
                    for names, rows in names_by_rows(evaluate(named, part, context), context):
                        _add_labels(part.columns[variable].take(rows), names, context)
            if following is None or not are_together(item, following):
                _write_together(waiting, part.rows)
                waiting = []


def _write_together(waiting: Sequence[_Write], rows: int) -> None:
    """Carry out the writes of neighbours. Where all keys are known each is written once, with the last value."""
    last = dict(waiting)
    if len(waiting) == 1 or None in last:
        for _, write in waiting:
            write(always=None)
        return
    always = np.ones(rows, dtype=np.bool_)
    for write in last.values():
        write(always=always)


def _set_by_key(items: Sequence[SetProperty], batch: Batch, context: ExecutionContext) -> None:
    """All values are computed, then each property is written once for all items that set it, in the order of the rows
    and in each of the items."""
    subjects = [evaluate(item.subject, batch, context) for item in items]
    are_apart = all(subject.kind in (Kind.NODE, Kind.RELATIONSHIP) for subject in subjects)
    writes: dict[tuple[str, Kind | None], list[tuple[Column, Column, bool]]] = {}
    joined, last = _neighbours(items)
    for place, (item, subject) in enumerate(zip(items, subjects, strict=True)):
        values = check_storable(evaluate(item.value, batch, context), item.key)
        if place in last:
            kind = subject.kind if are_apart else None
            writes.setdefault((item.key, kind), []).append((subject, values, place in joined))
    for (key, _), written in writes.items():
        order = np.arange(len(written) * batch.rows).reshape(len(written), -1).T.ravel()
        elements = Column.concatenate([subject for subject, _, _ in written]).take(order)
        values = Column.concatenate([values for _, values, _ in written]).take(order)
        always = np.tile([is_joined for _, _, is_joined in written], batch.rows)
        _write_property(elements, key, values, context, always=always)


def _neighbours(items: Sequence[SetProperty]) -> tuple[AbstractSet[int], AbstractSet[int]]:
    """Places of items that have a neighbour which they are together with; and of those that no later one of their
    neighbours overwrites."""
    joined: dict[int, None] = {}
    last: dict[tuple[int, str], int] = {}
    group = 0
    for place, item in enumerate(items):
        if place and are_together(items[place - 1], item):
            joined.update(dict.fromkeys((place - 1, place)))
        else:
            group = place
        last[group, item.key] = place
    return joined.keys(), dict.fromkeys(last.values()).keys()


def single_items(items: Sequence[SetItem], composition: Composition) -> Sequence[SingleStep] | None:
    """The second form of ``apply_items``."""
    setters: list[SingleStep] = []
    waiting: list[tuple[str, SingleValue]] = []
    for item, following in zip_longest(items, items[1:]):
        match item:
            case SetProperty(Variable(variable), key, expression):
                value = composition.stored(expression)
                if value is None:
                    return None
                waiting.append((key, value))
                if following is None or not are_together(item, following):
                    setters.append(_single_properties(variable, waiting, composition.schema))
                    waiting = []
            case SetProperties(variable, expression, merge):
                read = single_properties(expression, composition)
                if read is None:
                    return None
                setters.append(_single_map(variable, read, composition.schema, merge=merge))
            case SetLabels(variable, labels):
                setters.append(_single_labels(variable, labels, _add_to))
            case _:
                return None
    return setters


def _no_value(row: Row, view: SingleView, parameters: Parameters, writing: Writing | None) -> Value:
    """Of what is removed."""
    return None


def _single_properties(variable: str, values: Sequence[tuple[str, SingleValue]], schema: Schema) -> SingleStep:
    intern = schema.keys.intern
    always = len(values) > 1
    last = [*{key: place for place, (key, _) in enumerate(values)}.values()]

    def set_them(row: Row, view: SingleView, parameters: Parameters, writing: Writing | None) -> Row:
        assert writing is not None, "the plan writes"
        columns = [single_storable(value(row, view, parameters, writing), key, writing) for key, value in values]
        subject = element_of(row, variable)
        for place in last:
            _set_single(subject, intern(values[place][0]), columns[place], writing, always=always)
        return row

    return set_them


def _single_map(variable: str, read: SingleProperties, schema: Schema, *, merge: bool) -> SingleStep:
    def set_all(row: Row, view: SingleView, parameters: Parameters, writing: Writing | None) -> Row:
        assert writing is not None, "the plan writes"
        subject, given = element_of(row, variable), read(row, view, parameters, writing)
        if not merge:
            if not isinstance(subject, NodeReference):
                raise SeveralRows
            others = [schema.keys.name(key) for key, _ in properties_of(view, subject.id)]
            for name in others:
                if name not in given:
                    _set_single(subject, schema.keys.intern(name), Column.nulls(1), writing, always=False)
        for name, value in given.items():
            column = single_storable(value, name, writing)
            _set_single(subject, schema.keys.intern(name), column, writing, always=True)
        return row

    return set_all


def _set_single(
    subject: NodeReference | RelationshipReference, key: KeyId, column: Column, writing: Writing, *, always: bool
) -> None:
    ids = single_id(subject.id)
    if type(subject) is NodeReference:
        count = writing.graph.set_node_property(ids, key, column)
    else:
        count = writing.graph.set_relationship_property(ids, key, column)
    writing.counters.properties_set += 1 if always else count


def _single_labels(
    variable: str, labels: tuple[str, ...], change: Callable[[NodeIds, tuple[str, ...], _Change], None]
) -> SingleStep:
    def change_labels(row: Row, view: SingleView, parameters: Parameters, writing: Writing | None) -> Row:
        assert writing is not None, "the plan writes"
        subject = element_of(row, variable)
        if not isinstance(subject, NodeReference):
            raise SeveralRows
        change(single_id(subject.id), labels, writing)
        return row

    return change_labels


# -------------------------------------------------------------------------------------------------------------- writes


def _write_property(
    subject: Column, key: str, values: Column, context: ExecutionContext, *, always: Flags | None = None
) -> None:
    """Set the property, or remove it where NULL; a NULL subject is skipped. ``always``: see WritableGraph."""
    context.bounds.memory.hold(8 * len(values) + column_bytes(values))  # until the transaction's end
    if subject.kind is Kind.NODE:
        ids = node_ids(subject)
        if subject.valid is not None:
            ids, values = ids[subject.valid], values.take(subject.valid)
            always = None if always is None else always[subject.valid]
        if len(ids):
            _write_node_property(ids, key, values, context, always)
    elif subject.kind is Kind.RELATIONSHIP:
        ids = relationship_ids(subject)
        if subject.valid is not None:
            ids, values = ids[subject.valid], values.take(subject.valid)
            always = None if always is None else always[subject.valid]
        if len(ids):
            _write_relationship_property(ids, key, values, context, always)
    else:
        for row, value in enumerate(subject.to_values()):
            if isinstance(value, NodeReference | RelationshipReference):
                counts = None if always is None else always[row : row + 1]
                _write_property(Column.from_values([value]), key, values.slice(row, row + 1), context, always=counts)
            elif value is not None:
                raise CypherTypeError(
                    f"cannot set property '{key}' of {type_name(value)}", detail="InvalidArgumentType"
                )


def _write_named(
    subject: Column, keys: Column, values: Column, context: ExecutionContext, *, always: Flags | None = None
) -> None:
    """Set the property that each row names. Raises as `names_by_rows`."""
    assert always is None, "what is removed may not be there"
    for row in np.flatnonzero(keys.validity()).tolist() if keys.kind is Kind.OBJECT else ():
        checked_name(keys.value(row))  # a list of names is none
    for names, rows in names_by_rows(keys, context):
        (key,) = names
        _write_property(subject.take(rows), key, check_storable(values.take(rows), key), context)


def _write_node_property(
    ids: np.ndarray[tuple[int], np.dtype[np.int64]],
    key: str,
    values: Column,
    context: ExecutionContext,
    always: Flags | None,
) -> None:
    if context.counters.nodes_deleted:
        check_nodes(ids, context)
    graph = context.graph
    context.counters.properties_set += graph.set_node_property(ids, graph.schema.keys.intern(key), values, always)


def _write_relationship_property(
    ids: np.ndarray[tuple[int], np.dtype[np.int64]],
    key: str,
    values: Column,
    context: ExecutionContext,
    always: Flags | None,
) -> None:
    if context.counters.relationships_deleted:
        check_relationships(ids, context)
    graph = context.graph
    context.counters.properties_set += graph.set_relationship_property(
        ids, graph.schema.keys.intern(key), values, always
    )


def _write_maps(
    subject: Column, maps: list[dict[str, Value] | None], context: ExecutionContext, *, merge: bool
) -> None:
    """Set the properties that the maps have; without ``merge`` also remove all others. A NULL map is an empty one."""
    names: dict[str, None] = {}
    for map in maps:
        names.update(dict.fromkeys(map or ()))
    if merge:
        for name in names:
            rows = np.array([row for row, map in enumerate(maps) if map and name in map], dtype=np.int64)
            values = Column.from_values([map[name] for map in maps if map and name in map])
            every = np.ones(len(rows), dtype=np.bool_)
            _write_property(subject.take(rows), name, check_storable(values, name), context, always=every)
        return
    graph = context.graph
    if subject.kind is Kind.NODE:
        stored = graph.node_keys(node_ids(subject))
    elif subject.kind is Kind.RELATIONSHIP:
        stored = graph.relationship_keys(relationship_ids(subject))
    else:
        stored = np.arange(len(graph.schema.keys), dtype=np.int64)
    names.update(dict.fromkeys(map_name for map_name in map_names(stored.tolist(), context)))
    for name in names:
        values = Column.from_values([map.get(name) if map else None for map in maps])
        always = None if values.valid is None else np.array([name in (map or ()) for map in maps], dtype=np.bool_)
        _write_property(subject, name, check_storable(values, name), context, always=always)


def map_names(keys: list[int], context: ExecutionContext) -> list[str]:
    """Names of property keys."""
    return [context.graph.schema.keys.name(key) for key in keys]


def _add_labels(subject: Column, labels: tuple[str, ...], context: ExecutionContext) -> None:
    ids = _labelled(subject, context)
    if len(ids):
        _add_to(ids, labels, context)


def _add_to(ids: NodeIds, labels: tuple[str, ...], change: _Change) -> None:
    interned = tuple(change.graph.schema.labels.intern(name) for name in labels)
    change.counters.labels_added += change.graph.add_labels(ids, interned)


def _remove_labels(subject: Column, labels: tuple[str, ...], context: ExecutionContext) -> None:
    ids = _labelled(subject, context)
    if len(ids):
        _remove_from(ids, labels, context)


def _remove_from(ids: NodeIds, labels: tuple[str, ...], change: _Change) -> None:
    found = (change.graph.schema.labels.find(name) for name in labels)
    known = tuple(label for label in found if label is not None)
    if known:
        change.counters.labels_removed += change.graph.remove_labels(ids, known)


def _labelled(subject: Column, context: ExecutionContext) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    ids = node_ids(subject)
    ids = ids[ids >= 0]
    if context.counters.nodes_deleted:
        check_nodes(ids, context)
    return ids
