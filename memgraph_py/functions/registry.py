"""The registry of functions, procedures and table commands.

`@scalar` works value by value (NULL in any argument gives NULL, unless ``nulls=True``), `@columnar` column by column,
`@aggregate` on grouped columns, `@procedure` and `@table` give rows. A name is registered in lower case, a symbol as it
is written in upper case (`+`, `=`, `STARTS WITH`, `IS NULL`, `[]`). Plug-ins use the same decorators
(`server/plugins.py`). A name that is taken is a ValueError.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from memgraph_py.bounds import Bounds, Memory
from memgraph_py.columnar import Column
from memgraph_py.config import Settings
from memgraph_py.errors import ExternalResourceFailed
from memgraph_py.functions.rows import TEXT_COPIES, each_row, each_value, require_texts
from memgraph_py.list_column import ListColumn
from memgraph_py.storage.view import GraphView
from memgraph_py.values.types import Value


class Clock(Protocol):
    """Where functions read the time: a test sets it."""

    def now_seconds(self) -> float: ...


def _no_files(uri: str, check: Callable[[], None]) -> Iterator[str]:
    raise ExternalResourceFailed(f"this database reads no files, and so not {uri!r}")


@dataclass(frozen=True, slots=True)
class Installation:
    """What a server tells of itself. ``disk_bytes`` (None: its folder cannot be read) and ``address``
    (host and port for clients) may be asked anew.
    ``read_file`` gives the text at a URI of LOAD CSV, piece by piece, and raises ExternalResourceFailed; it calls its
    second argument while it waits, which raises where it is to end."""

    settings: Settings = field(default_factory=Settings)
    address: Callable[[], str] = lambda: "localhost:7687"
    disk_bytes: Callable[[], int | None] = lambda: 0
    read_file: Callable[[str, Callable[[], None]], Iterator[str]] = _no_files


_NO_SERVER = Installation()


@dataclass(slots=True)
class Environment:
    """What a function may read besides its arguments. ``rows``: of the batch, for functions without arguments.
    ``bounds``: of the execution; a function that takes long looks at them."""

    graph: GraphView
    clock: Clock
    random: Callable[[], float]
    rows: int = 1
    installation: Installation = _NO_SERVER
    begun_seconds: float | None = None
    """When the transaction began; None where that is the statement's moment."""
    database: object = None
    """What procedures and table commands of ``engine`` tell of beyond the graph: its Core. None outside a session."""
    bounds: Bounds = field(default_factory=Bounds)
    _statement_seconds: float | None = None

    def statement_seconds(self) -> float:
        """The statement's moment: the clock's when it was first asked for."""
        if self._statement_seconds is None:
            self._statement_seconds = self.clock.now_seconds()
        return self._statement_seconds

    def transaction_seconds(self) -> float:
        """The transaction's moment."""
        return self.statement_seconds() if self.begun_seconds is None else self.begun_seconds


Apply: TypeAlias = Callable[[Environment, list[Column]], Column]
ListForm: TypeAlias = Callable[[ListColumn], Column]


@dataclass(frozen=True, slots=True)
class Function:
    """A function over columns. arguments_max None: any number. deterministic: same arguments, same graph, same
    value, within one statement.
    """

    name: str
    arguments_min: int
    arguments_max: int | None
    apply: Apply
    deterministic: bool
    doc: str
    family: str = "Scalar"
    built_in: bool = True
    signature: str = ""
    """As it is shown, with the name's usual case: `toUpper(input :: STRING) :: STRING`; "" for symbols."""


class AggregateApply(Protocol):
    """Reduces columns by group. groups: (rows,) int64, the group of each row, 0 to group_count - 1. Gives
    (group_count,).
    """

    def __call__(
        self, environment: Environment, arguments: list[Column], groups: NDArray[np.int64], group_count: int
    ) -> Column: ...


@dataclass(frozen=True, slots=True)
class AggregateFunction:
    """An aggregate. ``distinct`` is handled before it is called: duplicates within a group are gone."""

    name: str
    arguments_min: int
    arguments_max: int
    apply: AggregateApply
    doc: str
    built_in: bool = True
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Procedure:
    """A procedure: rows of values in the order of ``columns`` for one set of arguments."""

    name: str
    parameters: tuple[tuple[str, str], ...]
    columns: tuple[tuple[str, str], ...]
    """(name, type) of each, types as in `SHOW PROCEDURES`: `STRING?`, `INTEGER?` …"""
    run: Callable[[Environment, list[Value]], Iterable[Sequence[Value]]]
    doc: str
    quick: bool = False
    """It ends within microseconds, so it may run in the event loop's thread."""
    defaults: int | None = None
    """Of a table command: how many of the columns it gives without YIELD; None for all."""
    built_in: bool = True
    optional: tuple[Value, ...] = ()
    """Values of the last parameters, which need not be given."""


FUNCTIONS: dict[str, Function] = {}
AGGREGATES: dict[str, AggregateFunction] = {}
PROCEDURES: dict[str, Procedure] = {}
TABLES: dict[str, Procedure] = {}
"""Table commands by each of their spellings, `SHOW ALL INDEXES`; `<name>` stands for a name as the last word."""


def callable_rows(name: str) -> Procedure | None:
    """The procedure of this name, or the table command of this spelling."""
    return PROCEDURES.get(name) or TABLES.get(name)


def scalar(
    name: str,
    arguments_min: int,
    arguments_max: int | None = -1,
    *,
    nulls: bool = False,
    deterministic: bool = True,
    signature: str = "",
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function of Python values; NULL in any argument gives NULL unless ``nulls``. -1: as many as the
    minimum. signature: as SHOW FUNCTIONS tells it, `left(original :: STRING, length :: INTEGER) :: STRING`.
    """
    most = arguments_min if arguments_max == -1 else arguments_max

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        lists: ListForm | None = getattr(function, "of_lists", None)

        def apply(environment: Environment, columns: list[Column]) -> Column:
            if not columns:
                return Column.from_values([function() for _ in range(environment.rows)])
            if lists is not None and isinstance(columns[0], ListColumn):
                return lists(columns[0])
            require_texts(environment.bounds.memory, columns)
            call = _counted(function, environment.bounds.memory) if name in _LENGTHY else function
            if len(columns) == 1 and not nulls:
                return each_value(environment.bounds, call, columns[0])
            return each_row(environment.bounds, call, columns, nulls=nulls)

        _check_new(name)
        FUNCTIONS[name] = Function(name, arguments_min, most, apply, deterministic, *_about(function), signature)
        return function

    return register


def of_lists(form: ListForm) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Between ``@scalar`` and a function of one argument: what is called in its place where that is a ListColumn."""

    def mark(function: Callable[..., Any]) -> Callable[..., Any]:
        function.of_lists = form  # type: ignore[attr-defined]  # read by ``scalar``
        return function

    return mark


def _counted(function: Callable[..., Any], memory: Memory) -> Callable[..., Any]:
    """The function, with what all its values of one batch need. Raises MemoryLimitExceeded."""
    total = 0

    def call(*arguments: Any) -> Any:
        nonlocal total
        value = function(*arguments)
        if type(value) is list:
            total += 8 * len(value)
            if value and type(value[0]) is str:  # the parts of a text
                total += 60 * len(value)
        elif type(value) is str:
            total += TEXT_COPIES * len(value)
        if total > _BYTES_FREE:
            memory.require(total)
        return value

    return call


def columnar(
    name: str,
    arguments_min: int,
    arguments_max: int | None = -1,
    *,
    deterministic: bool = True,
    signature: str = "",
) -> Callable[[Apply], Apply]:
    """Register a function of whole columns. -1: as many arguments as the minimum."""
    most = arguments_min if arguments_max == -1 else arguments_max

    def register(function: Apply) -> Apply:
        _check_new(name)
        FUNCTIONS[name] = Function(name, arguments_min, most, function, deterministic, *_about(function), signature)
        return function

    return register


def aggregate(
    name: str, arguments_min: int, arguments_max: int = -1, *, signature: str = ""
) -> Callable[[AggregateApply], AggregateApply]:
    """Register an aggregate. -1: as many arguments as the minimum."""
    most = arguments_min if arguments_max == -1 else arguments_max

    def register(function: AggregateApply) -> AggregateApply:
        _check_new(name)
        doc, _, built_in = _about(function)
        AGGREGATES[name] = AggregateFunction(name, arguments_min, most, function, doc, built_in, signature)
        return function

    return register


def procedure(
    name: str,
    parameters: tuple[tuple[str, str], ...],
    columns: tuple[tuple[str, str], ...],
    optional: tuple[Value, ...] = (),
    *,
    quick: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a procedure under its dotted name, such as `db.labels`; ``optional``: values of the last parameters,
    which need not be given."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        _check_new(name)
        doc, _, built_in = _about(function)
        PROCEDURES[name] = Procedure(
            name, parameters, columns, function, doc, quick, built_in=built_in, optional=optional
        )
        return function

    return register


def table(
    spelling: str,
    columns: tuple[tuple[str, str], ...],
    further: tuple[tuple[str, str], ...] = (),
    *,
    takes: tuple[tuple[str, str], ...] = (),
    quick: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a table command; ``further`` are the columns that only YIELD gives, ``takes``: what
    the values are, any number of them, that may be written behind it (name and type).

    In a spelling `|` stands between words of which one is written, brackets around what may be left out, `_` within
    what is several words: `SHOW [ALL|BUILT_IN] FUNCTION|FUNCTIONS`. The function's arguments are the spelling that was
    written, the name where it ends in `<name>`, and the values that were written behind it.
    """

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        doc = (function.__doc__ or "").strip()
        choices = [
            [*word.strip("[]").split("|"), *([""] if word.startswith("[") else [])] for word in spelling.split(" ")
        ]
        for words in product(*choices):
            name = " ".join(filter(None, words)).replace("_", " ")
            TABLES[name] = Procedure(name, takes, columns + further, function, doc, quick, len(columns))
        return function

    return register


def _check_new(name: str) -> None:
    """Raises ValueError for a name that is taken: a plug-in replaces nothing."""
    if name in FUNCTIONS or name in AGGREGATES or name in PROCEDURES:
        raise ValueError(f'there is a function or procedure "{name}" already')


_FAMILIES = {
    "collections": "List",
    "conversion": "Scalar",
    "graph": "Scalar",
    "numeric": "Numeric",
    "spatial": "Spatial",
    "text": "String",
    "temporal_clocks": "Temporal",
    "temporal_construction": "Temporal",
    "temporal_durations": "Temporal",
    "temporal_truncation": "Temporal",
}
"""What SHOW FUNCTIONS calls the functions of a module."""


def _about(function: Any) -> tuple[str, str, bool]:
    """Its documentation, the family that it belongs to, and whether it is one of ours."""
    package, _, module = function.__module__.rpartition(".")
    doc = (function.__doc__ or "").strip()
    return doc, _FAMILIES.get(module, "Scalar"), package == "memgraph_py.functions"


_LENGTHY = frozenset(("||", "replace", "reverse", "split", "tail"))
"""Functions whose values, lists and long texts, are counted as they are made."""
_BYTES_FREE = 1 << 20
