"""One waking for many."""

import asyncio
import threading
from functools import partial

from memgraph_py.server.wakes import Wakes


def in_another_thread(work: object) -> None:
    """Done when this rewakes."""
    assert callable(work)
    other = threading.Thread(target=work)
    other.start()
    other.join()


def test_what_comes_in_one_turn_of_the_loop_wakes_the_log_once() -> None:
    """And at once from another thread, which nothing tells of the end of a turn."""

    async def run() -> list[list[str]]:
        woken: list[str] = []
        told = Wakes(asyncio.get_running_loop()).at_the_end(lambda: woken.append("now"))
        stages = []
        for _ in range(2):
            told()
            told()
            stages.append(list(woken))
            await asyncio.sleep(0)
            stages.append(list(woken))
        in_another_thread(told)
        return [*stages, woken]

    counts = list(map(len, asyncio.run(run())))
    assert counts == [0, 1, 1, 2, 3]


def test_what_another_thread_asks_for_in_a_block_comes_after_it_in_order() -> None:
    """What a third thread asks for meanwhile does not wait; one that fails does not keep the others."""

    async def run() -> list[object]:
        loop = asyncio.get_running_loop()
        wakes, done, entered, leave = Wakes(loop), list[object](), threading.Event(), threading.Event()
        loop.set_exception_handler(lambda _, context: done.append(type(context["exception"])))

        def ask() -> None:
            with wakes:
                wakes.soon(lambda: done.append("first"))
                wakes.soon(lambda: done.append(1 // 0))
                wakes.soon(lambda: done.append("second"))
                entered.set()
                leave.wait()

        asking = threading.Thread(target=ask)
        asking.start()
        entered.wait()
        await asyncio.sleep(0.01)
        done.append("nothing yet")
        leave.set()
        asking.join()
        await asyncio.sleep(0.01)
        in_another_thread(lambda: wakes.soon(lambda: done.append("third")))
        wakes.soon(lambda: done.append("fourth"))
        await asyncio.sleep(0.01)
        return done

    assert asyncio.run(run()) == ["nothing yet", "first", ZeroDivisionError, "second", "third", "fourth"]


def test_who_wakes_the_loop_anyway_has_it_look_first() -> None:
    """What it asks for in its block comes after what the loop then does; without anything for the loop, at once."""

    async def run() -> list[str]:
        loop, done = asyncio.get_running_loop(), list[str]()
        wakes = Wakes(loop)
        told = wakes.at_the_end(lambda: done.append("log"))

        def answer(*answers: str) -> None:
            with wakes:
                for one in answers:
                    wakes.soon(partial(done.append, one))
                told()
            done.append("left")

        for answers in ((), ("first", "second")):
            in_another_thread(partial(answer, *answers))
            await asyncio.sleep(0.01)
        return done

    assert asyncio.run(run()) == ["log", "left", "left", "first", "second", "log"]
