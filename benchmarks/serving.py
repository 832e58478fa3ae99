"""Servers that benchmarks ask: ours as a process of its own, of this version or another; peers that run already."""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.bolt_client import Client
from benchmarks.peers import PeerAddress
from benchmarks.server_cpu import cpu_seconds

STOP_SECONDS = 60.0
HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Server:
    """A server. process_id: None where it is not known. http_port: ours, for /metrics. begun: clock when its process
    was started, in seconds of ``time.perf_counter``."""

    name: str
    host: str
    port: int
    process_id: int | None
    http_port: int | None = None
    begun: float = 0.0

    @property
    def uri(self) -> str:
        """For drivers."""
        return f"bolt://{self.host}:{self.port}"

    @property
    def own_process(self) -> int:
        """The process id of a server that was started here."""
        assert self.process_id is not None, "a server that runs already may be anywhere"
        return self.process_id

    def client(self) -> Client:
        """A new connection."""
        return Client(self.host, self.port)

    def seconds(self) -> dict[str, float]:
        """Processor time by thread so far, for ``cpu_used``; the clock where the process is not known."""
        return {"clock": time.perf_counter()} if self.process_id is None else cpu_seconds(self.process_id)

    def metric(self, name: str) -> float:
        """What /metrics says."""
        text = urllib.request.urlopen(f"http://{self.host}:{self.http_port}/metrics").read().decode()
        return float(next(line.split()[1] for line in text.splitlines() if line.startswith(name + " ")))


@contextlib.contextmanager
def serving(
    *flags: str,
    folder: Path | None = None,
    python: str = sys.executable,
    environment: Mapping[str, str] | None = None,
    metrics: bool = False,
) -> Iterator[Server]:
    """A server on free ports, every commit synced, once it listens for Bolt; stopped afterwards, so that it writes its
    checkpoint.

    folder: its data stay there; without it they are thrown away. python: the interpreter whose installation of
    memgraph_py serves. environment: variables besides those of this process. Raises SystemExit where it does not start.
    """
    http_port = _free_port() if metrics else None
    with tempfile.TemporaryDirectory(prefix="memgraph-benchmark-") as scratch:
        command = [python, "-m", "memgraph_py", "serve", "--bolt-port", "0", "--http-port", str(http_port or "none")]
        command += ["--data-directory", str(folder or f"{scratch}/data"), "--log-level", "warning", *flags]
        begun = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, cwd=scratch, env={**os.environ, **(environment or {})}
        )
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            if "bolt://" not in line:
                raise SystemExit("the server did not start")
            yield Server("ours", HOST, int(line.rsplit(":", 1)[1]), process.pid, http_port, begun)
        finally:
            process.terminate()
            process.wait(STOP_SECONDS)
            process.stdout.close()


@contextlib.contextmanager
def echo() -> Iterator[Server]:
    """The floor, an event loop that answers fixed bytes, as a process of its own."""
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.echo"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield Server("floor", HOST, int(process.stdout.readline()), process.pid)
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)


def peer_server(address: PeerAddress) -> Server:
    """A peer that runs already."""
    place = urlsplit(address.url)
    assert place.hostname is not None, "an address has a host"
    return Server(address.name, place.hostname, place.port or 7687, address.process)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind((HOST, 0))
        port: int = free.getsockname()[1]
        return port
