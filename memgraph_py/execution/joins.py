"""Joins of two plans by hash: the right one is run once and chained, the left one streams past it.

The right plan reads nothing of the left one's rows, so it runs in a context without an outer batch, also in a subplan;
it begins when the left one has given its first rows, after what is written below.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from memgraph_py.columnar import NO_MASK, Batch, Column, Kind, Mask, Rows
from memgraph_py.execution.evaluation import evaluate
from memgraph_py.execution.executor import ExecutionContext, executes, widen
from memgraph_py.execution.expansions import by_degree
from memgraph_py.execution.memory import GROUPING_BYTES, Holding
from memgraph_py.execution.scans import pieces
from memgraph_py.kernels.joining import chain_rows, count_matches, list_matches
from memgraph_py.plan.expressions import Expression
from memgraph_py.plan.operators import HashJoin, Operator
from memgraph_py.plan.variables import bound_variables
from memgraph_py.storage.indexes import hash_column
from memgraph_py.storage.sameness import same_values

_ELEMENTS = frozenset((Kind.NODE, Kind.RELATIONSHIP))


@executes(HashJoin)
def hash_join(operator: HashJoin, context: ExecutionContext) -> Iterator[Batch]:
    """Rows of the left plan in order, each beside its matches in their order."""
    names = [name for name in bound_variables(operator) if name not in operator.unused]
    table: _Table | None = None
    with Holding(context.bounds) as held:
        for batch in context.run(operator.input):
            if table is None:
                table = _Table(operator.right, operator.right_keys, held, context)
            if table.batch.rows == 0:
                continue  # as nested loops, which have nothing to compare the keys with
            keys = [evaluate(key, batch, context) for key in operator.keys]
            hashes, counts = table.count(keys)
            for start, stop in by_degree(counts, context):
                context.check()
                rows, found = table.matches(keys, hashes, counts, start, stop)
                if len(rows):
                    columns = {name: table.batch.columns[name].take(found) for name in names}
                    yield from pieces(widen(batch, rows, columns, operator.unused), context)


class _Table:
    """The rows of a plan, chained by the hash of their keys."""

    def __init__(self, plan: Operator, keys: tuple[Expression, ...], held: Holding, context: ExecutionContext) -> None:
        alone = context.nested()
        alone.argument, alone.row_name = None, None
        batches = []
        for batch in alone.run(plan):
            context.check()
            held.add(batch)
            held.add_bytes(GROUPING_BYTES * batch.rows)
            batches.append(batch)
        context.bounds.memory.require(held.bytes)  # the batches joined to one
        self.batch = Batch.concatenate(batches) if batches else Batch(0, {})
        self._keys = [evaluate(key, self.batch, alone) for key in keys] if batches else []
        if batches:
            self._hashes, valid = _hashed(self._keys)
        else:
            self._hashes, valid = np.zeros(0, dtype=np.int64), NO_MASK
        self._heads, self._following = chain_rows(self._hashes, valid)

    def count(self, keys: list[Column]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(rows,) hash of the keys of each row, and number of rows here that may match it."""
        hashes, valid = _hashed(keys)
        return hashes, count_matches(self._heads, self._following, self._hashes, hashes, valid)

    def matches(
        self, keys: list[Column], hashes: NDArray[np.int64], counts: NDArray[np.int64], start: int, stop: int
    ) -> tuple[Rows, Rows]:
        """Rows from ``start`` to ``stop``, and those here that match them, side by side."""
        table = (self._heads, self._following, self._hashes)
        rows, found = list_matches(*table, hashes[start:stop], counts[start:stop])
        rows += start
        for key, own in zip(keys, self._keys, strict=True):
            same = _same(key.take(rows), own.take(found))
            if not same.all():
                rows, found = rows[same], found[same]
        return rows, found


def _hashed(keys: list[Column]) -> tuple[NDArray[np.int64], Mask]:
    """(rows,) hash of the keys together, and where they can match at all; an empty mask means everywhere."""
    hashes, valid = hash_column(keys[0])
    for key in keys[1:]:
        more, also = hash_column(key)
        hashes = hashes * np.int64(31) + more
        valid = valid & also if len(valid) and len(also) else valid if len(valid) else also
    return hashes, np.ascontiguousarray(valid)


def _same(left: Column, right: Column) -> Mask:
    """(rows,) True where both are equal; NULL is equal to nothing."""
    if left.kind is right.kind and left.kind in _ELEMENTS:
        same: Mask = (left.values == right.values) & (left.values >= 0)
        for column in (left, right):
            if column.valid is not None:
                same &= column.valid
        return same
    return same_values(left, right)
