"""CREATE STREAM: whole or not at all, fetches and keeps the script, reaches the broker, does not start."""

import json
import socket
import threading
from pathlib import Path

import pytest

from tests.contract.room import RECORD, Room, in_thread
from tests.streams.conftest import ScriptServer, wait_until


def test_create_does_not_start_the_stream(room: Room) -> None:
    name = room.record(room.topic(b"1"))
    assert room.status(name) == "stopped"
    assert room.facts(name)["state"] == "stopped"


def test_show_streams_has_exactly_these_columns(room: Room) -> None:
    topic, transform = room.topic(), room.script(RECORD)
    name = room.create(topic, transform)
    with room.driver.session() as session:
        result = session.run("SHOW STREAMS")
        assert result.keys() == ["name", "uri", "topic", "transform", "status"]
        (row,) = [row for row in result.values() if row[0] == name]
    assert row == [name, room.broker.address, topic, transform, "stopped"]


def test_the_uri_may_name_several_brokers_and_is_shown_as_given(room: Room) -> None:
    port = room.broker.address.rpartition(":")[2]
    given = f"127.0.0.1:1,localhost:{port}"
    topic = room.topic(b"1")
    name = room.name()
    transform = room.script(RECORD.replace("STREAM", name))
    room.create(topic, transform, name=name, uri=given)
    assert room.rows("SHOW STREAMS")[-1][1] == given
    room.rows(f"START STREAM {name}")
    assert room.wait_for_values(name, 1) == ["1"]


@pytest.mark.parametrize("fault", ["topic", "broker", "script", "syntax", "batch size"])
def test_a_create_that_fails_leaves_nothing(room: Room, fault: str) -> None:
    name, topic = room.name(), "there-is-none" if fault == "topic" else room.topic()
    script = room.script("def stream(:" if fault == "syntax" else RECORD)
    uri = "127.0.0.1:1" if fault == "broker" else ""
    more = "BATCH_SIZE 0" if fault == "batch size" else ""
    address = f"{room.scripts.uri}/none.py" if fault == "script" else script
    room.refusal(room.create_text(name, topic, address, more, uri=uri))
    assert name not in room.names()
    assert room.refusal(f"START STREAM {name}") == f"Kafka stream {name} doesn't exist."
    room.create(room.topic(), room.script(RECORD), name=name)


def test_a_copy_of_the_script_is_kept(room: Room) -> None:
    """The script's server is asked once; START and TEST do without it."""
    pages = ScriptServer()
    name = room.name()
    pages.pages["/transform.py"] = RECORD.replace("STREAM", name).encode()
    room.create(room.topic(b"1"), f"{pages.uri}/transform.py", name=name)
    pages.close()
    assert [params["values"] for _, params in room.rows(f"TEST STREAM {name}")] == [["1"]]
    room.rows(f"START STREAM {name}")
    assert room.wait_for_values(name, 1) == ["1"]


def test_create_reserves_the_name_while_it_fetches(room: Room) -> None:
    name, topic = room.name(), room.topic()
    asked, answer = threading.Event(), threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as slow:

        def serve() -> None:
            connection, _ = slow.accept()
            with connection:
                connection.recv(65_536)
                asked.set()
                answer.wait(30)
                connection.sendall(b"HTTP/1.0 200 OK\r\n\r\ndef stream(batch): return []\n")

        served = in_thread(serve)
        address = f"http://127.0.0.1:{slow.getsockname()[1]}/transform.py"
        created = in_thread(lambda: room.create(topic, address, name=name))
        assert asked.wait(30)
        taken = room.refusal(room.create_text(name, topic, room.script(RECORD)))
        assert taken == f"Kafka stream {name} already exists."
        assert name not in room.names(), "it is there whole or not at all"
        assert room.refusal(f"DROP STREAM {name}") == f"Kafka stream {name} doesn't exist."
        answer.set()
        created()
        served()
    assert name in room.names()


def test_a_name_is_free_again_when_its_create_failed(room: Room) -> None:
    name = room.name()
    assert "topic not found" in room.refusal(room.create_text(name, "none", room.script(RECORD)))
    room.create(room.topic(), room.script(RECORD), name=name)
    assert room.status(name) == "stopped"


def test_create_compiles_the_script_and_runs_none_of_it(room: Room) -> None:
    name, topic = room.name(), room.topic()
    wrong = room.refusal(room.create_text(name, topic, room.script("def stream(batch):\nreturn []")))
    assert wrong.startswith("The transform script contains a runtime error!\n")
    assert "IndentationError" in wrong and "line 2" in wrong
    room.create(topic, room.script("raise ValueError('only when it is loaded')"), name=name)
    assert "only when it is loaded" in room.refusal(f"TEST STREAM {name}")


def test_a_missing_stream_function_shows_at_test_and_at_start(room: Room) -> None:
    name = room.create(room.topic(b"1"), room.script("def other(batch): return []"))
    for command in ("TEST", "START"):
        refused = room.refusal(f"{command} STREAM {name}")
        assert refused.startswith("The transform script contains a runtime error!\n") and "stream" in refused
    assert room.status(name) == "stopped"


@pytest.mark.parametrize("clause", ["BATCH_INTERVAL", "BATCH_SIZE", "BATCH INTERVAL", "BATCH SIZE"])
@pytest.mark.parametrize("value", ["0", "-1", "1.5", "'5'", "true", "null", "99999999999"])
def test_interval_and_size_are_positive_integers(room: Room, clause: str, value: str) -> None:
    refused = room.refusal(room.create_text("wrong", "any", "http://localhost/any.py", f"{clause} {value}"))
    assert refused.startswith(f"{clause.replace(' ', '_')} takes a positive integer, not "), refused
    assert "wrong" not in room.names()


def test_drop_and_create_again_starts_from_the_oldest_message(room: Room) -> None:
    topic = room.topic(b"1", b"2")
    name = room.record(topic)
    room.rows(f"START STREAM {name}")
    room.wait_for_values(name, 2)
    transform = next(row[3] for row in room.rows("SHOW STREAMS") if row[0] == name)
    room.rows(f"DROP STREAM {name}")
    room.broker.produce(topic, [b"3"])
    room.create(topic, transform, name=name)
    room.rows(f"START STREAM {name}")
    assert room.wait_for_values(name, 5) == ["1", "2", "1", "2", "3"]


def test_each_create_has_a_position_and_a_consumer_group_of_its_own(room: Room) -> None:
    """`memgraph-py-<database id>-<stream id>`: told to Kafka for its lag tools, and never read from there."""
    topic = room.topic(b"1", b"2")
    name = room.record(topic)
    before = set(room.broker.groups())
    room.rows(f"START STREAM {name}")
    room.wait_for_values(name, 2)
    room.rows(f"STOP STREAM {name}")
    wait_until(lambda: set(room.broker.groups()) > before)
    (group,) = set(room.broker.groups()) - before
    assert group.startswith("memgraph-py-")
    wait_until(lambda: room.broker.group_offsets(group) == {(topic, 0): 2})


def test_definitions_live_in_a_metadata_file_in_the_data_directory(room: Room, data_directory: Path) -> None:
    name = room.record(room.topic())
    streams = json.loads((data_directory / "streams.json").read_text())["streams"]
    assert name in [stream["name"] for stream in streams]
    room.rows(f"DROP STREAM {name}")
    streams = json.loads((data_directory / "streams.json").read_text())["streams"]
    assert name not in [stream["name"] for stream in streams]
