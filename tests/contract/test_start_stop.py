"""START and STOP, one and all; DROP; commands side by side; what happens when a batch fails."""

import threading
import time

import pytest
from neo4j.exceptions import Neo4jError

from tests.contract.room import RECORD, Room, in_thread
from tests.streams.conftest import wait_until

SLOW = """
import time
def stream(batch):
    time.sleep(3.0)
    return [("CREATE (:Slow {stream: 'STREAM', value: $v})", {"v": m.decode()}) for m in batch]
"""
FAILS_AT_X = "def stream(batch): return [('CREATE (:Half {stream: \"STREAM\", v: $v})', {'v': int(m)}) for m in batch]"


def slow(room: Room, topic: str, more: str = "") -> str:
    name = room.name()
    return room.create(topic, room.script(SLOW.replace("STREAM", name)), more, name=name)


def failing(room: Room, *values: bytes, more: str = "") -> str:
    """A stream whose script fails at a message that is no number."""
    name = room.name()
    return room.create(room.topic(*values), room.script(FAILS_AT_X.replace("STREAM", name)), more, name=name)


def test_start_on_a_running_stream_leaves_it_as_it_is(room: Room) -> None:
    name = room.record(room.topic(*[b"%d" % i for i in range(6)]), "BATCH_SIZE 2")
    room.rows(f"START STREAM {name}")
    room.rows(f"START STREAM {name}")
    room.rows(f"START STREAM {name} LIMIT 1 BATCHES")
    room.wait_for_values(name, 6)
    assert room.status(name) == "running"
    assert room.facts(name)["batches left"] is None


def test_stop_on_a_stopped_stream_leaves_it_as_it_is(room: Room) -> None:
    name = room.record(room.topic(b"1"))
    room.rows(f"STOP STREAM {name}")
    room.rows(f"STOP STREAM {name}")
    assert room.status(name) == "stopped"


def test_a_stopped_stream_goes_on_where_it_was(room: Room) -> None:
    topic = room.topic(b"1", b"2")
    name = room.record(topic)
    for last in (2, 3, 4):
        room.rows(f"START STREAM {name}")
        room.wait_for_values(name, last)
        room.rows(f"STOP STREAM {name}")
        assert room.status(name) == "stopped"
        room.broker.produce(topic, [b"%d" % (last + 1)])
    assert room.values(name) == ["1", "2", "3", "4"]


def test_start_checks_the_topic_with_create_s_text_and_leaves_the_stream_stopped(room: Room) -> None:
    topic = room.topic(b"1")
    name = room.record(topic)
    room.broker.delete_topic(topic)
    assert room.refusal(f"START STREAM {name}") == f"Kafka stream {name}, topic not found"
    assert room.status(name) == "stopped"
    assert room.refusal(f"TEST STREAM {name}") == f"Kafka stream {name}, topic not found"


def test_a_start_that_fails_leaves_a_stream_that_was_in_error_stopped(room: Room) -> None:
    name = failing(room, b"x")
    topic = next(row[2] for row in room.rows("SHOW STREAMS") if row[0] == name)
    room.rows(f"START STREAM {name}")
    assert "ValueError" in room.error_reason(name)
    room.broker.delete_topic(topic)
    assert room.refusal(f"START STREAM {name}") == f"Kafka stream {name}, topic not found"
    assert room.status(name) == "stopped"
    assert (room.facts(name)["state"], room.facts(name)["reason"]) == ("stopped", None)


def test_start_all_starts_what_it_can_and_reports_the_rest(room: Room) -> None:
    for name in room.names():
        room.rows(f"DROP STREAM {name}")
    good = [room.record(room.topic(b"1")) for _ in range(2)]
    topic = room.topic()
    gone = room.record(topic)
    broken = room.create(room.topic(), room.script("raise ValueError('broken')"))
    room.broker.delete_topic(topic)
    refused = room.refusal("START ALL STREAMS")
    assert f"Kafka stream {gone}, topic not found" in refused.splitlines()
    assert "The transform script contains a runtime error!" in refused and "broken" in refused
    assert broken in refused, "whose script it is"
    for name in good:
        assert room.status(name) == "running"
        assert room.wait_for_values(name, 1) == ["1"]
    assert [room.status(name) for name in (gone, broken)] == ["stopped", "stopped"]
    for name in (gone, broken):
        room.rows(f"DROP STREAM {name}")
    room.rows("START ALL STREAMS")


def test_stop_all_stops_all(room: Room) -> None:
    names = [room.record(room.topic(b"1")) for _ in range(3)]
    for name in names[:2]:
        room.rows(f"START STREAM {name}")
    room.rows("STOP ALL STREAMS")
    assert {row[-1] for row in room.rows("SHOW STREAMS")} == {"stopped"}


def test_start_all_and_stop_all_without_streams_do_nothing(room: Room) -> None:
    for name in room.names():
        room.rows(f"DROP STREAM {name}")
    assert room.rows("START ALL STREAMS") == room.rows("STOP ALL STREAMS") == []


def test_stop_returns_when_the_batch_has_ended_and_nothing_commits_later(room: Room) -> None:
    topic = room.topic(*[b"%d" % i for i in range(20_000)])
    name = room.record(topic, "BATCH_SIZE 5 BATCH_INTERVAL 5")
    for _ in range(3):
        before = len(room.values(name))
        room.rows(f"START STREAM {name}")
        wait_until(lambda least=before: len(room.values(name)) > least + 20)
        room.rows(f"STOP STREAM {name}")
        imported = room.values(name)
        time.sleep(0.3)
        assert room.values(name) == imported
        assert room.facts(name)["partition 0 next offset"] == len(imported)
    assert imported == [str(i) for i in range(len(imported))]


def test_stop_while_a_script_runs_rolls_its_batch_back(room: Room) -> None:
    name = slow(room, room.topic(b"1"))
    room.rows(f"START STREAM {name}")
    wait_until(lambda: room.facts(name)["state"] == "running")
    time.sleep(0.5)
    room.rows(f"STOP STREAM {name}")
    assert room.status(name) == "stopped"
    assert room.facts(name)["reason"] is None
    time.sleep(1.5)
    assert room.rows("MATCH (n:Slow {stream: $name}) RETURN count(n)", name=name) == [[0]]
    room.rows(f"START STREAM {name}")
    wait_until(lambda: room.rows("MATCH (n:Slow {stream: $name}) RETURN count(n)", name=name) == [[1]])


def test_drop_of_a_running_stream_stops_it_first(room: Room) -> None:
    name = room.record(room.topic(*[b"%d" % i for i in range(2_000)]), "BATCH_SIZE 5 BATCH_INTERVAL 5")
    room.rows(f"START STREAM {name}")
    wait_until(lambda: len(room.values(name)) > 20)
    room.rows(f"DROP STREAM {name}")
    imported = room.values(name)
    assert name not in room.names()
    time.sleep(0.3)
    assert room.values(name) == imported
    assert imported == [str(i) for i in range(len(imported))]


def test_commands_on_one_stream_run_one_after_another(room: Room) -> None:
    """STOP and START come while a TEST is on its way: they wait for it, and it is not disturbed."""
    name = slow(room, room.topic(b"1"))

    def seconds_of(command: str) -> float:
        begin = time.monotonic()
        room.rows(f"{command} STREAM {name}")
        return time.monotonic() - begin

    tested = in_thread(lambda: room.rows(f"TEST STREAM {name}"))
    time.sleep(1.0)
    others = [in_thread(lambda command=command: seconds_of(command)) for command in ("STOP", "START")]
    assert len(tested()) == 1
    assert all(wait() > 0.5 for wait in others), "the script takes 3 s"
    room.rows(f"DROP STREAM {name}")


def test_a_command_that_waited_for_a_drop_finds_no_stream(room: Room) -> None:
    name = slow(room, room.topic(b"1"))
    tested = in_thread(lambda: room.rows(f"TEST STREAM {name}"))
    time.sleep(1.0)
    dropped = in_thread(lambda: room.rows(f"DROP STREAM {name}"))
    time.sleep(1.0)
    assert room.refusal(f"START STREAM {name}") == f"Kafka stream {name} doesn't exist."
    tested()
    dropped()


def test_commands_on_different_streams_run_side_by_side(room: Room) -> None:
    """Eight TESTs whose scripts take 3 s each, and an ordinary statement that is not held up by them."""
    names = [slow(room, room.topic(b"1")) for _ in range(8)]
    ended: list[str] = []

    def test(name: str) -> None:
        room.rows(f"TEST STREAM {name}")
        ended.append(name)

    begin = time.monotonic()
    running = [in_thread(lambda name=name: test(name)) for name in names]
    time.sleep(0.5)
    assert room.rows("UNWIND range(1, 100000) AS i RETURN count(i)") == [[100_000]]
    assert room.rows("SHOW STREAMS")
    answered = len(ended)
    for wait in running:
        wait()
    assert time.monotonic() - begin < 8 * 3, "one after another they take longer"
    assert answered < 8


def test_conflicts_with_other_writers_never_stop_a_stream(room: Room) -> None:
    """Eight clients and the stream count up one property."""
    script = "def stream(batch): return [('MATCH (h:Hub) SET h.n = h.n + 1', {}) for m in batch]"
    count = 300
    room.rows("CREATE (:Hub {n: 0})")
    name = room.create(room.topic(*[b"1"] * count), room.script(script), "BATCH_SIZE 3 BATCH_INTERVAL 5")
    done = threading.Event()
    counted = []

    def write() -> None:
        with room.driver.session() as session:
            while not done.is_set():
                session.execute_write(lambda transaction: transaction.run("MATCH (h:Hub) SET h.n = h.n + 1").consume())
                counted.append(1)

    writers = [in_thread(write) for _ in range(8)]
    try:
        room.rows(f"START STREAM {name}")
        wait_until(lambda: room.facts(name)["messages"] == count or room.status(name) == "error")
    finally:
        done.set()
        for wait in writers:
            wait()
    assert room.facts(name)["reason"] is None
    assert room.rows("MATCH (h:Hub) RETURN h.n") == [[count + len(counted)]]


def test_a_failing_script_shows_error_and_its_reason(room: Room) -> None:
    name = failing(room, b"1", b"2", b"x", more="BATCH_SIZE 2")
    room.rows(f"START STREAM {name}")
    reason = room.error_reason(name)
    assert "ValueError" in reason and "partition 0, offset 2" in reason
    facts = room.facts(name)
    assert facts["state"] == "error" and facts["error time"] is not None
    assert room.rows("MATCH (n:Half {stream: $name}) RETURN n.v", name=name) == [[1], [2]]


@pytest.mark.parametrize("command", ["TEST", "DROP", "STOP"])
def test_what_is_allowed_in_error(room: Room, command: str) -> None:
    name = failing(room, b"x")
    room.rows(f"START STREAM {name}")
    room.wait_for_status(name, "error")
    if command == "TEST":
        assert "ValueError" in room.refusal(f"TEST STREAM {name}")
        assert room.status(name) == "error"
        return
    room.rows(f"{command} STREAM {name}")
    assert name not in room.names() if command == "DROP" else room.status(name) == "stopped"


def test_start_after_an_error_tries_again_from_the_same_message(room: Room) -> None:
    """The query fails until the graph has what it needs."""
    name = room.name()
    script = "def stream(batch): return [('MATCH (d:Divisor) CREATE (:Quotient {v: 1 / d.v})', {}) for m in batch]"
    room.rows("CREATE (:Divisor {v: 0})")
    room.create(room.topic(b"1", b"2"), room.script(script), name=name)
    room.rows(f"START STREAM {name}")
    assert "partition 0, offset 0" in room.error_reason(name)
    room.rows("MATCH (d:Divisor) SET d.v = 1")
    room.rows(f"START STREAM {name}")
    wait_until(lambda: room.rows("MATCH (q:Quotient) RETURN q.v") == [[1], [1]])
    assert (room.status(name), room.facts(name)["reason"]) == ("running", None)


@pytest.mark.parametrize("command", ["START STREAM {}", "STOP STREAM {}", "DROP STREAM {}", "START ALL STREAMS",
                                     "STOP ALL STREAMS", "CREATE"])  # fmt: skip
def test_stream_clauses_are_refused_in_an_explicit_transaction(room: Room, command: str) -> None:
    name = room.create(room.topic(), room.script(RECORD))
    text = room.create_text("other", "any", "any") if command == "CREATE" else command.format(name)
    with room.driver.session() as session:
        transaction = session.begin_transaction()
        with pytest.raises(Neo4jError) as raised:
            transaction.run(text).consume()  # type: ignore[arg-type]  # texts of this file
        transaction.close()
    message = raised.value.message
    assert message is not None
    assert message.splitlines() == [
        "Stream clause not allowed in multicommand transactions.",
        "use an auto-commit transaction (session.run)",
    ]
    assert room.status(name) == "stopped"
    assert "other" not in room.names()


def test_show_and_test_are_allowed_in_a_managed_transaction(room: Room) -> None:
    name = room.record(room.topic(b"1"))
    with room.driver.session() as session:
        read = session.execute_read(lambda transaction: transaction.run("SHOW STREAMS").values())
        assert name in [row[0] for row in read]
        tested = session.execute_write(lambda transaction: transaction.run(f"TEST STREAM {name}").values())  # type: ignore[arg-type]
        assert [params["values"] for _, params in tested] == [["1"]]
        facts = session.execute_read(lambda transaction: transaction.run(f"SHOW STREAM {name}").values())  # type: ignore[arg-type]
        assert ["state", "stopped"] in facts
