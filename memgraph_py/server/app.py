"""The composition root: builds, starts and stops everything, and is the one place that names all parts.

    front (locks the folder, HTTP answers `starting`) ─▶ recover the graph ─▶ open the log ─▶ streams ─▶ Bolt ─▶ `ready`

Stopping goes the other way: no new connections, streams end after the batch in hand, open transactions roll back, a
checkpoint is written, the folder is free.
"""

import asyncio
import contextlib
import gc
import logging
import os
import sys
import threading
from collections.abc import Callable
from types import TracebackType

from memgraph_py.bounds import MemoryPool
from memgraph_py.config import Settings
from memgraph_py.durability.checkpoint import Checkpointer
from memgraph_py.durability.commit_log import DiskCommitLog
from memgraph_py.durability.recovery import recover
from memgraph_py.engine.database import Database
from memgraph_py.engine.ingestion import Ingestion
from memgraph_py.errors import CypherError, StartupError
from memgraph_py.functions.registry import Installation
from memgraph_py.kernels import are_pending, compile_pending
from memgraph_py.server.bolt_server import BoltServer
from memgraph_py.server.front import Front, run_in_loop, stop_signals
from memgraph_py.server.imports import ImportFiles
from memgraph_py.server.plugins import load_plugins
from memgraph_py.storage.memory import release_free_memory
from memgraph_py.storage.store import GraphStore
from memgraph_py.streams.kafka import KafkaSource
from memgraph_py.streams.manager import StreamManager

logger = logging.getLogger(__name__)

GC_THRESHOLDS = (50_000, 20, 50)
"""Columns are not tracked by the collector, so what it walks is mostly code: it may walk it seldom."""
RECURSION_LIMIT = 10_000
"""An operator of a plan takes three to six frames: enough for about 1,600 clauses, and half of what fits the stack of a
thread (8 MiB, tried with twice as many)."""
SWITCH_INTERVAL_SECONDS = 0.001
"""How long a worker thread may keep the event loop waiting for the GIL (ENGINE.md, "How to execute")."""


class App:
    """One server. ``start`` and ``stop`` run in its event loop; a stopped App is not started again."""

    def __init__(self, settings: Settings, front: Front | None = None) -> None:
        """front: that which is open already, if there is one."""
        self.settings = settings
        self.front = front or Front(settings)
        self.metrics = self.front.metrics
        self._directory = self.front.directory
        self._log = DiskCommitLog(self._directory, settings.limits.log_rotate_bytes, self.metrics)
        self._store: GraphStore | None = None
        self._database: Database | None = None
        self._checkpointer: Checkpointer | None = None
        self._streams: StreamManager | None = None
        self._bolt: BoltServer | None = None

    @property
    def bolt_port(self) -> int:
        """The port of Bolt, once it listens."""
        return self.front.bolt_port

    @property
    def http_port(self) -> int | None:
        """None when HTTP is off."""
        return self.front.http_port

    @property
    def bolt_uri(self) -> str:
        """What a driver connects to."""
        return f"bolt://{_host(self.settings.bolt_address)}:{self.bolt_port}"

    @property
    def http_uri(self) -> str | None:
        """None when HTTP is off."""
        return None if self.http_port is None else f"http://{_host(self.settings.http_address)}:{self.http_port}"

    @property
    def database(self) -> Database:
        """The database, once the server has started."""
        assert self._database is not None, "the server has not started"
        return self._database

    @property
    def log(self) -> DiskCommitLog:
        """The log, once the server has started."""
        return self._log

    @property
    def bolt(self) -> BoltServer:
        """Bolt, once the server has started."""
        assert self._bolt is not None, "the server has not started"
        return self._bolt

    async def start(self) -> None:
        """Start all; Bolt accepts connections when it returns. Raises StartupError, and then leaves nothing running."""
        await self.front.open()
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise
        self.front.state = "ready"
        logger.info(
            "started",
            extra={"bolt": self.bolt_uri, "http": self.http_uri, "data_directory": str(self._directory.path)},
        )

    async def _start(self) -> None:
        settings = self.settings
        await asyncio.to_thread(self._load)
        database = self.database
        self._streams = StreamManager(Ingestion(database), settings, KafkaSource, self.metrics)
        database.stream_control = self._streams
        await asyncio.to_thread(self._streams.restore)
        self._bolt = BoltServer(database, settings, self.metrics)
        try:
            self.front.bolt_port = await self._bolt.start()
        except OSError as error:
            reason = error.strerror or str(error)
            raise StartupError(
                f"cannot listen for Bolt on {settings.bolt_address} port {settings.bolt_port}: {reason}"
            ) from error
        wakes = self._bolt.services.wakes
        self._log.on_queued = wakes.at_the_end(database.core.turns.at_the_end(self._log.wake))
        self._log.answering = wakes
        self._log.working = database.core.turns.worker()

    def _load(self) -> None:
        """The graph from the files, and the log open for more. Runs in a worker thread: /health answers meanwhile."""
        limits = self.settings.limits
        self._compile_kernels()
        load_plugins()
        store = GraphStore(self._log, limits)
        self._store = store
        recovered = recover(self._directory, store, accept_lost_commits=self.settings.accept_lost_commits)
        self._directory.remove_unfinished()
        self._log.open(store.schema, recovered.log)
        self._checkpointer = Checkpointer(self._directory, store, self._log, recovered, self.metrics)
        self._checkpointer.start()
        self._database = Database(store, limits)
        self._database.core.installation = Installation(
            self.settings, self._bolt_address, self._directory.size_bytes, ImportFiles(self.settings).read
        )
        megabytes = self.settings.total_memory_limit_mb
        pool = self._database.core.memory_pool = MemoryPool(None if megabytes is None else megabytes << 20)
        self.metrics.gauge("memgraph_query_memory_bytes", "What queries hold, by estimate.", lambda: pool.held)
        self.metrics.gauge("memgraph_nodes", "Nodes.", lambda: store.current.node_count(None))
        self.metrics.gauge("memgraph_relationships", "Relationships.", lambda: store.current.relationship_count(None))
        self.metrics.gauge("memgraph_version", "Number of the last commit.", lambda: store.current.version)
        logger.info(
            "graph loaded",
            extra={
                "version": recovered.log.version,
                "checkpoint": recovered.checkpoint_version,
                "commits_from_log": recovered.commits,
                "nodes": store.current.node_count(None),
                "relationships": store.current.relationship_count(None),
            },
        )

    def _compile_kernels(self) -> None:
        """Loads kernels, or compiles those that are not in the cache, while a graph is loaded and clients are answered;
        what needs one for much data waits for it."""
        if not are_pending():
            self.front.progress = None
            return
        compiling = threading.Thread(target=self._compile_meanwhile, name="compile-kernels", daemon=True)
        compiling.start()

    def _compile_meanwhile(self) -> None:
        compile_pending()
        self.front.progress = None
        gc.freeze()  # what the compiler leaves

    def _bolt_address(self) -> str:
        """Where clients on this machine find the server: the port is known once it listens."""
        return f"{self.settings.bolt_address}:{self.bolt_port or self.settings.bolt_port}"

    async def stop(self) -> None:
        """Stop all, in order. Also takes back a start that failed half way."""
        self.front.state = "stopping"
        deadline = asyncio.get_running_loop().time() + self.settings.limits.stop_seconds
        streams_closed = None if self._streams is None else asyncio.create_task(asyncio.to_thread(self._streams.close))
        if self._bolt is not None:
            await self._bolt.stop()
        if streams_closed is not None:
            await streams_closed
        if self._checkpointer is not None:
            await self._checkpoint_until(self._checkpointer, deadline)
        if self._store is not None:
            await asyncio.to_thread(self._store.close)
        await asyncio.to_thread(self._log.close)
        await self.front.close()
        self.front.state = "stopped"

    async def _checkpoint_until(self, checkpointer: Checkpointer, deadline: float) -> None:
        """Write the last checkpoint. One that takes too long is left unfinished: the log holds everything as well."""
        loop = asyncio.get_running_loop()
        finished: asyncio.Future[None] = loop.create_future()

        def settle() -> None:
            if not finished.done():
                finished.set_result(None)

        def write() -> None:
            try:
                checkpointer.stop()
                checkpointer.write()
            except (OSError, CypherError) as error:
                kept, lost = (
                    "no checkpoint at shutdown; the log holds everything",
                    "no checkpoint, and the log is deleted",
                )
                logger.error(lost if self._log.is_deleted else kept, extra={"reason": str(error)})
            with contextlib.suppress(RuntimeError):  # the loop is closed when this took too long
                loop.call_soon_threadsafe(settle)

        threading.Thread(target=write, name="last-checkpoint", daemon=True).start()
        try:
            await asyncio.wait_for(finished, max(0.5, deadline - loop.time()))
        except TimeoutError:
            logger.warning("no time for the checkpoint at shutdown; the log holds everything")

    async def run(self, on_listening: Callable[[str], None]) -> None:
        """Start, tell ``on_listening`` the Bolt address, and serve until SIGTERM, SIGINT or SIGHUP; then stop."""
        loop = asyncio.get_running_loop()
        stopping = asyncio.Event()

        def ask_to_stop() -> None:
            if not stopping.is_set():
                stopping.set()
                end_after(self.settings.limits.stop_seconds + 1.0)

        for number in stop_signals():
            loop.add_signal_handler(number, ask_to_stop)
        await self.start()
        tune_process()
        if not stopping.is_set():
            on_listening(self.bolt_uri)
        await stopping.wait()
        logger.info("stopping")
        await self.stop()


class EmbeddedServer:
    """A server in a thread of this process, with an event loop of its own: for the demo and for tests.

    with EmbeddedServer(Settings(bolt_port=0, http_port=None, data_directory=folder)) as server:
        driver = GraphDatabase.driver(server.bolt_uri)
    """

    def __init__(self, settings: Settings) -> None:
        self.app = App(settings)
        self._started = threading.Event()
        self._failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="embedded-server", daemon=True)

    @property
    def bolt_uri(self) -> str:
        """What a driver connects to."""
        return self.app.bolt_uri

    @property
    def bolt_port(self) -> int:
        """The port that was bound."""
        return self.app.bolt_port

    @property
    def http_uri(self) -> str | None:
        """None when HTTP is off."""
        return self.app.http_uri

    @property
    def database(self) -> Database:
        """The database behind it."""
        return self.app.database

    def start(self) -> "EmbeddedServer":
        """Returns when Bolt accepts connections. Raises StartupError."""
        self._thread.start()
        self._started.wait()
        if self._failure is not None:
            self._thread.join()
            raise self._failure
        return self

    def stop(self) -> None:
        """Stop cleanly; harmless when it has stopped."""
        if self._thread.is_alive() and self._loop is not None and self._stopping is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
        if self._thread.ident is not None:
            self._thread.join()

    def __enter__(self) -> "EmbeddedServer":
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self) -> None:
        run_in_loop(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        starting = asyncio.create_task(self.app.start())
        await asyncio.wait([starting])
        self._failure = starting.exception()
        self._started.set()
        if self._failure is not None:
            return
        await self._stopping.wait()
        await self.app.stop()


def end_after(seconds: float) -> None:
    """End the process with status 0 if it is still there then: a statement that cannot be interrupted may hold up its
    thread, or a large graph may still be loading. Nothing is lost, as every commit that was acknowledged is on disk.
    """

    def end() -> None:
        logger.warning("a thread did not end in time; ending without it")
        logging.shutdown()
        os._exit(0)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()


def tune_process() -> None:
    """Settings of the interpreter for a process that is a server and little else; called once the graph is loaded."""
    gc.collect()
    gc.freeze()
    release_free_memory()
    gc.set_threshold(*GC_THRESHOLDS)
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
    sys.setrecursionlimit(RECURSION_LIMIT)


def _host(address: str) -> str:
    """The address as it stands in a URI."""
    return f"[{address}]" if ":" in address else address
