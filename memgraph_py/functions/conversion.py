"""Functions from one type to another, and about types. Source: openCypher 9, "Scalar functions".

A text that does not spell the wanted value gives NULL; a type that cannot be converted is a CypherTypeError, or
NULL in the functions that end in `OrNull`.
"""

import math
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from memgraph_py.columnar import EMPTY_DATA, NO_MASK, Column, Kind, Mask
from memgraph_py.errors import CypherTypeError
from memgraph_py.functions.arithmetic import checked_integer
from memgraph_py.functions.registry import FUNCTIONS, Environment, Function, columnar
from memgraph_py.functions.rows import each_value, floats, wrong_argument
from memgraph_py.functions.text import plain_text
from memgraph_py.kernels.number_texts import NOT_SIMPLE, SIMPLE, read_floats, read_integers
from memgraph_py.values.naming import type_name
from memgraph_py.values.types import INT64_MAX, INT64_MIN, Value

_INTEGER = re.compile(r"[+-]?[0-9]+")
_FLOAT = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_INTEGER_CHARACTERS = len(str(INT64_MIN))
_NO_NUMBER = re.compile(r"NaN|[+-]?Infinity")


@columnar("tointeger", 1, signature="toInteger(input :: STRING | BOOLEAN | INTEGER | FLOAT) :: INTEGER")
def to_integer(environment: Environment, arguments: list[Column]) -> Column:
    """The number without its fraction, the number that a text spells, 1 or 0 for a boolean."""
    (column,) = arguments
    if column.kind is Kind.STRING:
        return _spelled(column, Kind.INT, read_integers, integer_of)
    return column if column.kind is Kind.INT else each_value(environment.bounds, integer_of, column)


@columnar("tofloat", 1, signature="toFloat(input :: STRING | INTEGER | FLOAT) :: FLOAT")
def to_float(environment: Environment, arguments: list[Column]) -> Column:
    """The number as a float, or that which a text spells."""
    (column,) = arguments
    if column.kind is Kind.INT or column.kind is Kind.FLOAT:
        return Column(Kind.FLOAT, floats(column), column.valid)
    if column.kind is Kind.STRING:
        return _spelled(column, Kind.FLOAT, read_floats, float_of)
    return each_value(environment.bounds, float_of, column)


@columnar("tostring", 1, signature="toString(input :: ANY) :: STRING")
def to_string(environment: Environment, arguments: list[Column]) -> Column:
    """The text of a number, boolean, string, temporal value or point."""
    return arguments[0] if arguments[0].kind is Kind.STRING else each_value(environment.bounds, string_of, arguments[0])


@columnar("toboolean", 1, signature="toBoolean(input :: STRING | BOOLEAN | INTEGER) :: BOOLEAN")
def to_boolean(environment: Environment, arguments: list[Column]) -> Column:
    """The boolean that a text spells, in any case; false for 0 and true for other integers."""
    return arguments[0] if arguments[0].kind is Kind.BOOL else each_value(environment.bounds, boolean_of, arguments[0])


@columnar("valuetype", 1, signature="valueType(input :: ANY) :: STRING")
def value_type(environment: Environment, arguments: list[Column]) -> Column:
    """The name of the type, as `INTEGER NOT NULL` or `LIST<STRING NOT NULL> NOT NULL`."""
    return Column.from_values([_full_type(value) for value in arguments[0].to_values()])


def integer_of(value: Value) -> int | None:
    """toInteger() of one value; a text may have no spaces around its number. Raises CypherTypeError, also when 64 bits
    do not hold what a text spells, or ArithmeticFailure when they do not hold a float."""
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return checked_integer(int(value), "toInteger") if math.isfinite(value) else None
    if isinstance(value, str):
        return _spelled_integer(value)
    raise wrong_argument("toInteger", value, "a number, boolean or string")


def _spelled_integer(text: str) -> int | None:
    if _INTEGER.fullmatch(text) and len(text) <= _INTEGER_CHARACTERS:
        number = int(text)
    elif _FLOAT.fullmatch(text):
        exact = Decimal(text)
        number = int(exact) if exact.adjusted() < _INTEGER_CHARACTERS else INT64_MAX + 1
    else:
        return None
    if INT64_MIN <= number <= INT64_MAX:
        return number
    raise CypherTypeError(
        f"'toInteger' cannot give {text[:40]}: it is too large", hint="integers have 64 bits; toFloat() gives a float"
    )


def float_of(value: Value) -> float | None:
    """toFloat() of one value; spaces around what a text spells do not count. Raises CypherTypeError."""
    if isinstance(value, str):
        text = value.strip()
        return float(text) if _FLOAT.fullmatch(text) or _NO_NUMBER.fullmatch(text) else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    raise wrong_argument("toFloat", value, "a number or string")


def string_of(value: Value) -> str:
    """toString() of one value. Raises CypherTypeError."""
    text = plain_text(value)
    if text is not None:
        return text
    raise wrong_argument("toString", value, "a number, boolean, string, temporal value or point")


def boolean_of(value: Value) -> bool | None:
    """toBoolean() of one value. Raises CypherTypeError."""
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    if isinstance(value, int):
        return bool(value)
    raise wrong_argument("toBoolean", value, "a boolean, integer or string")


def _spelled(
    column: Column,
    kind: Kind,
    read: Callable[[NDArray[np.int64], Mask, NDArray[np.uint8]], tuple[NDArray[Any], NDArray[np.uint8]]],
    convert: Callable[[Value], Value],
) -> Column:
    """The numbers that texts spell: the simple ones by ``read``, the others one by one."""
    handles = np.ascontiguousarray(column.values)
    data = EMPTY_DATA if column.data is None else column.data
    numbers, found = read(handles, NO_MASK if column.valid is None else column.valid, data)
    if bool((found == SIMPLE).all()):
        return Column(kind, numbers)
    valid = found == SIMPLE
    for row in np.flatnonzero(found == NOT_SIMPLE).tolist():
        number = convert(column.value(row))
        if number is not None:
            numbers[row], valid[row] = number, True
    return Column(kind, numbers, valid) if valid.any() else Column.nulls(len(column))


def _or_null(convert: Callable[[Value], Value], value: Value) -> Value:
    """The converted value, NULL for a type that cannot be converted."""
    if value is None:
        return None
    try:
        return convert(value)
    except CypherTypeError:
        return None


def _register_variants(name: str, convert: Callable[[Value], Value]) -> None:
    """`…OrNull` and `…List` of a conversion."""

    def or_null(environment: Environment, arguments: list[Column]) -> Column:
        return Column.from_values([_or_null(convert, value) for value in arguments[0].to_values()])

    def of_list(environment: Environment, arguments: list[Column]) -> Column:
        def convert_list(values: Value) -> Value:
            if not isinstance(values, list):
                raise wrong_argument(f"{name}List", values, "LIST")
            converted: list[Value] = []
            for piece in environment.bounds.pieces(len(values)):
                converted += [_or_null(convert, value) for value in values[piece]]
            return converted

        return each_value(environment.bounds, convert_list, arguments[0])

    gives = name.removeprefix("to").upper()
    for suffix, function, taken, given, doc in (
        ("OrNull", or_null, "ANY", gives, f"{name}(), with NULL for a type that cannot be converted."),
        (
            "List",
            of_list,
            "LIST<ANY>",
            f"LIST<{gives}>",
            f"{name}() of each element, with NULL for one that cannot be converted.",
        ),
    ):
        registered = (name + suffix).lower()
        signature = f"{name}{suffix}(input :: {taken}) :: {given}"
        FUNCTIONS[registered] = Function(registered, 1, 1, function, True, doc, signature=signature)


_register_variants("toInteger", integer_of)
_register_variants("toFloat", float_of)
_register_variants("toString", string_of)
_register_variants("toBoolean", boolean_of)


def _full_type(value: Value) -> str:
    if value is None:
        return "NULL"
    if not isinstance(value, list):
        return f"{type_name(value)} NOT NULL"
    inner = sorted({_full_type(item) for item in value}, key=_place)
    if "NULL" in inner and len(inner) > 1:
        inner = [name.removesuffix(" NOT NULL") for name in inner if name != "NULL"]
    return f"LIST<{' | '.join(inner) or 'NOTHING'}> NOT NULL"


_TYPES_IN_ORDER = [
    *("NULL", "BOOLEAN", "STRING", "INTEGER", "FLOAT", "DATE", "LOCAL TIME", "ZONED TIME", "LOCAL DATETIME"),
    *("ZONED DATETIME", "DURATION", "POINT", "NODE", "RELATIONSHIP", "MAP", "LIST", "PATH", "BYTES"),
]


def _place(type: str) -> tuple[int, str]:
    """Where a type stands among the types of a list's elements."""
    return _TYPES_IN_ORDER.index(type.split("<")[0].removesuffix(" NOT NULL")), type
