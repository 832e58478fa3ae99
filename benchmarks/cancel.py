"""`python -m benchmarks.cancel`: how long after its RESET a client is answered, whatever the server is doing.

Each kind of work (``long_work.py``) is begun anew and interrupted at several moments; the longest answer counts. What
the server used of the processor from the RESET on says whether the work itself ended: a worker that does not look is
left to itself, and would go on.
"""

import argparse
import random
import select
import tempfile
import time
from pathlib import Path

from benchmarks.bolt_client import Client, message, statement
from benchmarks.long_work import COMMITS, GRAPH, WORKS, Work, dripping, write_lines
from benchmarks.report import Figure, add_output_arguments, publish
from benchmarks.server_cpu import cpu_seconds, cpu_used
from benchmarks.serving import Server, serving

MOMENTS = (0.05, 0.3, 0.8, 1.6, 3.0)
"""Seconds after which a statement is interrupted, more or less."""
OF_COMMITS = (0.01, 0.03, 0.1, 0.2, 0.4)
BEGIN, COMMIT = message(0x11, {}), message(0x12)
PULL = message(0x3F, {"n": -1})
HOST = "127.0.0.1"
GOAL_MILLISECONDS = 100.0
QUIET_SECONDS, QUIET_SHARE, QUIET_SECONDS_MAX = 0.1, 0.1, 20.0
"""The server has ended what it did when it uses no more than this share of a processor for so long."""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cancel", description=__doc__)
    parser.add_argument("work", nargs="*", help="only kinds of work whose names begin so")
    parser.add_argument("--moments", type=int, default=len(MOMENTS), help="of each kind of work")
    add_output_arguments(parser)
    arguments = parser.parse_args()
    works = [
        work
        for work in (*WORKS, *COMMITS)
        if not arguments.work or any(work.name.startswith(name) for name in arguments.work)
    ]
    with tempfile.TemporaryDirectory() as folder, dripping() as uri:
        write_lines(Path(folder))
        with serving("--import-directory", folder, "--query-memory-limit-mb", "6000") as running:
            client = running.client()
            for text in GRAPH:
                client.ask(statement(text), 2)
            figures = idle(running)
            figures += [figure for work in works for figure in interrupted(running, work, uri, arguments.moments)]
    publish(figures, arguments, "RESET of what takes long")


def idle(running: Server) -> list[Figure]:
    """The same of clients that have asked for nothing: what the machine itself takes, with all else that it does."""
    client = Client(HOST, running.port)
    answered: list[float] = []
    for _ in range(100):
        time.sleep(0.02)
        begun = time.perf_counter()
        client.interrupt()
        answered.append((time.perf_counter() - begun) * 1e3)
    client.close()
    return [Figure("nothing (the floor)", "ms until the answer", max(answered))]


def interrupted(running: Server, work: Work, uri: str, moments: int) -> list[Figure]:
    """Milliseconds until the answer, and of the processor after the RESET: the most of all moments."""
    answered: list[float] = []
    used: list[float] = []
    for moment in (OF_COMMITS if work.committed else MOMENTS)[:moments]:
        client = running.client()
        begin(client, work, uri)
        if not is_running_after(client, moment * random.uniform(0.8, 1.2), work):
            break
        before = cpu_seconds(running.own_process)
        begun = time.perf_counter()
        client.interrupt()
        answered.append((time.perf_counter() - begun) * 1e3)
        wait_until_quiet(running)
        used.append(cpu_used(before, cpu_seconds(running.own_process)) * 1e3)
        client.close()
    if not answered and work.committed:
        return [Figure(work.name, "had ended", 0.0)]
    if not answered:
        raise SystemExit(f"'{work.name}' ends before it can be interrupted")
    shown = [[round(time) for time in times] for times in (answered, used)]
    print(f"{work.name:32} {max(answered):8.1f} {max(used):8.1f}", *shown, flush=True)
    return [
        Figure(work.name, "ms until the answer", max(answered), GOAL_MILLISECONDS),
        Figure(work.name, "ms of the processor", max(used)),
    ]


def begin(client: Client, work: Work, uri: str) -> None:
    """The work is under way then."""
    if work.committed:
        client.ask(BEGIN + statement(work.committed), 3)
        client.send(COMMIT)
        return
    client.ask(statement(work.text, {"uri": uri, **work.parameters})[: -len(PULL)], 1)
    client.send(PULL)


def is_running_after(client: Client, seconds: float, work: Work) -> bool:
    """True when the statement still runs then; what it gives so far is taken. Raises SystemExit where it fails."""
    ends = time.perf_counter() + seconds
    while (left := ends - time.perf_counter()) > 0:
        if select.select([client.socket], [], [], left)[0]:
            try:
                if client.receive():
                    return False
            except RuntimeError as error:
                raise SystemExit(f"'{work.name}' fails: {error}") from error
    return True


def wait_until_quiet(running: Server) -> None:
    """Until the server has ended what it did, or a while."""
    deadline = time.monotonic() + QUIET_SECONDS_MAX
    while time.monotonic() < deadline:
        before = cpu_seconds(running.own_process)
        time.sleep(QUIET_SECONDS)
        if cpu_used(before, cpu_seconds(running.own_process)) < QUIET_SHARE * QUIET_SECONDS:
            return


if __name__ == "__main__":
    main()
