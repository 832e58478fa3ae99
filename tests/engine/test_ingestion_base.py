"""A stream's batch begins on commits that may yet fail: an error that came of them says nothing about the batch."""

import threading
from collections.abc import Callable
from uuid import uuid4

import pytest

from memgraph_py.config import Limits
from memgraph_py.engine.database import Database
from memgraph_py.engine.ingestion import Ingestion, QueryFailed
from memgraph_py.engine.query_runs import QueryRun
from memgraph_py.errors import CommitFailed, CypherError
from memgraph_py.storage.changes import ChangeSet, Partition
from memgraph_py.storage.store import GraphStore

DIVIDE = QueryRun("MATCH (n:A) SET n.y = 1 / n.x", 1, {})
PARTITION = Partition("topic", "id", 0)
Done = Callable[[BaseException | None], None]


class SlowLog:
    """A log whose answers the test gives."""

    def __init__(self) -> None:
        self.waiting: list[Done] = []

    def append(self, version: int, changes: ChangeSet, done: Done) -> None:
        self.waiting.append(done)

    def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize("is_lost", [True, False])
def test_an_error_on_a_base_that_is_lost_is_no_failure_of_the_query(is_lost: bool) -> None:
    log = SlowLog()
    store = GraphStore(log)
    database = Database(store, Limits())
    ingestion = Ingestion(database)
    first = ingestion.apply([QueryRun("CREATE (:A {x: 1})", 1, {})], uuid4(), {PARTITION: 1}, None)
    log.waiting.pop(0)(None)
    first.result(10)
    to_zero = ingestion.apply([QueryRun("MATCH (n:A) SET n.x = 0", 1, {})], uuid4(), {PARTITION: 1}, None)
    raised: list[Exception] = []

    def divide() -> None:
        try:
            ingestion.apply([DIVIDE], uuid4(), {PARTITION: 1}, None)
        except (CypherError, QueryFailed) as error:
            raised.append(error)

    thread = threading.Thread(target=divide)
    thread.start()
    thread.join(0.3)
    assert thread.is_alive(), "whether x is 0 is not known yet"
    log.waiting.pop(0)(OSError("disk") if is_lost else None)
    thread.join(10)
    (error,) = raised
    assert isinstance(error, CommitFailed if is_lost else QueryFailed)
    assert isinstance(to_zero.exception(10), CommitFailed) is is_lost
    if is_lost:
        ingestion.apply([DIVIDE], uuid4(), {PARTITION: 1}, None)
        log.waiting.pop(0)(None)
        assert database.session().run("MATCH (n:A) RETURN n.x, n.y").values() == [[1, 1]]
