"""Any temporal value, and any list of them, comes back from the log and from a checkpoint."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from memgraph_py.durability.encoding import decode_values, encode_values
from memgraph_py.engine.database import Database
from memgraph_py.storage.store import GraphStore
from memgraph_py.values.temporal_text import Temporal
from tests.durability.test_recovery import Running
from tests.properties.temporal import temporals

Stored = Temporal | list[Temporal]
values = temporals | st.lists(temporals, max_size=3)


@given(st.lists(values, max_size=20))
def test_encoded_and_decoded(stored: list[Stored]) -> None:
    assert decode_values(encode_values(stored)) == stored


@settings(max_examples=15)
@given(st.lists(values, min_size=1, max_size=10))
def test_stored_and_recovered(stored: list[Stored]) -> None:
    with TemporaryDirectory() as folder:
        running = Running(Path(folder))
        session = Database(running.store).session()
        session.run("CREATE INDEX ON :T(value)").values()
        session.run("UNWIND $stored AS value CREATE (:T {value: value})", {"stored": stored}).values()
        _check(running.store, stored)
        running.crash()
        from_log = Running(Path(folder))
        _check(from_log.store, stored)
        assert from_log.checkpointer.write() is not None
        from_log.crash()
        from_checkpoint = Running(Path(folder))
        assert from_checkpoint.recovered.checkpoint_version > 0
        _check(from_checkpoint.store, stored)
        from_checkpoint.crash()


def _check(store: GraphStore, stored: list[Stored]) -> None:
    """All values are there, and an index finds each."""
    session = Database(store).session()
    assert [row[0] for row in session.run("MATCH (n:T) RETURN n.value ORDER BY id(n)").values()] == stored
    for value in stored:
        query = "MATCH (n:T {value: $value}) RETURN DISTINCT n.value"
        assert session.run(query, {"value": value}).values() == [[value]]
