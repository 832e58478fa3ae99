"""Numbers folded batch by batch come to what the aggregates make of all of them together."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from memgraph_py.columnar import Column
from memgraph_py.errors import ArithmeticFailure
from memgraph_py.functions.folding import NUMBERS, folded
from memgraph_py.functions.registry import AGGREGATES, Environment
from memgraph_py.storage.schema import Schema
from memgraph_py.storage.snapshot import Snapshot
from memgraph_py.values.types import Value


class Clock:
    """Stands at the epoch."""

    def now_seconds(self) -> float:
        return 0.0


INTEGERS = st.one_of(st.integers(-5, 5), st.integers(-(1 << 63), (1 << 63) - 1), st.none())
FLOATS = st.one_of(st.floats(), st.none(), st.sampled_from([0.0, -0.0, math.nan]))
PARTS = st.sampled_from([INTEGERS, FLOATS]).flatmap(
    lambda values: st.lists(st.lists(values, min_size=1, max_size=6), min_size=1, max_size=4)
)


@given(PARTS)
@example([[1 << 62, 1 << 62], [-(1 << 62)]])
@example([[math.nan, None], [1.0]])
def test_folded_numbers_come_to_what_they_do_together(parts: list[list[Value]]) -> None:
    columns = [Column.from_values(part) for part in parts]
    answer = folded(columns)
    if answer is None:
        assert all(value is None for part in parts for value in part)
        return
    together = Column.concatenate(columns)
    environment = Environment(Snapshot.empty(Schema()), Clock(), lambda: 0.5)
    for name in sorted(NUMBERS):
        try:
            groups = np.zeros(len(together), dtype=np.int64)
            expected = AGGREGATES[name].apply(environment, [together], groups, 1).value(0)
        except ArithmeticFailure:
            with pytest.raises(ArithmeticFailure):
                answer.result(name)
            continue
        found = answer.result(name)
        assert type(found) is type(expected)
        if name == "avg" and together.kind.name == "INT":
            assert found == pytest.approx(expected, rel=1e-9, abs=1e4)  # ours adds up exactly
        else:
            assert repr(found) == repr(expected) or found == expected, name
