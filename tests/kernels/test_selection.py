"""Rows kept by a mask."""

import numpy as np
import pytest

from memgraph_py.columnar import Column, Kind
from memgraph_py.record_column import RecordColumn
from memgraph_py.values.types import Value


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
@pytest.mark.parametrize(
    "values",
    [
        list(range(500)),
        [float(number) for number in range(500)],
        [number % 3 == 0 for number in range(500)],
        [f"text {number}" for number in range(500)],
        [None if number % 4 else number for number in range(500)],
        [[number] if number % 2 else None for number in range(500)],
    ],
    ids=["integers", "floats", "booleans", "texts", "nulls", "lists"],
)
def test_rows_that_a_mask_keeps(values: list[Value], share: float) -> None:
    mask = np.random.default_rng(5).random(500) < share
    column = Column.from_values(values)
    kept = column.keep(mask, int(mask.sum()))
    assert kept.to_values() == [value for value, is_kept in zip(values, mask.tolist(), strict=True) if is_kept]
    assert kept.kind is column.kind


def test_no_mask_of_nulls_where_none_is_kept() -> None:
    column = Column.from_values([1, None, 3] * 50)
    kept = column.keep(column.validity(), 100)
    assert kept.valid is None
    assert kept.to_values() == [1, 3] * 50


def test_every_other_row_of_an_array() -> None:
    column = Column(Kind.INT, np.arange(200)[::2])
    assert column.keep(column.values < 6, 3).to_values() == [0, 2, 4]


def test_records() -> None:
    records = RecordColumn([Column.from_values([1, 2, 3]), Column.from_values(["a", "b", "c"])], 3, np.array([2, 1, 2]))
    assert records.keep(np.array([False, True, True]), 2).to_values() == [[2], [3, "c"]]
