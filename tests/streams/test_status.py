"""SHOW STREAM, fact by fact and state by state, and the same figures in /metrics."""

import hashlib
import logging
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import pytest
from prometheus_client.parser import text_string_to_metric_families

from memgraph_py.cli.embedded_broker import EmbeddedBroker
from memgraph_py.config import Limits, Settings
from memgraph_py.engine.database import Database
from memgraph_py.engine.ingestion import Ingestion
from memgraph_py.metrics import Metrics
from memgraph_py.storage.changes import Partition, StreamPosition
from memgraph_py.storage.store import GraphStore
from memgraph_py.streams import manager as manager_module
from memgraph_py.streams.definitions import Definition
from memgraph_py.streams.kafka import KafkaSource
from memgraph_py.streams.manager import StreamManager
from memgraph_py.streams.status import Ends, Progress, Status, facts
from tests.streams.conftest import ScriptServer, wait_until
from tests.streams.fakes import ECHO

STREAM_NAME = 'a "quoted" \\ name\nof two lines'
SCRIPT = """
def stream(batch):
    return [("MATCH (n:Node {id: $id}) SET n.seen = 10 / $id", {"id": int(message)}) for message in batch]
"""
Facts = dict[str, object]


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def database() -> Database:
    return Database(GraphStore())


@pytest.fixture
def streams(tmp_path: Path, database: Database, metrics: Metrics) -> Iterator[StreamManager]:
    """A manager over a real graph in memory."""
    limits = Limits(kafka_answer_seconds=3.0, transform_batch_seconds=1.0)
    settings = Settings(data_directory=tmp_path, limits=limits)
    made = StreamManager(Ingestion(database), settings, KafkaSource, metrics)
    yield made
    made.close()


def create(streams: StreamManager, broker: EmbeddedBroker, transform: str, name: str = "s", size: int = 10) -> None:
    streams.create(name, uri=broker.address, topic="test", transform=transform, batch_interval=20, batch_size=size)


def shown(streams: StreamManager, name: str = "s") -> Facts:
    rows = streams.describe(name)
    assert len(dict(rows)) == len(rows), "a fact is told once"
    return dict(rows)


def is_recent(moment: object) -> bool:
    assert isinstance(moment, str)
    return 0 <= time.time() - datetime.fromisoformat(moment).timestamp() < 120


def test_every_fact_of_a_running_stream(
    streams: StreamManager, broker: EmbeddedBroker, scripts: ScriptServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manager_module, "ENDS_KNOWN_SECONDS", 0.0)
    monkeypatch.setattr(manager_module, "ENDS_SECONDS", 30.0)
    scripts.pages["/s.py"] = SCRIPT.encode()
    broker.produce("test", [b"1", b"2"], 0)
    broker.produce("test", [b"13"], 2)
    create(streams, broker, f"{scripts.uri}/s.py")
    new = shown(streams)
    assert (new["state"], new["reason"], new["batches"], new["batch seconds"]) == ("stopped", None, 0, None)
    assert [new[f"partition {n} next offset"] for n in range(4)] == [0, 0, 0, 0]
    assert [new[f"partition {n} lag"] for n in range(4)] == [2, 0, 1, 0]
    assert [new[f"partition {n} lag seconds"] for n in range(4)] == [None, 0.0, None, 0.0]
    assert (new["lag"], new["lag seconds"]) == (3, None)

    streams.start("s", 1_000)
    wait_until(lambda: shown(streams)["messages"] == 3 and shown(streams)["lag"] == 0)
    found = shown(streams)
    assert is_recent(found.pop("script fetched")) and is_recent(found.pop("lag known"))
    batches = found.pop("batches")
    assert isinstance(batches, int) and 1 <= batches <= 3
    assert found.pop("batches left") == 1_000 - batches
    for rate in ("batches per second", "messages per second", "bytes per second", "batch seconds"):
        value = found.pop(rate)
        assert isinstance(value, float) and value > 0
    nothing = dict.fromkeys(("reason", "error time", "error topic", "error partition", "error offset"))
    offsets = {"0": 2, "1": 0, "2": 1, "3": 0}
    expected: Facts = {"state": "running", **nothing, "error range": None}
    expected |= {"uri": broker.address, "topic": "test", "transform": f"{scripts.uri}/s.py"}
    expected |= {"script hash": hashlib.sha256(SCRIPT.encode()).hexdigest(), "script bytes": len(SCRIPT)}
    expected |= {"batch interval": 20, "batch size": 10}
    expected |= {"messages": 3, "queries": 3, "bytes": 4, "retries": 0, "errors": 0, "lag": 0, "lag seconds": 0.0}
    for number, offset in offsets.items():
        of_partition = {"next offset": offset, "end offset": offset, "lag": 0, "lag seconds": 0.0}
        expected |= {f"partition {number} {name}": value for name, value in of_partition.items()}
    expected["advice"] = "CREATE INDEX ON :Node(id)"
    assert found == expected


def test_the_advice_goes_when_the_index_comes(
    streams: StreamManager, broker: EmbeddedBroker, scripts: ScriptServer, database: Database
) -> None:
    scripts.pages["/s.py"] = SCRIPT.encode()
    broker.produce("test", [b"1"])
    create(streams, broker, f"{scripts.uri}/s.py")
    assert shown(streams)["advice"] is None
    streams.start("s", None)
    wait_until(lambda: shown(streams)["advice"] == "CREATE INDEX ON :Node(id)")
    database.session().run(str(shown(streams)["advice"])).values()
    assert shown(streams)["advice"] is None


def test_lag_of_a_stopped_stream_is_asked_for(
    streams: StreamManager, broker: EmbeddedBroker, scripts: ScriptServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manager_module, "ENDS_KNOWN_SECONDS", 0.0)
    monkeypatch.setattr(manager_module, "ENDS_SECONDS", 30.0)
    broker.produce("test", [b"1", b"2"])
    create(streams, broker, f"{scripts.uri}/echo.py")
    streams.start("s", None)
    wait_until(lambda: shown(streams)["messages"] == 2)
    streams.stop("s")
    broker.produce("test", [b"3"] * 5)
    found = shown(streams)
    assert (found["partition 0 next offset"], found["partition 0 end offset"], found["partition 0 lag"]) == (2, 7, 5)
    seconds = found["partition 0 lag seconds"]
    assert isinstance(seconds, float) and 0 < seconds < 120
    assert found["lag"] == 5 and found["lag seconds"] == seconds


def test_lag_that_cannot_be_asked_for_is_told_as_it_was_known(
    streams: StreamManager, scripts: ScriptServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manager_module, "ENDS_KNOWN_SECONDS", 0.0)
    monkeypatch.setattr(manager_module, "ENDS_SECONDS", 30.0)
    with EmbeddedBroker() as broker:
        broker.produce("test", [b"1", b"2"])
        create(streams, broker, f"{scripts.uri}/echo.py")
        before = shown(streams)
    begin = time.monotonic()
    after = shown(streams)
    assert time.monotonic() - begin < 5
    assert before["lag"] == after["lag"] == 2
    assert before["lag known"] == after["lag known"]


def test_a_failing_query_names_topic_partition_and_offset(
    streams: StreamManager,
    broker: EmbeddedBroker,
    scripts: ScriptServer,
    database: Database,
    metrics: Metrics,
    caplog: pytest.LogCaptureFixture,
) -> None:
    database.session().run("UNWIND range(0, 9) AS id CREATE (:Node {id: id})").values()
    scripts.pages["/s.py"] = SCRIPT.encode()
    broker.produce("test", [b"3", b"2"], 0)
    broker.produce("test", [b"7", b"1", b"0", b"2"], 3)
    create(streams, broker, f"{scripts.uri}/s.py")
    with caplog.at_level(logging.WARNING):
        streams.start("s", None)
        wait_until(lambda: shown(streams)["state"] == "error")
    found = shown(streams)
    assert [found[f"error {name}"] for name in ("topic", "partition", "offset", "range")] == ["test", 3, 2, None]
    assert is_recent(found["error time"])
    reason = str(found["reason"])
    assert "/ by zero" in reason or "division by zero" in reason
    assert reason.endswith("at the message of topic 'test', partition 3, offset 2")
    assert found["errors"] == 1
    told = series(metrics)
    assert told["memgraph_stream_errors_total", (("stream", "s"),)] == 1
    states = {dict(labels)["state"]: value for (name, labels), value in told.items() if name == "memgraph_stream_state"}
    assert states == {"starting": 0, "running": 0, "retrying": 0, "stopped": 0, "error": 1}
    assert not any(name == "memgraph_stream_batches_left" for name, _ in told), "it has no limit"
    (record,) = [record for record in caplog.records if record.message == "stream stopped with an error"]
    assert vars(record)["stream"] == "s" and vars(record)["reason"] == reason
    streams.stop("s")
    found = shown(streams)
    assert [found[f"error {name}"] for name in ("time", "topic", "partition", "offset")] == [None] * 4


def test_where_no_message_can_be_told_the_range_is(
    streams: StreamManager, broker: EmbeddedBroker, scripts: ScriptServer
) -> None:
    scripts.pages["/s.py"] = b"def stream(batch):\n    assert len(batch) < 3\n    return []\n"
    broker.produce("test", [b"1"] * 3, 1)
    broker.produce("test", [b"1"] * 2, 2)
    create(streams, broker, f"{scripts.uri}/s.py", size=5)
    streams.start("s", None)
    wait_until(lambda: shown(streams)["state"] == "error")
    found = shown(streams)
    assert (found["error topic"], found["error partition"], found["error offset"]) == ("test", None, None)
    ranges = found["error range"]
    assert isinstance(ranges, list) and ranges
    assert all(set(item) == {"partition", "first", "last"} for item in ranges)
    assert sum(item["last"] - item["first"] + 1 for item in ranges) >= 3
    assert "in a batch of topic 'test': partition " in str(found["reason"])


def test_the_place_of_an_error_is_kept_over_a_restart(
    new_manager: Callable[[], StreamManager], broker: EmbeddedBroker, scripts: ScriptServer
) -> None:
    scripts.pages["/s.py"] = b"def stream(batch):\n    return [('RETURN 1', {'n': int(m)}) for m in batch]\n"
    broker.produce("test", [b"1", b"x", b"3"])
    first = new_manager()
    create(first, broker, f"{scripts.uri}/s.py")
    first.start("s", None)
    wait_until(lambda: shown(first)["state"] == "error")
    before = {name: value for name, value in shown(first).items() if name.startswith("error ")}
    assert (before["error partition"], before["error offset"]) == (0, 1)
    first.close()
    after = shown(new_manager())
    assert {name: after[name] for name in before} == before


def test_starting_and_retrying(
    new_manager: Callable[[], StreamManager], scripts: ScriptServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = new_manager()
    with EmbeddedBroker() as broker:
        broker.produce("test", [b"1"])
        create(first, broker, f"{scripts.uri}/echo.py")
        first.start("s", None)
        wait_until(lambda: shown(first)["messages"] == 1)
    first.close()
    second = new_manager()
    states: list[object] = []
    connect = KafkaSource.connect

    def note(self: KafkaSource, seconds: float) -> None:
        if not states:
            states.append(shown(second)["state"])
        connect(self, seconds)

    monkeypatch.setattr(KafkaSource, "connect", note)
    second.restore()
    wait_until(lambda: shown(second)["state"] == "retrying")
    assert states == ["starting"]
    found = shown(second)
    assert "refused" in str(found["reason"]) and is_recent(found["error time"])
    assert (found["error topic"], found["partition 0 next offset"]) == (None, 1)
    second.stop("s")
    assert (shown(second)["state"], shown(second)["error time"]) == ("stopped", None)


# ------------------------------------------------------------------------------------------------------------- figures

DEFINITION = Definition(uuid4(), "s", "h:1", "t", "u", 100, 10, ECHO)


@pytest.mark.quick
def test_markers_of_transactions_are_no_lag() -> None:
    assert Ends(0, 10).lag(7) == 3
    assert Ends(0, 10, without=(7, 10)).lag(7) == 0
    assert Ends(0, 12, without=(7, 10)).lag(7) == 2
    assert Ends(0, 10, without=(7, 10)).lag(5) == 5
    assert Ends(0, 10).lag(11) == 0, "what is known of the end may be older than the position"


@pytest.mark.quick
def test_lag_in_seconds_is_the_age_of_the_newest_message_in_the_graph() -> None:
    progress = Progress(ends={0: Ends(0, 9), 1: Ends(3, 5), 2: Ends(0, 4)}, message_times={0: time.time() - 60, 1: 0.0})
    position = StreamPosition({Partition("t", "", 0): 4, Partition("t", "", 1): 5, Partition("u", "", 7): 1}, None)
    found = dict(facts(Status(DEFINITION, "running", None, progress, position), []))
    seconds = found["partition 0 lag seconds"]
    assert isinstance(seconds, float) and 60 <= seconds < 90
    assert found["partition 1 lag seconds"] == 0.0
    assert (found["partition 2 next offset"], found["partition 2 lag seconds"]) == (0, None)
    assert "partition 7 lag" not in found
    assert (found["lag"], found["lag seconds"]) == (9, None)


@pytest.mark.quick
def test_the_lag_of_all_partitions_is_known_when_that_of_each_is() -> None:
    progress = Progress()
    progress.know_ends({0: Ends(0, 0), 1: None})
    found = dict(facts(Status(DEFINITION, "running", None, progress, None), []))
    assert (found["partition 0 lag"], found["partition 1 lag"], found["partition 1 next offset"]) == (0, None, None)
    assert (found["lag"], found["lag seconds"]) == (None, None)
    progress.know_ends({0: None, 1: None})
    assert progress.ends == {0: Ends(0, 0), 1: None}, "nothing found leaves what was known"


@pytest.mark.quick
def test_rates_are_of_the_last_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    progress = Progress()
    assert progress.rates() == (0.0, 0.0, 0.0)
    for second in range(60):
        now = 1_000.0 + second
        progress.sample()
        progress.batches, progress.messages, progress.bytes = second + 1, 10 * (second + 1), 100 * (second + 1)
    now += 1
    assert progress.rates() == (1.0, 10.0, 100.0)
    assert len(progress.samples) <= 12
    now += 5
    assert 0 < progress.rates()[1] < 10
    now += 60
    assert progress.rates() == (0.0, 0.0, 0.0)


@pytest.mark.quick
def test_an_aggregate_of_query_texts_stays_bounded() -> None:
    progress = Progress()
    for number in range(1_000):
        progress.know_queries([f"RETURN {number}"])
    assert "RETURN 999" in progress.query_texts and len(progress.query_texts) <= 100


# ------------------------------------------------------------------------------------------------------------- metrics


def series(metrics: Metrics) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """All samples of streams, by name and labels; types and help must be there."""
    found = {}
    for family in text_string_to_metric_families(metrics.text().decode()):
        if family.name.startswith("memgraph_stream_"):
            assert family.documentation and family.type in ("counter", "gauge", "histogram")
            for sample in family.samples:
                found[sample.name, tuple(sorted(sample.labels.items()))] = sample.value
    return found


def test_metrics_are_the_facts(
    streams: StreamManager, broker: EmbeddedBroker, scripts: ScriptServer, metrics: Metrics
) -> None:
    assert series(metrics) == {}
    broker.produce("test", [b"one", b"two", b"three"], 1)
    create(streams, broker, f"{scripts.uri}/echo.py", STREAM_NAME)
    streams.start(STREAM_NAME, 50)
    wait_until(lambda: shown(streams, STREAM_NAME)["lag"] == 0 and shown(streams, STREAM_NAME)["messages"] == 3)
    found, expected = series(metrics), shown(streams, STREAM_NAME)
    stream = ("stream", STREAM_NAME)
    for name in ("messages", "batches", "queries", "bytes", "retries", "errors"):
        assert found[f"memgraph_stream_{name}_total", (stream,)] == expected[name]
    assert found["memgraph_stream_bytes_total", (stream,)] == 11
    assert found["memgraph_stream_batches_left", (stream,)] == expected["batches left"]
    for state in ("starting", "running", "retrying", "stopped", "error"):
        value = found["memgraph_stream_state", (("state", state), stream)]
        assert value == (state == expected["state"])
    for number in range(4):
        labels = (("partition", str(number)), stream, ("topic", "test"))
        facts = {"next_offset": "next offset", "end_offset": "end offset", "lag_messages": "lag"}
        for name, fact in {**facts, "lag_seconds": "lag seconds"}.items():
            assert found[f"memgraph_stream_{name}", labels] == expected[f"partition {number} {fact}"]
    assert found["memgraph_stream_batch_seconds_count", (stream,)] == expected["batches"]
    assert found["memgraph_stream_batch_seconds_sum", (stream,)] > 0
    assert found["memgraph_stream_batch_seconds_bucket", (("le", "+Inf"), stream)] == expected["batches"]
    assert "# HELP memgraph_stream_lag_seconds " in metrics.text().decode()

    streams.drop(STREAM_NAME)
    assert series(metrics) == {}
