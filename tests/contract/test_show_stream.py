"""SHOW STREAM and /metrics beside Apache Kafka: what only a real broker shows."""

from collections.abc import Callable
from datetime import datetime

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from memgraph_py.server.app import EmbeddedServer
from memgraph_py.streams import manager
from tests.contract.room import RECORD, Room
from tests.end_to_end.kafka_broker import RealBroker
from tests.streams.conftest import ScriptServer, wait_until

FAILING = """
def stream(batch):
    return [("CREATE (:Quotient {of: 6 / $number})", {"number": int(message)}) for message in batch]
"""


def test_a_stream_without_its_broker_retries_and_says_why_and_since_when(
    room: Room, restored_broker: RealBroker
) -> None:
    topic = room.topic(b"1", b"2")
    name = room.record(topic)
    room.rows(f"START STREAM {name}")
    room.wait_for_values(name, 2)
    wait_until(lambda: room.facts(name)["lag"] == 0)
    begin = datetime.now().astimezone()
    restored_broker.stop()
    wait_until(lambda: room.facts(name)["state"] == "retrying")
    assert room.status(name) == "running", "what SHOW STREAMS calls it meanwhile"
    found = room.facts(name)
    assert found["reason"]
    assert begin <= datetime.fromisoformat(found["error time"]) <= datetime.now().astimezone()
    assert (found["error topic"], found["partition 0 next offset"], found["messages"]) == (None, 2, 2)
    assert (found["lag"], found["partition 0 end offset"]) == (0, 2), "what was known last"
    restored_broker.start()
    restored_broker.produce(topic, [b"3"])
    assert room.wait_for_values(name, 3) == ["1", "2", "3"]
    wait_until(lambda: room.facts(name)["state"] == "running")
    wait_until(lambda: room.facts(name).get("partition 0 next offset") == 3)
    assert room.facts(name)["reason"] is None
    wait_until(lambda: room.facts(name)["error time"] is None)


def test_what_transactions_leave_in_a_topic_is_no_lag(room: Room) -> None:
    topic = room.topic()
    room.broker.produce_in_transaction(topic, [b"1", b"2"], commits=True)
    room.broker.produce_in_transaction(topic, [b"never"] * 5, commits=False)
    name = room.record(topic)
    room.rows(f"START STREAM {name}")
    assert room.wait_for_values(name, 2) == ["1", "2"]
    wait_until(lambda: room.facts(name)["lag"] == 0)
    wait_until(lambda: room.facts(name)["partition 0 next offset"] == 9)
    found = room.facts(name)
    assert found["partition 0 end offset"] == 9, "two messages, five aborted ones, and a marker of each transaction"
    assert found["partition 0 lag seconds"] == 0.0
    room.rows(f"STOP STREAM {name}")
    room.rows(f"START STREAM {name}")
    wait_until(lambda: room.facts(name)["lag"] == 0)
    room.broker.produce_in_transaction(topic, [b"3"], commits=True)
    room.wait_for_values(name, 3)
    wait_until(lambda: room.facts(name)["lag"] == 0)
    topic = room.topic()
    room.broker.produce_in_transaction(topic, [b"never"] * 3, commits=False)
    name = room.record(topic)
    room.rows(f"START STREAM {name}")
    wait_until(lambda: room.facts(name).get("partition 0 end offset") == 4 and room.facts(name)["lag"] == 0)


def test_lag_of_a_new_stream_and_of_a_stopped_one(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manager, "ENDS_SECONDS", 30.0)
    topic = room.topic(b"0", b"1", b"2", b"3", partitions=2)
    room.broker.delete_messages(topic, 0, 1)
    name = room.record(topic, "BATCH_SIZE 2")
    new = room.facts(name)
    assert [new[f"partition 0 {fact}"] for fact in ("next offset", "end offset", "lag")] == [1, 4, 3]
    assert [new[f"partition 1 {fact}"] for fact in ("next offset", "end offset", "lag")] == [0, 0, 0]
    room.rows(f"START STREAM {name} LIMIT 1 BATCHES")
    room.wait_for_status(name, "stopped")
    room.wait_for_values(name, 2)
    stopped = room.facts(name)
    assert (stopped["batches left"], stopped["partition 0 next offset"], stopped["lag"]) == (0, 3, 1)
    assert stopped["lag seconds"] > 0


def test_the_message_that_failed_is_told_of_several_partitions(room: Room) -> None:
    topic = room.topic(partitions=3)
    for partition, values in enumerate(([b"1"], [b"2", b"3", b"0", b"6"], [b"0"])):
        room.broker.produce(topic, values, partition)
    name = room.create(topic, room.script(FAILING), "BATCH_INTERVAL 2000")
    room.rows(f"START STREAM {name}")
    reason = room.error_reason(name)
    found = room.facts(name)
    place = (found["error partition"], found["error offset"])
    assert place in ((1, 2), (2, 0)), "whichever batch came first"
    assert reason.endswith(f"at the message of topic '{topic}', partition {place[0]}, offset {place[1]}")
    assert found["error topic"] == topic


def test_metrics_over_http_are_the_facts(
    apache_kafka: RealBroker, scripts: ScriptServer, make_server: Callable[..., EmbeddedServer]
) -> None:
    server = make_server()
    room = Room(apache_kafka, scripts)
    room.connect(server.bolt_uri)
    topic = room.topic(b"one", b"two")
    name = room.create(topic, room.script(RECORD), name='`with "quotes"`')
    room.rows(f"START STREAM {name}")
    facts = {}

    def is_done() -> bool:
        facts.update(room.rows(f"SHOW STREAM {name}"))
        return facts["messages"] == 2 and facts["lag"] == 0

    wait_until(is_done)
    answer = httpx.get(f"{server.http_uri}/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    found = {
        (sample.name, sample.labels.get("partition"), sample.labels.get("state")): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
        if sample.labels.get("stream") == 'with "quotes"'
    }
    assert found["memgraph_stream_messages_total", None, None] == 2
    assert found["memgraph_stream_bytes_total", None, None] == facts["bytes"] == 6
    assert found["memgraph_stream_state", None, "running"] == 1
    assert found["memgraph_stream_next_offset", "0", None] == facts["partition 0 next offset"] == 2
    assert found["memgraph_stream_lag_messages", "0", None] == 0
    room.rows(f"DROP STREAM {name}")
    assert "memgraph_stream_state{" not in httpx.get(f"{server.http_uri}/metrics").text
    room.close()
