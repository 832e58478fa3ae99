"""Eight sessions at once on lists that all share: nothing that snapshot isolation forbids is to be found.

`pytest --endurance tests/endurance` records for minutes what is recorded here for seconds.
"""

import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from neo4j import Driver, GraphDatabase

from memgraph_py.cli.embedded_broker import EmbeddedBroker
from tests.isolation.checker import check
from tests.isolation.history import Append, Outcome, Transaction
from tests.isolation.recording import CHAIN, PROPERTY, Recorder

if TYPE_CHECKING:
    from tests.conftest import ServerProcess

SECONDS = 6.0
SCRIPT = """
def stream(batch):
    return [
        ("MATCH (r:Register {key: $key}) SET r.list = r.list + $value", {"key": int(key), "value": int(value)})
        for message in batch
        for key, value in (pair.split(b":") for pair in message.split())
    ]
"""
TOPIC = "appends"


@pytest.fixture
def recorder(request: pytest.FixtureRequest) -> Recorder:
    """A recorder whose seed is told when the test fails."""
    seed = random.randrange(1_000_000)
    print(f"seed {seed}")
    return Recorder(getattr(request, "param", PROPERTY), seed)


@pytest.mark.slow
@pytest.mark.parametrize("recorder", [PROPERTY, CHAIN], ids=["property", "chain"], indirect=True)
def test_no_anomaly_in_lists(server_process: "ServerProcess", recorder: Recorder) -> None:
    with GraphDatabase.driver(server_process.bolt_uri) as driver:
        recorder.set_up(driver)
        recorder.run(driver, SECONDS)
        is_sound(recorder, recorder.final(driver))


@pytest.mark.slow
def test_no_anomaly_with_a_stream_among_the_writers(
    start_process: Callable[..., "ServerProcess"], recorder: Recorder, tmp_path: Path
) -> None:
    (tmp_path / "appends.py").write_text(SCRIPT)
    server = start_process("--transform-directory", str(tmp_path))
    with EmbeddedBroker() as broker, GraphDatabase.driver(server.bolt_uri) as driver:
        recorder.set_up(driver)
        send(broker, recorder)
        with driver.session() as session:
            session.run(
                f"CREATE STREAM appends AS LOAD DATA KAFKA '{broker.address}' WITH TOPIC '{TOPIC}' "
                f"WITH TRANSFORM '{tmp_path / 'appends.py'}' BATCH_INTERVAL 10 BATCH_SIZE 3"
            ).consume()
            session.run("START STREAM appends").consume()
        ended = threading.Event()

        def send_until() -> None:
            while not ended.wait(0.02):
                send(broker, recorder)

        sender = threading.Thread(target=send_until)
        sender.start()
        recorder.run(driver, SECONDS)
        ended.set()
        sender.join(30)
        wait_for_messages(driver, recorder)
        with driver.session() as session:
            session.run("STOP STREAM appends").consume()
        final = recorder.final(driver)
        for transaction in recorder.history:  # a message is never rolled back for good
            if transaction.outcome is Outcome.UNKNOWN:
                transaction.outcome = Outcome.COMMITTED
        is_sound(recorder, final)


@pytest.mark.slow
@pytest.mark.parametrize("recorder", [PROPERTY, CHAIN], ids=["property", "chain"], indirect=True)
def test_no_anomaly_where_the_server_is_killed(
    start_process: Callable[..., "ServerProcess"], recorder: Recorder
) -> None:
    for number in range(3):
        server = start_process()
        with GraphDatabase.driver(server.bolt_uri) as driver:
            if number == 0:
                recorder.set_up(driver)

            def kill(server: "ServerProcess" = server) -> None:
                time.sleep(1.5)
                server.kill()

            recorder.run(driver, 30.0, kill)
    with GraphDatabase.driver(start_process().bolt_uri) as driver:
        recorder.run(driver, 1.0)
        assert any(transaction.outcome is Outcome.UNKNOWN for transaction in recorder.history)
        is_sound(recorder, recorder.final(driver))


def is_sound(recorder: Recorder, final: dict[int, tuple[int, ...]]) -> None:
    """There is no anomaly, and enough was done to find one."""
    assert check(recorder.history, final) == []
    outcomes = [transaction.outcome for transaction in recorder.history]
    print({outcome.value: outcomes.count(outcome) for outcome in Outcome})
    assert outcomes.count(Outcome.COMMITTED) > 100 and outcomes.count(Outcome.ABORTED) > 20


def send(broker: EmbeddedBroker, recorder: Recorder) -> None:
    """A message that appends to two lists. Nobody is told when it has."""
    appends = recorder.fresh(2)
    transaction = Transaction(-1, list(appends), begin=time.monotonic())
    recorder.note(transaction)
    broker.produce(TOPIC, [b" ".join(b"%d:%d" % (append.key, append.value) for append in appends)])


def wait_for_messages(driver: Driver, recorder: Recorder) -> None:
    """Until all appends of the stream are there."""
    expected = {
        operation.value
        for transaction in recorder.history
        if transaction.outcome is Outcome.UNKNOWN
        for operation in transaction.operations
        if isinstance(operation, Append)
    }
    deadline = time.monotonic() + 60
    while missing := expected - {value for values in recorder.final(driver).values() for value in values}:
        assert time.monotonic() < deadline, f"{len(missing)} appends of the stream did not come"
        time.sleep(0.1)
