"""Kernels against plain Python, and that none compiles after it was loaded."""

import importlib
import pkgutil
from random import Random

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

import memgraph_py.kernels
from memgraph_py.columnar import Column, Kind
from memgraph_py.kernels.adjacency import FIRST_BUCKETS, OUT, expand_between, stable_order
from memgraph_py.kernels.hashing import map_find, map_insert, same_texts
from memgraph_py.storage.adjacency import Adjacency, Base
from memgraph_py.storage.indexes import PropertyIndex, hash_column
from memgraph_py.storage.snapshot import index_candidates

texts = st.lists(st.text(max_size=20) | st.none(), max_size=20)
numbers = st.integers(-(1 << 63), (1 << 63) - 1)


@given(texts)
def test_equal_texts_have_equal_hashes_wherever_they_lie(values: list[str | None]) -> None:
    whole, valid = hash_column(Column.from_values([*values, "x"]))
    for row, value in enumerate(values):
        if value is None:
            assert len(valid) and not valid[row]
        else:
            alone, _ = hash_column(Column.from_values([f"before {value}", value]))
            assert alone[1] == whole[row]
            assert (alone[0] == whole[row]) == (value == f"before {value}")


@given(st.integers(-(1 << 53), 1 << 53))
def test_an_integer_and_the_equal_float_have_equal_hashes(value: int) -> None:
    as_integer, _ = hash_column(Column.from_values([value]))
    as_float, _ = hash_column(Column.from_values([float(value)]))
    mixed, _ = hash_column(Column.from_values([value, "text"]))
    assert as_integer[0] == as_float[0] == mixed[0]


def test_what_equals_nothing_is_not_looked_for() -> None:
    _, valid = hash_column(Column.from_values([1.0, float("nan"), float("inf"), -0.0]))
    assert valid.tolist() == [True, False, True, True]
    assert hash_column(Column.from_values([-0.0]))[0] == hash_column(Column.from_values([0]))[0]
    _, valid = hash_column(Column.from_values([[1], None, {"a": 1}]))
    assert valid.tolist() == [True, False, True]


@given(st.lists(st.text(max_size=9), min_size=1, max_size=9), st.lists(st.text(max_size=9), min_size=1, max_size=9))
def test_texts_are_compared_byte_by_byte(left: list[str], right: list[str]) -> None:
    rows = min(len(left), len(right))
    a, b = Column.from_values(left[:rows]), Column.from_values(right[:rows])
    assert a.kind is b.kind is Kind.STRING and a.data is not None and b.data is not None
    assert same_texts(a.values, a.data, b.values, b.data).tolist() == [
        x == y for x, y in zip(left, right, strict=False)
    ]


@settings(max_examples=30)
@given(st.lists(st.lists(numbers, max_size=3_000), max_size=4), st.sampled_from([0, 5_000]))
def test_an_index_finds_every_node_through_splits(batches: list[list[int]], expected: int) -> None:
    index = PropertyIndex(expected)
    known: dict[int, list[int]] = {}
    node = 0
    for batch in [*batches, list(range(4_000)), [7] * 200]:
        before = index.table
        nodes = np.arange(node, node + len(batch), dtype=np.int64)
        index.insert(hash_column(Column(Kind.INT, np.array(batch, dtype=np.int64)))[0], nodes)
        for value in batch:
            known.setdefault(value, []).append(node)
            node += 1
        assert before.directory.max() < len(before.hashes) >> 10
    sought = Column(Kind.INT, np.array([*known, 1 << 40], dtype=np.int64))
    rows, nodes = index_candidates(index, hash_column(sought))
    found: dict[int, list[int]] = {}
    for row, id in zip(rows.tolist(), nodes.tolist(), strict=True):
        found.setdefault(int(sought.values[row]), []).append(id)
    assert {value: sorted(ids) for value, ids in found.items()} == known


def test_a_reader_of_an_index_keeps_what_it_found_while_it_grows() -> None:
    index = PropertyIndex()
    first = hash_column(Column(Kind.INT, np.arange(500)))
    index.insert(first[0], np.arange(500))
    held = index.table
    for start in range(500, 100_000, 500):
        ids = np.arange(start, start + 500)
        index.insert(hash_column(Column(Kind.INT, ids))[0], ids)
    index.table, newest = held, index.table
    assert index_candidates(index, first)[1].tolist() == list(range(500))
    index.table = newest
    assert len(index_candidates(index, hash_column(Column(Kind.INT, np.arange(100_000))))[1]) == 100_000


@given(st.lists(st.integers(0, 50)))
def test_a_map_numbers_ids_in_order_of_insertion(ids: list[int]) -> None:
    keys, places = np.full(128, -1, dtype=np.int64), np.zeros(129, dtype=np.int64)
    map_insert(keys, places, np.array(ids, dtype=np.int64))
    order = {id: number for number, id in enumerate(dict.fromkeys(ids))}
    found = map_find(keys, places, np.arange(-1, 52, dtype=np.int64))
    assert found.tolist() == [order.get(id, -1) for id in range(-1, 52)]
    assert places[-1] == len(order)


@given(st.lists(st.integers(0, 4999)), st.sampled_from([5_000, 10_000]), st.randoms())
def test_the_sort_by_digits_is_stable(keys: list[int], bound: int, random: Random) -> None:
    rows = np.zeros((len(keys), 4), dtype=np.int32)
    rows[:, 1] = keys
    begun = random.sample(range(len(keys)), len(keys))
    order = np.array(begun, dtype=np.int32)
    offsets = stable_order(rows, 1, order, bound, np.empty((2, len(keys)), dtype=np.int64))
    assert order.tolist() == sorted(begun, key=lambda row: keys[row])
    assert offsets.tolist() == np.searchsorted(sorted(keys), np.arange(bound + 1)).tolist()


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 2))))
def test_a_base_is_ordered_by_node_type_and_other_end(triples: list[tuple[int, int, int]]) -> None:
    described = [(source, target, id, type) for id, (source, target, type) in enumerate(triples)]
    base = Base.pack(np.array(described, dtype=np.int32).reshape(-1, 4), 6, 0)
    for packed, near, far in ((base.packed_out, 0, 1), (base.packed_in, 1, 0)):
        rows = sorted(range(len(triples)), key=lambda row: (triples[row][near], triples[row][2], triples[row][far]))
        assert packed[1].tolist() == rows
        assert packed[0].tolist() == [triples[row][far] for row in rows]


def test_a_pair_is_found_in_whatever_range_of_buckets_it_lies() -> None:
    nodes, rows = 4_000, FIRST_BUCKETS + 5_000
    sources, targets = np.arange(rows) % nodes, np.arange(rows) // nodes
    types = np.zeros(rows, dtype=np.int64)
    none = np.zeros(0, dtype=np.int32)
    versions = [Adjacency.empty()]
    for start in range(0, rows, 8_000):
        part = slice(start, start + 8_000)
        versions.append(versions[-1].extended(np.arange(rows)[part], sources[part], targets[part], types[part]))
    for version in versions:
        found = expand_between(sources, targets, OUT, types[:0], version.graph(0, none, none))
        assert found[1].tolist() == list(range(version.visible))


@pytest.mark.skipif(not memgraph_py.kernels.is_compiled(), reason="kernels are plain functions")
def test_every_kernel_has_one_signature_and_takes_no_other() -> None:
    checked = 0
    for module in pkgutil.iter_modules(memgraph_py.kernels.__path__, "memgraph_py.kernels."):
        for name, kernel in vars(importlib.import_module(module.name)).items():
            if hasattr(kernel, "signatures"):
                assert len(kernel.signatures) == 1, name
                assert kernel._can_compile is False, name
                checked += 1
    assert checked > 20
