"""CASE: branches under a condition, or under tests of one subject.

    CASE WHEN x < 3 THEN a END                    conditions
    CASE x WHEN 1 THEN a WHEN 2 THEN b END        values that the subject equals
    CASE x WHEN < 3, 7, IS NULL THEN a END        tests of it, which become conditions

Source: Neo4j Cypher manual, "Conditional expressions", "extended simple CASE".
"""

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from memgraph_py.cypher.ast import Case, Expression
from memgraph_py.cypher.construction import expressions, value_types
from memgraph_py.cypher.construction.rejection import Rejected
from memgraph_py.immutable import immutable
from memgraph_py.values.value_types import ValueType


@immutable
class _Test:
    """What is asked of the subject, which the function makes a predicate of."""

    of: Callable[[Expression], Expression]
    offset: int


@immutable
class _When:
    tests: tuple[Expression | _Test, ...]
    result: Expression


_Part: TypeAlias = "_When | Expression | None"


def case(start: int, subject: Expression | None, *rest: _Part) -> Case:
    """The last is the ELSE."""
    *branches, otherwise = rest
    whens = [branch for branch in branches if isinstance(branch, _When)]
    assert not isinstance(otherwise, _When)
    results = tuple(when.result for when in whens)
    if subject is None:
        return Case(None, tuple(map(_condition, whens)), results, otherwise, start)
    values = [when.tests[0] for when in whens if len(when.tests) == 1]
    plain = tuple(value for value in values if not isinstance(value, _Test))
    if len(plain) == len(whens):
        return Case(subject, plain, results, otherwise, start)
    return Case(None, tuple(_tested(when, subject) for when in whens), results, otherwise, start)


def when(start: int, *tests_and_result: Expression | _Test) -> _When:
    *tests, result = tests_and_result
    assert not isinstance(result, _Test), "the grammar has THEN with an expression"
    return _When(tuple(tests), result)


def when_compared(start: int, symbol: str, operand: Expression) -> _Test:
    return _Test(lambda subject: expressions.comparison(start, subject, symbol, operand), start)


def when_matches(start: int, operand: Expression) -> _Test:
    return _Test(lambda subject: expressions.matches(start, subject, operand), start)


def when_starts_with(start: int, operand: Expression) -> _Test:
    return _Test(lambda subject: expressions.starts_with(start, subject, operand), start)


def when_ends_with(start: int, operand: Expression) -> _Test:
    return _Test(lambda subject: expressions.ends_with(start, subject, operand), start)


def when_null(start: int) -> _Test:
    return _Test(partial(expressions.is_null, start), start)


def when_not_null(start: int) -> _Test:
    return _Test(partial(expressions.is_not_null, start), start)


def when_typed(start: int, type: ValueType) -> _Test:
    return _Test(lambda subject: value_types.is_typed(start, subject, type), start)


def when_not_typed(start: int, type: ValueType) -> _Test:
    return _Test(lambda subject: value_types.is_not_typed(start, subject, type), start)


def when_normalized(start: int, form: str | None) -> _Test:
    return _Test(lambda subject: expressions.is_normalized(start, subject, form), start)


def when_not_normalized(start: int, form: str | None) -> _Test:
    return _Test(lambda subject: expressions.is_not_normalized(start, subject, form), start)


def _condition(when: _When) -> Expression:
    first, *more = when.tests
    if isinstance(first, _Test) or more:
        offset = more[0].offset if more else first.offset
        raise Rejected(
            "only a CASE with a subject tests it", offset, hint="write the subject behind CASE: `CASE x WHEN …`"
        )
    return first


def _tested(when: _When, subject: Expression) -> Expression:
    """True where one of the tests is."""
    return expressions.disjunction(
        subject.offset,
        *(
            test.of(subject) if isinstance(test, _Test) else expressions.comparison(test.offset, subject, "=", test)
            for test in when.tests
        ),
    )
