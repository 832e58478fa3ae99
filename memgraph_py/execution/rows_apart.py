"""Rows that may be carried out at once, since no two of them are about the same element."""

from collections.abc import Iterator, Sequence

import numpy as np

from memgraph_py.bounds import Bounds
from memgraph_py.columnar import Batch, Column, Kind
from memgraph_py.errors import CypherError
from memgraph_py.execution.evaluation import evaluate
from memgraph_py.execution.executor import ExecutionContext
from memgraph_py.execution.grouping import group_rows
from memgraph_py.kernels.ranges import starts_of_ranges
from memgraph_py.plan.expressions import Expression, Property, Variable
from memgraph_py.values.types import NodeReference, RelationshipReference


def ranges_apart(
    batch: Batch, elements: Sequence[str], property: str | None, keys: Sequence[Expression], context: ExecutionContext
) -> Iterator[tuple[int, int]]:
    """Ranges of rows that hold different elements in these variables; with ``keys``, of rows that have other values of
    these, and of the ``property`` of the elements. Each row for itself where there are neither."""
    held = [_elements(batch.columns[name]) for name in elements]
    columns = _compared(batch, held, property, keys, context) if keys else held
    if not columns:
        return ((row, row + 1) for row in range(batch.rows))
    return iter(without_repetition(columns, context.bounds, nulls=bool(keys)))


def without_repetition(columns: Sequence[Column], bounds: Bounds, *, nulls: bool = False) -> list[tuple[int, int]]:
    """Consecutive ranges of rows, such that no value stands in two rows of one, in whichever of the columns. ``nulls``:
    that is so of NULL, too. Raises what the bounds do."""
    rows = len(columns[0])
    joined = Column.concatenate(list(columns))
    groups, first_rows = group_rows([joined], len(joined), bounds)
    if not nulls and joined.valid is not None:
        groups = np.where(joined.valid, groups, -1)
    starts = starts_of_ranges(groups, rows, len(first_rows)).tolist()
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
    batch: Batch,
    elements: Sequence[Column],
    property: str | None,
    keys: Sequence[Expression],
    context: ExecutionContext,
) -> list[Column]:
    """None where one cannot be computed: the row that it is of tells so when its turn comes, if it comes."""
    assert property is not None, "keys are of a property"
    columns: list[Column] = []
    try:
        columns += [evaluate(key, batch, context) for key in keys]
        for column in elements:
            if column.valid is None or column.valid.any():
                columns.append(evaluate(Property(Variable(""), property), Batch(batch.rows, {"": column}), context))
    except CypherError:
        return []
    return columns
