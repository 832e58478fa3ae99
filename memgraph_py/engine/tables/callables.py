"""SHOW FUNCTIONS and SHOW PROCEDURES. Columns: Neo4j Cypher manual 5, "SHOW FUNCTIONS", "SHOW PROCEDURES"."""

import re
from collections.abc import Iterator, Sequence

from memgraph_py.functions.procedures import (
    defaults,
    function_signature,
    listed,
    listed_functions,
    parameter_text,
    signature,
)
from memgraph_py.functions.registry import AggregateFunction, Environment, table
from memgraph_py.values.types import Value

Rows = Iterator[Sequence[Value]]

_EXECUTABLE = "[EXECUTABLE|EXECUTABLE_BY_CURRENT_USER|EXECUTABLE_BY_<name>]"
_ROLES = (
    ("rolesExecution", "LIST<STRING>"),
    ("rolesBoostedExecution", "LIST<STRING>"),
    ("isDeprecated", "BOOLEAN"),
    ("deprecatedBy", "STRING"),
)
_NO_ROLES: tuple[Value, ...] = (None, None, False, None)
"""There are neither roles nor anything deprecated."""


@table(
    f"SHOW [ALL|BUILT_IN|USER_DEFINED] FUNCTION|FUNCTIONS {_EXECUTABLE}",
    (("name", "STRING"), ("category", "STRING"), ("description", "STRING")),
    (
        ("signature", "STRING"),
        ("isBuiltIn", "BOOLEAN"),
        ("argumentDescription", "LIST<MAP>"),
        ("returnDescription", "STRING"),
        ("aggregating", "BOOLEAN"),
        *_ROLES,
    ),
    quick=True,
)
def show_functions(environment: Environment, arguments: list[Value]) -> Rows:
    """Functions by name, all of them, ours, or those of plug-ins; infix symbols are not among them."""
    written = str(arguments[0]).split()[1]
    for function in listed_functions():
        if {"BUILT": True, "USER": False}.get(written, function.built_in) != function.built_in:
            continue
        shown = function_signature(function)
        name, taken, given = _parts(shown)
        aggregating = isinstance(function, AggregateFunction)
        category = "Aggregating" if isinstance(function, AggregateFunction) else function.family
        described: list[Value] = [*map(_argument, taken)]
        yield (name, category, function.doc, shown, function.built_in, described, given, aggregating, *_NO_ROLES)


@table(
    f"SHOW PROCEDURE|PROCEDURES {_EXECUTABLE}",
    (("name", "STRING"), ("description", "STRING"), ("mode", "STRING"), ("worksOnSystem", "BOOLEAN")),
    (
        ("signature", "STRING"),
        ("argumentDescription", "LIST<MAP>"),
        ("returnDescription", "LIST<MAP>"),
        ("admin", "BOOLEAN"),
        *_ROLES,
        ("option", "MAP"),
    ),
    quick=True,
)
def show_procedures(environment: Environment, arguments: list[Value]) -> Rows:
    """Procedures by name. None writes."""
    for found in listed():
        mode = "DBMS" if found.name.startswith("dbms.") else "READ"
        taken: list[Value] = [*map(_argument, map(parameter_text, found.parameters, defaults(found)))]
        given: list[Value] = [_described(name, type_name) for name, type_name in found.columns]
        option: dict[str, Value] = {"deprecated": False}
        yield (found.name, found.doc, mode, True, signature(found), taken, given, False, *_NO_ROLES, option)


def _parts(shown: str) -> tuple[str, list[str], str]:
    """Name, arguments and type of a signature."""
    found = re.fullmatch(r"([^(]+)\((.*)\) :: (.+)", shown)
    assert found is not None, "a test looks at all of them"
    name, taken, given = found.groups()
    return name, taken.split(", ") if taken else [], given


def _argument(written: str) -> Value:
    """`name = default :: TYPE` as a map."""
    named, _, type_name = written.partition(" :: ")
    name, _, default = named.partition(" = ")
    described = _described(name, type_name)
    assert isinstance(described, dict)
    if default:
        described["default"] = f"DefaultParameterValue{{value={default}, type={type_name}}}"
        described["description"] = written
    return described


def _described(name: str, type_name: str) -> Value:
    return {"name": name, "type": type_name, "description": f"{name} :: {type_name}", "isDeprecated": False}
