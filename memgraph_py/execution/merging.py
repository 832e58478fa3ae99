"""MERGE: match, or else create.

Rows count one after another: a row must find what a row before it created. Where the pattern is a node, or one
relationship, rows that find nothing can differ only by the pattern's properties and bound ends. So the whole batch is
matched first, the rows without match are grouped by those, and each group's first row creates for all of it:

    MERGE (n:N {id: row})    rows 1 2 1 3    found: 2    groups {1, 1} {3}    created: 1 3

That holds as long as ON CREATE and ON MATCH write nothing that the pattern reads; everything else goes row by row.
"""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np

from memgraph_py.columnar import Batch, Column, Kind
from memgraph_py.errors import SemanticError
from memgraph_py.execution.creation import create_elements, single_elements
from memgraph_py.execution.evaluation import evaluate, node_ids, property_maps
from memgraph_py.execution.executor import RUN_ROWS, ExecutionContext, executes, widen
from memgraph_py.execution.grouping import group_rows
from memgraph_py.execution.memory import held_rows
from memgraph_py.execution.single import (
    Composition,
    Parameters,
    Row,
    SeveralRows,
    SingleStep,
    Writing,
    carried_on,
    composes,
)
from memgraph_py.execution.updates import apply_items, single_items
from memgraph_py.plan.effects import effects, meet, reads_of
from memgraph_py.plan.expressions import MapOf, Property, Variable
from memgraph_py.plan.operators import (
    Expand,
    ExpandInto,
    Merge,
    NodeSpec,
    RelationshipSpec,
    ScanRelationships,
    SetItem,
    SetLabels,
    SetLabelsNamed,
    SetProperties,
    SetProperty,
    SetPropertyNamed,
)
from memgraph_py.plan.tree import children, walk
from memgraph_py.plan.variables import free_variables, holds_subquery
from memgraph_py.storage.single import SingleView
from memgraph_py.storage.view import Direction

_Spec: TypeAlias = NodeSpec | RelationshipSpec


@executes(Merge)
def merge(operator: Merge, context: ExecutionContext) -> Iterator[Batch]:
    """Per input row its matches, or what was created for it."""
    for batch in context.run(operator.input):
        if batch.rows == 1 or _is_separable(operator, batch, context):
            yield _merged(operator, batch, context)
        else:
            yield Batch.concatenate(
                [_merged(operator, batch.slice(row, row + 1), context) for row in range(batch.rows)]
            )


@composes(Merge)
def _single_merge(operator: Merge, composition: Composition) -> Sequence[SingleStep] | None:
    match = composition.steps(operator.match)
    create = single_elements(operator.nodes, operator.relationships, composition)
    on_create, on_match = (single_items(items, composition) for items in (operator.on_create, operator.on_match))
    specs: tuple[_Spec, ...] = (*operator.nodes, *operator.relationships)
    maps = [spec.properties for spec in specs if spec.properties is not None]
    if match is None or create is None or on_create is None or on_match is None:
        return None
    if not all(isinstance(properties, MapOf) for properties in maps):
        return None
    keys = composition.values([value for properties in maps for value in children(properties)])
    if keys is None:
        return None

    def merge(row: Row, view: SingleView, parameters: Parameters, writing: Writing | None) -> Row | None:
        for key in keys:
            if key(row, view, parameters, writing) is None:
                raise SeveralRows  # it is an error
        found = carried_on(dict(row), match, view, parameters, writing)
        if found is not None:
            return carried_on(found, on_match, view, parameters, writing)
        return carried_on(row, (*create, *on_create), view, parameters, writing)

    return (merge,)


def _merged(operator: Merge, batch: Batch, context: ExecutionContext) -> Batch:
    """All rows matched first, then created."""
    context.check()
    keys = _pattern_values(operator, batch, context)
    source, row_name = context.run_subplan(operator.match, batch)
    answers = list(held_rows(source, context.bounds))
    if not answers:
        return _created(operator, batch, keys, context)
    answer = Batch.concatenate(answers)
    found = answer.columns.pop(row_name).values
    new = {name: column for name, column in answer.columns.items() if name not in batch.columns}
    matches = widen(batch, found, new)
    missing = np.ones(batch.rows, dtype=np.bool_)
    missing[found] = False
    if not missing.any():
        if operator.on_match:
            apply_items(operator.on_match, matches, context)
        return matches
    left = np.flatnonzero(missing)
    if operator.on_match:
        apply_items(operator.on_match, matches, context)
    created = _created(operator, batch.take(left), [key.take(left) for key in keys], context)
    order = np.argsort(np.concatenate((found, left)), kind="stable")
    return Batch.concatenate([matches, created.select(matches.columns)]).take(order)


def _created(operator: Merge, batch: Batch, keys: Sequence[Column], context: ExecutionContext) -> Batch:
    """What is created for the rows, once for rows with the same keys; the first of these creates, the others match."""
    if batch.rows == 1:
        created = create_elements(batch, operator.nodes, operator.relationships, context)
        _tell_created(created, context)
        if operator.on_create:
            apply_items(operator.on_create, created, context)
        return created
    groups, first = group_rows(keys, batch.rows, context.bounds)
    created = create_elements(batch.take(first), operator.nodes, operator.relationships, context)
    _tell_created(created, context)
    if operator.on_create:
        apply_items(operator.on_create, created, context)
    if len(first) == batch.rows:
        return created
    specs: tuple[_Spec, ...] = (*operator.nodes, *operator.relationships)
    names = [spec.variable for spec in specs]
    result = batch.with_columns({name: created.columns[name].take(groups) for name in names})
    if operator.on_match:
        later = np.ones(batch.rows, dtype=np.bool_)
        later[first] = False
        apply_items(operator.on_match, result.take(later), context)
    return result


def _tell_created(created: Batch, context: ExecutionContext) -> None:
    if RUN_ROWS in created.columns:
        context.merged.append(created.columns[RUN_ROWS].values)


def _pattern_values(operator: Merge, batch: Batch, context: ExecutionContext) -> list[Column]:
    """Columns by which rows that find nothing differ: properties and bound ends. SemanticError where one is NULL.

    Properties that read another element of the pattern are left out: such a pattern goes row by row.
    """
    specs: tuple[_Spec, ...] = (*operator.nodes, *operator.relationships)
    keys: list[Column] = []
    for spec in specs:
        if spec.properties is None or not free_variables(spec.properties) <= batch.columns.keys():
            continue
        if isinstance(spec.properties, MapOf):
            for name, expression in zip(spec.properties.keys, spec.properties.values, strict=True):
                column = evaluate(expression, batch, context)
                if column.valid is not None and not column.valid.all():
                    raise _null_property(name)
                keys.append(column)
        else:
            column = evaluate(spec.properties, batch, context)
            for map in property_maps(column, context):
                for name, value in (map or {}).items():
                    if value is None:
                        raise _null_property(name)
            keys.append(column)
    if batch.rows > 1:
        keys += _end_columns(operator, batch)
    return keys


def _null_property(name: str) -> SemanticError:
    return SemanticError(f"cannot merge a pattern whose property '{name}' is null", detail="MergeReadOwnWrites")


def _end_columns(operator: Merge, batch: Batch) -> list[Column]:
    """Bound ends of the pattern's relationship; the smaller id first where it has no direction."""
    if not operator.relationships:
        return []
    relationship = operator.relationships[0]
    ends = [
        node_ids(batch.columns[name]) for name in (relationship.source, relationship.target) if name in batch.columns
    ]
    if len(ends) == 2 and _is_undirected(operator):
        ends = [np.minimum(*ends), np.maximum(*ends)]
    return [Column(Kind.NODE, ids) for ids in ends]


def _is_undirected(operator: Merge) -> bool:
    return any(
        isinstance(node, Expand | ExpandInto | ScanRelationships) and node.direction is Direction.BOTH
        for node in walk(operator.match)
    )


# ------------------------------------------------------------------------------------------------ row by row or at once


def _is_separable(operator: Merge, batch: Batch, context: ExecutionContext) -> bool:
    """True where rows with different keys cannot find what another row creates or sets."""
    if holds_subquery(operator) and _counts_itself(operator):
        return False
    specs: tuple[_Spec, ...] = (*operator.nodes, *operator.relationships)
    if len(operator.relationships) > 1 or (not operator.relationships and len(operator.nodes) > 1):
        return False
    if len(operator.nodes) == 2 and _is_undirected(operator):
        return False
    keys: dict[str, None] = {}
    for spec in specs:
        if spec.properties is None:
            continue
        if not isinstance(spec.properties, MapOf) or not free_variables(spec.properties) <= batch.columns.keys():
            return False
        keys.update(dict.fromkeys(spec.properties.keys))
        keys.update({node.key: None for node in walk(spec.properties) if isinstance(node, Property)})
    if any(relationship.type_named is not None for relationship in operator.relationships):
        return False
    items = (*operator.on_create, *operator.on_match)
    if not all(_is_own(item, {spec.variable for spec in specs}) for item in items) or _reads_others(items, batch):
        return False
    labels = {label for spec in operator.nodes for label in spec.labels}
    return all(_is_apart(item, keys, labels, batch, context) for item in items)


def _counts_itself(operator: Merge) -> bool:
    """True where a subquery in the values may read what is created or set for another row."""
    specs: tuple[_Spec, ...] = (*operator.nodes, *operator.relationships)
    given = [spec.properties for spec in specs if spec.properties is not None]
    reads = reads_of((*given, *operator.on_create, *operator.on_match))
    made = effects(operator)
    return meet(made.creates | made.changes, reads)


def _is_own(item: SetItem, own: set[str]) -> bool:
    """True where the item writes to what the pattern binds: other elements stand in many rows, of which those that
    create would be written after those that match."""
    match item:
        case SetProperty(Variable(name), _) | SetProperties(name) | SetLabels(name):
            return name in own
        case _:
            return False


def _reads_others(items: Sequence[SetItem], batch: Batch) -> bool:
    """True where an item reads a property that one writes, of an element that was bound before: it may be what the
    pattern finds in another row."""
    written = {item.key if isinstance(item, SetProperty) else None for item in items}
    for node in (node for item in items if isinstance(item, SetProperty | SetProperties) for node in walk(item.value)):
        if isinstance(node, Property) and (node.key in written or None in written):
            subject = node.subject.name if isinstance(node.subject, Variable) else None
            column = batch.columns.get(subject or "")
            if column is not None and column.kind in (Kind.NODE, Kind.RELATIONSHIP):
                return True
    return False


def _is_apart(item: SetItem, keys: dict[str, None], labels: set[str], batch: Batch, context: ExecutionContext) -> bool:
    """True where the item writes no property and no label that the pattern reads."""
    match item:
        case SetProperty(_, key):
            return key not in keys
        case SetLabels():
            return labels.isdisjoint(item.labels)
        case SetPropertyNamed() | SetLabelsNamed():
            return False
        case SetProperties(_, value, merge):
            if not merge or not free_variables(value) <= batch.columns.keys():
                return False
            maps = property_maps(evaluate(value, batch, context), context)
            return all(keys.keys().isdisjoint(map or ()) for map in maps)
