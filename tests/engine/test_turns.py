"""The event loop waits while a stream is at work, the stream while the loop has its turn, neither for long."""

import threading
import time
from collections.abc import Callable

import pytest

from memgraph_py.engine import turns
from memgraph_py.engine.turns import LITTLE_REQUESTS, Turns

Loop = list[Callable[[], None]]


def busy(shared: Turns) -> None:
    """The loop is asked so much that it waits."""
    for _ in range(LITTLE_REQUESTS + 1):
        shared.give_way()


def beside(stream: Callable[[], None], at_work: threading.Event, shared: Turns, order: list[str]) -> None:
    """The stream in a thread of its own; once it is at work, a loop that is asked so much that it waits, and that
    answers when it may."""
    loop = Loop()
    shared.join(loop.append)
    thread = threading.Thread(target=stream)
    thread.start()
    at_work.wait()
    busy(shared)
    time.sleep(0.05)
    order.append("answered")
    while loop:
        loop.pop()()
    thread.join()


@pytest.fixture
def long_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing ends because its time is over."""
    monkeypatch.setattr(turns, "TURN_SECONDS", 20.0)


@pytest.mark.usefixtures("long_turns")
def test_one_after_another() -> None:
    """The loop goes on when the stream has done its work, and the stream when the loop has answered all."""
    loop, shared, order = Loop(), Turns(), list[str]()
    shared.join(loop.append)
    at_work, handed_over, done = (threading.Event() for _ in range(3))

    def stream() -> None:
        turn = shared.worker()
        with turn:
            at_work.set()
            time.sleep(0.05)
            order.append("worked")
        with turn:  # at once: the loop, which waits, comes first
            order.append("works again")
            handed_over.wait()
        done.set()

    thread = threading.Thread(target=stream)
    thread.start()
    at_work.wait()
    assert shared.is_shared
    busy(shared)
    time.sleep(0.05)
    order.append("answered")
    while loop:
        loop.pop()()
    assert shared.is_shared, "from the end of the loop's turn on, the stream is at work"
    handed_over.set()
    assert done.wait(20)
    thread.join()
    assert order == ["worked", "answered", "works again"]
    assert not shared.is_shared


@pytest.mark.usefixtures("long_turns")
def test_a_loop_that_is_asked_little_does_not_wait() -> None:
    shared = Turns()
    shared.join(Loop().append)
    with shared.worker():
        begun = time.monotonic()
        for _ in range(LITTLE_REQUESTS - 1):
            shared.give_way()
        assert time.monotonic() - begun < 10


@pytest.mark.usefixtures("long_turns")
def test_a_stream_that_waits_for_something_else_is_not_waited_for() -> None:
    shared, loop = Turns(), Loop()
    shared.join(loop.append)
    turn = shared.worker()
    with turn:
        with turn.given_back():
            assert not shared.is_shared
            busy(shared)
            assert loop, "the loop has its turn"
            while loop:
                loop.pop()()
        assert shared.is_shared


def test_nobody_waits_for_ever() -> None:
    """A stream that works for long, and a loop that leaves in its turn."""
    shared, loop = Turns(), Loop()
    shared.join(loop.append)
    turn = shared.worker()
    with turn:
        busy(shared)
    with turn:  # the loop has its turn, and does not look
        pass
    shared.leave()
    loop.pop()()
    with turn:
        busy(shared)
    assert not loop
    assert not shared.is_shared


def test_what_is_due_at_the_end_of_a_turn_is_done_once_then_and_at_once_without_a_turn() -> None:
    shared, done = Turns(), list[str]()
    write = shared.at_the_end(lambda: done.append("written"))
    turn = shared.worker()
    with turn:
        write()
        write()
        turn.renew()
        assert done == []
        with shared.given_back():
            assert done == ["written"]
            write()
            assert done == ["written"] * 2
        write()
        other = threading.Thread(target=write)
        other.start()
        other.join()
        assert done == ["written"] * 3
    assert done == ["written"] * 4
    with shared.given_back():
        write()
    assert done == ["written"] * 5


@pytest.mark.usefixtures("long_turns")
def test_the_loops_turn_goes_on_while_it_is_asked() -> None:
    """Also where the stream ends its turn before the loop, which waits, knows that it has its own."""
    loop, shared = Loop(), Turns()
    shared.join(loop.append)
    at_work, waits = threading.Event(), threading.Event()

    def stream() -> None:
        with shared.worker():
            at_work.set()
            waits.wait()
            time.sleep(0.05)

    thread = threading.Thread(target=stream)
    thread.start()
    at_work.wait()
    waits.set()
    busy(shared)
    thread.join()
    for _ in range(3):
        assert shared.is_shared, "requests are counted"
        shared.give_way()
        loop.pop()()
        assert shared.is_awaited, "the turn goes on"
    loop.pop()()
    assert not loop, "nothing was asked any more"
    assert not shared.is_awaited


@pytest.mark.usefixtures("long_turns")
def test_a_turn_that_has_just_begun_is_handed_over_only_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "TURN_SECONDS_MIN", 20.0)
    shared, order, at_work = Turns(), list[str](), threading.Event()

    def stream() -> None:
        turn = shared.worker()
        with turn:
            at_work.set()
            while not shared.is_awaited:
                time.sleep(0.001)
            turn.renew()
            order.append("worked")
            turn.renew(at_once=True)
            order.append("worked again")

    beside(stream, at_work, shared, order)
    assert order == ["worked", "answered", "worked again"]


@pytest.mark.usefixtures("long_turns")
def test_between_two_pieces_of_work_a_loop_that_waits_comes_first() -> None:
    shared, order, at_work = Turns(), list[str](), threading.Event()

    def stream() -> None:
        turn = shared.worker()
        with turn:
            turn.renew()
            order.append("worked")
            at_work.set()
            while not shared.is_awaited:
                time.sleep(0.001)
            time.sleep(turns.TURN_SECONDS_MIN)
            turn.renew()
            order.append("worked again")

    beside(stream, at_work, shared, order)
    assert order == ["worked", "answered", "worked again"]
