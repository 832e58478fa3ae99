"""Functions of lists and maps, and `coalesce`. Source: openCypher 9, "List functions"."""

from collections.abc import Sequence
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from memgraph_py.bounds import Bounds
from memgraph_py.columnar import Column, Kind
from memgraph_py.errors import ArgumentError, LimitExceeded
from memgraph_py.functions import long_lists
from memgraph_py.functions.registry import Environment, columnar, of_lists, scalar
from memgraph_py.functions.rows import wrong_argument, wrong_type
from memgraph_py.list_column import ListColumn, is_long
from memgraph_py.values.comparison import equals
from memgraph_py.values.naming import type_name
from memgraph_py.values.types import Value

RANGE_ELEMENTS_MAX = 10_000_000
"""A list of so many integers takes 80 MB."""
RANGE_ELEMENT_BYTES = 8
_INTEGERS_AT_ONCE = 1 << 20
"""Made within some milliseconds."""


@scalar("size", 1, signature="size(input :: STRING | LIST<ANY>) :: INTEGER")
@of_lists(long_lists.sizes)
def size(value: Value) -> Value:
    """The number of elements of a list, or characters of a string."""
    if isinstance(value, list | str):
        return len(value)
    raise wrong_type(f"'size' expects LIST or STRING, got {type_name(value)}")


@scalar("char_length", 1, signature="char_length(input :: STRING) :: INTEGER")
@scalar("character_length", 1, signature="character_length(input :: STRING) :: INTEGER")
def character_length(text: Value) -> Value:
    """The number of characters of a string."""
    if isinstance(text, str):
        return len(text)
    raise wrong_argument("char_length", text, "STRING")


@scalar("isempty", 1, signature="isEmpty(input :: STRING | LIST<ANY> | MAP) :: BOOLEAN")
@of_lists(long_lists.are_empty)
def is_empty(value: Value) -> Value:
    """Whether a list, map or string has nothing in it."""
    if isinstance(value, list | dict | str):
        return not value
    raise wrong_argument("isEmpty", value, "LIST, MAP or STRING")


@scalar("head", 1, signature="head(list :: LIST<ANY>) :: ANY")
@of_lists(long_lists.first_elements)
def head(values: Value) -> Value:
    """The first element; NULL for an empty list."""
    items = _list("head", values)
    return items[0] if items else None


@scalar("last", 1, signature="last(list :: LIST<ANY>) :: ANY")
@of_lists(long_lists.last_elements)
def last(values: Value) -> Value:
    """The last element; NULL for an empty list."""
    items = _list("last", values)
    return items[-1] if items else None


@scalar("tail", 1, signature="tail(input :: LIST<ANY>) :: LIST<ANY>")
@of_lists(long_lists.tails)
def tail(values: Value) -> Value:
    """The list without its first element."""
    return list(_list("tail", values)[1:])


@scalar("reverse", 1, signature="reverse(input :: STRING | LIST<ANY>) :: STRING | LIST<ANY>")
@of_lists(long_lists.reversed_lists)
def reverse(value: Value) -> Value:
    """The list or string from its end."""
    if isinstance(value, list | str):
        return value[::-1]
    raise wrong_argument("reverse", value, "LIST or STRING")


@columnar("range", 2, 3, signature="range(start :: INTEGER, end :: INTEGER, step = 1 :: INTEGER) :: LIST<INTEGER>")
def integer_range(environment: Environment, arguments: list[Column]) -> Column:
    """Integers from start to end, both included, by step. Raises ArgumentError for a step of 0."""
    ranges: list[range | None] = []
    for row in zip(*(column.to_values() for column in arguments), strict=True):
        ranges.append(None if any(value is None for value in row) else _integers(*row))
    filled = [numbers for numbers in ranges if numbers]
    elements = sum(map(len, filled))
    if elements == 0 or not is_long(elements):
        return Column.objects([None if numbers is None else list(numbers) for numbers in ranges])
    common = _common(filled)
    shared = [common] if common is not None and len(common) <= elements else filled
    integers = Column(Kind.INT, _as_array(shared, environment.bounds))
    lengths = np.array([len(numbers) if numbers else 0 for numbers in ranges], dtype=np.int64)
    valid = np.array([numbers is not None for numbers in ranges], dtype=np.bool_)
    lists = ListColumn.by_rows(integers, lengths, None if valid.all() else valid)
    if shared is not filled:
        lists.starts = np.array([shared[0].index(numbers[0]) if numbers else 0 for numbers in ranges], dtype=np.int64)
    return lists


def _common(ranges: list[range]) -> range | None:
    """One that has all of them as parts of it; None where there is none of the same step."""
    first = ranges[0]
    step = first.step
    if any(numbers.step != step or (numbers[0] - first[0]) % step for numbers in ranges):
        return None
    pick = min if step > 0 else max
    start = pick(numbers[0] for numbers in ranges)
    last = max(numbers[-1] for numbers in ranges) if step > 0 else min(numbers[-1] for numbers in ranges)
    return range(start, last + (1 if step > 0 else -1), step)


def _as_array(ranges: list[range], bounds: Bounds) -> NDArray[np.int64]:
    """Their numbers, one range after another. Raises what ``bounds`` do."""
    count = sum(map(len, ranges))
    bounds.memory.require(RANGE_ELEMENT_BYTES * count)
    integers = np.empty(count, dtype=np.int64)
    at = 0
    for numbers in ranges:
        for piece in bounds.pieces(len(numbers), _INTEGERS_AT_ONCE):
            part = numbers[piece]
            step = part.step if len(part) > 1 else 0  # one of a single number may lie beyond 64 bits
            integers[at : at + len(part)] = np.arange(len(part), dtype=np.int64) * step + part[0]
            at += len(part)
    return integers


def _integers(start: Value, end: Value, step: Value = 1) -> range:
    if type(start) is not int or type(end) is not int or type(step) is not int:
        wrong = next(value for value in (start, end, step) if type(value) is not int)
        raise ArgumentError(f"'range' expects INTEGER, got {type_name(wrong)}", detail="InvalidArgumentType")
    if step == 0:
        raise ArgumentError("the step of 'range' cannot be 0", detail="NumberOutOfRange")
    count = (end - start) // step + 1
    if count > RANGE_ELEMENTS_MAX:
        raise LimitExceeded(
            f"'range' of more than {RANGE_ELEMENTS_MAX} elements",
            hint="several ranges, one after another, can be longer",
        )
    return range(start, end + (1 if step > 0 else -1), step)


@scalar("nullif", 2, nulls=True, signature="nullIf(v1 :: ANY, v2 :: ANY) :: ANY")
def null_if(first: Value, second: Value) -> Value:
    """The first value, or NULL where the second one is equal to it."""
    return None if equals(first, second) else first


@columnar("coalesce", 1, None, signature="coalesce(input :: ANY...) :: ANY")
def coalesce(environment: Environment, arguments: list[Column]) -> Column:
    """The first argument that is not NULL."""
    answer = arguments[0]
    rows = len(answer)
    for other in arguments[1:]:
        present = answer.valid
        if present is None:
            break
        if not present.any():
            answer = other
            continue
        own = np.arange(rows)
        answer = Column.concatenate([answer, other]).take(np.where(present, own, own + rows))
    return answer


@columnar("randomuuid", 0, deterministic=False, signature="randomUUID() :: STRING")
def random_uuid(environment: Environment, arguments: list[Column]) -> Column:
    """A random UUID, as text."""

    def number() -> int:
        high, middle, low = (int(environment.random() * (1 << 43)) for _ in range(3))
        return (high << 85 | middle << 42 | low) & ((1 << 128) - 1)

    return Column.from_values([str(UUID(int=number(), version=4)) for _ in range(environment.rows)])


@columnar("timestamp", 0, signature="timestamp() :: INTEGER")
def timestamp(environment: Environment, arguments: list[Column]) -> Column:
    """Milliseconds from 1970-01-01 00:00 UTC to the statement's moment."""
    now = int(environment.statement_seconds() * 1000)
    return Column(Kind.INT, np.full(environment.rows, now, dtype=np.int64))


def _list(function: str, value: Value) -> Sequence[Value]:
    if isinstance(value, list):
        return value
    raise wrong_argument(function, value, "LIST")
