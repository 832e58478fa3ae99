"""Rows that may be carried out at once, since no two of them are about the same element."""

from collections.abc import Sequence

import numpy as np

from memgraph_py.bounds import Bounds
from memgraph_py.columnar import Batch, Column, Kind, Rows
from memgraph_py.errors import CypherError
from memgraph_py.execution.evaluation import evaluate
from memgraph_py.execution.executor import ExecutionContext
from memgraph_py.execution.grouping import group_rows
from memgraph_py.kernels.ranges import starts_of_ranges
from memgraph_py.plan.expressions import Expression, Property, Variable
from memgraph_py.storage.schema import Schema
from memgraph_py.values.types import NodeReference, RelationshipReference


def ranges_apart(
    batch: Batch,
    elements: Sequence[str],
    keys: Sequence[tuple[str, Expression]],
    labels: Sequence[str],
    context: ExecutionContext,
) -> list[tuple[int, int]]:
    """Ranges of rows that hold different elements in these variables; with ``keys``, of rows that have other values of
    these, and of the properties that go with them of the elements. Each row for itself where there are neither, or
    where a node may have two of the labels."""
    held = [_elements(batch.columns[name]) for name in elements]
    compared = _compared(batch, held, keys, context) if keys else [held] if held else []
    if not compared or not _have_no_node_together(labels, context.graph.schema):
        return [(row, row + 1) for row in range(batch.rows)]
    return without_repetition(compared, context.bounds, nulls=bool(keys))


def _have_no_node_together(labels: Sequence[str], schema: Schema) -> bool:
    """True where no node has two of the labels, or ever had."""
    ids = {schema.labels.find(label) for label in labels}
    return all(len(ids.intersection(label_set)) < 2 for label_set in schema.label_sets())


def without_repetition(
    columns: Sequence[Sequence[Column]], bounds: Bounds, *, nulls: bool = False
) -> list[tuple[int, int]]:
    """Consecutive ranges of rows, such that no value stands in two rows of one, in whichever of some columns, of which
    there is one at least. ``nulls``: that is so of NULL, too. Raises what the bounds do."""
    rows = len(columns[0][0])
    numbers: list[Rows] = []
    count = 0
    for some in columns:
        joined = Column.concatenate(list(some))
        groups, first_rows = group_rows([joined], len(joined), bounds)
        groups = groups + count
        count += len(first_rows)
        numbers.append(groups if nulls or joined.valid is None else np.where(joined.valid, groups, -1))
    starts = starts_of_ranges(np.concatenate(numbers), rows, count).tolist()
    return list(zip(starts, [*starts[1:], rows], strict=True))


def _elements(column: Column) -> Column:
    """The column without values that are no elements, such as the map of an UNWIND."""
    if column.kind in (Kind.NODE, Kind.RELATIONSHIP):
        return column
    if column.kind is not Kind.OBJECT:
        return Column.nulls(len(column))
    values = column.to_values()
    return Column.from_values(
        [one if isinstance(one, NodeReference | RelationshipReference) else None for one in values]
    )


def _compared(
    batch: Batch, elements: Sequence[Column], keys: Sequence[tuple[str, Expression]], context: ExecutionContext
) -> list[list[Column]]:
    """The values of each property. None where one cannot be computed: the row that it is of tells so when its turn
    comes, if it comes."""
    columns: dict[str, list[Column]] = {}
    try:
        for property, key in keys:
            columns.setdefault(property, []).append(evaluate(key, batch, context))
        for held in (Batch(batch.rows, {"": column}) for column in elements if column.validity().any()):
            for property, some in columns.items():
                some.append(evaluate(Property(Variable(""), property), held, context))
    except CypherError:
        return []
    return list(columns.values())
