"""Functions and procedures of other packages.

A package names a module of its own in the entry-point group `memgraph_py.plugins`; the module registers what it has
with the decorators of ``functions/registry.py`` when it is imported. What is registered is guarded: an error that is
not a CypherError, or what is no value, becomes `Neo.ClientError.Procedure.ProcedureCallFailed` with its name. Source:
Python Packaging User Guide, "Entry points".
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from importlib.metadata import EntryPoint, entry_points
from typing import Any, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from memgraph_py.columnar import Column, Kind
from memgraph_py.errors import CypherError, ProcedureCallFailed, StartupError
from memgraph_py.functions.registry import (
    AGGREGATES,
    FUNCTIONS,
    PROCEDURES,
    AggregateApply,
    Apply,
    Environment,
    Procedure,
)
from memgraph_py.values.temporal import Date, DateTime, Duration, LocalDateTime, LocalTime, Time
from memgraph_py.values.text_heaps import is_utf8
from memgraph_py.values.types import (
    INT64_MAX,
    INT64_MIN,
    Node,
    NodeReference,
    Path,
    PathReference,
    Point,
    Relationship,
    RelationshipReference,
    Value,
)

logger = logging.getLogger(__name__)

GROUP = "memgraph_py.plugins"
_REGISTRIES: tuple[dict[str, Any], ...] = (FUNCTIONS, AGGREGATES, PROCEDURES)
_ATOMS = (
    *(bool, float, str, bytes, type(None), Point, Date, LocalTime, Time, LocalDateTime, DateTime, Duration),
    *(Node, Relationship, Path, NodeReference, RelationshipReference, PathReference),
)

P = ParamSpec("P")
R = TypeVar("R")


def load_plugins() -> None:
    """Import the plug-ins that are installed, by name; one that is imported already is left alone.

    Raises StartupError that names the plug-in which cannot be imported, or has a name that is taken; nothing of it is
    registered then.
    """
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        _load(point)
        logger.info("plug-in loaded", extra={"plugin": point.name})


def _load(point: EntryPoint) -> None:
    known = [set(registry) for registry in _REGISTRIES]
    try:
        point.load()
        _guard(known)
    except Exception as error:
        for registry, names in zip(_REGISTRIES, known, strict=True):
            for name in registry.keys() - names:
                del registry[name]
        package = "an unknown package" if point.dist is None else f"the package '{point.dist.name}'"
        reason = error.message if isinstance(error, CypherError) else f"{type(error).__name__}: {error}"
        raise StartupError(
            f"the plug-in '{point.name}' ({point.value}) of {package} cannot be loaded: {reason}",
            hint="mend it, or uninstall the package",
        ) from error


def _guard(known: list[set[str]]) -> None:
    """Check what is new, and guard it."""
    functions, aggregates, procedures = known
    for name in FUNCTIONS.keys() - functions:
        function = FUNCTIONS[name]
        _check_described(name, function.doc)
        if name != name.lower():
            raise StartupError(f"the name of the function '{name}' must be in lower case")
        FUNCTIONS[name] = replace(function, apply=_guarded_function(name, function.apply))
    for name in AGGREGATES.keys() - aggregates:
        whole = AGGREGATES[name]
        _check_described(name, whole.doc)
        if name != name.lower():
            raise StartupError(f"the name of the function '{name}' must be in lower case")
        AGGREGATES[name] = replace(whole, apply=_guarded_aggregate(name, whole.apply))
    for name in PROCEDURES.keys() - procedures:
        called = PROCEDURES[name]
        _check_described(name, called.doc)
        PROCEDURES[name] = replace(called, run=_guarded_procedure(called))


def _check_described(name: str, doc: str) -> None:
    if not doc:
        raise StartupError(f"'{name}' has no docstring, which is its description")


# ----------------------------------------------------------------------------------------- what plug-ins do wrong


def _call(name: str, function: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
    """Call what a plug-in gave. Raises ProcedureCallFailed for any error that is not a client's."""
    try:
        return function(*arguments, **named)
    except CypherError:
        raise
    except Exception as error:
        raise ProcedureCallFailed(f'"{name}" failed: {type(error).__name__}: {error}') from error


def _guarded_function(name: str, apply: Apply) -> Apply:
    def guarded(environment: Environment, arguments: list[Column]) -> Column:
        rows = len(arguments[0]) if arguments else environment.rows
        return _checked(name, _call(name, apply, environment, arguments), rows)

    return guarded


def _guarded_aggregate(name: str, apply: AggregateApply) -> AggregateApply:
    def guarded(
        environment: Environment, arguments: list[Column], groups: NDArray[np.int64], group_count: int
    ) -> Column:
        return _checked(name, _call(name, apply, environment, arguments, groups, group_count), group_count)

    return guarded


def _checked(name: str, column: Column, rows: int) -> Column:
    if not isinstance(column, Column) or len(column) != rows:
        raise ProcedureCallFailed(f'"{name}" failed: it gave no column of {rows} rows')
    if column.kind is Kind.OBJECT:
        for value in column.to_values():
            _check_value(name, value)
    return column


def _guarded_procedure(called: Procedure) -> Callable[[Environment, list[Value]], Iterator[Sequence[Value]]]:
    name = called.name

    def guarded(environment: Environment, arguments: list[Value]) -> Iterator[Sequence[Value]]:
        rows = iter(_call(name, called.run, environment, arguments) or ())
        while (row := _call(name, next, rows, None)) is not None:
            if len(row) != len(called.columns):
                raise ProcedureCallFailed(f'"{name}" failed: a row of {len(row)} values, not {len(called.columns)}')
            for value in row:
                _check_value(name, value)
            yield row

    return guarded


def _check_value(name: str, value: object) -> None:
    """Raises ProcedureCallFailed for what Cypher has no value for."""
    match value:
        case list():
            for item in value:
                _check_value(name, item)
        case str() if not is_utf8(value):
            raise ProcedureCallFailed(f'"{name}" failed: it gave half a surrogate pair, which is no character')
        case dict() if all(isinstance(key, str) and is_utf8(key) for key in value):
            for item in value.values():
                _check_value(name, item)
        case int() if INT64_MIN <= value <= INT64_MAX:
            pass
        case _ if type(value) in _ATOMS:
            pass
        case _:
            raise ProcedureCallFailed(f'"{name}" failed: it gave {value!r:.100}, which is no value of Cypher')
