"""Functions of numbers. Source: openCypher 9, "Mathematical functions".

Over INT and FLOAT columns they work on whole arrays. Outside its domain a function gives NaN, as IEEE 754 has it.
"""

import math
from collections.abc import Callable
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from memgraph_py.columnar import Column, Kind
from memgraph_py.errors import ArgumentError
from memgraph_py.functions.arithmetic import checked_integer
from memgraph_py.functions.registry import FUNCTIONS, Environment, Function, columnar
from memgraph_py.functions.rows import NUMBERS, floats, wrong_argument
from memgraph_py.values.types import INT64_MIN, Value

FloatFunction = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def _round_half_up(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """To the next integer, halves upwards; exact where ``values + 0.5`` would round."""
    whole = np.floor(values)
    with np.errstate(invalid="ignore"):  # an infinite number less itself
        return np.where(values - whole >= 0.5, whole + 1.0, whole)


def _haversin(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return (1.0 - np.cos(values)) / 2.0


FLOAT_FUNCTIONS: dict[str, tuple[FloatFunction, str]] = {
    "ceil": (np.ceil, "The least integer that is not less, as a float."),
    "floor": (np.floor, "The greatest integer that is not greater, as a float."),
    "sqrt": (np.sqrt, "The square root."),
    "exp": (np.exp, "e to the power of the number."),
    "log": (np.log, "The natural logarithm."),
    "log10": (np.log10, "The logarithm to base 10."),
    "sin": (np.sin, "The sine of an angle in radians."),
    "cos": (np.cos, "The cosine of an angle in radians."),
    "tan": (np.tan, "The tangent of an angle in radians."),
    "cot": (lambda values: 1.0 / np.tan(values), "The cotangent of an angle in radians."),
    "asin": (np.arcsin, "The angle in radians that has the sine."),
    "acos": (np.arccos, "The angle in radians that has the cosine."),
    "atan": (np.arctan, "The angle in radians that has the tangent."),
    "sinh": (np.sinh, "The hyperbolic sine."),
    "cosh": (np.cosh, "The hyperbolic cosine."),
    "coth": (lambda values: 1.0 / np.tanh(values), "The hyperbolic cotangent."),
    "tanh": (np.tanh, "The hyperbolic tangent."),
    "haversin": (_haversin, "Half the versine of an angle in radians."),
    "degrees": (np.degrees, "Radians as degrees."),
    "radians": (np.radians, "Degrees as radians."),
}


def _register_float_function(name: str, function: FloatFunction, doc: str) -> None:
    def apply(environment: Environment, arguments: list[Column]) -> Column:
        column = number_column(name, arguments[0])
        with np.errstate(all="ignore"):
            return Column(Kind.FLOAT, function(floats(column)), column.valid)

    FUNCTIONS[name] = Function(
        name, 1, 1, apply, True, doc, "Numeric", signature=f"{name}(input :: INTEGER | FLOAT) :: FLOAT"
    )


for _name, (_function, _doc) in FLOAT_FUNCTIONS.items():
    _register_float_function(_name, _function, _doc)


@columnar("abs", 1, signature="abs(input :: INTEGER | FLOAT) :: INTEGER | FLOAT")
def absolute(environment: Environment, arguments: list[Column]) -> Column:
    """The number without its sign."""
    column = arguments[0]
    if column.kind is Kind.INT and (column.values == INT64_MIN).any():
        return _each("abs", column, lambda value: checked_integer(abs(value), "abs"))  # type: ignore[arg-type]
    if column.kind in NUMBERS:
        return Column(column.kind, np.abs(column.values), column.valid)
    return _each("abs", column, abs)


@columnar("sign", 1, signature="sign(input :: INTEGER | FLOAT) :: INTEGER")
def sign(environment: Environment, arguments: list[Column]) -> Column:
    """-1, 0 or 1; 0 of NaN."""
    column = number_column("sign", arguments[0])
    signs = (column.values > 0).astype(np.int64) - (column.values < 0)
    return Column(Kind.INT, signs, column.valid)


@columnar(
    "round", 1, 3, signature="round(value :: FLOAT, precision = 0 :: INTEGER, mode = 'HALF_UP' :: STRING) :: FLOAT"
)
def round_number(environment: Environment, arguments: list[Column]) -> Column:
    """The nearest integer as a float, halves upwards; or so many decimals, in one of Java's rounding modes."""
    column = number_column("round", arguments[0])
    if len(arguments) == 1:
        return Column(Kind.FLOAT, _round_half_up(floats(column)), column.valid)
    modes = arguments[2].to_values() if len(arguments) == 3 else ["HALF_UP"] * len(column)
    rows = zip(column.to_values(), arguments[1].to_values(), modes, strict=True)
    return Column.from_values([None if None in row else _round_decimal(*row) for row in rows])  # type: ignore[arg-type]


@columnar("isnan", 1, signature="isNaN(input :: INTEGER | FLOAT) :: BOOLEAN")
def is_nan(environment: Environment, arguments: list[Column]) -> Column:
    """Whether the number is NaN."""
    column = number_column("isNaN", arguments[0])
    return Column(Kind.BOOL, np.isnan(column.values), column.valid)


@columnar("atan2", 2, signature="atan2(y :: FLOAT, x :: FLOAT) :: FLOAT")
def arc_tangent(environment: Environment, arguments: list[Column]) -> Column:
    """The angle in radians of the point (x, y), given as y and x."""
    ordinates, abscissas = number_column("atan2", arguments[0]), number_column("atan2", arguments[1])
    valid = ordinates.validity() & abscissas.validity()
    return Column(Kind.FLOAT, np.arctan2(floats(ordinates), floats(abscissas)), valid)


@columnar("pi", 0, signature="pi() :: FLOAT")
def pi(environment: Environment, arguments: list[Column]) -> Column:
    """The ratio of a circle's circumference to its diameter."""
    return Column.constant(math.pi, environment.rows)


@columnar("e", 0, signature="e() :: FLOAT")
def euler(environment: Environment, arguments: list[Column]) -> Column:
    """The base of the natural logarithm."""
    return Column.constant(math.e, environment.rows)


@columnar("rand", 0, deterministic=False, signature="rand() :: FLOAT")
def rand(environment: Environment, arguments: list[Column]) -> Column:
    """A random number from 0 up to, not including, 1."""
    return Column(Kind.FLOAT, np.array([environment.random() for _ in range(environment.rows)], dtype=np.float64))


def number_column(function: str, column: Column) -> Column:
    """The column as kind INT or FLOAT; integers beside floats become floats. Raises CypherTypeError."""
    if column.kind in NUMBERS:
        return column
    values = column.to_values()
    for value in values:
        if value is not None and type(value) not in (int, float):
            raise wrong_argument(function, value, "INTEGER or FLOAT")
    array = np.array([0.0 if value is None else value for value in values], dtype=np.float64)
    return Column(Kind.FLOAT, array, column.validity())


def _each(function: str, column: Column, apply: Callable[[float], Value]) -> Column:
    values: list[Value] = []
    for value in column.to_values():
        if value is not None and type(value) not in (int, float):
            raise wrong_argument(function, value, "INTEGER or FLOAT")
        values.append(None if value is None else apply(value))  # type: ignore[arg-type]  # a number, checked
    return Column.from_values(values)


ROUNDING_MODES = {
    "UP": "ROUND_UP",
    "DOWN": "ROUND_DOWN",
    "CEILING": "ROUND_CEILING",
    "FLOOR": "ROUND_FLOOR",
    "HALF_UP": "ROUND_HALF_UP",
    "HALF_DOWN": "ROUND_HALF_DOWN",
    "HALF_EVEN": "ROUND_HALF_EVEN",
}


def _round_decimal(value: float, places: Value, mode: Value) -> float:
    if type(places) is not int:
        raise wrong_argument("round", places, "INTEGER")
    if not isinstance(mode, str) or mode.upper() not in ROUNDING_MODES:
        raise ArgumentError(f"unknown rounding mode '{mode!s}'", hint=", ".join(ROUNDING_MODES))
    if not math.isfinite(value) or not 0 <= places <= 300:
        if places < 0:
            raise ArgumentError(f"'round' expects no negative precision, got {places}", detail="NumberOutOfRange")
        return float(value)
    exact = Decimal(repr(float(value)))
    if -exact.as_tuple().exponent <= places:  # type: ignore[operator]  # finite: the exponent is a number
        return float(value)
    return float(exact.quantize(Decimal(1).scaleb(-places), rounding=ROUNDING_MODES[mode.upper()]))
