"""InnerTransactions: those that `CALL { … } IN TRANSACTIONS` makes for its subqueries, while its statement runs."""

import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from memgraph_py.columnar import Batch
from memgraph_py.errors import TransactionConflict
from memgraph_py.execution.executor import ExecutionContext
from memgraph_py.storage.transaction import Access
from memgraph_py.storage.view import GraphView

if TYPE_CHECKING:  # a session makes them
    from memgraph_py.engine.session import Session


class InnerTransactions:
    """See ``execution.executor.InnerTransactions``: they commit one after another, and wait for the disk."""

    def __init__(self, session: "Session", outer: ExecutionContext) -> None:
        self._session = session
        self._outer = weakref.ref(outer)  # which has this one: a ring would keep all that it held

    def run(self, work: Callable[[ExecutionContext], list[Batch]]) -> list[Batch]:
        session = self._session
        store, retries = session._core.store, session._core.limits.conflict_retries
        outer = self._outer()
        assert outer is not None, "it is the outer one that runs this"
        counters = replace(outer.counters)
        memory = outer.bounds.memory
        held = memory.held
        for attempt in range(retries + 1):
            transaction = store.begin(Access.WRITE)
            try:
                answers = work(outer.within(transaction))
                committed = store.commit(transaction, outer.bounds, session._take_effect)
            except BaseException as error:
                store.rollback(transaction)
                session._takes_effect = False
                if isinstance(error, TransactionConflict) and attempt < retries:
                    outer.counters.take(counters)
                    continue
                raise
            committed.result()
            memory.held = held
            session._takes_effect = False
            return answers
        raise AssertionError("the last attempt raises")

    def view(self) -> GraphView:
        return self._session._core.store.current
