"""Which message made a batch fail: told where it can be told, and only there."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from uuid import uuid4

import pytest

from memgraph_py.engine.database import Database
from memgraph_py.engine.ingestion import Ingestion, QueryFailed
from memgraph_py.errors import TransformError
from memgraph_py.storage.store import GraphStore
from memgraph_py.streams import blame
from memgraph_py.streams.blame import Search
from memgraph_py.streams.transform import Script, Transform, TransformStarter


@dataclass(slots=True)
class Children:
    """Starts children with one script; the one before is closed then."""

    starter: TransformStarter
    script: str = ""
    started: list[Transform] = field(default_factory=list)

    def start(self) -> Transform:
        self.close()
        self.started.append(self.starter.start(Script(self.script, "test.py")))
        return self.started[-1]

    def close(self) -> None:
        if self.started:
            self.started[-1].close()


@pytest.fixture
def children(starter: TransformStarter) -> Iterator[Children]:
    made = Children(starter)
    yield made
    made.close()


@pytest.fixture
def database() -> Database:
    return Database(GraphStore())


def blamed_by_script(children: Children, script: str, values: Sequence[bytes]) -> int | None:
    """After the whole batch has failed, as it does in a stream."""
    children.script = f"def stream(batch):\n    {script}\n    return []\n"
    with pytest.raises(TransformError):
        children.start().apply(values)
    return Search(children.start).by_script(values)


@pytest.mark.parametrize(
    ("script", "values", "row"),
    [
        ("[int(m) for m in batch]", [b"1", b"2", b"x", b"4"], 2),
        ("[int(m) for m in batch]", [b"x", b"2"], 0),
        ("[int(m) for m in batch]", [b"1", b"2", b"x"], 2),
        ("[int(m) for m in batch]", [b"1", b"x", b"y"], 1),
        ("[int(m) for m in batch]", [b"x"], 0),
        ("return [('RETURN 1', {'n': m if m == b'x' else 1}) for m in batch]", [b"1", b"x"], 1),
        ("if b'x' in batch: import os; os._exit(9)", [b"1", b"2", b"x", b"4"], 2),
    ],
)
def test_the_message_that_the_script_fails_at(children: Children, script: str, values: list[bytes], row: int) -> None:
    assert blamed_by_script(children, script, values) == row


@pytest.mark.parametrize(
    "script",
    [
        "assert len(set(batch)) == len(batch)",  # two of them together
        "assert len(batch) < 3",  # none of them
        "assert len(batch) == 2 or batch == [b'1']",  # any other one, when it is alone
        "assert len(batch) == 2",  # each when it is alone
    ],
)
def test_no_single_message_is_blamed_for_what_several_did(children: Children, script: str) -> None:
    assert blamed_by_script(children, script, [b"1", b"2", b"1", b"4"]) is None


def test_globals_that_made_the_script_fail_blame_nobody(children: Children) -> None:
    children.script = "seen = []\ndef stream(batch):\n    seen.append(1)\n    assert len(seen) < 2\n    return []\n"
    child = children.start()
    child.apply([b"1"])
    with pytest.raises(TransformError):
        child.apply([b"2", b"3"])
    assert Search(children.start).by_script([b"2", b"3"]) is None


def test_a_search_is_bounded_in_time(children: Children, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blame, "SEARCH_SECONDS", 0.3)
    children.script = "def stream(batch):\n    if b'x' in batch:\n        while True: pass\n    return []\n"
    begin = time.monotonic()
    assert Search(children.start).by_script([b"1", b"x", b"3"]) is None
    assert time.monotonic() - begin < 1.9, "less than the time that the script has for a batch"


def blamed_by_query(children: Children, database: Database, values: Sequence[bytes]) -> int | None:
    """After the batch's queries have failed; nothing of the search may be in the graph."""
    ingestion = Ingestion(database)
    runs = children.start().apply(values)
    with pytest.raises(QueryFailed) as failed:
        ingestion.apply(runs, uuid4(), {}, None)
    row = Search(children.start).by_query(values, runs, failed.value, ingestion)
    assert database.session().run("MATCH (n) RETURN count(n)").values() == [[0]]
    return row


ONE_EACH = "[('CREATE (:N {v: 10 / $v})', {'v': int(m)}) for m in batch]"
SOME_EACH = "[('CREATE (:N {v: 10 / $v})', {'v': int(part)}) for m in batch for part in m.split()]"
LATE = "[('CREATE (:N)', {}) for m in batch] + [('CREATE (:N {v: 10 / $v})', {'v': int(m)}) for m in batch]"
IN_ONE = "[('UNWIND $vs AS v CREATE (:N {v: 10 / v})', {'vs': [int(m) for m in batch]})]"
FOLLOWS = """[
        ('MATCH (:N {v: 1}) CREATE (:M {v: 1 / $v})' if m == b'0' else 'CREATE (:N {v: $v})', {'v': int(m)})
        for m in batch
    ]"""
TOGETHER = "[('RETURN 10 / $sum', {'sum': sum(map(int, batch))})]"


@pytest.mark.parametrize(
    ("answer", "values", "row"),
    [
        (ONE_EACH, [b"1", b"2", b"0", b"4"], 2),
        (ONE_EACH, [b"0"], 0),
        (ONE_EACH, [b"1", b"0", b"0"], 1),
        (SOME_EACH, [b"1 2 3", b"", b"4 0", b"0"], 2),
        (LATE, [b"1", b"2", b"0", b"4"], 2),
        (IN_ONE, [b"1", b"2", b"0", b"4"], 2),
        (FOLLOWS, [b"2", b"1", b"0", b"4"], 2),
        (TOGETHER, [b"1", b"2", b"-3"], None),
        ("[('RETURN 1 / $n', {'n': 1 if len(batch) == 1 else 0})]", [b"1", b"2"], None),
    ],
)
def test_the_message_that_a_failing_query_comes_from(
    children: Children, database: Database, answer: str, values: list[bytes], row: int | None
) -> None:
    children.script = f"def stream(batch):\n    return {answer}\n"
    assert blamed_by_query(children, database, values) == row
