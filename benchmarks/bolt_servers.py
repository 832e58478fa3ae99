"""Servers that a benchmark asks over Bolt: ours as a process of its own, peers that run already, the floor."""

import contextlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from benchmarks.bolt_client import Client
from benchmarks.peers import PeerAddress
from benchmarks.server_cpu import cpu_seconds, cpu_used

REPETITIONS = 3


@dataclass(frozen=True, slots=True)
class Server:
    """A server. process_id: None where it is not known; http_port: ours, for /metrics."""

    name: str
    host: str
    port: int
    process_id: int | None
    http_port: int | None = None

    def client(self) -> Client:
        """A new connection."""
        return Client(self.host, self.port)

    def seconds(self) -> dict[str, float]:
        """Processor time by thread so far, for ``cpu_used``; the clock where the process is not known."""
        return {"clock": time.perf_counter()} if self.process_id is None else cpu_seconds(self.process_id)

    def metric(self, name: str) -> float:
        """What /metrics says."""
        text = urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}/metrics").read().decode()
        return float(next(line.split()[1] for line in text.splitlines() if line.startswith(name + " ")))


@contextlib.contextmanager
def own_server(*, metrics: bool = False) -> Iterator[Server]:
    """Ours on free ports with an empty folder; ended afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "memgraph_py", "serve", "--bolt-port", "0"]
        http_port = _free_port() if metrics else None
        command += ["--http-port", str(http_port or "none"), "--data-directory", folder]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline().rsplit(":", 1)[1])
            yield Server("ours", "127.0.0.1", port, process.pid, http_port)
        finally:
            process.terminate()
            process.wait(30)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def peer_server(address: PeerAddress) -> Server:
    """A peer that runs already."""
    place = urlsplit(address.url)
    assert place.hostname is not None, "an address has a host"
    return Server(address.name, place.hostname, place.port or 7687, address.process)


@contextlib.contextmanager
def echo() -> Iterator[Server]:
    """The floor, as a process of its own."""
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.echo"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield Server("floor", "127.0.0.1", int(process.stdout.readline()), process.pid)
    finally:
        process.terminate()
        process.wait(30)


def least(servers: Sequence[Server], work: Callable[[Server], object]) -> dict[str, float]:
    """Seconds of each server, the least of some repetitions in turns, after one that does not count."""
    figures: dict[str, list[float]] = {server.name: [] for server in servers}
    for repetition in range(REPETITIONS + 1):
        for server in servers:
            before = server.seconds()
            work(server)
            used = cpu_used(before, server.seconds())
            if repetition:
                figures[server.name].append(used)
    return {name: min(seconds) for name, seconds in figures.items()}
