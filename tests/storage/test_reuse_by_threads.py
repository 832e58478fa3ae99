"""Writers that make and delete, readers that check, and the background, all at once: nobody sees a mixed-up element."""

import threading
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from memgraph_py.columnar import Column, Kind
from memgraph_py.config import Limits
from memgraph_py.errors import TransactionConflict
from memgraph_py.storage.changes import ChangeSet
from memgraph_py.storage.rule_changes import creation_of
from memgraph_py.storage.schema_rules import IndexDefinition, on_nodes
from memgraph_py.storage.store import Access, GraphStore
from memgraph_py.storage.view import Direction, GraphView

USER, FRIEND, ID, NAME = 0, 0, 0, 1
WRITERS, READERS, COMMITS, ROWS = 2, 2, 150, 40


class ThreadLog:
    """Syncs each commit a little later, in a thread of its own."""

    def __init__(self) -> None:
        self._queue: list[Callable[[BaseException | None], None]] = []
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def append(self, version: int, changes: ChangeSet, done: Callable[[BaseException | None], None]) -> None:
        with self._changed:
            self._queue.append(done)
            self._changed.notify()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queue or self._closed)
                queue, self._queue = self._queue, []
            if not queue:
                return
            for done in queue:
                done(None)


class Crowd:
    """Node n has the number and, as text, the name n; a relationship carries the sum of its ends' numbers."""

    def __init__(self) -> None:
        limits = Limits(delta_relationships_max=200, reused_ids_min=16, reclaimed_rows_min=32)
        self.store = GraphStore(ThreadLog(), limits)
        self.store.schema.labels.intern("User")
        self.store.schema.types.intern("FRIEND")
        for key in ("id", "name"):
            self.store.schema.keys.intern(key)
        self.store.change_rules(creation_of(IndexDefinition("by id", on_nodes(USER, ID)))).result(10)
        self.wrong: list[str] = []
        self.stop = threading.Event()
        self.reused = 0

    def write(self, seed: int) -> None:
        random = np.random.default_rng(seed)
        for number in range(COMMITS):
            transaction = self.store.begin(Access.WRITE, on_tip=number % 3 == 0)
            bound = transaction.snapshot.node_bound
            numbers = (seed << 32) + number * ROWS + np.arange(ROWS)
            names = Column.from_values([str(value) for value in numbers.tolist()])
            nodes = transaction.create_nodes(ROWS, (USER,), {ID: Column(Kind.INT, numbers), NAME: names})
            self.reused += int((nodes < bound).sum())
            everyone = transaction.nodes(USER)
            sources, targets = (random.choice(everyone, ROWS) for _ in range(2))
            sums = self.numbers(transaction, sources) + self.numbers(transaction, targets)
            transaction.create_relationships(sources, targets, FRIEND, {ID: Column(Kind.INT, sums)})
            if len(everyone) > 10 * ROWS:
                transaction.delete_nodes(random.choice(everyone, ROWS + 10, replace=False), detach=True)
            if number % 10 == 9:
                self.store.rollback(transaction)
                continue
            try:
                self.store.commit(transaction).result(30)
            except TransactionConflict:
                continue

    def read(self) -> None:
        while not self.stop.is_set():
            view = self.store.current
            for _ in range(2):  # the second time, others have written
                self.check(view)

    def check(self, view: GraphView) -> None:
        nodes = view.nodes(USER)
        numbers = self.numbers(view, nodes)
        if view.node_property(nodes, NAME).to_values() != [str(value) for value in numbers.tolist()]:
            self.wrong.append("a name is not that of the number")
        if len(nodes) != view.node_count(USER) or len(np.unique(nodes)) != len(nodes):
            self.wrong.append(f"{len(nodes)} nodes of {view.node_count(USER)}")
        seek = view.seek(on_nodes(USER, ID), [Column(Kind.INT, numbers)])
        if sorted(seek.ids.tolist()) != nodes.tolist():
            self.wrong.append(f"{len(seek.ids)} of {len(nodes)} nodes found by their numbers")
        for direction in (Direction.OUT, Direction.IN):
            found = view.expand(nodes, direction, None)
            if len(found.targets) != view.relationship_count(FRIEND):
                self.wrong.append(f"{len(found.targets)} relationships of {view.relationship_count(FRIEND)}")
            sums = view.relationship_property(found.relationships, ID).values
            if not np.array_equal(sums, numbers[found.source_rows] + self.numbers(view, found.targets)):
                self.wrong.append("a relationship is not that of its ends")

    @staticmethod
    def numbers(view: GraphView, nodes: NDArray[np.int64]) -> NDArray[np.int64]:
        return view.node_property(nodes, ID).values


def test_nobody_sees_a_mixed_up_element() -> None:
    crowd, seed = Crowd(), 1
    writers = [threading.Thread(target=crowd.write, args=(seed + number,)) for number in range(WRITERS)]
    readers = [threading.Thread(target=crowd.read) for _ in range(READERS)]
    for thread in writers + readers:
        thread.start()
    for thread in writers:
        thread.join()
    crowd.stop.set()
    for thread in readers:
        thread.join()
    crowd.check(crowd.store.current)
    crowd.store.close()
    crowd.check(crowd.store.current)
    assert crowd.wrong == []
    assert crowd.reused > ROWS
    assert crowd.store.current.node_bound < WRITERS * COMMITS * ROWS // 2
