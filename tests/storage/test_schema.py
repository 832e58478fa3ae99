"""Names are never forgotten, so their number has a bound."""

import pytest

from memgraph_py.errors import LimitExceeded
from memgraph_py.storage.schema import Schema


def test_so_many_names_of_each_sort_and_no_more() -> None:
    schema = Schema(names_max=3)
    for names, sort in (
        (schema.labels, "labels"),
        (schema.types, "relationship types"),
        (schema.keys, "property keys"),
    ):
        assert [names.intern(name) for name in "abcab"] == [0, 1, 2, 0, 1]
        with pytest.raises(LimitExceeded, match=f"a graph has at most 3 {sort}"):
            names.intern("d")
        assert names.intern("c") == 2
        assert len(names) == 3


def test_so_many_sets_of_labels_and_no_more() -> None:
    schema = Schema(names_max=3)
    assert [schema.intern_label_set(labels) for labels in ((), (0,), (1, 0), (0, 1))] == [0, 1, 2, 2]
    with pytest.raises(LimitExceeded, match="at most 3 sets of labels"):
        schema.intern_label_set((1,))
