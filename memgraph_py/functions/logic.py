"""`AND OR XOR NOT` over three truth values, and `IS NULL`. Source: openCypher 9, "Boolean operators"."""

import numpy as np

from memgraph_py.columnar import Column, Kind
from memgraph_py.functions.registry import Environment, columnar
from memgraph_py.functions.rows import joint_validity, wrong_type
from memgraph_py.values.naming import type_name


@columnar("AND", 2)
def conjunction(environment: Environment, arguments: list[Column]) -> Column:
    """False where one is false, else NULL where one is NULL, else true."""
    left, right = truth(arguments[0], "AND"), truth(arguments[1], "AND")
    if left.valid is None and right.valid is None:
        return Column(Kind.BOOL, left.values & right.values)
    left_valid, right_valid = left.validity(), right.validity()
    left_true, right_true = left.values & left_valid, right.values & right_valid
    false = (left_valid & ~left_true) | (right_valid & ~right_true)
    true = left_true & right_true
    return Column(Kind.BOOL, true, true | false)


@columnar("OR", 2)
def disjunction(environment: Environment, arguments: list[Column]) -> Column:
    """True where one is true, else NULL where one is NULL, else false."""
    left, right = truth(arguments[0], "OR"), truth(arguments[1], "OR")
    if left.valid is None and right.valid is None:
        return Column(Kind.BOOL, left.values | right.values)
    left_valid, right_valid = left.validity(), right.validity()
    true = (left.values & left_valid) | (right.values & right_valid)
    return Column(Kind.BOOL, true, true | (left_valid & right_valid))


@columnar("XOR", 2)
def exclusive_disjunction(environment: Environment, arguments: list[Column]) -> Column:
    """True where exactly one is true; NULL where one is NULL."""
    left, right = truth(arguments[0], "XOR"), truth(arguments[1], "XOR")
    return Column(Kind.BOOL, left.values ^ right.values, joint_validity(left, right))


@columnar("NOT", 1)
def negation(environment: Environment, arguments: list[Column]) -> Column:
    """The other truth value; NULL stays NULL."""
    column = truth(arguments[0], "NOT")
    return Column(Kind.BOOL, ~column.values, column.valid)


@columnar("IS NULL", 1)
def is_null(environment: Environment, arguments: list[Column]) -> Column:
    """True where NULL; never NULL."""
    (column,) = arguments
    if column.valid is None:
        return Column(Kind.BOOL, np.zeros(len(column.values), dtype=np.bool_))
    return Column(Kind.BOOL, ~column.valid)


@columnar("IS NOT NULL", 1)
def is_not_null(environment: Environment, arguments: list[Column]) -> Column:
    """True where not NULL; never NULL."""
    return Column(Kind.BOOL, arguments[0].validity())


@columnar("exists", 1, signature="exists(input :: ANY) :: BOOLEAN")
def exists(environment: Environment, arguments: list[Column]) -> Column:
    """Whether the property is there, which is: whether its value is not NULL."""
    return Column(Kind.BOOL, arguments[0].validity())


def truth(column: Column, symbol: str) -> Column:
    """The column as kind BOOL. Raises CypherTypeError where a value is neither a boolean nor NULL."""
    if column.kind is Kind.BOOL:
        return column
    values = column.to_values()
    for value in values:
        if value is not None and type(value) is not bool:
            raise wrong_type(f"'{symbol}' expects BOOLEAN, got {type_name(value)}")
    return Column(Kind.BOOL, np.array([value is True for value in values], dtype=np.bool_), column.validity())
