"""Database: a store and the sessions on it; the face of this package."""

from memgraph_py.config import Limits
from memgraph_py.engine.session import Session
from memgraph_py.engine.statements import Core
from memgraph_py.engine.stream_control import StreamControl
from memgraph_py.storage.store import GraphStore


class Database:
    """A graph that statements can be run on. ``stream_control`` may be set after construction."""

    def __init__(
        self, store: GraphStore, limits: Limits | None = None, stream_control: StreamControl | None = None
    ) -> None:
        self.core = Core(store, limits or Limits())
        self.core.stream_control = stream_control

    @property
    def store(self) -> GraphStore:
        """The graph."""
        return self.core.store

    @property
    def limits(self) -> Limits:
        """What bounds everything that grows."""
        return self.core.limits

    @property
    def stream_control(self) -> StreamControl | None:
        """The stream manager, or None: stream commands are refused."""
        return self.core.stream_control

    @stream_control.setter
    def stream_control(self, control: StreamControl | None) -> None:
        self.core.stream_control = control

    def session(self, client: str = "") -> Session:
        """A new session; one thread uses it at a time. client: its address, for SHOW TRANSACTIONS."""
        return Session(self.core, client)
