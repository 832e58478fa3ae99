"""A context to execute plans in: an empty store's transaction, a fixed clock, fixed chance."""

from collections.abc import Callable, Iterator

import pytest

from memgraph_py.columnar import Batch
from memgraph_py.config import Limits
from memgraph_py.execution.executor import ExecutionContext
from memgraph_py.functions.registry import Environment
from memgraph_py.storage.store import GraphStore
from memgraph_py.storage.transaction import Access
from memgraph_py.values.types import Value


class FixedClock:
    """Stands at the epoch."""

    def now_seconds(self) -> float:
        return 0.0


@pytest.fixture
def new_context() -> Iterator[Callable[..., ExecutionContext]]:
    """Makes a context on an empty graph of its own."""
    stores: list[GraphStore] = []

    def make(
        parameters: dict[str, Value] | None = None, parameter_rows: Batch | None = None, limits: Limits | None = None
    ) -> ExecutionContext:
        store = GraphStore()
        stores.append(store)
        graph = store.begin(Access.WRITE)
        environment = Environment(graph, FixedClock(), lambda: 0.5)
        return ExecutionContext(graph, environment, parameters or {}, limits or Limits(), parameter_rows)

    yield make
    for store in stores:
        store.close()
