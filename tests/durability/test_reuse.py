"""Ids that are used again: recovery from the log, from a checkpoint and from both finds the same graph, and goes on."""

from pathlib import Path

import numpy as np
import pytest

from memgraph_py.columnar import Column
from memgraph_py.config import Limits
from memgraph_py.durability.checkpoint import Checkpointer
from memgraph_py.durability.commit_log import DiskCommitLog
from memgraph_py.durability.directory import DataDirectory
from memgraph_py.durability.recovery import recover
from memgraph_py.metrics import Metrics
from memgraph_py.storage.store import GraphStore
from memgraph_py.storage.transaction import Access
from memgraph_py.storage.view import Direction

LIMITS = Limits(delta_relationships_max=5, reused_ids_min=1, reclaimed_rows_min=1)
Found = list[tuple[int, list[int], list[object]]]


class Running:
    """A store on the folder that reuses ids as soon as it may."""

    def __init__(self, folder: Path, limits: Limits = LIMITS) -> None:
        directory, metrics = DataDirectory(folder), Metrics()
        log = DiskCommitLog(directory, 1 << 30, metrics)
        self.store = GraphStore(log, limits)
        recovered = recover(directory, self.store)
        log.open(self.store.schema, recovered.log)
        self.checkpointer = Checkpointer(directory, self.store, log, recovered, metrics)
        schema = self.store.schema
        self.label, self.type, self.key = (names.intern("x") for names in (schema.labels, schema.types, schema.keys))

    def play(self, random: np.random.Generator, rounds: int) -> int:
        """Creates, relates and deletes; gives how many ids were used again."""
        store, reused = self.store, 0
        for number in range(rounds):
            bounds = store.tip.node_bound, store.tip.relationship_bound
            transaction = store.begin(Access.WRITE)
            values = Column.from_values([f"{number} {row}" for row in range(4)])
            nodes = transaction.create_nodes(4, (self.label,), {self.key: values})
            everyone = transaction.nodes(None)
            sources, targets = (random.choice(everyone, 6) for _ in range(2))
            made = transaction.create_relationships(sources, targets, self.type, {self.key: Column.constant(number, 6)})
            reused += int((nodes < bounds[0]).sum()) + int((made < bounds[1]).sum())
            store.commit(transaction).result(10)
            transaction = store.begin(Access.WRITE)
            transaction.delete_relationships(random.choice(transaction.relationships(None), 3))
            transaction.delete_nodes(random.choice(transaction.nodes(None), 3), detach=True)
            store.commit(transaction).result(10)
            store.wait_for_maintenance()
        return reused

    def content(self) -> tuple[Found, Found]:
        """Nodes with their values and relationships; relationships with their ends and values."""
        view = self.store.current
        nodes, relationships = view.nodes(None), view.relationships(None)
        out = [
            sorted(view.expand(nodes[row : row + 1], Direction.BOTH, None).relationships.tolist())
            for row in range(len(nodes))
        ]
        ends = np.stack(view.endpoints(relationships)).T.tolist()
        texts = view.node_property(nodes, self.key).to_values()
        numbers = view.relationship_property(relationships, self.key).to_values()
        return (
            [(id, found, [text]) for id, found, text in zip(nodes.tolist(), out, texts, strict=True)],
            [(id, found, [number]) for id, found, number in zip(relationships.tolist(), ends, numbers, strict=True)],
        )


@pytest.mark.parametrize("checkpoint_in", [(), (0,), (1, 2)], ids=["log", "checkpoint and log", "checkpoints"])
def test_what_was_recovered_is_what_was_there(tmp_path: Path, checkpoint_in: tuple[int, ...]) -> None:
    random, expected, reused = np.random.default_rng(3), None, 0
    for life in range(3):
        running = Running(tmp_path)
        if expected is not None:
            assert running.content() == expected
        reused += running.play(random, 25)
        if life in checkpoint_in:
            running.checkpointer.write()
            reused += running.play(random, 10)
        expected = running.content()
        running.store.close()
    assert reused > 50
    assert Running(tmp_path).content() == expected


def test_recovery_finds_the_holes(tmp_path: Path) -> None:
    running = Running(tmp_path)
    running.play(np.random.default_rng(5), 30)
    taken = set(running.store.current.nodes(None).tolist())
    bound = running.store.current.node_bound
    running.store.close()
    store = Running(tmp_path).store
    transaction = store.begin(Access.WRITE)
    drawn = transaction.create_nodes(bound - len(taken) + 2, (), {}).tolist()
    assert not taken & set(drawn)
    assert sorted([*taken, *drawn]) == list(range(bound + 2)), "every hole, and then the ids after the last"
    store.rollback(transaction)
    store.close()


def test_a_checkpoint_with_holes_is_small(tmp_path: Path) -> None:
    running = Running(tmp_path, Limits())
    transaction = running.store.begin(Access.WRITE)
    nodes = transaction.create_nodes(200_000, (running.label,), {running.key: Column.constant("x" * 50, 200_000)})
    transaction.create_relationships(nodes, nodes[::-1].copy(), running.type, {})
    running.store.commit(transaction).result(10)
    transaction = running.store.begin(Access.WRITE)
    transaction.delete_nodes(nodes[100:-100], detach=True)
    running.store.commit(transaction).result(10)
    running.checkpointer.write()
    expected = running.content()
    running.store.close()
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 300_000
    again = Running(tmp_path, Limits())
    assert again.content() == expected
    again.store.close()
