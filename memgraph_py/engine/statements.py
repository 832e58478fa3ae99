"""The statement cache, and what all sessions of a database share.

A text is prepared once: parse, analyse, plan, optimise. The cache's key is the text with the schema's version, so a
cached ``IndexSeek`` never meets a view without that index; an entry is made anew when the graph has grown so much
that another plan, or another thread, may suit it better. Texts that differ in literals, white space and comments alone
share a plan (``cypher/shapes.py``): it is made of the first one, with parameters where a literal's value does not
matter. They share none where the names of columns, which are expressions as written, differ.
"""

import random
import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from memgraph_py.bounds import Memory, MemoryPool
from memgraph_py.config import Limits
from memgraph_py.cypher import ast
from memgraph_py.cypher.analysis import Met, analyse
from memgraph_py.cypher.parser import parse
from memgraph_py.cypher.shapes import Shape, Stand, has_blanks, shape_of, stands_for
from memgraph_py.engine.notifications import Notification, find_notifications, still_told
from memgraph_py.engine.stream_control import StreamControl
from memgraph_py.engine.turns import Turns
from memgraph_py.engine.vectorise import Vectorised, vectorised
from memgraph_py.errors import LimitExceeded, StreamError
from memgraph_py.execution.single import SingleRow, SingleWrite, single_row, single_write
from memgraph_py.functions.registry import Environment, Installation, callable_rows
from memgraph_py.immutable import immutable
from memgraph_py.optimizer import Statistics, largest_rows, optimise
from memgraph_py.plan.expressions import TAKES_LONG, Call
from memgraph_py.plan.operators import LoadCsv, Operator, ProcedureCall
from memgraph_py.plan.substitution import Contents, contents_of, expressions_of
from memgraph_py.plan.tree import walk
from memgraph_py.plan.variables import is_slow, marks
from memgraph_py.planner import plan_query
from memgraph_py.storage.store import GraphStore
from memgraph_py.storage.view import GraphView
from memgraph_py.values.types import Value

REPLAN_GROWTH = 4
"""A plan is made anew when the graph has become so many times larger or smaller than it was planned for."""


@immutable
class PreparedQuery:
    """A query ready to run. ``bounded``: few rows are expected, so it may run in the event loop's thread.

    ``vectorised``: the same plan over many sets of parameters at once, or None where it
    is not proven that the result is the same as one after another. ``elements``: size of the graph it was planned for.
    ``literals``: values of this text that the plan reads as parameters; ``parameters`` are those that the client gives.
    ``memory_bytes_max``: what the text allows it. ``names``: how many the schema had when it was last looked which
    notifications hold. ``single``, ``single_write``: the second form of the
    plan, where it has one.
    """

    text: str
    plan: Operator
    columns: tuple[str, ...]
    parameters: frozenset[str]
    writes: bool
    in_transactions: bool
    is_table_command: bool
    bounded: bool
    mode: str | None
    vectorised: Vectorised | None
    elements: int
    names: int
    notifications: tuple[Notification, ...] = ()
    literals: dict[str, Value] = field(default_factory=dict)
    memory_bytes_max: int | None = None
    reads_files: bool = False
    single: SingleRow | None = None
    single_write: SingleWrite | None = None


@dataclass(slots=True)
class _Shared:
    """What is known of a shape: for which literals parameters stand; by the other literals as written the plans."""

    stands: tuple[Stand, ...]
    plans: dict[tuple[str, ...], "_SharedPlan"] = field(default_factory=dict)


@immutable
class _SharedPlan:
    """A plan, the shape of the text that it was made for, and the offsets and texts of the expressions in it that name
    a column."""

    prepared: PreparedQuery
    shape: Shape
    names: dict[int, str]

    def written(self, text: str, shape: Shape, stands: tuple[Stand, ...], view: GraphView) -> "_SharedPlan | None":
        """The plan as that of another text of the shape, or of it when evenly spaced: with its literals, and the places
        of what is told of it in this view. None where it names a column otherwise."""
        names, told = self.names, still_told(self.prepared.notifications, view)
        if names:
            names = dict(zip(shape.places(names, self.shape), names.values(), strict=True))
            if not all(text.startswith(name, offset) for offset, name in names.items()):
                return None
        if told:
            places = iter(shape.places([one.offset for one in told if one.offset is not None], self.shape))
            told = tuple(one if one.offset is None else one.at(next(places), text) for one in told)
        prepared = replace(self.prepared, text=text, literals=shape.values(stands), notifications=told)
        return _SharedPlan(prepared, shape, names)


VARIANTS_MAX = 16
"""Plans of one shape."""

Prepared = PreparedQuery | ast.Command


class StatementCache:
    """Prepared statements by text, and plans by shape, with the schema version; the least recently made go first. A
    very long one is not kept."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._entries: OrderedDict[tuple[str, int], Prepared | _Shared] = OrderedDict()
        self._characters = 0
        self._lock = threading.Lock()

    def prepare(self, text: str, view: GraphView) -> Prepared:
        """The text, ready to run on the view. Raises CypherSyntaxError, SemanticError and their kin, LimitExceeded."""
        key = (text, view.schema.version)
        entry = self._entries.get(key)
        elements = view.size
        if isinstance(entry, PreparedQuery):
            if still_suits(entry, elements):
                return self._up_to_date(key, entry, view)
        elif not isinstance(entry, _Shared | None):  # a text that is written like a shape is parsed, and refused
            return entry
        if len(text) > self._limits.query_bytes_max:
            raise LimitExceeded(
                f"the query has {len(text)} characters, more than {self._limits.query_bytes_max}",
                hint="send values as parameters",
            )
        shape = shape_of(text)
        prepared: Prepared | None = None if shape is None else self._shared_plan(shape, text, view, elements)
        if prepared is None:
            statement = parse(text)
            if isinstance(statement, ast.Query):
                prepared = self._prepare(statement, shape, text, view, elements)
            else:
                prepared = statement
        self._keep(key, prepared)
        return prepared

    def known(self, text: str, view: GraphView) -> PreparedQuery | None:
        """The text as it was prepared before, where that holds for the view."""
        entry = self._entries.get((text, view.schema.version))
        if not isinstance(entry, PreparedQuery):
            return None
        return self._up_to_date((text, view.schema.version), entry, view) if still_suits(entry, view.size) else None

    def _up_to_date(self, key: tuple[str, int], entry: PreparedQuery, view: GraphView) -> PreparedQuery:
        """The entry, which does not tell any more of names that came to be meanwhile."""
        if not may_tell_of_known_names(entry, view):
            return entry
        names = view.schema.names_count  # before they are looked at
        entry = replace(entry, notifications=still_told(entry.notifications, view), names=names)
        self._keep(key, entry)
        return entry

    def _shared_plan(self, shape: Shape, text: str, view: GraphView, elements: int) -> PreparedQuery | None:
        """The plan of a text that differs from this one as texts of a plan may, with the literals of this one."""
        for key in shape.all_keys():
            shared = self._entries.get((key, view.schema.version))
            if not isinstance(shared, _Shared):
                continue
            found = shared.plans.get(shape.others(shared.stands))
            if found is None or not still_suits(found.prepared, elements):
                continue
            plan = found.written(text, shape, shared.stands, view)
            if plan is not None:
                if key != shape.key and shared.stands:
                    self._share(shape.key, shared.stands, plan, view.schema.version)
                return plan.prepared
        return None

    def _share(self, key: str, stands: tuple[Stand, ...], plan: _SharedPlan, version: int) -> None:
        known = self._entries.get((key, version))
        shared = known if isinstance(known, _Shared) and known.stands == stands else _Shared(stands)
        with self._lock:
            while len(shared.plans) >= VARIANTS_MAX:
                del shared.plans[next(iter(shared.plans))]
            shared.plans[plan.shape.others(stands)] = plan
        self._keep((key, version), shared)

    def _keep(self, key: tuple[str, int], prepared: Prepared | _Shared) -> None:
        limits = self._limits
        if len(key[0]) > limits.statement_cache_characters // 16:  # it would drive out too many others
            return
        with self._lock:
            if key not in self._entries:
                self._characters += len(key[0])
            self._entries[key] = prepared
            self._entries.move_to_end(key)
            while (
                len(self._entries) > limits.statement_cache_entries
                or self._characters > limits.statement_cache_characters
            ):
                (text, _), _ = self._entries.popitem(last=False)
                self._characters -= len(text)

    def _prepare(
        self, query: ast.Query, shape: Shape | None, text: str, view: GraphView, elements: int
    ) -> PreparedQuery:
        try:
            analysis = analyse(query, text)
            found: dict[int, Stand] = {}
            if shape is not None and query.mode is None:  # the plan that is shown has the literals of the text
                found = stands_for(analysis.met.literals, shape)
            stands = tuple(found.values())
            literals = {offset: stand.name for offset, stand in found.items()}
            with Statistics(view) as statistics:
                plan = optimise(plan_query(query, analysis, text, literals), statistics)
                contents = contents_of(plan)
                bounded = (
                    not analysis.in_transactions
                    and not _may_take_long(contents)
                    and largest_rows(plan, statistics) <= self._limits.bounded_rows_max
                )
            is_plain = not query.mode and not query.memory_bytes_max
            prepared = PreparedQuery(
                text=text,
                plan=plan,
                columns=analysis.columns,
                parameters=analysis.parameters,
                writes=analysis.writes,
                in_transactions=analysis.in_transactions,
                is_table_command=isinstance(query.parts[0].clauses[0], ast.TableCall),
                bounded=bounded,
                mode=query.mode,
                vectorised=vectorised(plan),
                elements=elements,
                names=view.schema.names_count,  # before they are looked at
                notifications=find_notifications(analysis.met, contents.operators, view, text),
                literals={} if shape is None else shape.values(stands),
                memory_bytes_max=query.memory_bytes_max,
                reads_files=LoadCsv in contents.kinds,
                single=None if not is_plain or analysis.writes else single_row(plan, view.schema),
                single_write=single_write(plan, analysis.columns, view.schema)
                if is_plain and analysis.writes and not analysis.in_transactions
                else None,
            )
        except RecursionError as error:
            raise too_deep() from error
        if shape is not None and query.mode is None:
            own, spaced = shape.all_keys()
            shared = _SharedPlan(prepared, shape, _names_of_columns(analysis.met))
            if stands:
                self._share(own, stands, shared, view.schema.version)
            self._share(spaced, stands, shared, view.schema.version)
        return prepared


def _names_of_columns(met: Met) -> dict[int, str]:
    """The expressions that name a column and hold white space or a comment, by their offset."""
    items = (item for clause in met.clauses if isinstance(clause, ast.Return) for item in clause.projection.items)
    return {item.offset: item.text for item in items if item.alias is None and has_blanks(item.text)}


def _may_take_long(contents: Contents) -> bool:
    """True where something may take long between two looks at the time: a call, a procedure that is not quick, a
    file."""
    if LoadCsv in contents.kinds:
        return True
    if ProcedureCall in contents.kinds:
        calls = [operator for operator in contents.operators if isinstance(operator, ProcedureCall)]
        if not all(map(_is_quick, calls)):
            return True
    if contents.marks & TAKES_LONG:
        for operator in contents.operators:
            parts = expressions_of(operator) if marks(operator) & TAKES_LONG else ()
            if any(isinstance(node, Call) and is_slow(node) for part in parts for node in walk(part)):
                return True
    return False


def _is_quick(call: ProcedureCall) -> bool:
    found = callable_rows(call.name)
    return found is not None and found.quick


class SystemClock:
    """The time of the machine."""

    def now_seconds(self) -> float:
        """Seconds since 1970, UTC."""
        return time.time()


class Core:
    """What all sessions share. ``stream_control`` is set once the streams are there; None refuses stream commands."""

    def __init__(self, store: GraphStore, limits: Limits) -> None:
        self.store = store
        self.limits = limits
        self.statements = StatementCache(limits)
        self.stream_control: StreamControl | None = None
        self.clock = SystemClock()
        self.random: Callable[[], float] = random.random
        self.installation = Installation()
        self.sessions: weakref.WeakSet[Any] = weakref.WeakSet()
        """All sessions there are; of ``session.Session``, which holds this."""
        self.transaction_numbers = count(1)
        self.turns = Turns()
        """Of the streams and the event loop."""
        self.memory_pool = MemoryPool()
        """Of all transactions."""

    def new_memory(self) -> Memory:
        """For a transaction that begins."""
        megabytes = self.installation.settings.query_memory_limit_mb
        return Memory(None if megabytes is None else megabytes << 20, self.memory_pool)

    def streams(self) -> StreamControl:
        """The stream manager. Raises StreamError where there is none."""
        if self.stream_control is None:
            raise StreamError("streams are not available in this database")
        return self.stream_control


def too_deep() -> LimitExceeded:
    """What a query of too many clauses, or of too many levels, raises."""
    return LimitExceeded(
        "the query has too many clauses, or is nested too deeply", hint="split it, or use UNWIND over a list"
    )


def still_suits(entry: PreparedQuery, elements: int) -> bool:
    """False where the graph has become so much larger or smaller that another plan may be better."""
    then = entry.elements
    if then > 1_000 or elements > 1_000:
        return elements <= then * REPLAN_GROWTH and then <= elements * REPLAN_GROWTH
    return True


def may_tell_of_known_names(entry: PreparedQuery, view: GraphView) -> bool:
    """True where names came to be since its notifications were looked at, of which one may tell that nothing has such a
    name: it is the reason to go the long way."""
    return bool(entry.notifications) and entry.names != view.schema.names_count


def core_of(environment: Environment) -> Core:
    """The Core of the session that runs a procedure or a table command."""
    assert isinstance(environment.database, Core), "they run in a session"
    return environment.database
