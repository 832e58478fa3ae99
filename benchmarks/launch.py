"""A server as a process of its own, on a folder that stays."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bolt import Client

_STOP_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Launched:
    """begun: clock when the process was started, in seconds of ``time.perf_counter``."""

    port: int
    process_id: int
    begun: float

    def client(self) -> Client:
        """A new connection."""
        return Client(self.port)


@contextlib.contextmanager
def launch(folder: Path, *flags: str, environment: Mapping[str, str] | None = None) -> Iterator[Launched]:
    """The server, once it listens for Bolt; stopped afterwards, so that it writes its checkpoint."""
    command = [sys.executable, "-m", "memgraph_py", "serve", "--bolt-port", "0", "--http-port", "none"]
    command += ["--data-directory", str(folder), "--log-level", "warning", *flags]
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **(environment or {})})
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        yield Launched(int(line.rsplit(":", 1)[1]), process.pid, begun)
    finally:
        process.terminate()
        process.wait(_STOP_SECONDS)
