"""The table of error texts, to the letter. What the contract calls the detail stands on the lines below the text."""

import socket
import time
from collections.abc import Callable
from typing import TypeAlias

import pytest

from memgraph_py.config import Limits
from tests.contract.room import RECORD, Room, in_thread

Unreachable: TypeAlias = dict[str, tuple[str, float]]


def lines(message: str) -> tuple[str, str]:
    """The text, and its detail."""
    text, _, detail = message.partition("\n")
    return text, detail


def test_a_script_that_is_not_there(room: Room) -> None:
    address = f"{room.scripts.uri}/none.py"
    text, detail = lines(room.refusal(room.create_text("mystream", room.topic(), address)))
    assert text == f"Couldn't get the transform script from {address}"
    assert "404" in detail


def test_a_script_whose_server_does_not_answer(room: Room) -> None:
    address = "http://127.0.0.1:1/transform.py"
    text, detail = lines(room.refusal(room.create_text("mystream", room.topic(), address)))
    assert text == f"Couldn't get the transform script from {address}"
    assert detail


def test_a_script_that_is_too_large(room: Room) -> None:
    address = room.script("#" * (Limits().transform_script_bytes_max + 1))
    text, detail = lines(room.refusal(room.create_text("mystream", room.topic(), address)))
    assert text == f"Couldn't get the transform script from {address}"
    assert "larger than 1048576 bytes" in detail


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://localhost/transform.py", "/etc/passwd", "", "x.py"])
def test_a_script_that_is_not_http(room: Room, address: str) -> None:
    text, detail = lines(room.refusal(room.create_text("mystream", room.topic(), address)))
    assert text == f"Couldn't get the transform script from {address}"
    assert "http" in detail


def test_a_topic_that_is_missing_at_create(room: Room) -> None:
    refused = room.refusal(room.create_text("mystream", "there-is-none", room.script(RECORD)))
    assert refused == "Kafka stream mystream, topic not found"


def test_the_topic_is_not_made_by_asking_for_it(room: Room) -> None:
    for _ in range(2):
        refused = room.refusal(room.create_text("mystream", "never-made", room.script(RECORD)))
        assert refused == "Kafka stream mystream, topic not found"


@pytest.fixture(scope="module")
def unreachable(room: Room) -> Unreachable:
    """What CREATE answers, and after how many seconds: of a port where nobody is, of a host that is not, and of
    something that listens and says nothing. All at once, as each takes its time."""

    def timed(text: str) -> tuple[str, float]:
        begin = time.monotonic()
        return room.refusal(text), time.monotonic() - begin

    with socket.create_server(("127.0.0.1", 0)) as silent:
        uris = {"port": "127.0.0.1:1", "host": "nowhere.invalid:9092", "silent": f"127.0.0.1:{silent.getsockname()[1]}"}
        waits: dict[str, Callable[[], tuple[str, float]]] = {}
        for what, uri in uris.items():
            text = room.create_text(f"stream_{what}", "any", room.script(RECORD), uri=uri)
            waits[what] = in_thread(lambda text=text: timed(text))
        return {what: wait() for what, wait in waits.items()}


def test_a_broker_that_is_not_reachable(unreachable: Unreachable) -> None:
    refused, seconds = unreachable["port"]
    assert refused.startswith("Failed to initialize kafka stream stream_port : ")
    assert "127.0.0.1:1" in refused and "refused" in refused, "with the broker's own reason"
    assert seconds < 15


def test_a_host_that_has_no_address(unreachable: Unreachable) -> None:
    refused, seconds = unreachable["host"]
    assert refused.startswith("Failed to initialize kafka stream stream_host : ")
    assert "nowhere.invalid" in refused and "resolve" in refused
    assert seconds < 15


def test_something_else_that_listens_there(unreachable: Unreachable) -> None:
    """No Kafka, and no answer: CREATE gives up after 10 s."""
    refused, seconds = unreachable["silent"]
    assert refused.startswith("Failed to initialize kafka stream stream_silent : ") and len(refused) > 60
    assert seconds < 15


@pytest.mark.parametrize(
    "uri", ["localhost", "localhost:", ":9092", "localhost:0", "h:99999", "a:1,b", "http://h:1", " "]
)
def test_a_uri_that_is_no_list_of_host_and_port(room: Room, uri: str) -> None:
    refused = room.refusal(room.create_text("mystream", "any", room.script(RECORD), uri=uri))
    assert refused.startswith("Failed to initialize kafka stream mystream : ") and "is not host:port" in refused


def test_a_name_that_is_taken(room: Room) -> None:
    name = room.create(room.topic(), room.script(RECORD))
    refused = room.refusal(room.create_text(name, "any", "any"))
    assert refused == f"Kafka stream {name} already exists."


@pytest.mark.parametrize("command", ["DROP STREAM", "START STREAM", "STOP STREAM", "TEST STREAM", "SHOW STREAM"])
def test_a_name_that_is_unknown(room: Room, command: str) -> None:
    assert room.refusal(f"{command} nowhere") == "Kafka stream nowhere doesn't exist."


def test_a_test_on_a_running_stream(room: Room) -> None:
    name = room.create(room.topic(), room.script(RECORD))
    room.rows(f"START STREAM {name}")
    assert room.refusal(f"TEST STREAM {name}") == f"Kafka stream {name} is already running"
    assert room.refusal(f"TEST STREAM {name} LIMIT 3 BATCHES") == f"Kafka stream {name} is already running"


RAISES = "def stream(batch):\n    value = None\n    return value.upper()"
DIES = "import os\ndef stream(batch): os._exit(3)"


@pytest.mark.parametrize(
    ("script", "detail"),
    [
        (RAISES, "AttributeError: 'NoneType' object has no attribute 'upper'"),
        (DIES, "process ended with status 3"),
        ("def strem(batch): return []", "stream"),
        ("stream = 5", "stream"),
        ("def stream(): return []", "TypeError"),
        ("def stream(batch): return None", "list"),
        ("def stream(batch): return {'a': 1}", "list"),
        ("def stream(batch): return 'RETURN 1'", "list"),
        ("def stream(batch): return [('RETURN 1',)]", "[0]"),
        ("def stream(batch): return [('RETURN 1', {}, {})]", "[0]"),
        ("def stream(batch): return [(b'RETURN 1', {})]", "[0]"),
        ("def stream(batch): return [('RETURN 1', [])]", "[0]"),
        ("def stream(batch): return [('RETURN 1', {}), ('RETURN 1', {1: 2})]", "[1].params"),
        ("import sys\ndef stream(batch): sys.exit(0)", "SystemExit"),
    ],
)
def test_a_script_that_raises_dies_or_returns_what_it_may_not(room: Room, script: str, detail: str) -> None:
    name = room.create(room.topic(b"1"), room.script(script))
    text, told = lines(room.refusal(f"TEST STREAM {name}"))
    assert text == "The transform script contains a runtime error!"
    assert detail in told


def test_the_detail_is_the_script_s_own_traceback(room: Room) -> None:
    address = room.script(RAISES)
    name = room.create(room.topic(b"1"), address)
    _, detail = lines(room.refusal(f"TEST STREAM {name}"))
    assert [line.strip() for line in detail.splitlines()] == [
        "Traceback (most recent call last):",
        f'File "{address}", line 3, in stream',
        "return value.upper()",
        "^^^^^^^^^^^",
        "AttributeError: 'NoneType' object has no attribute 'upper'",
    ]


def test_the_same_text_is_the_reason_of_a_running_stream(room: Room) -> None:
    name = room.create(room.topic(b"1"), room.script(RAISES))
    room.rows(f"START STREAM {name}")
    text, detail = lines(room.error_reason(name))
    assert text == "The transform script contains a runtime error!"
    assert "AttributeError" in detail and "partition 0, offset 0" in detail
