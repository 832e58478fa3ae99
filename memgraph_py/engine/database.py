"""Database: a store, its statement cache, and the sessions on it.

A text is prepared once: parse, analyse, plan, optimise. The cache's key is the text with the schema's version, so a cached
``IndexSeek`` never meets a view without that index; an entry is made anew when the graph has grown so much that another
plan, or another thread, may suit it better.
"""

import random
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from memgraph_py.config import Limits
from memgraph_py.cypher import ast
from memgraph_py.cypher.analysis import analyse
from memgraph_py.cypher.parser import parse
from memgraph_py.engine.stream_control import StreamControl
from memgraph_py.engine.vectorise import vectorised
from memgraph_py.errors import LimitExceeded
from memgraph_py.optimizer import estimate_rows, optimise
from memgraph_py.plan.operators import Operator
from memgraph_py.planner import plan_query
from memgraph_py.storage.store import GraphStore
from memgraph_py.storage.view import GraphView

TYPE_CHECKING = False
if TYPE_CHECKING:
    from memgraph_py.engine.session import Session

REPLAN_GROWTH = 4
"""A plan is made anew when the graph has become so many times larger or smaller than it was planned for."""


@dataclass(frozen=True, slots=True)
class PreparedQuery:
    """A query ready to run. ``bounded``: few rows are expected, so it may run in the event loop's thread.

    ``vectorised``: the same plan over many sets of parameters at once (its leaf is ParameterRows), or None where it is not
    proven that the result is the same as one after another. ``elements``: size of the graph it was planned for.
    """

    plan: Operator
    columns: tuple[str, ...]
    parameters: frozenset[str]
    writes: bool
    bounded: bool
    mode: str | None
    vectorised: Operator | None
    elements: int


Prepared = PreparedQuery | ast.Command


class SystemClock:
    """The time of the machine."""

    def now_seconds(self) -> float:
        """Seconds since 1970, UTC."""
        return time.time()


class Database:
    """A graph that statements can be run on. ``stream_control`` may be set after construction; without it stream
    commands are refused."""

    def __init__(
        self, store: GraphStore, limits: Limits | None = None, stream_control: StreamControl | None = None
    ) -> None:
        self.store = store
        self.limits = limits or Limits()
        self.stream_control = stream_control
        self.clock = SystemClock()
        self.random: Callable[[], float] = random.random
        self._cache: OrderedDict[tuple[str, int], Prepared] = OrderedDict()
        self._lock = threading.Lock()

    def session(self) -> "Session":
        """A new session; one thread uses it at a time."""
        from memgraph_py.engine.session import Session  # session.py needs this module

        return Session(self)

    def prepare(self, text: str, view: GraphView) -> Prepared:
        """The text, ready to run on the view. Raises CypherSyntaxError, SemanticError and their kin, LimitExceeded."""
        key = (text, view.schema.version)
        entry = self._cache.get(key)
        elements = view.node_count(None) + view.relationship_count(None)
        if entry is not None and (not isinstance(entry, PreparedQuery) or _still_suits(entry, elements)):
            return entry
        if len(text) > self.limits.query_bytes_max:
            raise LimitExceeded(
                f"the query has {len(text)} characters, more than {self.limits.query_bytes_max}",
                hint="send values as parameters",
            )
        statement = parse(text)
        prepared = statement if not isinstance(statement, ast.Query) else self._prepare(statement, text, view, elements)
        with self._lock:
            self._cache[key] = prepared
            self._cache.move_to_end(key)
            while len(self._cache) > self.limits.statement_cache_entries:
                self._cache.popitem(last=False)
        return prepared

    def _prepare(self, query: ast.Query, text: str, view: GraphView, elements: int) -> PreparedQuery:
        analysis = analyse(query, text)
        plan = optimise(plan_query(query, analysis), view)
        return PreparedQuery(
            plan=plan,
            columns=analysis.columns,
            parameters=analysis.parameters,
            writes=analysis.writes,
            bounded=estimate_rows(plan, view) <= self.limits.bounded_rows_max,
            mode=query.mode,
            vectorised=vectorised(plan),
            elements=elements,
        )


def _still_suits(entry: PreparedQuery, elements: int) -> bool:
    low, high = sorted((entry.elements, elements))
    return high <= 1_000 or high <= low * REPLAN_GROWTH
