"""Services: what all connections of a server share."""

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from memgraph_py.config import Settings
from memgraph_py.engine.database import Database
from memgraph_py.metrics import Metrics
from memgraph_py.server.records import SchemaNames
from memgraph_py.server.wakes import Wakes
from memgraph_py.server.workers import Workers

if TYPE_CHECKING:
    from memgraph_py.server.bolt_client import BoltClient
    from memgraph_py.server.singles import KnownTexts


@dataclass(slots=True)
class Services:
    """clients: those that are open or still have a statement to end. input_bytes: of messages that have come in part or
    wait. refusing: connections that are being turned away. greeting: those that may not have finished their handshake,
    the oldest first."""

    database: Database
    settings: Settings
    metrics: Metrics
    workers: Workers
    names: SchemaNames
    known_texts: "KnownTexts"
    loop: asyncio.AbstractEventLoop
    wakes: Wakes
    clients: "set[BoltClient]"
    greeting: "dict[BoltClient, None]" = field(default_factory=dict)
    open_transactions: int = 0
    input_bytes: int = 0
    refusing: int = 0
