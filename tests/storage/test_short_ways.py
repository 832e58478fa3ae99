"""What a commit of one element does in a shorter way gives what the longer one does."""

import gc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memgraph_py.kernels.chunks import CHUNK_MASK, CHUNK_ROWS
from memgraph_py.storage.adjacency import Adjacency
from memgraph_py.storage.changes import ChangeSet, CreatedNodes, added
from memgraph_py.storage.indexes import LabelNodes
from memgraph_py.storage.pages import Pages, PagesEditor

NODES = st.integers(0, 200)


@given(st.lists(st.tuples(NODES, NODES, st.integers(0, 3), st.booleans()), max_size=150))
def test_one_relationship_is_appended_as_many_are(entries: list[tuple[int, int, int, bool]]) -> None:
    by_one, by_many = Adjacency.empty(), Adjacency.empty()
    for id, (source, target, type, is_single) in enumerate(entries):
        columns = [np.array((number,), dtype=np.int64) for number in (id, source, target, type)]
        by_many = by_many.extended(*columns)
        by_one = by_one.extended_by(id, source, target, type) if is_single else by_one.extended(*columns)
    assert by_one.visible == by_many.visible == len(entries)
    one, many = by_one.delta, by_many.delta
    assert one.entries[: len(entries)].tolist() == many.entries[: len(entries)].tolist()
    assert one.heads.tolist() == many.heads.tolist()
    assert one.pairs.tolist() == many.pairs.tolist()


@given(st.lists(st.integers(0, 1_000), max_size=150), st.integers(0, 150))
def test_one_node_is_a_candidate_as_many_are(ids: list[int], others_lost_it_at: int) -> None:
    by_one, by_many = LabelNodes.empty(), LabelNodes.empty()
    for number, id in enumerate(ids):
        if number == others_lost_it_at:
            by_one, by_many = by_one.inexact(), by_many.inexact()
        before, length = by_one, by_one.length
        seen = before.array[:length].tolist()
        by_many = by_many.extended(np.array((id,), dtype=np.int64), is_exact=True)
        by_one = by_one.extended_by(id)
        assert before.array[:length].tolist() == seen
    assert by_one.is_exact == by_many.is_exact
    assert by_one.sorted_length == by_many.sorted_length
    assert by_one.candidates().tolist() == by_many.candidates().tolist()


@given(st.lists(st.tuples(st.integers(0, 3 * CHUNK_ROWS - 1), st.booleans(), st.booleans()), max_size=60))
def test_a_row_written_in_a_copied_chunk_is_seen_by_nobody_before(writes: list[tuple[int, bool, bool]]) -> None:
    pages = Pages.empty(np.dtype(np.int64), 0, has_validity=True)
    editor = PagesEditor(pages)
    everything = np.arange(3 * CHUNK_ROWS, dtype=np.int64)
    places = editor.positions(everything, is_new=True)
    editor.pool.buffer[places], editor.pool.validity[places] = everything, True
    pages = editor.finish()
    held: list[tuple[Pages, dict[int, int]]] = []
    values: dict[int, int] = {}
    for number, (id, by_editor, is_held) in enumerate(writes):
        if is_held:
            held.append((pages, dict(values)))
        if by_editor:
            editor = PagesEditor(pages)
            places = editor.positions(np.array((id,)), is_new=False)
            editor.pool.buffer[places] = -number
            pages = editor.finish()
        else:
            pages = pages.with_copy_of(id // CHUNK_ROWS)
            pages.buffer[pages.table[id // CHUNK_ROWS] * CHUNK_ROWS + (id & CHUNK_MASK)] = -number
        values[id] = -number
        gc.collect(0)
    for version, expected in (*held, (pages, values)):
        for id in {id for id, _, _ in writes}:
            place = version.table[id // CHUNK_ROWS] * CHUNK_ROWS + (id & CHUNK_MASK)
            assert version.buffer[place] == expected.get(id, id)
            assert version.validity[place]


def test_changes_share_one_list_until_they_have_one_of_their_own() -> None:
    mine, others = ChangeSet.empty(), ChangeSet.empty()
    first, second = (np.array((id,), dtype=np.int64) for id in (1, 2))
    mine.deleted_nodes = added(mine.deleted_nodes, first)
    own = mine.deleted_nodes
    mine.deleted_nodes = added(mine.deleted_nodes, second)
    assert mine.deleted_nodes is own
    assert own == [first, second]
    assert others.is_empty()
    assert ChangeSet.empty().is_empty()
    with pytest.raises(TypeError, match="shared"):
        others.deleted_nodes.append(first)
    with pytest.raises(TypeError, match="shared"):
        others.created_nodes.append(CreatedNodes(first, 0, {}))
