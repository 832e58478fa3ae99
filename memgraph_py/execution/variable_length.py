"""Paths of variable length: all paths of a batch grow by one relationship at a time.

Paths are kept as a tree (``kernels/paths.py``): an entry names the entry it extends. A path that would use a
relationship twice is dropped when it grows, by walking up its entries.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from memgraph_py.columnar import Batch, Column, Kind, Mask, Rows
from memgraph_py.errors import LimitExceeded
from memgraph_py.execution.evaluation import evaluate, node_ids, property_maps, truth
from memgraph_py.execution.executor import ExecutionContext, executes, widen
from memgraph_py.execution.memory import Holding
from memgraph_py.functions.registry import FUNCTIONS
from memgraph_py.kernels.paths import unused_relationships
from memgraph_py.plan.expressions import Expression, MapOf
from memgraph_py.plan.operators import VariableExpand
from memgraph_py.storage.view import NodeIds, RelationshipIds
from memgraph_py.values.types import RelationshipReference

_SOURCE_ROWS_MAX = 1_024
"""Input rows that grow together: enough for the kernels, few enough that a first answer comes early."""

_PATHS_AT_ONCE = 1 << 18
"""About so many paths grow between two looks at the bounds of the execution."""

_TREE_BYTES, _PATH_BYTES = 16, 40
"""Of an entry of the tree, and of a path while it grows."""

_PATHS_UNCOUNTED = 64
"""So few paths grow without counting first how many they will be."""


@dataclass(frozen=True, slots=True)
class _Requirement:
    """A property that each relationship of a path must have: by input row, and in which rows it is required."""

    key: int | None
    values: Column
    required: Mask | None


@dataclass(slots=True)
class _Paths:
    """Paths of one length: the input row, the node reached, the entry in the tree. The tree: parents, relationships."""

    rows: Rows
    nodes: NodeIds
    entries: Rows
    parents: NDArray[np.int64]
    relationships: RelationshipIds


@executes(VariableExpand)
def variable_expand(operator: VariableExpand, context: ExecutionContext) -> Iterator[Batch]:
    """Paths without a relationship twice, shorter ones first within an input batch."""
    for batch in context.run(operator.input):
        for start in range(0, batch.rows, _SOURCE_ROWS_MAX):
            part = batch if batch.rows <= _SOURCE_ROWS_MAX else batch.slice(start, start + _SOURCE_ROWS_MAX)
            yield from _from_batch(operator, part, context)


def _from_batch(operator: VariableExpand, batch: Batch, context: ExecutionContext) -> Iterator[Batch]:
    sources = node_ids(batch.columns[operator.source])
    requirements = _requirements(operator.properties, batch, context)
    rows = np.flatnonzero(sources >= 0)
    empty = np.zeros(0, dtype=np.int64)
    paths = _Paths(rows, sources[rows], np.full(len(rows), -1, dtype=np.int64), empty, empty)
    targets = node_ids(batch.columns[operator.target]) if operator.into else None
    length = 0
    with Holding(context.bounds) as held:
        while len(paths.rows):
            context.check()
            if length >= operator.minimum:
                yield from _emitted(operator, batch, paths, length, targets, context)
            if length == operator.maximum:
                return
            length += 1
            paths = _grown(operator, paths, requirements, context)
            held.drop()
            held.add_bytes(_TREE_BYTES * len(paths.parents) + _PATH_BYTES * len(paths.rows))


def _emitted(
    operator: VariableExpand,
    batch: Batch,
    paths: _Paths,
    length: int,
    targets: NodeIds | None,
    context: ExecutionContext,
) -> Iterator[Batch]:
    rows, nodes, entries = paths.rows, paths.nodes, paths.entries
    if targets is not None:
        there = nodes == targets[rows]
        rows, nodes, entries = rows[there], nodes[there], entries[there]
    limit = context.limits.batch_rows_max
    for start in range(0, len(rows), limit):
        context.check()
        part = slice(start, start + limit)
        columns: dict[str, Column] = {}
        if not operator.into and operator.target not in operator.unused:
            columns[operator.target] = Column(Kind.NODE, nodes[part])
        if operator.relationships not in operator.unused:
            columns[operator.relationships] = _lists(paths, entries[part], length, reverse=operator.reverse)
        yield widen(batch, rows[part], columns, operator.unused)


def _lists(paths: _Paths, entries: Rows, length: int, *, reverse: bool) -> Column:
    """The relationships of each path, as a list."""
    ids = np.empty((len(entries), length), dtype=np.int64)
    for position in range(length) if reverse else range(length - 1, -1, -1):
        ids[:, position] = paths.relationships[entries]
        entries = paths.parents[entries]
    return relationship_lists(ids)


def relationship_lists(ids: NDArray[np.int64]) -> Column:
    """(paths, length) relationships as a column of lists."""
    answer = np.empty(len(ids), dtype=object)
    if ids.shape[1] == 0:
        for row in range(len(ids)):
            answer[row] = []
        return Column(Kind.OBJECT, answer)
    if len(ids) == 1:
        answer[0] = [RelationshipReference(id) for id in ids[0].tolist()]
        return Column(Kind.OBJECT, answer)
    distinct, places = np.unique(ids, return_inverse=True)
    references = np.empty(len(distinct), dtype=object)
    for place, id in enumerate(distinct.tolist()):
        references[place] = RelationshipReference(id)
    for row, items in enumerate(references[places.reshape(ids.shape)].tolist()):
        answer[row] = items
    return Column(Kind.OBJECT, answer)


def _grown(
    operator: VariableExpand, paths: _Paths, requirements: list[_Requirement], context: ExecutionContext
) -> _Paths:
    """All paths that are longer by one relationship."""
    graph = context.graph
    types = context.type_ids(operator.types)
    limit = context.limits.variable_length_rows_max
    known = len(paths.parents)
    portions = [(0, len(paths.nodes))]
    if len(paths.nodes) > _PATHS_UNCOUNTED:
        ends = np.cumsum(graph.degrees(paths.nodes, operator.direction, types))
        if known + int(ends[-1]) > limit:
            raise LimitExceeded(
                f"a pattern of variable length has more than {limit} paths", hint="bound its length or its types"
            )
        portions = _portions(ends)
    grown: list[tuple[Rows, ...]] = []
    for first, last in portions:
        grown.append(_expanded(operator, paths, (first, last), types, requirements, context))
        context.bounds.memory.require(_PATH_BYTES * sum(len(parts[0]) for parts in grown))
    if len(grown) == 1:
        rows, relationships, targets, extended = grown[0]
    else:
        rows, relationships, targets, extended = map(np.concatenate, zip(*grown, strict=True))
    return _Paths(
        rows,
        targets,
        np.arange(known, known + len(rows), dtype=np.int64),
        np.concatenate((paths.parents, extended)),
        np.concatenate((paths.relationships, relationships)),
    )


def _portions(ends: Rows) -> list[tuple[int, int]]:
    """Neighbouring paths that grow together: ends: how many paths come of all up to each."""
    cuts = np.searchsorted(ends, np.arange(_PATHS_AT_ONCE, int(ends[-1]), _PATHS_AT_ONCE)) + 1
    bounds = np.unique(np.concatenate(((0,), cuts, (len(ends),)))).tolist()
    return list(pairwise(bounds))


def _expanded(
    operator: VariableExpand,
    paths: _Paths,
    portion: tuple[int, int],
    types: NDArray[np.int64] | None,
    requirements: list[_Requirement],
    context: ExecutionContext,
) -> tuple[Rows, ...]:
    """Input rows, relationships, targets and extended entries of the paths that come of a portion."""
    context.check()
    first, last = portion
    found = context.graph.expand(paths.nodes[first:last], operator.direction, types)
    source_rows = found.source_rows if first == 0 else found.source_rows + first
    extended = paths.entries[source_rows]
    rows, relationships, targets = paths.rows[source_rows], found.relationships, found.targets
    keep: Mask | None = None
    if len(paths.parents):
        keep = unused_relationships(paths.parents, paths.relationships, extended, relationships)
    for requirement in requirements:
        mask = _meets(requirement, rows, relationships, context)
        keep = mask if keep is None else keep & mask
    if keep is not None and not keep.all():
        rows, relationships, targets, extended = rows[keep], relationships[keep], targets[keep], extended[keep]
    return rows, relationships, targets, extended


def _requirements(properties: Expression | None, batch: Batch, context: ExecutionContext) -> list[_Requirement]:
    keys = context.graph.schema.keys
    if properties is None:
        return []
    if isinstance(properties, MapOf):
        return [
            _Requirement(keys.find(key), evaluate(value, batch, context), None)
            for key, value in zip(properties.keys, properties.values, strict=True)
        ]
    maps = property_maps(evaluate(properties, batch, context), context)
    names = sorted({name for map in maps if map for name in map})
    return [
        _Requirement(
            keys.find(name),
            Column.from_values([map.get(name) if map else None for map in maps]),
            np.fromiter((bool(map) and name in (map or {}) for map in maps), dtype=np.bool_, count=len(maps)),
        )
        for name in names
    ]


def _meets(requirement: _Requirement, rows: Rows, relationships: RelationshipIds, context: ExecutionContext) -> Mask:
    """(relationships,) True where the property equals what the path's input row requires."""
    optional = None if requirement.required is None else ~requirement.required[rows]
    if requirement.key is None:
        return np.zeros(len(rows), dtype=np.bool_) if optional is None else optional
    stored = context.graph.relationship_property(relationships, requirement.key)
    context.environment.rows = len(rows)
    mask = truth(FUNCTIONS["="].apply(context.environment, [stored, requirement.values.take(rows)]))
    return mask if optional is None else mask | optional
