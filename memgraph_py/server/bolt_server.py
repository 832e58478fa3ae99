"""BoltServer: listens, keeps to the limit of connections, and stops them all."""

import asyncio
import logging

from memgraph_py.config import Settings
from memgraph_py.engine.database import Database
from memgraph_py.metrics import Metrics
from memgraph_py.server.bolt_client import BoltClient
from memgraph_py.server.records import SchemaNames
from memgraph_py.server.services import Services
from memgraph_py.server.singles import KnownTexts
from memgraph_py.server.wakes import Wakes
from memgraph_py.server.workers import Workers

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
STOP_SECONDS = 2.0
"""How long ``stop`` waits for statements that were told to end: each looks once a batch."""


class BoltServer:
    """Bolt on a TCP port, for one database."""

    def __init__(self, database: Database, settings: Settings, metrics: Metrics) -> None:
        self._database = database
        self._settings = settings
        self._metrics = metrics
        self._services: Services | None = None
        self._server: asyncio.Server | None = None
        self._next_look: asyncio.TimerHandle | None = None

    @property
    def services(self) -> Services:
        """What its connections share, once it has started."""
        assert self._services is not None, "the server has not started"
        return self._services

    async def start(self) -> int:
        """Accept connections; gives the port. Raises OSError when the address cannot be had."""
        loop, settings = asyncio.get_running_loop(), self._settings
        workers = Workers(loop, settings.limits.worker_threads, settings.worker_threads_max)
        names = SchemaNames(self._database.store.schema)
        known_texts = KnownTexts(self._database)
        shared = workers, names, known_texts, loop, Wakes(loop)
        services = Services(self._database, settings, self._metrics, *shared, set())
        self._server = await loop.create_server(
            lambda: BoltClient(services), settings.bolt_address, settings.bolt_port, backlog=512
        )
        self._services = services
        self._database.core.turns.join(loop.call_soon)
        self._metrics.gauge(
            "memgraph_open_transactions", "Explicit transactions that are open.", lambda: services.open_transactions
        )
        self._look()
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def _look(self) -> None:
        """At every connection, now and again and again."""
        loop, services = self.services.loop, self.services
        now = loop.time()
        for client in list(services.clients):
            client.look(now)
        self._next_look = loop.call_later(min(LOOK_SECONDS, self._settings.bolt_keep_alive_seconds / 2), self._look)

    async def stop(self) -> None:
        """Refuse new connections, end statements, roll back open transactions, close every connection."""
        if self._server is not None:
            self._server.close()
        if self._next_look is not None:
            self._next_look.cancel()
        if self._services is None:
            return
        self._database.core.turns.leave()
        clients = self._services.clients
        for client in list(clients):
            client.close()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + STOP_SECONDS
        while clients and loop.time() < deadline:
            await asyncio.sleep(0.01)
        for client in list(clients):  # its client does not read what is left to send, or a statement goes on
            client.abort()
        await asyncio.sleep(0.01)
        if clients:
            logger.warning("statements did not end in time", extra={"connections": len(clients)})
        self._services.workers.stop()
