"""Any temporal value, and any list of them, comes back from the log and from a checkpoint."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from memgraph_py.columnar import Column
from memgraph_py.durability.encoding import decode_values, encode_values
from memgraph_py.storage.store import GraphStore
from memgraph_py.storage.transaction import Access
from memgraph_py.values.temporal_text import Temporal
from tests.durability.test_recovery import Running
from tests.properties.temporal import temporals

Stored = Temporal | list[Temporal]
values = temporals | st.lists(temporals, max_size=3)


@given(st.lists(values, max_size=20))
def test_encoded_and_decoded(stored: list[Stored]) -> None:
    assert decode_values(encode_values(stored)) == stored


@settings(max_examples=15, deadline=None)
@given(st.lists(values, min_size=1, max_size=10))
def test_stored_and_recovered(stored: list[Stored]) -> None:
    with TemporaryDirectory() as folder:
        running = Running(Path(folder))
        transaction = running.store.begin(Access.WRITE)
        key = running.store.schema.keys.intern("value")
        transaction.create_nodes(len(stored), (), {key: Column.from_values(stored)})
        running.store.commit(transaction).result(10)
        assert _values(running.store) == stored
        running.crash()
        from_log = Running(Path(folder))
        assert _values(from_log.store) == stored
        assert from_log.checkpointer.write() is not None
        from_log.crash()
        from_checkpoint = Running(Path(folder))
        assert from_checkpoint.recovered.checkpoint_version > 0
        assert _values(from_checkpoint.store) == stored
        from_checkpoint.crash()


def _values(store: GraphStore) -> list[object]:
    key = store.schema.keys.find("value")
    assert key is not None
    return list(store.current.node_property(store.current.nodes(None), key).to_values())
