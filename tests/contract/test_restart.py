"""At shutdown or crash: what streams are there again, and where they go on. Each test runs after SIGTERM and after
SIGKILL; one restart has streams in every state."""

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from neo4j.exceptions import ServiceUnavailable, SessionExpired

from tests.conftest import ServerProcess
from tests.contract.room import RECORD, Room, in_thread
from tests.end_to_end.kafka_broker import RealBroker
from tests.streams.conftest import ScriptServer, wait_until

FAILS = "def stream(batch): return [('CREATE (:Failed {v: $v})', {'v': int(m)}) for m in batch]"


def numbers(start: int, stop: int) -> list[bytes]:
    return [b"%d" % number for number in range(start, stop)]


def texts(start: int, stop: int) -> list[str]:
    return [str(number) for number in range(start, stop)]


@dataclass
class Restarted:
    """A server that is there again. names, topics: by what the stream is about; before: SHOW STREAMS of the old one."""

    room: Room
    process: ServerProcess
    names: dict[str, str]
    topics: dict[str, str]
    before: list[list[str]]
    error_reason: str


@pytest.fixture(scope="module", params=["SIGTERM", "SIGKILL"])
def restarted(
    request: pytest.FixtureRequest, apache_kafka: RealBroker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Restarted]:
    """Streams in every state; the server ends, the web server with the scripts too, things happen to the topics, and
    another server begins with the same data."""
    data_directory, pages = tmp_path_factory.mktemp("data"), ScriptServer()
    room = Room(apache_kafka, pages)
    first = ServerProcess(data_directory)
    room.connect(first.bolt_uri)
    kinds = ("stopped", "running", "limited", "finished", "gone", "anew", "short", "dropped")
    topics = {kind: room.topic(*numbers(0, 20)) for kind in kinds}
    names = {kind: room.record(topic, "BATCH_SIZE 5 BATCH_INTERVAL 500") for kind, topic in topics.items()}
    topics["failed"] = room.topic(b"1", b"x")
    names["failed"] = room.create(topics["failed"], room.script(FAILS), "BATCH_SIZE 1")
    limits = {"limited": " LIMIT 6 BATCHES", "finished": " LIMIT 2 BATCHES"}
    for kind, name in names.items():
        if kind != "stopped":
            room.rows(f"START STREAM {name}{limits.get(kind, '')}")
    for kind, name in names.items():
        if kind not in ("stopped", "failed"):
            room.wait_for_values(name, 10 if kind == "finished" else 20)
    error_reason = room.error_reason(names["failed"])
    room.wait_for_status(names["finished"], "stopped")
    room.rows(f"DROP STREAM {names['dropped']}")
    before = room.rows("SHOW STREAMS")
    room.close()
    first.terminate() if request.param == "SIGTERM" else first.kill()
    pages.close()
    for kind in ("gone", "anew"):
        apache_kafka.delete_topic(topics[kind])
    apache_kafka.create_topic(topics["anew"])
    for kind, topic in topics.items():
        if kind != "gone":
            apache_kafka.produce(topic, numbers(20, 60))
    apache_kafka.delete_messages(topics["short"], 0, 30)
    second = ServerProcess(data_directory)
    room.connect(second.bolt_uri)
    yield Restarted(room, second, names, topics, before, error_reason)
    room.close()
    second.kill()


def test_all_streams_that_existed_are_there_again(restarted: Restarted) -> None:
    assert [row[:-1] for row in restarted.room.rows("SHOW STREAMS")] == [row[:-1] for row in restarted.before]


def test_a_dropped_stream_is_not(restarted: Restarted) -> None:
    assert restarted.names["dropped"] not in restarted.room.names()


def test_a_stopped_stream_is_stopped(restarted: Restarted) -> None:
    name = restarted.names["stopped"]
    assert restarted.room.status(name) == "stopped"
    assert restarted.room.values(name) == []


def test_a_running_stream_goes_on_with_the_first_message_whose_effect_is_not_in_the_graph(restarted: Restarted) -> None:
    """And without the web server that it has its script from."""
    name = restarted.names["running"]
    assert restarted.room.wait_for_values(name, 60) == texts(0, 60)
    assert restarted.room.status(name) == "running"


def test_a_stream_with_a_limit_has_what_was_left_of_it(restarted: Restarted) -> None:
    """6 batches of 5, 4 of them before: 10 more messages, and it is stopped."""
    name = restarted.names["limited"]
    restarted.room.wait_for_status(name, "stopped")
    batches = restarted.room.batches(name)
    assert len(batches) == 6
    values = restarted.room.values(name)
    assert values == texts(0, len(values))


def test_a_stream_whose_limit_was_reached_stays_stopped(restarted: Restarted) -> None:
    name = restarted.names["finished"]
    assert restarted.room.status(name) == "stopped"
    assert len(restarted.room.batches(name)) == 2


def test_a_restart_keeps_error_and_its_reason(restarted: Restarted) -> None:
    name = restarted.names["failed"]
    assert restarted.room.status(name) == "error"
    assert restarted.room.facts(name)["reason"] == restarted.error_reason
    assert restarted.room.rows("MATCH (f:Failed) RETURN f.v") == [[1]]


def test_a_topic_that_is_gone_at_restart_is_an_error(restarted: Restarted) -> None:
    assert restarted.room.error_reason(restarted.names["gone"]) == "topic not found"


def test_a_topic_made_anew_at_restart_is_an_error(restarted: Restarted) -> None:
    name = restarted.names["anew"]
    assert "made anew" in restarted.room.error_reason(name)
    assert restarted.room.values(name) == texts(0, 20)


def test_retention_past_the_position_at_restart_is_an_error(restarted: Restarted) -> None:
    name = restarted.names["short"]
    assert "out of range" in restarted.room.error_reason(name)
    assert restarted.room.values(name) == texts(0, 20)


def test_the_reason_goes_to_the_log(restarted: Restarted) -> None:
    restarted.room.error_reason(restarted.names["gone"])
    restarted.process.wait_for_stderr("stream stopped with an error")
    restarted.process.wait_for_stderr("topic not found")
    assert restarted.names["gone"] in restarted.process.stderr()


def test_a_create_or_drop_that_was_answered_outlives_a_crash(
    apache_kafka: RealBroker, scripts: ScriptServer, tmp_path: Path
) -> None:
    """And one that was not is there whole or not at all: the server is killed while it fetches a script."""
    room, processes = Room(apache_kafka, scripts), [ServerProcess(tmp_path)]
    try:
        room.connect(processes[0].bolt_uri)
        topic = room.topic(b"1")
        kept, dropped = room.record(topic), room.record(topic)
        room.rows(f"DROP STREAM {dropped}")
        asked = threading.Event()
        with socket.create_server(("127.0.0.1", 0)) as slow:

            def accept() -> None:
                connection, _ = slow.accept()
                asked.set()
                processes[0].process.wait(60)
                connection.close()

            accepted = in_thread(accept)
            address = f"http://127.0.0.1:{slow.getsockname()[1]}/x.py"
            created = in_thread(lambda: room.rows(room.create_text("half", topic, address)))
            assert asked.wait(30)
            processes[0].kill()
            accepted()
            with pytest.raises((ServiceUnavailable, SessionExpired)):
                created()
        processes.append(ServerProcess(tmp_path))
        room.connect(processes[1].bolt_uri)
        assert room.names() == [kept]
        room.create(topic, room.script(RECORD), name="half")
    finally:
        room.close()
        for process in processes:
            if process.process.poll() is None:
                process.kill()


def test_with_the_broker_gone_at_restart_the_server_accepts_connections_and_the_stream_retries(
    restored_broker: RealBroker, scripts: ScriptServer, tmp_path: Path
) -> None:
    room, processes = Room(restored_broker, scripts), [ServerProcess(tmp_path)]
    try:
        room.connect(processes[0].bolt_uri)
        topic = room.topic(*numbers(0, 3))
        name, other = room.record(topic), room.record(topic)
        for started in (name, other):
            room.rows(f"START STREAM {started}")
            room.wait_for_values(started, 3)
        room.close()
        processes[0].kill()
        restored_broker.kill()
        processes.append(ServerProcess(tmp_path))
        room.connect(processes[1].bolt_uri)
        assert room.status(name) == "running"
        assert room.values(name) == texts(0, 3)
        wait_until(lambda: room.facts(name)["state"] == "retrying")
        assert "refused" in room.facts(name)["reason"]
        begin = time.monotonic()
        room.rows(f"STOP STREAM {other}")
        assert time.monotonic() - begin < 10
        restored_broker.start()
        restored_broker.produce(topic, numbers(3, 5))
        assert room.wait_for_values(name, 5) == texts(0, 5)
        assert room.facts(name)["state"] == "running"
        assert (room.status(other), room.values(other)) == ("stopped", texts(0, 3))
    finally:
        room.close()
        for process in processes:
            if process.process.poll() is None:
                process.kill()
