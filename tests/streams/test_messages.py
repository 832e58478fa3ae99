"""Messages as columns, and how they are cut into batches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memgraph_py.streams.messages import Messages

pytestmark = pytest.mark.quick


def messages(sizes: list[int]) -> Messages:
    values = [b"x" * size for size in sizes]
    return Messages(values, [0] * len(sizes), [*range(len(sizes))], {0: 1.0} if sizes else {}, sum(sizes))


@given(st.lists(st.integers(0, 9), max_size=40), st.integers(1, 12), st.integers(0, 60))
def test_batches_are_full_and_in_order_and_nothing_is_lost(sizes: list[int], size: int, bytes_max: int) -> None:
    batches, rest = messages(sizes).cut(size, bytes_max)
    parts = [*batches, rest]
    assert [offset for part in parts for offset in part.offsets] == [*range(len(sizes))]
    assert [value for part in parts for value in part.values] == [b"x" * size for size in sizes]
    assert all(part.bytes == sum(map(len, part.values)) for part in parts)
    if len(sizes) <= size:
        assert [len(batch) for batch in batches] == [len(sizes)] * bool(sizes)
    else:
        assert all(len(batch) == size for batch in batches)
        assert len(batches) == 1 or sum(batch.bytes for batch in batches) <= bytes_max
        more = Messages().bytes + sum(map(len, rest.values[:size])) + sum(batch.bytes for batch in batches)
        assert len(rest) < size or more > bytes_max
    held = [part for part in parts if part.values]
    assert [part.times for part in held] == [{}] * (len(held) - 1) + [{0: 1.0}] * bool(held)
