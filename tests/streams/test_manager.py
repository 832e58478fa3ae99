"""The stream commands against a broker in this process: rules and texts of the streams' contract."""

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from memgraph_py.cli.embedded_broker import EmbeddedBroker
from memgraph_py.engine.ingestion import QueryFailed
from memgraph_py.engine.stream_control import StreamStatus
from memgraph_py.errors import (
    CommitFailed,
    CypherSyntaxError,
    CypherTypeError,
    StreamError,
    TransactionConflict,
    TransformError,
)
from memgraph_py.streams.definitions import Definitions
from memgraph_py.streams.kafka import KafkaSource
from memgraph_py.streams.manager import StreamManager
from memgraph_py.streams.messages import Messages
from tests.streams.conftest import ScriptServer, wait_until
from tests.streams.fakes import FakeIngestion


@pytest.fixture
def topic(broker: EmbeddedBroker) -> str:
    broker.produce("test", [b"1", b"2", b"1 2"])
    return "test"


def create(manager: StreamManager, broker: EmbeddedBroker, transform: str, **changes: object) -> None:
    arguments: dict[str, object] = {
        "uri": broker.address,
        "topic": "test",
        "transform": transform,
        "batch_interval": None,
        "batch_size": None,
        **changes,
    }
    manager.create("mystream", **arguments)  # type: ignore[arg-type]  # a test changes what it likes


def status(manager: StreamManager) -> str:
    return manager.show()[0].status


def facts(manager: StreamManager) -> dict[str, object]:
    return dict(manager.describe("mystream"))


def test_the_manual_s_example(
    manager: StreamManager, broker: EmbeddedBroker, scripts: ScriptServer, ingestion: FakeIngestion, topic: str
) -> None:
    uri = f"{scripts.uri}/transform.py"
    create(manager, broker, uri)
    assert manager.show() == [StreamStatus("mystream", broker.address, "test", uri, "stopped")]

    tested = [(row.query, row.params) for row in manager.test("mystream", None)]
    assert tested == [
        ("CREATE (:Node {id: $id})", {"id": "1"}),
        ("CREATE (:Node {id: $id})", {"id": "2"}),
        (
            "MATCH (n:Node {id: $from_id}), (m:Node {id: $to_id}) CREATE (n)-[:Edge]->(m)",
            {"from_id": "1", "to_id": "2"},
        ),
    ]
    assert [(row.query, row.params) for row in manager.test("mystream", None)] == tested
    assert ingestion.batches == []

    manager.start("mystream", None)
    manager.start("mystream", None)
    wait_until(lambda: ingestion.values() == ["1", "2", "1", "2"])
    assert status(manager) == "running"
    assert facts(manager)["state"] == "running"
    wait_until(lambda: facts(manager)["messages"] == 3)
    assert facts(manager)["partition 0 next offset"] == 3

    manager.stop("mystream")
    manager.stop("mystream")
    assert status(manager) == "stopped"
    manager.drop("mystream")
    assert manager.show() == []
    assert ingestion.positions == {}


def test_texts_of_create(manager: StreamManager, broker: EmbeddedBroker, scripts: ScriptServer, topic: str) -> None:
    uri = f"{scripts.uri}/transform.py"
    with pytest.raises(StreamError) as missing:
        create(manager, broker, uri, topic="other")
    assert missing.value.message == "Kafka stream mystream, topic not found"

    with pytest.raises(TransformError) as script:
        create(manager, broker, f"{scripts.uri}/none.py")
    assert script.value.message == f"Couldn't get the transform script from {scripts.uri}/none.py"
    assert script.value.detail == "the server answered with status 404"

    scripts.pages["/wrong.py"] = b"def stream(:\n"
    with pytest.raises(TransformError) as syntax:
        create(manager, broker, f"{scripts.uri}/wrong.py")
    assert syntax.value.message == "The transform script contains a runtime error!"
    assert "SyntaxError" in (syntax.value.detail or "")

    for address in ("127.0.0.1:1", "localhost", "host:0", "", "a:9092,b"):
        with pytest.raises(StreamError) as refused:
            create(manager, broker, uri, uri=address)
        assert refused.value.message.startswith("Failed to initialize kafka stream mystream : ")
    with pytest.raises(StreamError, match="Connection refused"):
        create(manager, broker, uri, uri="127.0.0.1:1")
    assert manager.show() == []

    create(manager, broker, uri)
    with pytest.raises(StreamError) as taken:
        create(manager, broker, uri)
    assert taken.value.message == "Kafka stream mystream already exists."


@pytest.mark.parametrize("clause", ["batch_interval", "batch_size"])
@pytest.mark.parametrize("value", [0, -1, True, "5", 1.0, 1 << 40])
def test_interval_and_size_are_positive_integers(manager: StreamManager, clause: str, value: object) -> None:
    arguments: dict[str, object] = {"batch_interval": None, "batch_size": None, clause: value}
    with pytest.raises(CypherSyntaxError, match=f"{clause.upper()} takes a positive integer") as raised:
        manager.create("s", uri="h:1", topic="t", transform="http://h/t", **arguments)  # type: ignore[arg-type]
    assert raised.value.hint == "the greatest is 2147483647"


def test_unknown_names(manager: StreamManager) -> None:
    for command in (
        lambda: manager.drop("s"),
        lambda: manager.start("s", None),
        lambda: manager.stop("s"),
        lambda: manager.test("s", None),
        lambda: manager.describe("s"),
    ):
        with pytest.raises(StreamError) as unknown:
            command()
        assert unknown.value.message == "Kafka stream s doesn't exist."
    manager.start_all()
    manager.stop_all()


def test_names_are_case_sensitive_and_test_needs_a_stopped_stream(
    manager: StreamManager, broker: EmbeddedBroker, scripts: ScriptServer, topic: str
) -> None:
    create(manager, broker, f"{scripts.uri}/transform.py")
    with pytest.raises(StreamError):
        manager.start("MyStream", None)
    manager.start("mystream", None)
    with pytest.raises(StreamError) as running:
        manager.test("mystream", None)
    assert running.value.message == "Kafka stream mystream is already running"


def test_the_limit_stops_the_stream_and_the_rest_follows(
    manager: StreamManager, broker: EmbeddedBroker, scripts: ScriptServer, ingestion: FakeIngestion
) -> None:
    broker.produce("test", [str(i).encode() for i in range(10)])
    create(manager, broker, f"{scripts.uri}/echo.py", batch_size=2)
    assert [row.params["value"] for row in manager.test("mystream", 2)] == ["0", "1", "2", "3"]
    manager.start("mystream", 2)
    wait_until(lambda: status(manager) == "stopped")
    assert ingestion.values() == ["0", "1", "2", "3"]
    assert facts(manager)["batches left"] == 0
    assert [row.params["value"] for row in manager.test("mystream", None)] == ["4", "5"]
    manager.start("mystream", None)
    wait_until(lambda: len(ingestion.values()) == 10)
    assert facts(manager)["batches left"] is None
    manager.stop("mystream")


def test_an_empty_topic_gives_no_rows(
    manager: StreamManager, broker: EmbeddedBroker, scripts: ScriptServer, topic: str
) -> None:
    create(manager, broker, f"{scripts.uri}/echo.py")
    manager.start("mystream", 1)
    wait_until(lambda: status(manager) == "stopped")
    assert manager.test("mystream", None) == []


def test_messages_stand_in_the_order_of_partition_and_offset(
    manager: StreamManager, broker: EmbeddedBroker, scripts: ScriptServer, ingestion: FakeIngestion
) -> None:
    for partition in (3, 1, 0, 2):
        broker.produce("test", [f"{partition}.{i}".encode() for i in range(3)], partition)
    create(manager, broker, f"{scripts.uri}/echo.py", batch_size=8)
    expected = ["0.0", "0.1", "0.2", "1.0", "1.1", "1.2", "2.0", "2.1", "2.2", "3.0", "3.1", "3.2"]
    assert [row.params["value"] for row in manager.test("mystream", 1)] == expected[:8]
    assert [row.params["value"] for row in manager.test("mystream", 5)] == expected
    manager.start("mystream", None)
    wait_until(lambda: len(ingestion.values()) == 12)
    for runs in ingestion.batches:
        partitions = [str(value)[0] for run in runs for value in run.parameters["value"]]
        assert partitions == sorted(partitions)
    for partition in "0123":
        assert [v for v in ingestion.values() if str(v)[0] == partition] == [f"{partition}.{i}" for i in range(3)]


def test_a_failing_script_stops_the_stream_with_its_reason(
    manager: StreamManager, broker: EmbeddedBroker, scripts: ScriptServer, ingestion: FakeIngestion
) -> None:
    scripts.pages["/script.py"] = b"def stream(batch):\n    return [('Q', {'n': int(m)}) for m in batch]\n"
    broker.produce("test", [b"1", b"2", b"x"])
    create(manager, broker, f"{scripts.uri}/script.py", batch_size=2)
    manager.start("mystream", None)
    wait_until(lambda: status(manager) == "error")
    assert ingestion.values() == [1, 2]
    reason = str(facts(manager)["reason"])
    assert reason.startswith("The transform script contains a runtime error!\nTraceback")
    assert "ValueError" in reason and "partition 0, offset 2" in reason
    assert facts(manager)["state"] == "error"

    with pytest.raises(TransformError) as failed:
        manager.test("mystream", None)
    assert failed.value.message == "The transform script contains a runtime error!"
    manager.start("mystream", None)
    wait_until(lambda: status(manager) == "error")
    manager.stop("mystream")
    assert status(manager) == "stopped"
    assert ingestion.values() == [1, 2]


def test_batches_that_wait_together_are_as_they_would_be_alone(
    manager: StreamManager, broker: EmbeddedBroker, scripts: ScriptServer, ingestion: FakeIngestion
) -> None:
    """The script is called for each; what comes before the one that fails is committed, and what comes after is not
    begun with."""
    scripts.pages["/script.py"] = (
        b"calls = 0\n"
        b"def stream(batch):\n"
        b"    global calls\n"
        b"    calls += 1\n"
        b"    return [('Q', {'n': int(m), 'call': calls}) for m in batch]\n"
    )
    broker.produce("test", [b"%d" % number for number in range(10)] + [b"x"] + [b"%d" % number for number in range(9)])
    create(manager, broker, f"{scripts.uri}/script.py", batch_size=2)
    manager.start("mystream", None)
    wait_until(lambda: status(manager) == "error")
    assert [run.parameters for (run,) in ingestion.batches] == [
        {"n": [2 * call, 2 * call + 1], "call": [call + 1, call + 1]} for call in range(5)
    ]
    assert "partition 0, offset 10" in str(facts(manager)["reason"])
    assert facts(manager)["partition 0 next offset"] == 10


def test_a_script_without_stream_shows_at_start_and_test(
    manager: StreamManager, broker: EmbeddedBroker, scripts: ScriptServer, topic: str
) -> None:
    scripts.pages["/empty.py"] = b"def other(batch): return []\n"
    create(manager, broker, f"{scripts.uri}/empty.py")
    for command in (manager.start, manager.test):
        with pytest.raises(TransformError) as missing:
            command("mystream", None)
        assert missing.value.message == "The transform script contains a runtime error!"
    assert status(manager) == "stopped"


def test_a_failing_query_names_its_message_and_start_tries_it_again(
    manager: StreamManager, broker: EmbeddedBroker, scripts: ScriptServer, ingestion: FakeIngestion, topic: str
) -> None:
    create(manager, broker, f"{scripts.uri}/echo.py")
    ingestion.errors.append(QueryFailed(1, "RETURN $value", CypherTypeError("no such thing")))
    manager.start("mystream", None)
    wait_until(lambda: status(manager) == "error")
    reason = str(facts(manager)["reason"])
    assert "no such thing" in reason and "partition 0, offset 1" in reason and "RETURN $value" in reason
    manager.start("mystream", None)
    wait_until(lambda: ingestion.values() == ["1", "2", "1 2"])


def test_a_conflict_is_tried_again_and_a_lost_commit_is_an_error(
    manager: StreamManager, broker: EmbeddedBroker, scripts: ScriptServer, ingestion: FakeIngestion, topic: str
) -> None:
    create(manager, broker, f"{scripts.uri}/echo.py")
    ingestion.errors += [TransactionConflict("outdated")] * 8
    manager.start("mystream", None)
    wait_until(lambda: ingestion.values() == ["1", "2", "1 2"])
    assert facts(manager)["retries"] == 8
    ingestion.late_errors.append(CommitFailed("the disk is full"))
    broker.produce("test", [b"4"])
    wait_until(lambda: status(manager) == "error")
    assert facts(manager)["reason"] == "the disk is full"
    manager.start("mystream", None)
    wait_until(lambda: ingestion.values() == ["1", "2", "1 2", "4"])


def test_streams_are_restored(
    new_manager: Callable[[], StreamManager], broker: EmbeddedBroker, scripts: ScriptServer, ingestion: FakeIngestion
) -> None:
    broker.produce("test", [b"1", b"2", b"3", b"4"])
    first = new_manager()
    create(first, broker, f"{scripts.uri}/echo.py", batch_size=1)
    first.start("mystream", 3)
    wait_until(lambda: len(ingestion.values()) >= 1)
    first.close()
    before = len(ingestion.values())
    scripts.close()  # the kept copy suffices

    second = new_manager()
    assert status(second) == "running" or before == 3  # then it may have been stopped by us or by its LIMIT
    second.restore()
    wait_until(lambda: status(second) == "stopped")
    assert ingestion.values() == ["1", "2", "3"]

    third = new_manager()
    third.restore()
    assert status(third) == "stopped"
    third.start("mystream", None)
    wait_until(lambda: ingestion.values() == ["1", "2", "3", "4"])


def test_where_a_stream_begins_is_kept_before_its_first_message(
    new_manager: Callable[[], StreamManager], broker: EmbeddedBroker, scripts: ScriptServer, ingestion: FakeIngestion
) -> None:
    def beginnings() -> dict[int, int]:
        position = ingestion.position(stream_id)
        return {} if position is None else {key.partition: offset for key, offset in position.next_offsets.items()}

    broker.produce("test", [b"1"])
    first = new_manager()
    create(first, broker, f"{scripts.uri}/echo.py", batch_size=3, batch_interval=60_000)
    [stream_id] = {stream.definition.stream_id for stream in first._streams.values()}
    first.start("mystream", None)
    assert beginnings() == dict.fromkeys(range(4), 0) and not ingestion.values()
    first.close()
    del ingestion.positions[stream_id]  # as of a server that did not keep it yet
    second = new_manager()
    second.restore()
    wait_until(lambda: beginnings() == dict.fromkeys(range(4), 0))
    broker.produce("test", [b"2", b"3"])
    wait_until(lambda: ingestion.values() == ["1", "2", "3"])


def test_without_the_broker_a_restored_stream_retries(
    new_manager: Callable[[], StreamManager], scripts: ScriptServer, ingestion: FakeIngestion
) -> None:
    first = new_manager()
    with EmbeddedBroker() as broker:
        broker.produce("test", [b"1"])
        create(first, broker, f"{scripts.uri}/echo.py")
        first.start("mystream", None)
        wait_until(lambda: ingestion.values() == ["1"])
    first.close()

    second = new_manager()
    begin = time.monotonic()
    second.restore()
    assert time.monotonic() - begin < 1.0
    wait_until(lambda: facts(second)["state"] == "retrying")
    assert status(second) == "running"
    assert "refused" in str(facts(second)["reason"])
    begin = time.monotonic()
    second.stop("mystream")
    assert time.monotonic() - begin < 2.0
    with pytest.raises(StreamError, match=r"^Failed to initialize kafka stream mystream : .*refused"):
        second.start("mystream", None)
    assert status(second) == "stopped"


def test_an_error_is_kept_over_a_restart_and_a_topic_that_is_gone_is_one(
    new_manager: Callable[[], StreamManager],
    broker: EmbeddedBroker,
    scripts: ScriptServer,
    topic: str,
    tmp_path: Path,
) -> None:
    scripts.pages["/raise.py"] = b"def stream(batch): raise ValueError('no')\n"
    first = new_manager()
    create(first, broker, f"{scripts.uri}/raise.py")
    first.start("mystream", None)
    wait_until(lambda: status(first) == "error")
    reason = facts(first)["reason"]
    first.close()
    second = new_manager()
    second.restore()
    assert (status(second), facts(second)["reason"]) == ("error", reason)
    assert facts(second)["error time"] is not None
    second.stop("mystream")
    assert facts(second)["reason"] is None

    second.drop("mystream")
    create(second, broker, f"{scripts.uri}/echo.py")
    second.start("mystream", None)
    second.close()
    definitions = Definitions(tmp_path)
    definitions.put(replace(definitions.of("mystream"), topic="gone"))
    third = new_manager()
    third.restore()
    wait_until(lambda: status(third) == "error")
    assert facts(third)["reason"] == "topic not found"


def test_start_all_starts_what_it_can_and_reports_the_rest(
    new_manager: Callable[[], StreamManager],
    broker: EmbeddedBroker,
    scripts: ScriptServer,
    ingestion: FakeIngestion,
    topic: str,
) -> None:
    manager = new_manager()
    create(manager, broker, f"{scripts.uri}/echo.py")
    with EmbeddedBroker() as away:
        away.produce("test", [b"1"])
        manager.create(
            "other",
            uri=away.address,
            topic="test",
            transform=f"{scripts.uri}/echo.py",
            batch_interval=None,
            batch_size=None,
        )
    with pytest.raises(StreamError, match=r"^Failed to initialize kafka stream other : "):
        manager.start_all()
    assert [row.status for row in manager.show()] == ["running", "stopped"]
    manager.stop_all()
    assert [row.status for row in manager.show()] == ["stopped", "stopped"]


def test_create_reserves_the_name_while_it_fetches(
    manager: StreamManager, broker: EmbeddedBroker, scripts: ScriptServer, topic: str
) -> None:
    outcomes: list[str] = []

    def attempt() -> None:
        try:
            create(manager, broker, f"{scripts.uri}/echo.py")
            outcomes.append("created")
        except StreamError as error:
            outcomes.append(error.message)

    threads = [threading.Thread(target=attempt) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["Kafka stream mystream already exists."] * 4 + ["created"]


def test_a_full_batch_goes_at_once_and_a_part_of_one_after_the_interval(
    manager: StreamManager, broker: EmbeddedBroker, scripts: ScriptServer, ingestion: FakeIngestion
) -> None:
    broker.produce("test", [b"0"])
    create(manager, broker, f"{scripts.uri}/echo.py", batch_size=2, batch_interval=2_000)
    manager.start("mystream", None)
    begin = time.monotonic()
    broker.produce("test", [str(i).encode() for i in range(1, 9)])
    wait_until(lambda: len(ingestion.values()) == 8)
    assert time.monotonic() - begin < 1.9
    wait_until(lambda: len(ingestion.values()) == 9)
    assert time.monotonic() - begin > 1.5


def test_a_batch_is_full_before_it_takes_the_memory(
    manager: StreamManager,
    broker: EmbeddedBroker,
    scripts: ScriptServer,
    topic: str,
    ingestion: FakeIngestion,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Small messages are few bytes and much memory: of them a batch without a bound might hold millions."""
    monkeypatch.setattr("memgraph_py.streams.consumer.BATCH_MESSAGES_MAX", 20)
    broker.produce(topic, [b"x"] * 50)
    create(manager, broker, f"{scripts.uri}/echo.py", batch_interval=3_600_000, batch_size=(1 << 31) - 1)
    manager.start("mystream", None)
    wait_until(lambda: len(ingestion.values()) >= 40)
    time.sleep(0.3)
    assert [sum(run.rows for run in runs) for runs in ingestion.batches] == [20, 20]


def test_what_was_committed_is_written_though_no_message_follows(
    manager: StreamManager,
    broker: EmbeddedBroker,
    scripts: ScriptServer,
    ingestion: FakeIngestion,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also where the interval is so short that the stream never waits for messages: its turn ends all the same."""
    written, apply = threading.Event(), ingestion.apply
    at_the_end = ingestion.turns.at_the_end(written.set)

    def commit(*batch: Any) -> Future[int]:
        at_the_end()  # as the log does
        return apply(*batch)

    broker.produce("test", [b"0"])
    create(manager, broker, f"{scripts.uri}/echo.py", batch_size=2, batch_interval=1)
    manager.start("mystream", None)
    wait_until(lambda: ingestion.values() == ["0"])
    monkeypatch.setattr(ingestion, "apply", commit)
    broker.produce("test", [b"1"])
    assert written.wait(5.0)


def test_an_idle_stream_waits_for_messages_however_short_its_interval(
    manager: StreamManager,
    broker: EmbeddedBroker,
    scripts: ScriptServer,
    ingestion: FakeIngestion,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reads, read = [0], KafkaSource.read

    def counted(source: KafkaSource, count: int, seconds: float) -> Messages:
        reads[0] += 1
        return read(source, count, seconds)

    broker.produce("test", [b"0"])
    create(manager, broker, f"{scripts.uri}/echo.py", batch_interval=1)
    monkeypatch.setattr(KafkaSource, "read", counted)
    manager.start("mystream", None)
    wait_until(lambda: ingestion.values() == ["0"])
    begun = reads[0]
    time.sleep(0.3)
    assert reads[0] - begun < 1_000, "two of them for each millisecond"


def test_stop_is_quick_also_inside_an_endless_script(
    manager: StreamManager, broker: EmbeddedBroker, scripts: ScriptServer, topic: str
) -> None:
    scripts.pages["/loop.py"] = b"def stream(batch):\n    while True: pass\n"
    create(manager, broker, f"{scripts.uri}/loop.py")
    manager.start("mystream", None)
    time.sleep(0.7)
    begin = time.monotonic()
    manager.stop("mystream")
    assert time.monotonic() - begin < 1.0
    assert status(manager) == "stopped"


def test_commands_of_many_clients_at_once_lose_and_double_nothing(
    manager: StreamManager, broker: EmbeddedBroker, scripts: ScriptServer, ingestion: FakeIngestion
) -> None:
    count = 400
    broker.produce("test", [str(i).encode() for i in range(count)])
    create(manager, broker, f"{scripts.uri}/echo.py", batch_size=3, batch_interval=5)
    end = time.monotonic() + 4.0

    def act(seed: int) -> None:
        draw = random.Random(seed)
        while time.monotonic() < end:
            try:
                match draw.randrange(6):
                    case 0:
                        manager.start("mystream", draw.choice([None, 5]))
                    case 1:
                        manager.stop("mystream")
                    case 2:
                        manager.test("mystream", 1)
                    case 3:
                        manager.describe("mystream")
                    case 4:
                        draw.choice([manager.start_all, manager.stop_all])()
                    case _:
                        assert status(manager) in ("running", "stopped")
                time.sleep(draw.random() * 0.3)
            except StreamError as error:
                assert "is already running" in error.message

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(act, range(6), timeout=60))
    manager.stop("mystream")
    manager.start("mystream", None)
    wait_until(lambda: len(ingestion.values()) >= count)
    manager.stop("mystream")
    assert ingestion.values() == [str(i) for i in range(count)]
