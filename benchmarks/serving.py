"""A server in a process of its own, of this version or of another one, for benchmarks."""

import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Server:
    """A server process, and where it listens."""

    port: int
    process_id: int

    @property
    def uri(self) -> str:
        """For drivers."""
        return f"bolt://127.0.0.1:{self.port}"


@contextlib.contextmanager
def serving(*flags: str, python: str = sys.executable) -> Iterator[Server]:
    """A server on a free port with an empty folder, every commit synced; ended afterwards.

    python: the interpreter whose installation of memgraph_py serves. Raises SystemExit where it does not start.
    """
    with tempfile.TemporaryDirectory(prefix="memgraph-benchmark-") as folder:
        command = [python, "-m", "memgraph_py", "serve", "--bolt-port", "0", "--http-port", "none"]
        command += ["--data-directory", f"{folder}/data", "--log-level", "warning", *flags]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=folder)
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            if "bolt://" not in line:
                raise SystemExit("the server did not start")
            yield Server(int(line.rsplit(":", 1)[1]), process.pid)
        finally:
            process.terminate()
            process.wait(60)
            process.stdout.close()
