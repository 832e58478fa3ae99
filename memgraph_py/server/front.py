"""What those who watch a server see of it from its first moment on: its state at /health, its metrics.

    lock the folder ─▶ HTTP answers `starting` ─▶ the rest of the server is imported, on a thread ─▶ App

Importing the rest loads the kernels, or goes on to compile them, which takes a minute; so this module imports little.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import TypeVar

from memgraph_py.config import Settings
from memgraph_py.durability.directory import DataDirectory
from memgraph_py.metrics import Metrics
from memgraph_py.server.http import HttpServer

T = TypeVar("T")


class Front:
    """The data directory, locked, and HTTP, which tells ``state``: `starting`, `ready`, `stopping` or `stopped`.
    ``progress`` says what it is at while it starts, and while kernels are compiled."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.metrics = Metrics()
        self.directory = DataDirectory(settings.data_directory)
        self.state = "starting"
        self.progress: str | None = None
        self.bolt_port = settings.bolt_port
        self.http_port: int | None = None
        self._http: HttpServer | None = None
        self._is_open = False

    async def open(self) -> None:
        """Lock the folder and listen; nothing where that is done. Raises StartupError, and has done neither then."""
        if self._is_open:
            return
        settings = self.settings
        self.directory.acquire()
        self._is_open = True
        if settings.http_port is None:
            return
        self._http = HttpServer(self.metrics, self.health, lambda: (settings.bolt_address, self.bolt_port))
        try:
            self.http_port = await self._http.start(settings.http_address, settings.http_port)
        except BaseException:
            await self.close()
            raise

    async def load(self, work: Callable[[], T]) -> T:
        """What the work gives, done on a thread of its own; to be told to stop ends the process, as nothing is open
        that could be lost."""
        loop = asyncio.get_running_loop()
        for number in stop_signals():
            loop.add_signal_handler(number, os._exit, 0)
        return await asyncio.to_thread(work)

    async def close(self) -> None:
        """Stop listening, and unlock the folder."""
        if self._http is not None:
            await self._http.stop()
        if self._is_open:
            self.directory.release()
            self._is_open = False

    def health(self) -> dict[str, str]:
        """What /health tells."""
        if self.progress is None or self.state not in ("starting", "ready"):
            return {"status": self.state}
        return {"status": self.state, "progress": self.progress}


def stop_signals() -> list[signal.Signals]:
    """Those that ask a server to stop: also that its terminal is gone, unless it was started so as not to mind that
    (`nohup`)."""
    signals = [signal.SIGTERM, signal.SIGINT]
    if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signals.append(signal.SIGHUP)
    return signals


def run_in_loop(main: Coroutine[object, object, None]) -> None:
    """Run the coroutine to its end in a new event loop: uvloop's where there is one."""
    if sys.platform == "win32":
        asyncio.run(main)
        return
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main)
