"""`python -m benchmarks.startup`: from the start of the process to the first answer to a query.

Empty, and with the graph of `benchmarks.memory` in a checkpoint; with `--cold` also with no kernel compiled, which
takes a minute or two, and from when on /health answers meanwhile. Else kernels are in their cache. The query over Bolt
is `MATCH (u:User {id: 1}) RETURN u`. CPU time is that of the server's process.
"""

import argparse
import http.client
import socket
import tempfile
import threading
import time
from pathlib import Path

from benchmarks.bolt_client import statement
from benchmarks.memory import Took, import_files
from benchmarks.report import Figure, add_output_arguments, publish
from benchmarks.server_cpu import process_seconds
from benchmarks.serving import serving
from benchmarks.social_files import write_social_files

_QUESTION = "MATCH (u:User {id: 1}) RETURN u"
_STARTS = (("empty", "empty", 1.5), ("loaded", "with the graph in a checkpoint", 2.5))


def main() -> None:
    """Run all, print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.startup", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="the least of so many counts")
    parser.add_argument("--cold", action="store_true", help="also with kernels that have to be compiled")
    add_output_arguments(parser)
    arguments = parser.parse_args()
    rounds: dict[str, list[Took]] = {name: [] for name, _, _ in _STARTS}
    with tempfile.TemporaryDirectory() as folder:
        import_files(Path(folder, "loaded"), write_social_files(Path(folder)))
        for number in range(arguments.rounds):
            rounds["empty"].append(start(Path(folder, f"empty-{number}")))
            rounds["loaded"].append(start(Path(folder, "loaded")))
        figures = [
            Figure(f"start, {work}{suffix}", "s", min(took[clock] for took in rounds[name]), reached)
            for name, work, reach in _STARTS
            for suffix, clock, reached in (("", "seconds", reach), (", CPU time", "cpu_seconds", None))
        ]
        if arguments.cold:
            figures += cold_figures(Path(folder))
    publish(figures, arguments, f"start to the first answer; {arguments.rounds} rounds")


def start(folder: Path, *flags: str, **environment: str) -> Took:
    """Seconds until the first answer, of a server whose modules are compiled, as those that were installed."""
    environment = {"PYTHONDONTWRITEBYTECODE": "", **environment}
    with serving(*flags, folder=folder, environment=environment) as server:
        server.client().ask(statement(_QUESTION), 2)
        return {"seconds": time.perf_counter() - server.begun, "cpu_seconds": process_seconds(server.own_process)}


def cold_figures(folder: Path) -> list[Figure]:
    """Of starts that compile all kernels, empty and with the graph, and of the next one."""
    cache, data = str(folder / "kernels"), folder / "cold"
    port, begun, healthy = _free_port(), time.perf_counter(), list[float]()
    watch = threading.Thread(target=lambda: healthy.append(_wait_for_health(port) - begun))
    watch.start()
    flags = ("--http-port", str(port))
    first, second = (start(data, *flags, MEMGRAPH_KERNEL_CACHE=cache) for _ in range(2))
    watch.join()
    loaded = start(folder / "loaded", MEMGRAPH_KERNEL_CACHE=str(folder / "kernels-with-graph"))
    return [
        Figure("first answer at /health, no kernel compiled", "s", healthy[0], 1.5),
        Figure("start, empty, no kernel compiled", "s", first["seconds"]),
        Figure("start, empty, the next one", "s", second["seconds"], 1.5),
        Figure("start, with the graph in a checkpoint, no kernel compiled", "s", loaded["seconds"]),
        Figure("start, with the graph in a checkpoint, no kernel compiled, CPU time", "s", loaded["cpu_seconds"]),
    ]


def _wait_for_health(port: int) -> float:
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5.0)
        try:
            connection.request("GET", "/health")
            connection.getresponse().read()
            return time.perf_counter()
        except OSError:
            time.sleep(0.02)
        finally:
            connection.close()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


if __name__ == "__main__":
    main()
