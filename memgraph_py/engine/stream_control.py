"""StreamControl: what stream commands need of the stream manager. A port; ``streams/manager.py`` is the implementation.

All methods block (network, child processes) and are called from a worker thread. They raise ``StreamError`` or
``TransformError`` with the texts of the streams' contract.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from memgraph_py.values.types import Value


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """A row of SHOW STREAMS; status is `stopped`, `running` or `error`."""

    name: str
    uri: str
    topic: str
    transform: str
    status: str


@dataclass(frozen=True, slots=True)
class TestedQuery:
    """A row of TEST STREAM."""

    query: str
    params: dict[str, Value]


class StreamControl(Protocol):
    """The stream commands. ``check`` is called again and again while one waits for another command or for the stream's
    batch; what it raises ends the waiting, and a stream that was to stop stops when its batch ends."""

    def create(
        self,
        name: str,
        *,
        uri: str,
        topic: str,
        transform: str,
        batch_interval: int | None,
        batch_size: int | None,
    ) -> None: ...

    def drop(self, name: str, check: Callable[[], None]) -> None: ...

    def start(self, name: str, limit_batches: int | None, check: Callable[[], None]) -> None: ...

    def stop(self, name: str, check: Callable[[], None]) -> None: ...

    def start_all(self, check: Callable[[], None]) -> None: ...

    def stop_all(self, check: Callable[[], None]) -> None: ...

    def test(self, name: str, limit_batches: int | None) -> list[TestedQuery]: ...

    def show(self) -> list[StreamStatus]: ...

    def describe(self, name: str) -> list[tuple[str, Value]]:
        """SHOW STREAM name: (fact, value) rows; `state` and `reason` are among them."""
        ...
