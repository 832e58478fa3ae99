"""Numbers folded batch by batch come to what the aggregates make of all of them together."""

import math
import random
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from memgraph_py.columnar import Column, Rows
from memgraph_py.errors import ArithmeticFailure, CypherError
from memgraph_py.functions.folding import FOLDS, NUMBERS, Folded, fold_of
from memgraph_py.functions.registry import AGGREGATES, Environment
from memgraph_py.storage.schema import Schema
from memgraph_py.storage.snapshot import Snapshot
from memgraph_py.values.temporal import Duration
from memgraph_py.values.types import Value


class Clock:
    """Stands at the epoch."""

    def now_seconds(self) -> float:
        return 0.0


ENVIRONMENT = Environment(Snapshot.empty(Schema()), Clock(), lambda: 0.5)
INTEGERS = st.one_of(st.integers(-5, 5), st.integers(-(1 << 63), (1 << 63) - 1), st.none())
FLOATS = st.one_of(st.floats(), st.none(), st.sampled_from([0.0, -0.0, math.nan, 0.1, 1e300]))
OTHERS = st.one_of(st.just("a"), st.just(Duration(1, 2, 3, 4)), st.booleans(), st.none(), st.integers(0, 2))
SORTS = [INTEGERS, FLOATS, OTHERS, st.one_of(INTEGERS, FLOATS)]


def parts_of(values: st.SearchStrategy[Value]) -> st.SearchStrategy[list[Value]]:
    return st.lists(values, min_size=1, max_size=6)


PARTS = st.one_of(
    st.sampled_from(SORTS).flatmap(lambda values: st.lists(parts_of(values), min_size=1, max_size=4)),
    st.lists(st.sampled_from(SORTS).flatmap(parts_of), min_size=1, max_size=4),
)


def outcome(compute: Callable[[], Column]) -> object:
    """The values, or the error."""
    try:
        return [(type(value), repr(value)) for value in compute().to_values()]
    except CypherError as error:
        return error.code, error.text()


@given(st.lists(st.sampled_from([INTEGERS, FLOATS]).flatmap(parts_of), min_size=1, max_size=4))
@example([[1 << 62, 1 << 62], [-(1 << 62)]])
@example([[math.nan, None], [1.0]])
def test_folded_numbers_come_to_what_they_do_together(parts: list[list[Value]]) -> None:
    folded, taken = Folded(), []
    for part in parts:
        if not folded.add(Column.from_values(part)):
            break
        taken.append(Column.from_values(part))
    together = Column.concatenate(taken)
    for name in sorted(NUMBERS):
        groups = np.zeros(len(together), dtype=np.int64)
        try:
            expected = AGGREGATES[name].apply(ENVIRONMENT, [together], groups, 1).value(0)
        except ArithmeticFailure:
            with pytest.raises(ArithmeticFailure):
                folded.result(name)
            continue
        found = folded.result(name)
        assert type(found) is type(expected)
        if name == "avg" and together.kind.name == "INT":
            assert found == pytest.approx(expected, rel=1e-9, abs=1e4)  # ours adds up exactly
        else:
            assert repr(found) == repr(expected) or found == expected, name


@settings(max_examples=400)
@given(PARTS, st.integers(0, 1 << 32), st.sampled_from(sorted(FOLDS)), st.booleans())
@example([[1, 2], [0.5], [3]], 0, "sum", False)
@example([[1 << 62, 1 << 62], [1], [-(1 << 62)]], 0, "sum", False)
@example([[0.5, None], [1, 2, 3]], 7, "sum", False)
@example([[1], [Duration(1, 2, 3, 4)]], 0, "avg", False)
def test_folds_come_to_what_all_rows_do(parts: list[list[Value]], seed: int, name: str, one: bool) -> None:
    """By group, part by part, groups coming as rows do; or of one group, whose numbers were known while all were.
    Rows that are not taken are kept, behind what stands for those that were."""
    draw, count = random.Random(seed), 1
    fold, folded = fold_of(name), Folded()
    kept: list[Column] = []
    kept_groups: list[Rows] = []
    every: list[Column] = []
    every_groups: list[Rows] = []
    is_known = one and name in NUMBERS

    def run() -> Column:
        nonlocal count, is_known, fold
        is_kept = False
        for part in parts:
            count = 1 if one else min(count + draw.randrange(3), 4)
            column, groups = Column.from_values(part), np.array([draw.randrange(count) for _ in part])
            every.append(column)
            every_groups.append(groups)
            if is_known:
                if folded.add(column):
                    continue
                is_known, fold = False, folded.as_fold(name)
            if not is_kept and fold.add(column, groups, count):
                continue
            if not is_kept:
                carried, of = fold.carried()
                kept.append(carried)
                kept_groups.append(of)
                is_kept = True
            kept.append(column)
            kept_groups.append(groups)
        if is_known:
            return Column.from_values([folded.result(name)])
        if not is_kept:
            return fold.result(count)
        together = [Column.concatenate(kept)]
        return AGGREGATES[name].apply(ENVIRONMENT, together, np.concatenate(kept_groups), count)

    found = outcome(run)
    for part in parts[len(every) :]:  # it raised before
        every.append(Column.from_values(part))
        every_groups.append(np.zeros(len(part), dtype=np.int64))
    together, groups = Column.concatenate(every), np.concatenate(every_groups)
    expected = outcome(lambda: AGGREGATES[name].apply(ENVIRONMENT, [together], groups, count))
    if isinstance(found, list) and isinstance(expected, list):
        for (kind, value), (other_kind, other) in zip(found, expected, strict=True):
            assert kind is other_kind
            if name == "avg" and one and value != other:
                assert float(value) == pytest.approx(float(other), rel=1e-9, abs=1e4)  # integers are added up exactly
            else:
                assert value == other or {value, other} == {"0.0", "-0.0"}
    else:
        assert isinstance(found, tuple) and isinstance(expected, tuple), (found, expected)
        assert found[0] == expected[0]
