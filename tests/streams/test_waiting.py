"""Commands that wait for a stream's batch, and wait no longer."""

import contextlib
import threading
from collections.abc import Callable

import pytest

from memgraph_py.cli.embedded_broker import EmbeddedBroker
from memgraph_py.errors import TransactionTimedOut
from memgraph_py.streams.in_order import InOrder
from memgraph_py.streams.manager import StreamManager
from tests.streams.conftest import ScriptServer, wait_until
from tests.streams.fakes import FakeIngestion
from tests.streams.test_manager import create, status


def out_of_time() -> None:
    raise TransactionTimedOut("out of time")


@pytest.fixture
def held(manager: StreamManager, broker: EmbeddedBroker, scripts: ScriptServer, ingestion: FakeIngestion) -> None:
    """A stream whose first batch does not end before ``ingestion.goes_on``."""
    broker.produce("test", [b"1"])
    create(manager, broker, f"{scripts.uri}/echo.py")
    ingestion.goes_on.clear()
    manager.start("mystream", None)
    ingestion.waits.wait()


@pytest.mark.usefixtures("held")
def test_a_stop_that_waits_no_longer_comes_about_when_the_batch_ends(
    manager: StreamManager, broker: EmbeddedBroker, ingestion: FakeIngestion
) -> None:
    for _ in range(2):
        with pytest.raises(TransactionTimedOut):
            manager.stop("mystream", out_of_time)
    with pytest.raises(TransactionTimedOut):
        manager.drop("mystream", out_of_time)
    with pytest.raises(TransactionTimedOut):
        manager.start("mystream", None, out_of_time)
    assert status(manager) == "running"
    ingestion.goes_on.set()
    wait_until(lambda: status(manager) == "stopped")
    broker.produce("test", [b"2"])
    manager.stop("mystream", out_of_time)  # there is nothing to wait for
    manager.start("mystream", None)
    wait_until(lambda: ingestion.values() == ["1", "2"])


@pytest.mark.usefixtures("held")
def test_a_start_behind_it_waits_for_the_batch_and_starts(manager: StreamManager, ingestion: FakeIngestion) -> None:
    with pytest.raises(TransactionTimedOut):
        manager.stop("mystream", out_of_time)
    starting = threading.Thread(target=manager.start, args=("mystream", None))
    starting.start()
    ingestion.goes_on.set()
    starting.join()
    assert status(manager) == "running"
    assert ingestion.values() == ["1"]


@pytest.mark.usefixtures("held")
def test_a_command_behind_another_waits_no_longer_than_it_may(manager: StreamManager, ingestion: FakeIngestion) -> None:
    stopping = threading.Thread(target=manager.stop, args=("mystream",))
    stopping.start()
    stream = manager._streams["mystream"]
    wait_until(lambda: stream.commands.is_taken)
    for command in (manager.stop, manager.drop):
        with pytest.raises(TransactionTimedOut):
            command("mystream", out_of_time)
    ingestion.goes_on.set()
    stopping.join()
    assert status(manager) == "stopped"


def test_the_lock_is_given_in_the_order_in_which_it_was_asked_for() -> None:
    lock, order, waiting = InOrder(), list[int](), list[threading.Thread]()
    leaving = threading.Event()

    def have_it(number: int) -> None:
        def check() -> None:
            if number % 3 == 1 and leaving.is_set():
                raise TransactionTimedOut("out of time")

        with contextlib.suppress(TransactionTimedOut), lock.held(check):
            order.append(number)

    def are_waiting(count: int) -> Callable[[], bool]:
        return lambda: len(lock._waiting) == count

    with lock.held(out_of_time):
        for number in range(9):
            waiting.append(threading.Thread(target=have_it, args=(number,)))
            waiting[-1].start()
            wait_until(are_waiting(number + 1))
        leaving.set()
        wait_until(are_waiting(6))
    for thread in waiting:
        thread.join()
    assert order == [0, 2, 3, 5, 6, 8]
    assert not lock.is_taken
