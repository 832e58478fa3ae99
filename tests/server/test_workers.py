"""Threads for long work: how many there are, and that short work never waits for long."""

import asyncio
import threading
import weakref
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError
from typing import Any

import pytest

from memgraph_py.server import workers as workers_module
from memgraph_py.server.workers import PATIENCE_SECONDS, Workers

SECONDS_MAX = 20


def in_loop(scenario: Callable[[Workers], Coroutine[Any, Any, None]], count: int, count_max: int) -> None:
    """Run the scenario with workers that are stopped at its end."""

    async def main() -> None:
        workers = Workers(asyncio.get_running_loop(), count, count_max)
        try:
            await asyncio.wait_for(scenario(workers), SECONDS_MAX)
        finally:
            workers.stop()

    asyncio.run(main())


async def threads_become(workers: Workers, count: int) -> None:
    """Returns when there are so many."""
    while workers.threads != count:
        await asyncio.sleep(0.01)


def test_results_and_errors_are_handed_on() -> None:
    async def scenario(workers: Workers) -> None:
        assert await asyncio.wrap_future(workers.submit(divmod, 7, 2)) == (3, 1)
        with pytest.raises(ZeroDivisionError):
            await asyncio.wrap_future(workers.submit(divmod, 1, 0))
        assert await asyncio.wrap_future(workers.submit(sorted, [2, 1], reverse=True)) == [2, 1]
        assert 1 <= workers.threads <= 2

    in_loop(scenario, 2, 4)


def test_short_work_goes_on_beside_long_work_and_extra_threads_end() -> None:
    go_on = threading.Event()

    async def scenario(workers: Workers) -> None:
        long = [workers.submit(go_on.wait, SECONDS_MAX) for _ in range(5)]
        await threads_become(workers, 6 if len(long) > 6 else 5)
        for _ in range(3):
            assert await asyncio.wrap_future(workers.submit(abs, -1)) == 1
        assert workers.threads <= 7  # five are held up, two are for short work
        go_on.set()
        for future in long:
            assert await asyncio.wrap_future(future)
        await threads_become(workers, 2)
        assert await asyncio.wrap_future(workers.submit(abs, -2)) == 2

    in_loop(scenario, 2, 32)


def test_threads_are_bounded_and_what_waits_comes_in_order() -> None:
    go_on = threading.Event()
    order: list[int] = []

    async def scenario(workers: Workers) -> None:
        held = [workers.submit(go_on.wait, SECONDS_MAX) for _ in range(3)]
        await threads_become(workers, 3)
        waiting = [workers.submit(order.append, number) for number in range(20)]
        await asyncio.sleep(4 * PATIENCE_SECONDS)
        assert workers.threads == 3
        assert not any(future.done() for future in waiting)
        go_on.set()
        for future in [*held, *waiting]:
            await asyncio.wrap_future(future)

    in_loop(scenario, 1, 3)
    assert sorted(order) == list(range(20))


def test_work_that_is_taken_back_is_never_begun() -> None:
    go_on = threading.Event()
    begun: list[int] = []

    async def scenario(workers: Workers) -> None:
        held = workers.submit(go_on.wait, SECONDS_MAX)
        taken_back, kept = workers.submit(begun.append, 1), workers.submit(begun.append, 2)
        assert taken_back.cancel()
        go_on.set()
        await asyncio.wrap_future(held)
        await asyncio.wrap_future(kept)

    in_loop(scenario, 1, 1)
    assert begun == [2]


def test_work_that_is_taken_back_is_let_go() -> None:
    """Also by a thread that then waits for more: what it holds may be a whole version of the graph."""
    go_on = threading.Event()

    class Held:
        def do(self) -> None: ...

    async def scenario(workers: Workers) -> None:
        first, work = workers.submit(go_on.wait, SECONDS_MAX), Held()
        reference = weakref.ref(work)
        assert workers.submit(work.do).cancel()
        del work
        go_on.set()
        await asyncio.wrap_future(first)
        for _ in range(int(SECONDS_MAX / 0.01)):
            if reference() is None:
                return
            await asyncio.sleep(0.01)
        raise AssertionError("it is still held")

    in_loop(scenario, 1, 1)


def test_stopping_cancels_what_waits() -> None:
    go_on = threading.Event()

    async def scenario(workers: Workers) -> None:
        held, waiting = workers.submit(go_on.wait, SECONDS_MAX), workers.submit(abs, -1)
        while not held.running():
            await asyncio.sleep(0.01)
        workers.stop()
        with pytest.raises(CancelledError):
            waiting.result()
        go_on.set()
        assert await asyncio.wrap_future(held)
        await threads_become(workers, 0)

    in_loop(scenario, 1, 1)


def test_work_that_was_given_up_and_keeps_its_thread_is_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(workers_module, "KEPT_SECONDS", 0.01)
    go_on = threading.Event()

    async def scenario(workers: Workers) -> None:
        endless, short = workers.submit(go_on.wait, SECONDS_MAX), workers.submit(abs, -1)
        await asyncio.wrap_future(short)
        workers.watch(short)
        workers.watch(endless)
        while not caplog.records:
            await asyncio.sleep(0.01)
        go_on.set()
        assert await asyncio.wrap_future(endless)

    in_loop(scenario, 2, 4)
    (record,) = caplog.records
    assert record.message == "a statement that was told to end does not, and keeps its thread"
    assert (record.threads, record.threads_max) == (2, 4)  # type: ignore[attr-defined]  # from its extra
