"""BoltServer: listens, keeps to the limit of connections, and stops them all."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

from memgraph_py.config import Settings
from memgraph_py.engine.database import Database
from memgraph_py.metrics import Metrics
from memgraph_py.server.bolt_client import BoltClient, Services
from memgraph_py.server.records import SchemaNames

logger = logging.getLogger(__name__)

STOP_SECONDS = 2.0
"""How long ``stop`` waits for statements that were told to end: each looks once a batch."""


class BoltServer:
    """Bolt on a TCP port, for one database."""

    def __init__(self, database: Database, settings: Settings, metrics: Metrics) -> None:
        self._settings = settings
        self._pool = ThreadPoolExecutor(settings.limits.worker_threads, thread_name_prefix="bolt-worker")
        self._services = Services(
            database, settings.limits, metrics, self._pool, SchemaNames(database.store.schema), set()
        )
        self._server: asyncio.Server | None = None

    async def start(self) -> int:
        """Accept connections; gives the port. Raises OSError when the address cannot be had."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: BoltClient(self._services, loop), self._settings.bolt_address, self._settings.bolt_port, backlog=512
        )
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def stop(self) -> None:
        """Refuse new connections, end statements, roll back open transactions, close every connection."""
        if self._server is not None:
            self._server.close()
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
        self._pool.shutdown(wait=False, cancel_futures=True)
