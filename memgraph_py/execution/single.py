"""Plans of at most one row, composed once into functions on Python values: look-ups by index or id, and constants.

A batch of one row costs each operator some microseconds: columns are made, and read, of one value. Where each operator
of a plan has a second form, and each expression is one of those below, the plan has one too, for a snapshot, that finds
what the batches would find. It knows when it does not: where a seek finds several nodes, or a value is none of the
simple kinds, it raises SeveralRows before anything was given, and the batches are asked. An operator's form stands
beside its runner.

    Project n.name                    run(snapshot, parameters) -> {"n.name": "Ada"}, or None for no row
    └─ IndexSeek n:Person(id = $id)       └─ run(…) -> {"n": NodeReference(7)}
       └─ Unit                                └─ run(…) -> {}
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, TypeVar

from memgraph_py.columnar import STRING_LENGTH_MASK
from memgraph_py.plan.expressions import Expression, Literal, Parameter, Property, Variable
from memgraph_py.plan.operators import Operator
from memgraph_py.storage.schema import Schema
from memgraph_py.storage.single import value_of
from memgraph_py.storage.snapshot import Snapshot
from memgraph_py.values.types import NodeReference, Value

__all__ = [
    "Parameters",
    "Row",
    "SeveralRows",
    "SingleRow",
    "SingleValue",
    "composes",
    "single_row",
    "single_value",
    "whole_single_row",
]

Row: TypeAlias = dict[str, Value]
Parameters: TypeAlias = Mapping[str, Value]
SingleRow: TypeAlias = Callable[[Snapshot, Parameters], Row | None]
"""Gives the row by its variables, or None. Raises SeveralRows."""
SingleValue: TypeAlias = Callable[[Row, Snapshot, Parameters], Value]
OperatorType = TypeVar("OperatorType")

SIMPLE = frozenset((int, str, float, bool, type(None)))
"""What such a row may hold beside nodes; anything else has a size, or parts, that the batches look at."""
TEXT_CHARACTERS_MAX = STRING_LENGTH_MASK // 4
"""A longer text may be too long for a column."""
DEPTH_MAX = 20
"""Operators above the leaf."""

_COMPOSERS: dict[type, Callable[[Any, Schema], SingleRow | None]] = {}


class SeveralRows(Exception):
    """There may be more than one row, or a value that is not simple: run the plan over batches."""


def whole_single_row(plan: Operator, schema: Schema) -> SingleRow | None:
    """As ``single_row``, for a whole plan, which may be too deep for functions within functions."""
    depth, operator = 0, plan
    while (input := getattr(operator, "input", None)) is not None:
        depth, operator = depth + 1, input
    return single_row(plan, schema) if depth <= DEPTH_MAX else None


def single_row(plan: Operator, schema: Schema) -> SingleRow | None:
    """The function that runs the plan, or None where it has no such form. It holds for as long as ``schema.version``
    stays what it is."""
    composer = _COMPOSERS.get(type(plan))
    return None if composer is None else composer(plan, schema)


def composes(
    kind: type[OperatorType],
) -> Callable[[Callable[[OperatorType, Schema], SingleRow | None]], Callable[[OperatorType, Schema], SingleRow | None]]:
    """Register how an operator's second form is made of its input's; None where this one has none."""

    def register(
        composer: Callable[[OperatorType, Schema], SingleRow | None],
    ) -> Callable[[OperatorType, Schema], SingleRow | None]:
        _COMPOSERS[kind] = composer
        return composer

    return register


def single_value(expression: Expression, schema: Schema) -> SingleValue | None:
    """The function that evaluates the expression, or None where it has no such form."""
    match expression:
        case Literal(value):
            return (lambda row, snapshot, parameters: value) if type(value) in SIMPLE else None
        case Parameter(name):
            return _parameter(name)
        case Variable(name):
            return lambda row, snapshot, parameters: row[name]
        case Property(Variable(name), key):
            return _property(name, key, schema)
        case _:
            return None


def _parameter(name: str) -> SingleValue:
    def value(row: Row, snapshot: Snapshot, parameters: Parameters) -> Value:
        given = parameters[name]
        if type(given) not in SIMPLE or (type(given) is str and len(given) > TEXT_CHARACTERS_MAX):
            raise SeveralRows
        return given

    return value


def _property(name: str, key: str, schema: Schema) -> SingleValue:
    find = schema.keys.find

    def value(row: Row, snapshot: Snapshot, parameters: Parameters) -> Value:
        subject = row[name]
        if type(subject) is not NodeReference:
            raise SeveralRows
        id = find(key)
        found = None if id is None else value_of(snapshot.node_columns.get(id), subject.id)
        if type(found) not in SIMPLE:
            raise SeveralRows
        return found

    return value
